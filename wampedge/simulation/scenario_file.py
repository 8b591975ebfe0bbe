"""Reading a scenario file: every mistake in one run, each at its place, then the model.

The files it names are read and checked as well, and what steps do is tried on a board that nobody
runs on: a scenario without mistakes can be run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wampedge.config.includes import parsed_file
from wampedge.config.model import SiteConfig
from wampedge.config.problems import Findings, Problem
from wampedge.config.report import render
from wampedge.config.source import read_source
from wampedge.devices.fields import Field, FieldError, convert_table, shown
from wampedge.errors import ConfigError
from wampedge.records import Record
from wampedge.simulation.scenario.chaos import check_chaos
from wampedge.simulation.scenario.fields import MAX_PROPERTIES, MAX_STEPS, TOP_FIELDS
from wampedge.simulation.scenario.model import Scenario
from wampedge.simulation.scenario.name_check import check_names
from wampedge.simulation.scenario.property_check import PropertyDraft, check_properties
from wampedge.simulation.scenario.site_files import SiteFiles
from wampedge.simulation.scenario.step_check import StepDraft, chains_of, check_steps, last_due_s

__all__ = ["CheckedScenario", "check_scenario", "load_scenario"]


class CheckedScenario(Record):
    """What a check found.

    Attributes:
        scenario: the model; None when anything is wrong.
        problems: every mistake, in file order; those of the device file last.
        texts: the text of each file that was read, by the name it has in *problems*.
    """

    scenario: Scenario | None
    problems: list[Problem]
    texts: Mapping[str, str]

    def report(self, *, color: bool = False) -> str:
        """Return all mistakes as people read them."""
        return render(self.problems, self.texts, color=color)

    def close(self) -> None:
        """Remove what was only there for the scenario; twice is once."""
        if self.scenario is not None and self.scenario.folder is not None:
            shutil.rmtree(self.scenario.folder, ignore_errors=True)


class _Tables(Field):
    """A list of tables, each checked later where it stands."""

    maximum: int = MAX_STEPS
    header: str = ""

    def convert(self, value: Any) -> list[Any]:
        """Return the list; raises FieldError."""
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise FieldError(f"must be tables, got {shown(value)}", f"write [[{self.header}]]")
        if len(value) > self.maximum:
            raise FieldError(f"may be {self.maximum} at most, and are {len(value)}")
        return value


_FIELDS: Final[Mapping[str, Field]] = {
    **TOP_FIELDS,
    "step": _Tables(MAX_STEPS, "step", default=()),
    "expect": _Tables(MAX_PROPERTIES, "expect", default=()),
}


def load_scenario(path: Path, environ: Mapping[str, str] = os.environ) -> Scenario:
    """Read and check the scenario at *path*, with all it names.

    Raises:
        ConfigError: its text is the whole report, ``problems`` lists each mistake; ``problems`` is
            empty when the file could not be read at all.
    """
    checked = check_scenario(path, environ)
    if checked.scenario is None:
        raise ConfigError(checked.report(), checked.problems)
    return checked.scenario


def check_scenario(path: Path, environ: Mapping[str, str] = os.environ) -> CheckedScenario:
    """Check the scenario at *path*; raises ConfigError only where it is no text at all."""
    text = read_source(path, "scenario")
    values, findings, file = parsed_file(str(path), text, None)
    files = SiteFiles(path, environ, findings)
    scenario = None
    if file.scan.is_complete:
        scenario = _check_values(path, text, values, files, findings)
    texts = {str(path): text, **files.texts}
    if len(findings):
        files.close()
        scenario = None
    return CheckedScenario(scenario, findings.in_file_order(), texts)


def _check_values(
    path: Path, text: str, values: Mapping[str, Any], files: SiteFiles, findings: Findings
) -> Scenario | None:
    table, errors = convert_table(values, _FIELDS)
    for error in errors:
        findings.add_field_error((), error)
    if not table.get("step") and not table.get("expect") and not len(findings):
        findings.add_text((), "the scenario expects nothing", "write [[step]] or [[expect]]")
    config = files.main(table)
    drafts = check_steps(table.get("step") or (), findings)
    properties = check_properties(table.get("expect") or (), findings)
    wired = files.other(table.get("wired"), ("wired",))
    world = files.world(table.get("world"), wired or config)
    reloads = _reloads(drafts, files)
    trial = None if config is None else check_names(
        drafts, properties, (config, *reloads.values()), wired or config, findings,
        seed=table.get("seed", 1), world=world,
    )  # fmt: skip
    chaos = check_chaos(table, trial.fault_kinds, config, findings) if trial and config else None
    duration_s = _duration_s(table, drafts, properties, findings)
    if config is None or duration_s is None or len(findings):
        return None
    return Scenario(
        path=path,
        text=text,
        name=table["name"],
        config=config,
        wired=wired,
        world=world,
        seed=table["seed"],
        duration_s=duration_s,
        ends_with_steps=table["duration"] is None,
        chains=chains_of(drafts),
        properties=tuple(each.finished() for each in properties),
        reloads=reloads,
        strict_wiring=table["strict_wiring"],
        folder=files.folder,
        chaos=chaos,
    )


def _reloads(drafts: list[StepDraft], files: SiteFiles) -> dict[str, SiteConfig]:
    """Read the device files that steps go over to."""
    found = {}
    for draft in drafts:
        if draft.action is not None and draft.action.kind == "reload":
            name = draft.action.arguments["devices"]
            config = files.other(name, (*draft.path, "reload", "devices"))
            if config is not None:
                found[name] = config
    return found


def _duration_s(
    table: Mapping[str, Any],
    drafts: list[StepDraft],
    properties: list[PropertyDraft],
    findings: Findings,
) -> float | None:
    """Return how long the scenario lasts; None when nobody can say."""
    given: float | None = table.get("duration")
    if given is None:
        if "duration" not in table:
            return None
        endless = [draft for draft in drafts if draft.is_endless]
        for draft in endless:
            hint = 'write duration = "1h" at the top, or end it here'
            findings.add(draft.path, "goes on for ever, and so does the scenario", hint)
        named = [(table.get("chaos") or {}).get("until") or 0.0]
        named += [each.until_s or each.from_s or 0.0 for each in properties]
        return None if endless else max([last_due_s(drafts), *named])
    for draft in drafts:
        if draft.at_s is not None and draft.at_s > given:
            text = "is after the end of the scenario"
            findings.add((*draft.path, "at"), text, related=[(("duration",), "it ends here")])
    for each in properties:
        for key, time_s in (("from", each.from_s), ("until", each.until_s)):
            if time_s is not None and time_s > given:
                text = "is after the end of the scenario"
                findings.add((*each.path, key), text, related=[(("duration",), "it ends here")])
    return given
