"""Compiles what a map does on the bus: steps, queries, polls, identities and reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from wampedge.devices.checksums import CHECKSUMS
from wampedge.devices.expressions import Expression, ExpressionError
from wampedge.devices.registermap.traffic import (
    PEC,
    Endian,
    Guard,
    Identity,
    Poll,
    Query,
    Read,
    Step,
)

__all__ = ["ExchangeCompiler", "Where"]

Where = tuple[str | int, ...]


class ExchangeCompiler:
    """Compiles tables of traffic; hands what is wrong to *mistake* and goes on.

    Args:
        register_size: bytes of a register number.
        endian: byte order of the part.
        mistake: takes the path of a key and what is wrong with it.
    """

    def __init__(
        self, register_size: int, endian: Endian, mistake: Callable[[Where, str], None]
    ) -> None:
        self._register_size = register_size
        self._endian = endian
        self._mistake = mistake

    def expression(self, where: Where, text: str, names: Collection[str]) -> Expression:
        """Return the expression; 0 stands for one that is wrong."""
        try:
            return Expression(text, names)
        except ExpressionError as error:
            self._mistake(where, str(error))
            return Expression("0", ())

    def steps(
        self, where: Where, tables: Sequence[Mapping[str, Any]], names: Collection[str]
    ) -> list[Step]:
        """Return the steps of a list of tables."""
        return [self.step((*where, i), table, names) for i, table in enumerate(tables)]

    def step(self, where: Where, table: Mapping[str, Any], names: Collection[str]) -> Step:
        """Return one step."""
        write, register, value = table["write"], table["reg"], table["value"]
        if register is not None and value is None:
            self._mistake(where, "reg and value go together")
        if value is not None and write is None and register is None:
            self._mistake(where, "reg and value go together (or write and value)")
        if write is not None and register is not None:
            self._mistake(where, "give write, or reg and value, not both")
        if write is None and register is None and not table["delay"]:
            self._mistake(where, "does nothing: give write, or reg and value, or delay")
        guard = self._guard(table["crc"], 2, table["len"])
        if guard and not guard.covers_addressing and (value is None or table["len"] % 2):
            self._mistake((*where, "crc"), "goes behind each two bytes of value; there are none")
        return Step(
            data=self._address(where, register) if write is None else write,
            value=None if value is None else self.expression((*where, "value"), value, names),
            size=table["len"],
            endian=table["endian"] or self._endian,
            guard=guard,
            delay_s=table["delay"],
            may_be_refused=table["may_nack"],
        )

    def identity(self, where: Where, table: Mapping[str, Any]) -> Identity:
        """Return what tells the chip."""
        if table["reg"] is None and table["cmd"] is None:
            self._mistake(where, "needs reg or cmd")
        return Identity(self._query(where, table, 2), table["mask"], table["expect"])

    def read(self, where: Where, table: Mapping[str, Any], names: Collection[str]) -> Read:
        """Return one read."""
        start, poll, then, equals = (table[key] for key in ("start", "poll", "then", "equals"))
        query = self._query(where, table, table["crc_every"])
        begins = table["cmd"] is not None and bool(table["wait"] or poll)
        return Read(
            name=table["name"],
            start=None if start is None else self.step((*where, "start"), start, names),
            poll=None if poll is None else self._poll((*where, "poll"), poll, names),
            query=query.but(begins=begins),
            equals=None if equals is None else self.expression((*where, "equals"), equals, names),
            then=None if then is None else self.step((*where, "then"), then, names),
        )

    def _poll(self, where: Where, table: Mapping[str, Any], names: Collection[str]) -> Poll:
        wants_difference = table["equals"] is None
        if wants_difference == (table["differs"] is None):
            self._mistake(where, "needs equals or differs, and not both")
        text = table["equals"] or table["differs"] or "0"
        return Poll(
            query=self._query(where, table, 2),
            mask=table["mask"],
            target=self.expression((*where, "equals"), text, names),
            wants_difference=wants_difference,
            every_s=table["every"],
            tries=max(1, math.ceil(table["timeout"] / table["every"])),
            patience_s=table["patience"],
        )

    def _query(self, where: Where, table: Mapping[str, Any], protects: int) -> Query:
        register, command, size = table["reg"], table["cmd"], table["len"]
        if register is not None and command is not None:
            self._mistake(where, "give reg or cmd, not both")
        guard = self._guard(table["crc"], protects, size)
        if guard and size % (guard.protects + guard.checksum.size):
            self._mistake((*where, "len"), "is no whole number of checked groups")
        return Query(
            command=(command or b"") if register is None else self._address(where, register),
            begins=command is not None and bool(table["wait"]),
            wait_s=table["wait"],
            size=size,
            endian=table["endian"] or self._endian,
            guard=guard,
        )

    def _guard(self, name: str | None, protects: int, size: int) -> Guard | None:
        """Return how the checksum *name* protects; the packet error code covers everything."""
        if name is None:
            return None
        checksum = CHECKSUMS[name]
        if checksum is PEC:
            return Guard(checksum, max(1, size - 1), covers_addressing=True)
        return Guard(checksum, protects)

    def _address(self, where: Where, register: int | None) -> bytes:
        if register is None:
            return b""
        if register >= 1 << 8 * self._register_size:
            self._mistake((*where, "reg"), 'is beyond 0xff; set "register_size = 2"')
            return b""
        return register.to_bytes(self._register_size, "big")
