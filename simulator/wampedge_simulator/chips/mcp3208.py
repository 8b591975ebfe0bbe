"""Microchip MCP3208: eight inputs, 12 bit."""

from __future__ import annotations

from typing import ClassVar

from wampedge_simulator.chips._mcp3x08 import EightInputs

__all__ = ["PART", "Mcp3208"]


class Mcp3208(EightInputs):
    """The chip."""

    bits: ClassVar = 12


PART = Mcp3208
