"""Read the TOML file of a driver and check its keys; which keys there are is for the caller."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import tomli

from wampedge.devices.driver import DriverSpec
from wampedge.devices.fields import Field, FieldError, Table
from wampedge.devices.registermap.schema import MAX_FILE_BYTES, Mistake, fail

__all__ = ["AnyValue", "HexText", "bus_of_file", "load_driver_file", "read_driver_file"]

_BUS = re.compile(rb"""^\s*bus\s*=\s*["'](\w+)["']""", re.MULTILINE)


class AnyValue(Field):
    """Anything; looked at later, where it is known what it should be."""

    def convert(self, value: Any) -> Any:
        """Return the value."""
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of anything."""
        return {}


class HexText(Field):
    """Bytes as pairs of hexadecimal digits, with spaces where they help to read."""

    minimum_length: int = 1

    def convert(self, value: Any) -> bytes:
        """Return the bytes; raises FieldError."""
        text = value.replace(" ", "") if isinstance(value, str) else ""
        if not isinstance(value, str) or not re.fullmatch(r"([0-9a-fA-F]{2})*", text):
            raise FieldError('must be pairs of hexadecimal digits, such as "aa c0"')
        if len(text) < 2 * self.minimum_length:
            raise FieldError("must not be empty")
        if len(text) > 8192:
            raise FieldError("must be 4096 bytes or fewer")
        return bytes.fromhex(text)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a text."""
        return {"type": "string", "pattern": "^( *[0-9a-fA-F] *[0-9a-fA-F] *)*$"}


def bus_of_file(path: Path, raw: bytes | None = None) -> str:
    """Return the kind of bus the file speaks of, found without parsing it; "" for none.

    Args:
        path: the file.
        raw: what is in it, where it was read before.

    Raises:
        ConfigError: the file cannot be read.
    """
    found = _BUS.search(_content(path, raw))
    return found[1].decode() if found else ""


def load_driver_file(path: Path, raw: bytes | None = None) -> DriverSpec:
    """Return what the driver file at *path* declares, whichever kind of file it is.

    Args:
        path: the file.
        raw: what is in it, where it was read before.

    Raises:
        ConfigError: with every mistake of the file.
    """
    raw = _content(path, raw)
    kind = bus_of_file(path, raw)
    if kind == "modbus":
        from wampedge.devices.modbus.maps import load_part  # noqa: PLC0415 # only what is used

        return load_part(path, raw)
    if kind == "serial":
        from wampedge.devices.frames.maps import load_frames  # noqa: PLC0415 # as above

        return load_frames(path, raw)
    from wampedge.devices.registermap.compiler import load_map  # noqa: PLC0415 # as above

    return load_map(path, raw)


def read_driver_file(path: Path, tables: Table, raw: bytes | None = None) -> dict[str, Any]:
    """Return the content of the file, or *raw*, with every default filled in.

    Raises:
        ConfigError: with every mistake of the file.
    """
    try:
        document = tables.convert(tomli.loads(_content(path, raw).decode()))
    except FieldError as error:
        each = [Mistake(e.path, f"{e.text} ({e.hint})" if e.hint else e.text) for e in error.each()]
        raise fail(path, each) from error
    except (ValueError, RecursionError) as error:
        raise fail(path, [Mistake((), f"is no TOML: {error}")]) from error
    if document["name"] != path.stem:
        text = f"must be the name of the file, {path.stem!r}"
        raise fail(path, [Mistake(("name",), text)])
    return document


def _content(path: Path, raw: bytes | None) -> bytes:
    try:
        content = path.read_bytes() if raw is None else raw
    except OSError as error:
        raise fail(path, [Mistake((), f"cannot be read: {error.strerror}")]) from error
    if len(content) > MAX_FILE_BYTES:
        raise fail(path, [Mistake((), f"is larger than {MAX_FILE_BYTES} bytes")])
    return content
