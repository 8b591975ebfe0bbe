"""Checks of the names a scenario uses, and of what it wants the bench to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wampedge.config.layout import KeyPath
from wampedge.config.model import SiteConfig
from wampedge.config.problems import Findings
from wampedge.simulation.scenario.conditions import Condition
from wampedge.simulation.scenario.fields import BENCH_ACTIONS
from wampedge.simulation.scenario.names import SignalRef, SiteNames, UnknownNameError
from wampedge.simulation.scenario.property_check import PropertyDraft
from wampedge.simulation.scenario.step_check import StepDraft
from wampedge.simulation.scenario.trial import TrialBoard, try_board

if TYPE_CHECKING:
    from wampedge.simulation.world_file import WorldFile

__all__ = ["check_names"]

_NO_PROCEDURE = "wamp.error.no_such_procedure"


def check_names(
    steps: Sequence[StepDraft],
    properties: Sequence[PropertyDraft],
    configs: Sequence[SiteConfig],
    wired: SiteConfig,
    findings: Findings,
    *,
    seed: int,
    world: WorldFile | None = None,
) -> TrialBoard:
    """Check every name in *steps* and *properties*, and try what hands do on a board.

    Args:
        steps: the steps.
        properties: what is expected over the run.
        configs: the device file, and those that steps go over to.
        wired: what is connected.
        findings: gets the mistakes.
        seed: of the scenario.
        world: physics and connections, or None.

    Returns:
        The board all was tried on.
    """
    bench = [step for step in steps if step.action and step.action.kind in BENCH_ACTIONS]
    actions = [(step.action.kind, step.action.arguments) for step in bench if step.action]
    trial = try_board(wired, actions, seed=seed, world=world)
    if trial.wiring_fault:
        text = f"cannot be wired on the bench: {trial.wiring_fault}"
        findings.add(("devices",), text, code="wiring")
        return trial
    for step, refusal in zip(bench, trial.refusals, strict=True):
        if refusal is not None and step.action is not None:
            key, reason = refusal
            text = f"{step.action.kind} cannot be done: {reason}"
            findings.add_text((*step.path, step.action.kind, key), text, code="bench")
    names = SiteNames(configs[0], trial.parts, configs[1:])
    published = {
        str(step.action.arguments["topic"])
        for step in steps
        if step.action and step.action.kind == "publish"
    }
    check = _NameCheck(names, published, findings)
    for step in steps:
        check.step(step)
    for each in properties:
        check.property(each)
    return trial


class _NameCheck:
    """Looks up every name of one scenario."""

    def __init__(self, names: SiteNames, published: set[str], findings: Findings) -> None:
        self._names = names
        self._published = published
        self._findings = findings

    def step(self, step: StepDraft) -> None:
        """Check one step."""
        if step.when is not None:
            self._condition(step.when, (*step.path, "when"))
        is_call = step.action is not None and step.action.kind == "call"
        for index, each in enumerate(step.expects):
            path = step.expect_path(index)
            self._condition(each["condition"], path, may_be_result=is_call, may_count=True)
        action = step.action
        if action is not None and action.kind == "call":
            mistake = self._names.procedure_mistake(action.arguments["procedure"])
            if mistake and action.arguments["expect_error"] != _NO_PROCEDURE:
                self._findings.add((*step.path, "call", "procedure"), *mistake, code="unknown-name")
        if action is not None and action.kind == "link":
            self._link(action.arguments["name"], (*step.path, "link"))

    def property(self, each: PropertyDraft) -> None:
        """Check one expectation over the run."""
        may_be_event = each.kind != "always"
        may_count = each.kind == "eventually"
        for path, condition in each.conditions:
            self._condition(condition, path, may_be_event=may_be_event, may_count=may_count)
        if each.wave is not None:
            for key, name in (("signal", each.wave.signal), ("follows", each.wave.follows)):
                ref = None if name is None else self._signal(name, (*each.path, "wave", key))
                if ref is not None and ref.kind not in ("flag", "any"):
                    text = "is not true or false: waves are about signals that are"
                    self._findings.add((*each.path, "wave", key), text)

    def _condition(
        self,
        condition: Condition,
        path: KeyPath,
        *,
        may_be_event: bool = True,
        may_be_result: bool = False,
        may_count: bool = False,
    ) -> None:
        is_alone = not (condition.all_of or condition.any_of)
        for at, part in condition.parts(path):
            if part.signal is not None:
                self._compared(part, self._signal(part.signal, (*at, "signal")), at)
            elif part.event is not None:
                if not is_alone or not may_be_event:
                    text = "lasts no time, so it cannot hold here"
                    self._findings.add((*at, "event"), text, "use a signal", on="key")
                if part.count is not None and not may_count:
                    text = "has no meaning here: there is no end to count to"
                    self._findings.add((*at, "count"), text, "use eventually", on="key")
                mistake = self._names.topic_mistake(part.event, self._published)
                if mistake:
                    self._findings.add((*at, "event"), *mistake, code="unknown-name")
            elif not may_be_result or not is_alone:
                text = "is about a call, and the step has none"
                self._findings.add((*at, "result"), text, "write it beside call", on="key")

    def _link(self, name: str | None, path: KeyPath) -> None:
        mistake = self._names.link_mistake(name)
        if mistake is None:
            return
        if name is None:
            self._findings.add(path, *mistake, on="key", code="unknown-name")
        else:
            self._findings.add((*path, "name"), *mistake, code="unknown-name")

    def _signal(self, name: str, path: KeyPath) -> SignalRef | None:
        try:
            return self._names.signal(name)
        except UnknownNameError as error:
            self._findings.add(path, error.text, error.hint, code="unknown-name")
            return None

    def _compared(self, part: Condition, ref: SignalRef | None, path: KeyPath) -> None:
        if ref is None:
            return
        if not part.comparisons and ref.kind not in ("flag", "any"):
            hint = "write equals, above, below, between or one_of"
            self._findings.add(path, f"does not say what {ref.name} must be", hint, on="key")
        for comparison in part.comparisons:
            misfit = comparison.misfit(ref.kind)
            if misfit:
                self._findings.add((*path, comparison.word), misfit)
