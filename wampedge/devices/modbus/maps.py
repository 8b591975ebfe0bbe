"""Drivers of Modbus parts without code: a TOML file of registers becomes a driver class.

The file holds the registers of the part, what it is set to when it is sold, its commands, and test
vectors: whole frames of a line, with their checksums, as datasheets print them.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from wampedge.devices.driver import CommandSpec, Driver, DriverSpec, spec_of
from wampedge.devices.fields import (
    NAME_PATTERN,
    Choice,
    Duration,
    Integer,
    ListOf,
    MapOf,
    Number,
    Table,
    Text,
)
from wampedge.devices.modbus.driver import DEADLINE_S, USUAL_HOLE, RegisterDriver
from wampedge.devices.modbus.keys import MAX_UNIT_ID, ORDER, REGISTER_KEYS
from wampedge.devices.modbus.pdu import MAX_REGISTERS
from wampedge.devices.modbus.registers import Register, register_of
from wampedge.devices.registermap.schema import Mistake, fail
from wampedge.devices.tomlfile import AnyValue, HexText, read_driver_file

__all__ = ["VECTOR", "PartDriver", "load_part", "read_part"]

_RESERVED: Final = frozenset(dir(Driver))

_REGISTER: Final = Table(
    {
        **REGISTER_KEYS,
        "unit": Text(default="", maximum_length=16),
        "limits": ListOf(Number(), 2, 2, default=None, doc="what the part can measure"),
        "doc": Text(default="", maximum_length=200),
    }
)
_COMMAND: Final = Table(
    {
        "doc": Text(maximum_length=200),
        "send": HexText(doc="the request: function and what belongs to it, without unit and CRC"),
        "answer": Integer(1, 253, doc="bytes of a good answer, counted in the same way"),
    }
)
VECTOR: Final = Table(
    {
        "doc": Text(default="", maximum_length=200),
        "unit_id": Integer(1, MAX_UNIT_ID, default=None),
        "bus": ListOf(ListOf(HexText(minimum_length=0), 2, 2), doc="[request, answer], as frames"),
        "expect": MapOf(AnyValue(), default=None),
        "bad": ListOf(Text(NAME_PATTERN), default=(), doc="channels without a value"),
        "set": MapOf(AnyValue(), default=None, doc="set before the read"),
        "call": Text(NAME_PATTERN, default=None, doc="a command that is called before the read"),
        "error": Choice(
            ("BadReadingError", "BusError", "BusTimeoutError", "UnitRefusedError"), default=None
        ),
    }
)
PART: Final = Table(
    {
        "name": Text(NAME_PATTERN),
        "title": Text(minimum_length=1, maximum_length=100),
        "bus": Choice(("modbus",)),
        "datasheet": Text(minimum_length=1, maximum_length=400, doc="number, sections, pages"),
        "unit_id": Integer(1, MAX_UNIT_ID, default=None, doc="number of the part as it is sold"),
        "byte_order": ORDER.but(default="ABCD"),
        "max_count": Integer(1, MAX_REGISTERS, default=MAX_REGISTERS, doc="registers at once"),
        "max_hole": Integer(0, 64, default=USUAL_HOLE, doc="registers read along with others"),
        "every": Duration(0.01, 86_400.0, default=None, doc="sampling period when none is given"),
        "registers": MapOf(_REGISTER),
        "commands": MapOf(_COMMAND, default={}),
        "test": ListOf(VECTOR, minimum=1, doc="a part without vectors is no driver"),
    }
)


class PartDriver(RegisterDriver, bus="modbus"):
    """Base of the classes made from register files; one subclass a file."""

    part_registers: ClassVar[Mapping[str, Register]] = {}
    part_commands: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @property
    def registers(self) -> Mapping[str, Register]:
        """What is read and written, by channel."""
        return self.part_registers

    async def run_command(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Send the request of the command *name*; raises BusError."""
        table = self.part_commands[name]
        await self.bus.request(table["send"], own_size=table["answer"])


def read_part(path: Path, raw: bytes | None = None) -> dict[str, Any]:
    """Return the tables of the file (or of *raw*) with every default; raises ConfigError."""
    return read_driver_file(path, PART, raw)


def load_part(path: Path, raw: bytes | None = None) -> DriverSpec:
    """Return what the register file at *path* declares; its ``driver_class`` runs it.

    Args:
        path: the file.
        raw: what is in it, where it was read before.

    Raises:
        ConfigError: with every mistake of the file.
    """
    document = read_part(path, raw)
    registers, mistakes = _registers(document)
    if mistakes:
        raise fail(path, mistakes)
    keywords = {
        "bus": "modbus",
        "title": document["title"],
        "default_every_s": document["every"],
        "name": document["name"],
        "deadline_s": DEADLINE_S,
    }
    driver: Any = types.new_class(document["name"], (PartDriver,), keywords)
    driver.__doc__ = f"{document['title']}.\n\nDatasheet: {document['datasheet']}"
    driver.part_registers = registers
    driver.part_commands = document["commands"]
    driver.max_count, driver.max_hole = document["max_count"], document["max_hole"]
    driver._spec = spec_of(driver).but(
        channels={name: register.channel() for name, register in registers.items()},
        commands={
            name: CommandSpec({}, table["doc"], result="None")
            for name, table in document["commands"].items()
        },
        unit_id=document["unit_id"],
    )
    return spec_of(driver)


def _registers(document: Mapping[str, Any]) -> tuple[dict[str, Register], list[Mistake]]:
    registers: dict[str, Register] = {}
    mistakes: list[Mistake] = []
    for name, table in document["registers"].items():
        if name in _RESERVED:
            mistakes.append(Mistake(("registers", name), "is a word of the driver API"))
        try:
            registers[name] = register_of(name, table, document["byte_order"])
        except ValueError as error:
            mistakes.append(Mistake(("registers", name), str(error)))
    return registers, mistakes
