from __future__ import annotations

from tests.simulator.board import board, gpio
from wampedge_simulator.substrate import SimulatedSubstrate


def drive(substrate: SimulatedSubstrate, level: bool | None) -> None:
    substrate._board().nets.net("gpio", 17).drive("host", level)


def test_a_relay_switches_with_its_line() -> None:
    with board(gpio("relay", 17, "pump", active="high")) as substrate:
        pump = substrate.part("pump")
        states = [pump.is_on]
        for level in (True, False):
            drive(substrate, level)
            states.append(pump.is_on)

    assert states == [False, True, False]
    assert pump.switch_count == 2


def test_a_low_active_relay_is_off_until_its_line_is_driven_low() -> None:
    with board(gpio("relay", 17, "pump", active="low")) as substrate:
        pump = substrate.part("pump")
        released = (pump.is_on, substrate.pin_level("gpio", 17))
        drive(substrate, False)

    assert released == (False, True)
    assert pump.is_on


def test_a_stuck_contact_stays_while_the_coil_switches() -> None:
    with board(gpio("relay", 17, "pump")) as substrate:
        pump = substrate.part("pump")
        substrate.fault("pump", "stuck", None)
        drive(substrate, True)
        stuck = (pump.is_energized, pump.is_on)
        substrate.clear("pump")

    assert stuck == (True, False)
    assert pump.is_on


def test_a_contact_may_stick_once_only() -> None:
    with board(gpio("relay", 17, "pump")) as substrate:
        pump = substrate.part("pump")
        substrate.fault("pump", "stuck")
        drive(substrate, True)
        drive(substrate, False)
        drive(substrate, True)

    assert pump.is_on
