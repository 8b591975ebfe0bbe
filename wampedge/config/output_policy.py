"""The keys of a device that say what its output may do and who may tell it, and their checks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from wampedge.config.layout import KeyPath
from wampedge.config.model import ChannelConfig
from wampedge.config.problems import Findings
from wampedge.devices.driver import DriverSpec
from wampedge.devices.fields import (
    Boolean,
    Duration,
    Field,
    FieldError,
    Integer,
    ListOf,
    Number,
    Table,
    Text,
    shown,
)
from wampedge.devices.output_policy import Access, OnDisconnect, OutputPolicy
from wampedge.devices.spelling import nearest, one_of
from wampedge.devices.values import Value

__all__ = [
    "ACCESS",
    "OUTPUT_KEYS",
    "Slew",
    "StateOrValue",
    "access_of",
    "check_output_policy",
    "check_states_in_range",
    "policy_fields",
    "policy_of",
    "set_channel",
]

_LONGEST_S: Final = 31 * 86_400.0
_ROLES: Final = ListOf(
    Text(minimum_length=1, maximum_length=64, wanted="the name of a role"), 0, 64, default=None
)
ACCESS: Final = Table(
    {
        "set": _ROLES.but(doc="roles that may set it and run its commands"),
        "get": _ROLES.but(doc="roles that may ask for its readings"),
    },
    default=None,
    doc="roles that may use it; the node's own rules need no role",
)

OUTPUT_KEYS: Final = frozenset(
    {
        "on_start",
        "on_stop",
        "on_disconnect",
        "max_on",
        "min_on",
        "min_off",
        "safe",
        "safety",
        "slew",
    }
)
"""Keys that outputs have and nothing else."""


class StateOrValue(Field):
    """A state by its name, or a value of the channel that is set."""

    words: Sequence[str] = ()
    value: Field | None = None

    def convert(self, value: Any) -> Value:
        """Return the word, or the value; raises FieldError."""
        if isinstance(value, str) and value in self.words:
            return value
        if self.value is not None and not isinstance(value, str):
            converted: Value = self.value.convert(value)
            return converted
        meant = {True: "on", False: "off"}.get(value) if isinstance(value, bool) else None
        near = nearest(value, self.words, limit=1) if isinstance(value, str) else []
        hint = f'did you mean "{near[0]}"?' if near else ""
        if meant in self.words:
            hint = f'write "{meant}"'
        wanted = one_of([shown(word) for word in self.words])
        if self.value is not None:
            wanted += ", or a value of the channel"
        raise FieldError(f"must be {wanted}, got {shown(value)}", hint)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the words and the value."""
        words = {"enum": list(self.words)}
        return words if self.value is None else {"anyOf": [words, self.value.schema()]}


class Slew(Field):
    """How far a value may move in a second: ``"2/s"``, or ``"10%/s"`` for a channel in percent."""

    unit: str = ""

    def convert(self, value: Any) -> float:
        """Return the amount a second, in the unit of the channel; raises FieldError."""
        unit = f" ?(?:{re.escape(self.unit)})?" if self.unit else ""
        found = (
            re.fullmatch(rf"([0-9]{{1,9}}(?:\.[0-9]{{1,9}})?){unit}/s", value)
            if isinstance(value, str)
            else None
        )
        if found is None or float(found[1]) == 0.0:
            amount = (
                f"{value:g}"
                if isinstance(value, int | float) and not isinstance(value, bool)
                else "2"
            )
            raise FieldError(
                f"must be an amount a second, got {shown(value)}",
                f'write "{amount}{self.unit}/s"',
            )
        return float(found[1])

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the text."""
        unit = f" ?({re.escape(self.unit)})?" if self.unit else ""
        nonzero = r"(?![0.]+[^0-9.])"
        return {
            "type": "string",
            "pattern": rf"^{nonzero}[0-9]{{1,9}}(\.[0-9]{{1,9}})?{unit}/s$",
        }


def set_channel(spec: DriverSpec) -> str | None:
    """Return the driver's name of the one channel that is set; None where there is not one."""
    settable = [name for name, channel in spec.channels.items() if channel.is_settable]
    return settable[0] if len(settable) == 1 else None


def policy_fields(spec: DriverSpec) -> dict[str, Field]:
    """Return the keys for the output of a device of *spec*; none where it has no output."""
    if not spec.is_output:
        return {}
    channel = set_channel(spec)
    kind = spec.channels[channel].field if channel else None
    switch = ("off", "on") if isinstance(kind, Boolean) else ("off",)
    value = kind if isinstance(kind, Number | Integer) else None
    disconnected = tuple(dict.fromkeys((*switch, "safe", *_plain_commands(spec))))
    time = Duration(minimum_s=0.01, maximum_s=_LONGEST_S, default=None)
    state = StateOrValue(value=value, default="off")
    fields: dict[str, Field] = {
        "on_start": state.but(
            words=(*switch, "restore", "keep"),
            doc="state when the node starts; restore: what was last asked for; keep: what it has",
        ),
        "on_stop": state.but(words=(*switch, "keep", "safe"), doc="state when the node stops"),
        "on_disconnect": Table(
            {
                "after": Duration(
                    minimum_s=0.0, maximum_s=_LONGEST_S, doc="for how long the link is lost"
                ),
                "do": StateOrValue(words=disconnected, value=value, doc="what it does then"),
            },
            default=None,
            doc="what it does when the link upstream is lost",
        ),
        "max_on": time.but(doc="longest time it may be on; then it is switched off"),
        "min_on": time.but(doc="how long it stays on at least"),
        "min_off": time.but(doc="how long it stays off at least"),
        "safe": state.but(words=switch, doc="its safe state"),
        "safety": Boolean(
            default=False, doc="safe state when the session that controls it falls silent"
        ),
    }
    if spec.driver_class.slews and channel is not None:
        unit = spec.channels[channel].unit
        fields["slew"] = Slew(unit=unit, default=None, doc="how fast its value may change")
    return fields


def _plain_commands(spec: DriverSpec) -> list[str]:
    """Return the commands that need no arguments."""
    return [
        name
        for name, command in spec.commands.items()
        if all(not argument.is_required for argument in command.arguments.values())
    ]


def policy_of(values: Mapping[str, Any]) -> OutputPolicy:
    """Return the policy the converted *values* of a device describe."""
    disconnected = values.get("on_disconnect")
    return OutputPolicy(
        on_start=values.get("on_start", "off"),
        on_stop=values.get("on_stop", "off"),
        on_disconnect=OnDisconnect(disconnected["after"], disconnected["do"])
        if disconnected
        else None,
        max_on_s=values.get("max_on"),
        min_on_s=values.get("min_on") or 0.0,
        min_off_s=values.get("min_off") or 0.0,
        safe=values.get("safe", "off"),
        has_safety=values.get("safety", False),
        slew_per_s=values.get("slew"),
    )


def access_of(table: Mapping[str, Any] | None) -> Access:
    """Return who may use what has this ``access`` table."""
    return Access() if table is None else Access(set=table["set"], get=table["get"])


def check_output_policy(values: Mapping[str, Any], path: KeyPath, findings: Findings) -> None:
    """Refuse times that cannot all be held."""
    longest, shortest = values.get("max_on"), values.get("min_on")
    if longest is not None and shortest is not None and longest < shortest:
        related = [((*path, "min_on"), "the least is said here")]
        text = "must not be less than min_on: both could not be held"
        findings.add((*path, "max_on"), text, related=related)


def check_states_in_range(
    values: Mapping[str, Any], channels: Iterable[ChannelConfig], path: KeyPath, findings: Findings
) -> None:
    """Refuse states outside the ``range`` of the channel that is set: no order could give them."""
    limited = [each for each in channels if each.spec.is_settable and each.range is not None]
    if len(limited) != 1 or limited[0].range is None:
        return
    low, high = limited[0].range
    disconnected = values.get("on_disconnect") or {}
    states: dict[KeyPath, Any] = {
        (key,): values.get(key) for key in ("on_start", "on_stop", "safe")
    }
    states |= {("on_disconnect", "do"): disconnected.get("do")}
    for key, state in states.items():
        if isinstance(state, bool) or not isinstance(state, int | float):
            continue
        public = state * limited[0].scale + limited[0].offset
        if not low <= public <= high:
            related = [((*path, "channels", limited[0].source, "range"), "the range is said here")]
            text = f"is outside the range of {limited[0].name}, {low:g} to {high:g}"
            findings.add((*path, *key), text, related=related)
