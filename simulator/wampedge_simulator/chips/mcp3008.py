"""Microchip MCP3008: eight inputs, 10 bit."""

from __future__ import annotations

from typing import ClassVar

from wampedge_simulator.chips._mcp3x08 import EightInputs

__all__ = ["PART", "Mcp3008"]


class Mcp3008(EightInputs):
    """The chip."""

    bits: ClassVar = 10


PART = Mcp3008
