"""Checks of ``[[step]]``: each for itself, and how they follow each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wampedge.config.layout import KeyPath
from wampedge.config.problems import Findings, Problem
from wampedge.devices.fields import convert_table
from wampedge.devices.spelling import one_of
from wampedge.simulation.scenario.conditions import Condition
from wampedge.simulation.scenario.fields import ACTIONS, STEP_FIELDS
from wampedge.simulation.scenario.model import Action, Chain, Expectation, Step

__all__ = ["StepDraft", "chains_of", "check_steps", "last_due_s"]

_TIMES: Final = ("at", "after", "every")


class StepDraft:
    """What is known of one step, right or wrong.

    Attributes:
        index: its place in the file.
        path: where it is in the file.
        action: what it does.
        expects: its conditions, each with what stands beside it.
        begins: whether it begins a chain.
    """

    def __init__(self, index: int, raw: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self.index = index
        self.path: KeyPath = ("step", index)
        self.action = _action(raw, values)
        self.expects: Sequence[Mapping[str, Any]] = values.get("expect") or ()
        self.is_list = isinstance(raw.get("expect"), list)
        self.when: Condition | None = values.get("when")
        self.within_s: float | None = values.get("within")
        self.at_s: float | None = values.get("at")
        self.after_s: float = values.get("after") or 0.0
        self.every_s: float | None = values.get("every")
        self.until_s: float | None = values.get("until")
        begins = index == 0 or "at" in raw or "every" in raw
        self.begins = begins or ("when" in raw and "after" not in raw)
        self.places: list[Problem] = []
        self.place: Problem

    @property
    def is_endless(self) -> bool:
        """Whether nothing says when it ends."""
        waits = self.when is not None and self.within_s is None
        return waits or (self.every_s is not None and self.until_s is None)

    def expect_path(self, index: int) -> KeyPath:
        """Return where one of ``expects`` is."""
        return (*self.path, "expect", index) if self.is_list else (*self.path, "expect")

    def finished(self) -> Step:
        """Return the step; nothing is wrong with it."""
        return Step(
            self.after_s,
            self.when,
            self.within_s,
            self.action,
            tuple(
                Expectation(each["condition"], each["within"], each["why"], place)
                for each, place in zip(self.expects, self.places, strict=True)
            ),
            self.place,
        )


def check_steps(raws: Sequence[Mapping[str, Any]], findings: Findings) -> list[StepDraft]:
    """Check every step for itself; names are not looked at."""
    drafts = []
    for index, raw in enumerate(raws):
        values, errors = convert_table(raw, STEP_FIELDS)
        for error in errors:
            findings.add_field_error(("step", index), error)
        draft = StepDraft(index, raw, values)
        action = () if draft.action is None else (draft.action.key,)
        draft.place = findings.problem((*draft.path, *action), "", "", "step")
        draft.places = [
            findings.problem(draft.expect_path(i), "", each["why"], "expectation").but(
                text=each["condition"].text()
            )
            for i, each in enumerate(draft.expects)
        ]
        _check_keys(draft, raw, findings)
        drafts.append(draft)
    return drafts


def chains_of(drafts: Sequence[StepDraft]) -> tuple[Chain, ...]:
    """Return the steps, those that follow each other together."""
    chains: list[list[StepDraft]] = []
    for draft in drafts:
        if draft.begins:
            chains.append([])
        chains[-1].append(draft)
    return tuple(
        Chain(
            heads[0].index,
            _begin_s(heads[0]),
            heads[0].every_s,
            heads[0].until_s,
            tuple(draft.finished() for draft in heads),
        )
        for heads in chains
    )


def last_due_s(drafts: Sequence[StepDraft]) -> float:
    """Return when the last step is due at the latest, as far as the file says."""
    last_s = due_s = 0.0
    for draft in drafts:
        if draft.begins:
            due_s = draft.until_s if draft.until_s is not None else _begin_s(draft)
        else:
            due_s += draft.after_s
        due_s += (draft.within_s or 0.0) + max((e["within"] for e in draft.expects), default=0.0)
        last_s = max(last_s, due_s)
    return last_s


def _begin_s(draft: StepDraft) -> float:
    if draft.at_s is not None:
        return draft.at_s
    return draft.every_s if draft.every_s is not None else draft.after_s


def _action(raw: Mapping[str, Any], values: Mapping[str, Any]) -> Action | None:
    kinds = [kind for kind in ACTIONS if kind in raw]
    arguments = values.get(kinds[0]) if kinds else None
    if arguments is None:
        return None
    if kinds[0] not in ("fault", "clear"):
        return Action(kinds[0], arguments)
    if arguments["board"] is not None:
        return Action(f"board_{kinds[0]}", arguments)
    is_told = arguments["device"] is None or (kinds[0] == "fault" and arguments["kind"] is None)
    return None if is_told else Action(kinds[0], arguments)


def _check_keys(draft: StepDraft, raw: Mapping[str, Any], findings: Findings) -> None:
    """Check what keys of one step may stand beside each other."""
    path = draft.path
    kinds = [kind for kind in ACTIONS if kind in raw]
    for extra in kinds[1:]:
        text = f"is a second action beside {kinds[0]}"
        findings.add((*path, extra), text, "write it as a [[step]] of its own", on="key")
    if not kinds and "expect" not in raw and not findings.is_any_lost(path):
        hint = f"write one of {one_of(ACTIONS)}, or expect"
        findings.add(path, "does nothing and expects nothing", hint, on="key")
    times = [key for key in _TIMES if key in raw]
    if "after" in times and len(times) > 1:
        others = one_of([key for key in times if key != "after"], "and")
        findings.add((*path, "after"), f"cannot stand beside {others}", on="key")
    for key, needed in (("within", "when"), ("until", "every")):
        if key in raw and needed not in raw:
            hint = "inside expect, within says how long that may take" if key == "within" else ""
            findings.add((*path, key), f"needs {needed} beside it", hint, on="key")
    if "every" in raw and "when" in raw:
        findings.add((*path, "when"), "cannot stand beside every", on="key")
    if "at" in raw and draft.until_s is not None and (draft.at_s or 0.0) > draft.until_s:
        findings.add((*path, "until"), "is before at")
    _check_call(draft, findings)
    _check_fault(draft, raw, findings)


def _check_call(draft: StepDraft, findings: Findings) -> None:
    action = draft.action
    if action is None:
        return
    kwargs = action.arguments.get("kwargs")
    if kwargs is not None and not isinstance(kwargs, Mapping):
        at = (*draft.path, action.kind, "kwargs")
        findings.add(at, "must be a table", "write { fresh = true }")


def _check_fault(draft: StepDraft, raw: Mapping[str, Any], findings: Findings) -> None:
    for action in ("fault", "clear"):
        table = raw.get(action)
        if not isinstance(table, Mapping):
            continue
        at = (*draft.path, action)
        needed = ("device",) if action == "clear" else ("device", "kind")
        if "board" in table:
            _check_board_fault(at, table, findings)
        elif not findings.is_any_lost(at):
            for key in (each for each in needed if each not in table):
                hint = "or write board, for a fault of the computer" if key == "device" else ""
                findings.add((*at, key), "is missing", hint, code="missing-key", on="key")
        if "count" in table and "for" in table:
            text = "cannot stand beside count"
            findings.add((*at, "for"), text, "a fault ends by one or the other", on="key")


def _check_board_fault(at: KeyPath, table: Mapping[str, Any], findings: Findings) -> None:
    """Check what stands beside ``board``."""
    board, is_fault = table["board"], at[-1] == "fault"
    for key in ("device", "kind", "count"):
        if key in table:
            findings.add((*at, key), "cannot stand beside board", on="key")
    for wanted, key, example in (("clock_step", "by", "-10m"), ("cpu_stall", "for", "5s")):
        if is_fault and board == wanted and key not in table:
            findings.add(at, f"{wanted} needs {key}", f'write {key} = "{example}"', on="key")
    if "by" in table and board != "clock_step":
        findings.add((*at, "by"), "is for clock_step", on="key")
