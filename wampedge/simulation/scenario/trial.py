"""Tries on a board that nobody runs on whether the bench can do what a scenario wants.

The board itself is the judge: what it has, how far a value can go, which faults a part knows. So
nothing is written down twice, and a mistake is found before the scenario runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wampedge.config.model import SiteConfig
from wampedge.errors import HardwareError, InvalidValueError
from wampedge.runtime.ground import wiring_of
from wampedge.simulation.scenario.names import PART_STATES, PartNames
from wampedge_simulator.clock import run_virtual
from wampedge_simulator.part import Part
from wampedge_simulator.substrate import SimulatedSubstrate

if TYPE_CHECKING:
    from wampedge.simulation.world_file import WorldFile

__all__ = ["TrialBoard", "act_on_bench", "part_names", "try_board"]


class TrialBoard:
    """A board that was up for a moment; what it was asked is answered.

    Attributes:
        wiring_fault: why it cannot be wired; empty when it can.
        parts: what its parts offer, by device.
        fault_kinds: which faults each part can have, by device.
        refusals: for each action that was tried the key at fault and the reason; None: it can be.
    """

    def __init__(self) -> None:
        self.wiring_fault = ""
        self.parts: dict[str, PartNames] = {}
        self.fault_kinds: dict[str, tuple[str, ...]] = {}
        self.refusals: list[tuple[str, str] | None] = []


def try_board(
    wired: SiteConfig,
    actions: list[tuple[str, Mapping[str, Any]]],
    *,
    seed: int,
    world: WorldFile | None = None,
) -> TrialBoard:
    """Start a board as *wired* says in *world*, do *actions* (kind, arguments), and stop it."""
    trial = TrialBoard()

    async def main() -> None:
        board = SimulatedSubstrate(wiring_of(wired), seed=seed)
        try:
            if world is not None:
                world.install(board)
            board.start()
        except HardwareError as error:
            trial.wiring_fault = str(error)
            return
        try:
            trial.parts = part_names(board, wired)
            trial.fault_kinds = {name: _fault_kinds(board, name) for name in wired.devices}
            trial.refusals = [_refusal(board, *action) for action in actions]
        finally:
            board.stop()

    run_virtual(main())
    return trial


def part_names(board: SimulatedSubstrate, wired: SiteConfig) -> dict[str, PartNames]:
    """Return what the parts of a board that is up offer, by device."""
    return {name: _names_of(board.part(name)) for name in wired.devices}


def act_on_bench(board: SimulatedSubstrate, kind: str, arguments: Mapping[str, Any]) -> None:
    """Do one of ``BENCH_ACTIONS``; what ends by itself later is left to the caller.

    Raises:
        InvalidValueError: it cannot be done; its field is the key at fault.
    """
    device = arguments["device"]
    if kind == "set":
        board.set(device, arguments["channel"], arguments["value"])
    elif kind == "release":
        board.release(device, arguments["channel"])
    elif kind == "press":
        board.press(device)
    elif kind == "let_go":
        board.let_go(device)
    elif kind == "pulse":
        width_s, gap_s = arguments["width"], arguments["gap"]
        board.pulse(device, arguments["count"], width_s=width_s, gap_s=gap_s)
    elif kind == "fault":
        board.fault(device, arguments["kind"], arguments["count"])
    else:
        board.clear(device, arguments["kind"])


def _fault_kinds(board: SimulatedSubstrate, device: str) -> tuple[str, ...]:
    part: Part = board.part(device)
    has_plug = board.ports.on(part.wired.bus) is not None
    return (*sorted(part.faults.kinds), *(["unplug"] if has_plug else []))


def _names_of(part: Part) -> PartNames:
    states = tuple(name for name in PART_STATES if hasattr(part, name))
    return PartNames(tuple(part.sensed), states, part.lines)


def _refusal(
    board: SimulatedSubstrate, kind: str, arguments: Mapping[str, Any]
) -> tuple[str, str] | None:
    tried = {**arguments, "count": min(arguments["count"], 2)} if kind == "pulse" else arguments
    try:
        act_on_bench(board, kind, tried)
    except InvalidValueError as error:
        field = str(error.field or "device")
        return (field if field in arguments else "device"), error.reason
    return None
