"""Kinds of values that only the device file has: addresses, ranges, deltas, names, URLs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from wampedge.devices.fields import NAME_PATTERN, Field, FieldError, Integer, MapOf, Text, shown
from wampedge.devices.fields.base import is_usual_number

__all__ = [
    "LABELS",
    "MAX_NAME_LENGTH",
    "RESERVED_NAMES",
    "Delta",
    "DeltaText",
    "Expandable",
    "FormatPin",
    "I2cAddress",
    "I2cPath",
    "Name",
    "Range",
    "SecretText",
    "addresses_text",
    "name_mistake",
]

RESERVED_NAMES: Final = frozenset(
    {
        "get",
        "set",
        "status",
        "event",
        "describe",
        "health",
        "config",
        "sim",
        "sys",
        "derived",
        "rules",
    }
)
"""Parts of URIs with a meaning of their own, so no device or channel is called so."""
MAX_NAME_LENGTH: Final = 64

LABELS: Final = MapOf(
    Text(maximum_length=200),
    maximum=32,
    default={},
    doc="free texts for people and tools",
)
"""What people and tools want to know of a node, a bus or a device."""

_DELTA_TEXT: Final = r"([0-9]+(?:\.[0-9]+)?)([^0-9\s.].*)"


class Delta(NamedTuple):
    """A least change: in percent (*unit* ``%``), in another unit, or plain (*unit* None)."""

    amount: float
    unit: str | None


class FormatPin(Field):
    """``wampedge = 1``: the version of the file format."""

    def convert(self, value: Any) -> int:
        """Return 1; raises FieldError."""
        if value == 1 and not isinstance(value, bool):
            return 1
        is_newer = isinstance(value, int) and not isinstance(value, bool) and value > 1
        hint = "this wampedge is older than the file: update it" if is_newer else ""
        raise FieldError(f"must be 1, the one version of the file format, got {shown(value)}", hint)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the version."""
        return {"const": 1}


class Name(Field):
    """A name that becomes a component of URIs."""

    def convert(self, value: Any) -> str:
        """Return the name; raises FieldError."""
        if not isinstance(value, str):
            raise FieldError(f"must be a text, got {shown(value)}")
        mistake = name_mistake(value)
        if mistake:
            raise FieldError(f"{mistake[0]}, got {shown(value)}", mistake[1])
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a name."""
        return {
            "type": "string",
            "pattern": f"^{NAME_PATTERN}$",
            "maxLength": MAX_NAME_LENGTH,
            "not": {"enum": sorted(RESERVED_NAMES)},
        }


class I2cAddress(Field):
    """A 7-bit address: one of those the part can have, else 0x08 to 0x77."""

    addresses: Sequence[int] = ()

    def convert(self, value: Any) -> int:
        """Return the address; raises FieldError."""
        if isinstance(value, str) and re.fullmatch("0x[0-9a-fA-F]{1,2}", value):
            raise FieldError(
                f"must be a number, got {shown(value)}", f"write {value}, without quotes"
            )
        number = Integer().convert(value)
        if not 0x08 <= number <= 0x77 and number not in self.addresses:
            hint = _address_hint(number, self.addresses)
            raise FieldError(f"must be 0x08 to 0x77, got {_hex(number)}", hint)
        if self.addresses and number not in self.addresses:
            wanted = addresses_text(self.addresses)
            raise FieldError(
                f"must be {wanted}, got {_hex(number)}", "this part has no other address"
            )
        return number

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the address."""
        if self.addresses:
            return {"enum": sorted(self.addresses)}
        return {"type": "integer", "minimum": 0x08, "maximum": 0x77}


class I2cPath(Field):
    """An I2C bus: its number (``1``) or its device node (``"/dev/i2c-1"``)."""

    def convert(self, value: Any) -> str:
        """Return the device node; raises FieldError."""
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255:
            return f"/dev/i2c-{value}"
        if isinstance(value, str) and re.fullmatch("/dev/[A-Za-z0-9_.:/-]+", value):
            return value
        wanted = 'must be the number of the bus (1) or its device node ("/dev/i2c-1")'
        raise FieldError(f"{wanted}, got {shown(value)}")

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of an I2C bus."""
        return {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 255},
                {"type": "string", "pattern": "^/dev/[A-Za-z0-9_.:/-]+$"},
            ]
        }


class Range(Field):
    """``[low, high]``, low below high."""

    def convert(self, value: Any) -> tuple[float, float]:
        """Return both limits; raises FieldError."""
        is_pair = isinstance(value, list) and len(value) == 2
        if not is_pair or not all(is_usual_number(limit) for limit in value):
            raise FieldError(f"must be two numbers, such as [-20, 60], got {shown(value)}")
        low, high = value
        if low >= high:
            hint = f"write [{shown(high)}, {shown(low)}]" if low > high else ""
            raise FieldError(f"must rise, got [{shown(low)}, {shown(high)}]", hint)
        return float(low), float(high)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of two numbers."""
        return {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}


class DeltaText(Field):
    """A least change worth an event: ``"1%"`` of the value, ``"25W"``, or a number without unit."""

    def convert(self, value: Any) -> Delta:
        """Return the change; raises FieldError. Whether its unit fits is for the channel to say."""
        if is_usual_number(value):
            delta = Delta(float(value), None)
        else:
            match = re.fullmatch(_DELTA_TEXT, value) if isinstance(value, str) else None
            if not match:
                raise FieldError(f'must be a change such as "1%" or "0.5V", got {shown(value)}')
            delta = Delta(float(match[1]), match[2])
        if delta.amount <= 0:
            raise FieldError(
                f"must be more than 0, got {shown(value)}", "on_change = true publishes any change"
            )
        return delta

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a change."""
        return {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": f"^{_DELTA_TEXT}$"},
            ]
        }


class SecretText(Field):
    """Where a secret is: ``${env:NAME}``, ``${file:/path}`` or ``${credential:NAME}``.

    A path that does not begin with a slash begins in the folder of the device file; it has one
    somewhere, so that nobody takes the name of a file for the secret itself.

    The text itself is never shown, whatever is wrong with it.
    """

    pattern = r"\$\{(env:[A-Za-z_][A-Za-z0-9_]*|file:[^{}]*/[^{}]+|credential:[A-Za-z0-9_.-]+)\}"

    def convert(self, value: Any) -> str:
        """Return the reference; raises FieldError."""
        ways = 'write "${env:NAME}", "${file:/path}" or "${credential:NAME}"'
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            is_reference = isinstance(value, str) and value.startswith("${")
            text = "is no reference to a secret" if is_reference else "must not stand in the file"
            raise FieldError(text, ways)
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a reference."""
        return {"type": "string", "pattern": f"^{self.pattern}$"}


class Expandable(Field):
    """A text in which ``${env:NAME}`` and ``${node.name}`` were replaced before the check."""

    inner: Field = Text()

    def convert(self, value: Any) -> Any:
        """Return what the inner kind makes of the text; raises FieldError."""
        return self.inner.convert(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the text before the replacement."""
        return {"anyOf": [self.inner.schema(), {"type": "string", "pattern": r"\$\{"}]}


def name_mistake(name: str) -> tuple[str, str] | None:
    """Return what keeps *name* from being a name, and the next step; None for a proper name."""
    if not re.fullmatch(NAME_PATTERN, name):
        proper = re.sub("[^a-z0-9_]+", "_", name.lower()).strip("_")[:MAX_NAME_LENGTH]
        return "must be a name of a-z, 0-9 and _", f'write "{proper}"' if proper else ""
    if len(name) > MAX_NAME_LENGTH:
        return f"must have {MAX_NAME_LENGTH} characters or fewer", ""
    if name in RESERVED_NAMES:
        return "must not be a reserved name", f"reserved: {', '.join(sorted(RESERVED_NAMES))}"
    return None


def addresses_text(addresses: Sequence[int]) -> str:
    """Return *addresses* as people write them: ``0x76, 0x77``, ``0x40 to 0x4f``."""
    runs: list[list[int]] = []
    for address in sorted(addresses):
        if runs and address == runs[-1][-1] + 1:
            runs[-1].append(address)
        else:
            runs.append([address])
    texts: list[str] = []
    for run in runs:
        texts += [f"{_hex(run[0])} to {_hex(run[-1])}"] if len(run) > 2 else map(_hex, run)
    return ", ".join(texts)


def _address_hint(number: int, addresses: Sequence[int]) -> str:
    if 0x78 <= number <= 0xFF and number >> 1 in addresses:
        return f"an 8-bit address; write {_hex(number >> 1)}"
    if addresses:
        return f"this part has {addresses_text(addresses)}"
    return "the others are reserved"


def _hex(number: int) -> str:
    return f"0x{number:02x}" if 0 <= number < 2**64 else shown(number)
