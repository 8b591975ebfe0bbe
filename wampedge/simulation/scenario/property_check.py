"""Checks of ``[[expect]]``: what must hold over the whole run, each for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wampedge.config.layout import KeyPath
from wampedge.config.problems import Findings, Problem
from wampedge.devices.fields import convert_table
from wampedge.devices.spelling import one_of
from wampedge.simulation.scenario.conditions import Condition
from wampedge.simulation.scenario.fields import PROPERTY_FIELDS, PROPERTY_KINDS
from wampedge.simulation.scenario.model import Limits, Property, Wave
from wampedge.simulation.scenario.spans import time_text

__all__ = ["PropertyDraft", "check_properties", "limits_text"]

_INFINITE: Final = float("inf")
_MEASURED: Final = ("min_on", "max_on", "min_off", "max_off", "period", "duty", "count", "phase")


class PropertyDraft:
    """What is known of one expectation over the run, right or wrong.

    Attributes:
        path: where it is in the file.
        kind: which of ``PROPERTY_KINDS``, or empty.
        conditions: its conditions, each with its place.
        wave: what it says of a wave, or None.
    """

    def __init__(self, index: int, kind: str, values: Mapping[str, Any]) -> None:
        self.path: KeyPath = ("expect", index)
        self.kind: Any = kind
        self.conditions: list[tuple[KeyPath, Condition]] = []
        given = values.get(kind) if kind else None
        if kind == "order":
            members = enumerate(given or ())
            self.conditions = [((*self.path, "order", i), each) for i, each in members]
        elif kind and kind != "wave" and given is not None:
            self.conditions = [((*self.path, kind), given)]
            if kind == "whenever" and values.get("then") is not None:
                self.conditions.append(((*self.path, "then"), values["then"]))
        self.wave = _wave(given) if kind == "wave" and given else None
        self.from_s: float | None = values.get("from")
        self.until_s: float | None = values.get("until")
        self.within_s: float = values.get("within") or 0.0
        self.why: str = values.get("why") or ""
        self.place: Problem

    def finished(self) -> Property:
        """Return the expectation; nothing is wrong with it."""
        conditions = tuple(condition for _, condition in self.conditions)
        return Property(
            kind=self.kind,
            conditions=conditions,
            wave=self.wave,
            from_s=self.from_s,
            until_s=self.until_s,
            within_s=self.within_s,
            why=self.why,
            place=self.place.but(text=self._text()),
        )

    def _text(self) -> str:
        if self.wave is not None:
            return f"wave of {self.wave.signal}"
        texts = [condition.text() for _, condition in self.conditions]
        if self.kind == "order":
            return f"in this order: {'; then '.join(texts)}"
        if self.kind == "whenever":
            return f"whenever {texts[0]}, then {texts[1]}{_within(self.within_s)}"
        missed = f", missed for {time_text(self.within_s)} at most" if self.within_s else ""
        return f"{self.kind} {texts[0]}{missed}"


def check_properties(raws: Sequence[Mapping[str, Any]], findings: Findings) -> list[PropertyDraft]:
    """Check every expectation over the run for itself; names are not looked at."""
    drafts = []
    for index, raw in enumerate(raws):
        path: KeyPath = ("expect", index)
        values, errors = convert_table(raw, PROPERTY_FIELDS)
        for error in errors:
            findings.add_field_error(path, error)
        kinds = [kind for kind in PROPERTY_KINDS if kind in raw]
        draft = PropertyDraft(index, kinds[0] if kinds else "", values)
        draft.place = findings.problem(
            (*path, kinds[0]) if kinds else path, "", draft.why, "expectation"
        )
        _check_keys(draft, raw, kinds, findings)
        drafts.append(draft)
    return drafts


def limits_text(limits: Limits, *, is_time: bool = True) -> str:
    """Return limits in words: ``1s to 2s``, ``at least 1s``."""
    low, high = (time_text(n) if is_time and n != _INFINITE else f"{n:g}" for n in limits)
    if limits[1] == _INFINITE:
        return f"at least {low}"
    return f"at most {high}" if limits[0] == 0 else f"{low} to {high}"


def _check_keys(
    draft: PropertyDraft, raw: Mapping[str, Any], kinds: list[str], findings: Findings
) -> None:
    path = draft.path
    if not kinds and not findings.is_any_lost(path):
        hint = "inside [[step]], expect looks at one moment" if "signal" in raw else ""
        text = f"must have one of {one_of(PROPERTY_KINDS)}"
        findings.add(path, text, hint, on="key")
    for extra in kinds[1:]:
        text = f"cannot stand beside {kinds[0]}"
        findings.add((*path, extra), text, "write it as an [[expect]] of its own", on="key")
    if ("then" in raw) != ("whenever" in raw) and kinds[:1] in (["whenever"], []):
        missing, there = ("then", "whenever") if "whenever" in raw else ("whenever", "then")
        findings.add((*path, there), f"needs {missing} beside it", on="key")
    elif "then" in raw and "whenever" not in raw:
        findings.add((*path, "then"), "needs whenever beside it", on="key")
    if "within" in raw and kinds[:1] and kinds[0] not in ("always", "never", "whenever"):
        findings.add((*path, "within"), f"has no meaning with {kinds[0]}", "write until", on="key")
    if draft.until_s is not None and (draft.from_s or 0.0) >= draft.until_s:
        findings.add((*path, "until"), "must be later than from")
    if isinstance(raw.get("wave"), dict):
        _check_wave((*path, "wave"), raw["wave"], draft.wave, findings)


def _check_wave(
    path: KeyPath, raw: Mapping[str, Any], wave: Wave | None, findings: Findings
) -> None:
    if ("phase" in raw) != ("follows" in raw):
        missing, there = ("follows", "phase") if "phase" in raw else ("phase", "follows")
        findings.add((*path, there), f"needs {missing} beside it", on="key")
    if wave is None:
        return
    if not any(key in raw for key in _MEASURED):
        findings.add(path, "says nothing of the wave", f"write {one_of(_MEASURED)}", on="key")
    limits = {"max_on": wave.on_s, "max_off": wave.off_s, "period": wave.period_s}
    limits |= {"duty": wave.duty, "phase": wave.phase_s}
    for key, pair in limits.items():
        if pair is not None and pair[0] > pair[1]:
            findings.add((*path, key), "must not begin above its end")


def _wave(values: Mapping[str, Any]) -> Wave:
    return Wave(
        values["signal"],
        on_s=_limits(values["min_on"], values["max_on"]),
        off_s=_limits(values["min_off"], values["max_off"]),
        period_s=values["period"],
        duty=values["duty"],
        count=values["count"],
        follows=values["follows"],
        phase_s=values["phase"],
    )


def _limits(low: float | None, high: float | None) -> Limits | None:
    if low is None and high is None:
        return None
    return (low or 0.0, _INFINITE if high is None else high)


def _within(within_s: float) -> str:
    return f" within {time_text(within_s)}" if within_s else " at once"
