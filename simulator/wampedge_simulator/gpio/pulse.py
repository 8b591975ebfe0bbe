"""A meter with a pulse output: a contact that closes for a moment at each pulse."""

from __future__ import annotations

from wampedge_simulator.gpio.button import Button

__all__ = ["PART"]

PART = Button
"""A reed contact and an S0 output are wired as a button is; `pulse` of the board is the flow."""
