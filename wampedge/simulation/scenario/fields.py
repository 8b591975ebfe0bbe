"""Every key of a scenario file, with what it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from wampedge.devices.fields import (
    Boolean,
    Choice,
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
from wampedge.simulation.scenario.comparing import PlainValue
from wampedge.simulation.scenario.conditions import (
    CONDITION_FIELDS,
    ConditionField,
    CountField,
)
from wampedge.simulation.scenario.spans import SignedSpan, Span

__all__ = [
    "ACTIONS",
    "BENCH_ACTIONS",
    "BOARD_FAULTS",
    "CHAOS_FIELDS",
    "DEFAULT_CALL_TIMEOUT_S",
    "LONGEST_S",
    "MAX_PROPERTIES",
    "MAX_STEPS",
    "PROPERTY_FIELDS",
    "PROPERTY_KINDS",
    "STEP_FIELDS",
    "TOP_FIELDS",
    "WAVE_FIELDS",
    "ExpectList",
    "TextTable",
]

MAX_STEPS: Final = 1000
MAX_PROPERTIES: Final = 256
LONGEST_S: Final = 400 * 86_400.0
"""How long a scenario may last: a year, and some."""
DEFAULT_CALL_TIMEOUT_S: Final = 60.0
BOARD_FAULTS: Final = (
    "power_cut", "card_full", "card_read_only", "clock_step", "clock_unset", "cpu_stall",
    "no_descriptors",
)  # fmt: skip
"""What can go wrong with the computer of the node."""
CLOCK_STEP_MAX_S: Final = 20_000 * 86_400.0
"""From 2026 back into 1971."""
_MAX_TEXTS: Final = 64

_TIME: Final = Span(LONGEST_S, default=None)
_PAUSE: Final = Span(LONGEST_S)
_NAME: Final = Text(minimum_length=1, maximum_length=64)
_DEVICE: Final = _NAME.but(doc="name of the device")
_SIGNAL: Final = Text(minimum_length=1, maximum_length=200)
_WHY: Final = Text(maximum_length=500, default="", doc="the reason, as it is told when it fails")
_URI: Final = Text(minimum_length=1, maximum_length=200)
_ARGUMENTS: Final[Mapping[str, Field]] = {
    "args": ListOf(PlainValue(), 0, 64, default=(), doc="its arguments"),
    "kwargs": PlainValue(default=None, doc="its arguments by name, as a table"),
    "session": _NAME.but(default="client", doc="who does it: a name; each is a session of its own"),
}
_FILE: Final = Text(minimum_length=1, maximum_length=256)

BENCH_ACTIONS: Final[Mapping[str, Table]] = {
    "set": Table({
        "device": _DEVICE,
        "channel": _NAME.but(doc="what the part senses, by the driver's name of the channel"),
        "value": PlainValue(doc="in the unit of the driver"),
    }, doc="hold what a part senses at a value"),
    "release": Table({"device": _DEVICE, "channel": _NAME}, doc="let it go its natural way again"),
    "press": Table(
        {"device": _DEVICE, "for": Duration(0.001, LONGEST_S, default=None, doc="let it go then")},
        doc="press a button",
    ),
    "let_go": Table({"device": _DEVICE}, doc="let a button go"),
    "pulse": Table({
        "device": _DEVICE,
        "count": Integer(1, 10_000, default=1, doc="how often"),
        "width": Duration(1e-6, 3600.0, default=0.1, doc="how long the contact is closed"),
        "gap": Duration(1e-6, 3600.0, default=0.1, doc="how long it is open in between"),
    }, doc="close a contact some times"),
    "fault": Table({
        "device": _DEVICE.but(default=None),
        "kind": _NAME.but(default=None, doc="what goes wrong; `clear` ends it"),
        "board": Choice(BOARD_FAULTS, default=None, doc="in place of `device` and `kind`: what goes wrong with the computer"),  # noqa: E501 # one row, one line
        "by": SignedSpan(CLOCK_STEP_MAX_S, default=None, doc='how far `clock_step` goes: "10m", "-20000d"'),  # noqa: E501 # one row, one line
        "count": Integer(1, 1_000_000, default=None, doc="how many times it strikes"),
        "for": Duration(1e-6, LONGEST_S, default=None, doc="for how long"),
    }, doc="let something go wrong, until `clear` where neither `count` nor `for` is given"),
    "clear": Table({
        "device": _DEVICE.but(default=None),
        "kind": _NAME.but(default=None, doc="which; all if not given"),
        "board": Choice(BOARD_FAULTS, default=None, doc="in place of `device`: which fault of the computer"),  # noqa: E501 # one row, one line
    }, doc="end faults of a part"),
}  # fmt: skip
"""What hands do at the bench: needs no node."""

ACTIONS: Final[Mapping[str, Table]] = {
    **BENCH_ACTIONS,
    "call": Table({
        "procedure": _URI.but(doc="below the prefix of the node, or a whole URI"),
        **_ARGUMENTS,
        "timeout": Duration(0.001, LONGEST_S, default=DEFAULT_CALL_TIMEOUT_S, doc="how long it may take"),  # noqa: E501 # one row, one line
        "expect_error": _URI.but(default=None, doc="the URI of the error it must end with"),
    }, doc="call a procedure"),
    "publish": Table(
        {"topic": _URI.but(doc="below the prefix of the node, or a whole URI"), **_ARGUMENTS},
        doc="publish an event",
    ),
    "hang_up": Table({"session": _NAME.but(doc="whose")}, doc="end a session without goodbye"),
    "link": Table(
        {
            "state": Choice(("down", "up"), doc="what becomes of it"),
            "name": _NAME.but(default=None, doc="which link, of several; all without it"),
        },
        doc="take the router upstream away, or bring it back",
    ),
    "reload": Table({"devices": _FILE.but(doc="device file, beside the scenario")}, doc="go over to another device file"),  # noqa: E501 # one row, one line
    "restart": Table({"for": _PAUSE.but(default=0.0, doc="how long the node is away")}, doc="stop the node in order and start it again"),  # noqa: E501 # one row, one line
    "power_cycle": Table({"for": _PAUSE.but(default=1.0, doc="how long it is dark")}, doc="cut the power of node and parts, and bring it back"),  # noqa: E501 # one row, one line
}  # fmt: skip
"""Every action a step may have, by its key."""


class TextTable(Field):
    """A table of texts whose keys match a pattern."""

    pattern: str = ".*"
    wanted: str = ""

    def convert(self, value: Any) -> dict[str, str]:
        """Return the table; raises FieldError."""
        if not isinstance(value, Mapping):
            raise FieldError(f"must be a table, got {shown(value)}", 'write { NAME = "..." }')
        if len(value) > _MAX_TEXTS:
            raise FieldError(f"must have {_MAX_TEXTS} names or fewer, got {len(value)}")
        for key, text in value.items():
            if not re.fullmatch(self.pattern, key):
                raise FieldError(f"must be {self.wanted}", "", (key,), code="name")
            try:
                Text(maximum_length=4096).convert(text)
            except FieldError as error:
                raise error.within(key) from None
        return dict(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a table."""
        names = {"pattern": f"^(?:{self.pattern})$"}
        return {
            "type": "object",
            "propertyNames": names,
            "additionalProperties": {"type": "string"},
        }


class ExpectList(Field):
    """One expectation as a table, or several as a list of tables."""

    def convert(self, value: Any) -> tuple[dict[str, Any], ...]:
        """Return each as condition, ``within`` and ``why``; raises FieldError."""
        if isinstance(value, list):
            return ListOf(_OneExpect(), 1, 32).convert(value)
        return (_OneExpect().convert(value),)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a table or a list of them."""
        return {"anyOf": [_OneExpect().schema(), ListOf(_OneExpect(), 1, 32).schema()]}


_EXPECT_EXTRA: Final[Mapping[str, Field]] = {
    "within": _PAUSE.but(default=0.0, doc="how long it may take to come true"),
    "why": _WHY,
}


class _OneExpect(Field):
    def convert(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            hint = 'write { signal = "DEVICE.CHANNEL", equals = ... }'
            raise FieldError(f"must be a table, got {shown(value)}", hint)
        unknown = [k for k in value if k not in CONDITION_FIELDS and k not in _EXPECT_EXTRA]
        extra = {key: value[key] for key in value if key in _EXPECT_EXTRA or key in unknown}
        errors: list[FieldError] = []
        answer: dict[str, Any] = {}
        known = Table({**CONDITION_FIELDS, **_EXPECT_EXTRA}) if unknown else Table(_EXPECT_EXTRA)
        try:
            answer = known.convert(extra)
        except FieldError as error:
            errors += [each for each in error.each() if each.code != "missing-key"]
        try:
            condition = {key: each for key, each in value.items() if key in CONDITION_FIELDS}
            answer["condition"] = ConditionField().convert(condition)
        except FieldError as error:
            errors += [] if unknown and not error.path else error.each()
        if errors:
            first, *others = errors
            raise FieldError(first.text, first.hint, first.path, code=first.code, also=others)
        return answer

    def schema(self) -> dict[str, Any]:
        return Table({**CONDITION_FIELDS, **_EXPECT_EXTRA}).schema()


STEP_FIELDS: Final[Mapping[str, Field]] = {
    "at": _TIME.but(doc="when it is done, from the start on"),
    "after": _TIME.but(doc="how long after the step before; at once where no time is given"),
    "every": Duration(0.001, LONGEST_S, default=None, doc="do it, and the steps after it, again and again; from `at` on"),  # noqa: E501 # one row, one line
    "until": _TIME.but(doc="when `every` ends"),
    "when": ConditionField(default=None, doc="wait until this holds"),
    "within": _TIME.but(doc="how long `when` may take; to the end where it is not given"),
    **{name: table.but(default=None) for name, table in ACTIONS.items()},
    "expect": ExpectList(default=(), doc="what must hold then: one table, or a list of them"),
}  # fmt: skip

_TIMES: Final = ListOf(_PAUSE, 2, 2, default=None)
WAVE_FIELDS: Final[Mapping[str, Field]] = {
    "signal": _SIGNAL.but(doc="a signal that is true or false"),
    "min_on": _TIME.but(doc="shortest time it may be true"),
    "max_on": _TIME.but(doc="longest time it may be true"),
    "min_off": _TIME.but(doc="shortest time it may be false"),
    "max_off": _TIME.but(doc="longest time it may be false"),
    "period": _TIMES.but(doc="shortest and longest time from one rise to the next"),
    "duty": ListOf(Number(minimum=0, maximum=1), 2, 2, default=None, doc="smallest and largest share of the time it is true"),  # noqa: E501 # one row, one line
    "count": CountField(default=None, doc="how often it rises: 3, or [2, 4]"),
    "follows": _SIGNAL.but(default=None, doc="the signal that rises before each rise of this"),
    "phase": _TIMES.but(doc="with `follows`: shortest and longest time between the two rises"),
}  # fmt: skip

PROPERTY_KINDS: Final = ("always", "never", "eventually", "whenever", "order", "wave")
PROPERTY_FIELDS: Final[Mapping[str, Field]] = {
    "always": ConditionField(default=None, doc="this holds all the time"),
    "never": ConditionField(default=None, doc="this holds at no time"),
    "eventually": ConditionField(default=None, doc="this holds at some time"),
    "whenever": ConditionField(default=None, doc="each time this comes true, `then` follows"),
    "then": ConditionField(default=None, doc="what follows `whenever`"),
    "order": ListOf(ConditionField(), 2, 32, default=None, doc="these come true in this order"),
    "wave": Table(WAVE_FIELDS, default=None, doc="how a signal that is true or false goes"),
    "from": _TIME.but(doc="begin of the time it is about; when the node has started"),
    "until": _TIME.but(doc="end of the time it is about; the end of the scenario"),
    "within": _PAUSE.but(default=0.0, doc="how long `always` and `never` may be missed at a time, or `then` may take"),  # noqa: E501 # one row, one line
    "why": _WHY,
}  # fmt: skip

CHAOS_FIELDS: Final[Mapping[str, Field]] = {
    "seed": Integer(0, 2**53, default=1, doc="what is drawn depends on it"),
    "rate": Number(0.001, 3600.0, default=6.0, doc="faults an hour, on average"),
    "kinds": ListOf(_NAME, 0, 256, default=(), doc="which kinds of faults, or devices; all if not given"),  # noqa: E501 # one row, one line
    "from": _PAUSE.but(default=0.0, doc="when it begins"),
    "until": _TIME.but(doc="when it ends, and every fault with it; the end of the scenario"),
}  # fmt: skip

TOP_FIELDS: Final[Mapping[str, Field]] = {
    "name": Text(minimum_length=1, maximum_length=120, doc="what the scenario is called"),
    "devices": _FILE.but(doc="the device file, relative to the scenario"),
    "wired": _FILE.but(default=None, doc="a device file that says what is connected, where that differs"),  # noqa: E501 # one row, one line
    "world": _FILE.but(default=None, doc="a world file: physics and connections"),
    "seed": Integer(0, 2**53, default=1, doc="makes the noise of what is measured"),
    "duration": Duration(0.001, LONGEST_S, default=None, doc="how long it lasts; to the last step"),
    "environ": TextTable("[A-Za-z_][A-Za-z0-9_]*", "a name such as GH1_TICKET", default={}, doc="environment variables the device file may use"),  # noqa: E501 # one row, one line
    "files": TextTable("(?!/)(?!.*[.][.])[A-Za-z0-9_./-]+", "a path below the folder of the device file", default={}, doc="private files the device file may use, by path, with what is in them"),  # noqa: E501 # one row, one line
    "chaos": Table(CHAOS_FIELDS, default=None, doc="faults that are drawn at random"),
    "strict_wiring": Boolean(default=True, doc="mistakes of the wiring that show are failures"),
}  # fmt: skip
