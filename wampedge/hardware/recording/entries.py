"""The lines of a trace: what a transaction is called, what was sent, what came back.

========== ================== ================================ =============== =================
kind       at                 op                               w               r
========== ================== ================================ =============== =================
``i2c``    ``0x76``                                            messages        bytes read
``spi``    chip select        mode and clock                   bytes           bytes
``files``  path               ``read`` ``write`` ``names``     bytes           bytes, names
``modbus`` unit               size of a good answer, if known  request         answer
``serial``                    ``open`` ``tx`` ``close``        bytes
``serial``                    ``rx`` ``lost`` (came by itself)                 bytes
``pins``   line               see ``recording.pins``           level, duty     level
``pins``   line               ``edge`` (came by itself)        stamp in ns     level
``clear``                     nine clock pulses on a bus                       why not
``call``   procedure          a call by a client               arguments
``mark``                      ``start`` ``stop`` ``full``      kept values
========== ================== ================================ =============== =================

Bytes are hexadecimal. Messages of I2C are a list: bytes that are written, or how many are read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from wampedge.errors import (
    BusBusyError,
    BusError,
    BusTimeoutError,
    ConfigError,
    DeviceError,
    HardwareError,
)

__all__ = [
    "FORMAT",
    "GIVEN_UP",
    "STIMULI",
    "VERSION",
    "Entry",
    "TraceError",
    "encode",
    "entry_of",
    "error_of",
    "failed",
    "header_line",
]

FORMAT: Final = "wampedge-trace"
VERSION: Final = 1
GIVEN_UP: Final = "GivenUp: it was under way when the node gave it up"
"""Error of what has no end in the trace."""
STIMULI: Final = frozenset({"rx", "lost", "edge", "call"})
"""What came by itself; everything else was asked for by the node."""
_ERRORS: Final[Mapping[str, type[DeviceError]]] = {
    each.__name__: each
    for each in (BusBusyError, BusError, BusTimeoutError, DeviceError, HardwareError)
}
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class TraceError(ConfigError):
    """A trace cannot be used; the text says where and why."""


class Entry(NamedTuple):
    """One line of a trace."""

    t: int
    """When it began, in ns since the start."""
    kind: str
    bus: str
    at: str = ""
    op: str = ""
    w: Any = None
    """What was sent, as JSON has it."""
    r: Any = None
    """What came back, as JSON has it."""
    ns: int = 0
    """How long it took, in ns."""
    errno: int | None = None
    error: str = ""
    """Class and text of what it failed with, empty where it did not."""
    line: int = 0
    """Where it is in its file; 0 where it is in none."""

    @property
    def is_stimulus(self) -> bool:
        """Whether it came by itself."""
        return self.op in STIMULI or self.kind == "call"

    @property
    def request(self) -> tuple[Any, ...]:
        """What has to be the same when it is made again."""
        return self.kind, self.bus, self.at, self.op, self.w


def encode(entry: Entry) -> str:
    """Return *entry* as one line without its end; what is empty is left out."""
    fields: dict[str, Any] = {"t": entry.t, "kind": entry.kind}
    if entry.bus:
        fields["bus"] = entry.bus
    if entry.at:
        fields["at"] = entry.at
    if entry.op:
        fields["op"] = entry.op
    if entry.w is not None:
        fields["w"] = entry.w
    if entry.r is not None:
        fields["r"] = entry.r
    if entry.ns:
        fields["ns"] = entry.ns
    if entry.errno is not None:
        fields["errno"] = entry.errno
    if entry.error:
        fields["error"] = entry.error
    return _encode(fields)


def header_line(fields: Mapping[str, Any]) -> str:
    """Return the first line of a trace, with *fields* beside format and version."""
    return _encode({"format": FORMAT, "version": VERSION, **fields})


def failed(error: Exception) -> tuple[int | None, str]:
    """Return error number and text of *error* as a line has them."""
    reason = error.reason if isinstance(error, DeviceError) else str(error)
    return getattr(error, "errno", None), f"{type(error).__name__}: {reason}"


def error_of(entry: Entry) -> Exception:
    """Return what *entry* failed with, to raise it again."""
    name, _, text = entry.error.partition(": ")
    if entry.kind == "files":
        return OSError(entry.errno or 0, text)
    if name == "UnitOfflineError":
        from wampedge.devices.modbus.offline import UnitOfflineError  # noqa: PLC0415 # few traces

        return UnitOfflineError(text)
    made = _ERRORS.get(name, BusError)
    return made(text, errno=entry.errno) if issubclass(made, BusError) else made(text)


def entry_of(fields: Any, line: int) -> Entry:
    """Return the entry of a decoded line; raises TraceError that says what is wrong with it."""
    if not isinstance(fields, dict):
        raise TraceError("must be an object")
    unknown = fields.keys() - _KINDS.keys()
    if unknown:
        raise TraceError(f'has an unknown key "{min(unknown)}"')
    for key in ("t", "kind"):
        if key not in fields:
            raise TraceError(f'has no "{key}"')
    for key, value in fields.items():
        wanted = _KINDS[key]
        if wanted is not object and (not isinstance(value, wanted) or isinstance(value, bool)):
            raise TraceError(f'"{key}" must be {_NAMES[wanted]}, got {value!r:.40}')
    entry = Entry(**{"bus": "", **fields}, line=line)
    _check_content(entry)
    return entry


_KINDS: Final[Mapping[str, type]] = {
    "t": int, "kind": str, "bus": str, "at": str, "op": str, "w": object, "r": object,
    "ns": int, "errno": int, "error": str,
}  # fmt: skip
_NAMES: Final[Mapping[type, str]] = {int: "a whole number", str: "a text"}


def _check_content(entry: Entry) -> None:
    """Check what was sent and read; raises TraceError."""
    if entry.t < 0 or entry.ns < 0:
        raise TraceError("times must be 0 or more")
    check = _CHECKS.get(entry.kind)
    if check is not None:
        check(entry)


def _check_i2c(entry: Entry) -> None:
    if not isinstance(entry.w, list) or not entry.w:
        raise TraceError('"w" must be a list of messages')
    for message in entry.w:
        if isinstance(message, bool) or not isinstance(message, int | str):
            raise TraceError('"w" must be a list of bytes and sizes')
        _check_bytes(message if isinstance(message, str) else "", "w")
    _check_bytes(entry.r, "r")
    wanted = 2 * sum(size for size in entry.w if isinstance(size, int))
    if not entry.error and len(entry.r or "") != wanted:
        raise TraceError(f'"r" must have {wanted // 2} bytes, as "w" asks for')


def _check_plain(entry: Entry) -> None:
    if entry.op != "names":
        _check_bytes(entry.w, "w")
        _check_bytes(entry.r, "r")


def _check_call(entry: Entry) -> None:
    if not isinstance(entry.w, dict) or entry.w.keys() != {"args", "kwargs"}:
        raise TraceError('"w" must be the "args" and "kwargs" of a call')


def _check_mark(entry: Entry) -> None:
    kept = entry.w if isinstance(entry.w, dict) else {}
    if entry.op == "start" and (kept is not entry.w or not _is_table(kept)):
        raise TraceError('"w" must be what devices keep')


def _is_table(kept: Mapping[str, Any]) -> bool:
    return all(isinstance(each, dict) for each in kept.values())


def _check_pin(entry: Entry) -> None:
    if entry.op == "edge" and (not isinstance(entry.w, int) or isinstance(entry.w, bool)):
        raise TraceError('"w" of an edge must be its time in ns')
    if not isinstance(entry.w, int | float | None) or not isinstance(entry.r, bool | None):
        raise TraceError('"w" of a pin must be a level or a number, "r" a level')


def _check_bytes(value: Any, key: str) -> None:
    if value is None:
        return
    try:
        bytes.fromhex(value)
    except (ValueError, TypeError):
        raise TraceError(f'"{key}" must be bytes in hexadecimal, got {value!r:.40}') from None


_CHECKS: Final[Mapping[str, Callable[[Entry], None]]] = {
    "i2c": _check_i2c,
    "spi": _check_plain,
    "files": _check_plain,
    "modbus": _check_plain,
    "serial": _check_plain,
    "pins": _check_pin,
    "call": _check_call,
    "mark": _check_mark,
}
