"""A board that outlives the node on it, so that a node can stop, die and come back."""

from __future__ import annotations

from typing import Any

from wampedge_simulator.nets import HEADER
from wampedge_simulator.part import Bench
from wampedge_simulator.seams.gpio import SimulatedFactory, SimulatedPin
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = ["StandingBoard"]

_HEADER_LINES = 28


class StandingBoard:
    """One node's view of a board that stays; implements ``Substrate``.

    Args:
        board: the board, which its owner starts and stops.
    """

    def __init__(self, board: SimulatedSubstrate) -> None:
        self._board = board
        self._factory: _MortalFactory | None = None

    changing = None
    """A reload changes what the node looks for, and not what is connected."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._board, name)

    @property
    def is_simulated(self) -> bool:
        """True."""
        return True

    def start(self) -> None:
        """Do nothing: the board is up."""

    def stop(self) -> None:
        """Do nothing: the board stays."""

    def pin_factory(self) -> Any:
        """Return the header as this node sees it."""
        self._factory = _MortalFactory(self._board.bench, keeps_outputs=True)
        return self._factory

    def lose_power(self) -> None:
        """Let every line of the header go; what the node does to them from now on is nothing."""
        if self._factory is not None:
            self._factory.is_dead = True
        for line in range(_HEADER_LINES):
            net = self._board.net(HEADER, line)
            net.drive(HEADER, None)
            net.pull(HEADER, None)


class _MortalPin(SimulatedPin):
    """A pin that moves nothing any more once its node has no power."""

    def _become_input(self) -> None:
        if not self.factory.is_dead:
            super()._become_input()

    def _become_output(self, level: bool) -> None:
        if not self.factory.is_dead:
            super()._become_output(level)

    def _drive(self, signal: Any) -> None:
        if not self.factory.is_dead:
            super()._drive(signal)


class _MortalFactory(SimulatedFactory):
    def __init__(self, bench: Bench, *, keeps_outputs: bool) -> None:
        self.is_dead = False
        super().__init__(bench, keeps_outputs=keeps_outputs)
        self.pin_class = _MortalPin
