"""The simulated MAX7219 by its datasheet: power-on state, Code B, chains, display test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from wampedge.devices.contracts import SpiSettings, WiredDevice, Wiring
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate


@pytest.fixture
def panel() -> Iterator[Any]:
    yield from made()


@pytest.fixture
def chain() -> Iterator[Any]:
    yield from made(chips=2, digits=1)


def made(**params: Any) -> Iterator[Any]:
    wired = WiredDevice("panel", "max7219", bus="spi", spi=SpiSettings(), params=params)
    board = SimulatedSubstrate(Wiring(spi={"spi": 0}, devices=(wired,)), clock=SteppedClock())
    board.start()
    yield board.part("panel")
    board.stop()


def send(panel: Any, *words: str) -> None:
    for word in words:
        panel.transfer(bytes.fromhex(word))


def test_after_power_on_it_is_dark_and_scans_one_digit(panel: Any) -> None:
    assert (panel.shown, panel.brightness) == ([" " * 8], 0.0)
    send(panel, "017f", "027f", "0c01")
    assert panel.shown == ["       8"]
    assert panel.brightness == 1 / 32


def test_code_b_decodes_digits(panel: Any) -> None:
    send(
        panel,
        "0c01",
        "0b07",
        "09ff",
        "010a",
        "020b",
        "030c",
        "040d",
        "050e",
        "060f",
        "0785",
        "0809",
    )

    assert panel.shown == ["95. PLHE-"]


def test_the_display_test_lights_everything_even_in_shutdown(panel: Any) -> None:
    send(panel, "0f01")
    assert panel.shown == ["8." * 8]
    send(panel, "0f00")
    assert panel.shown == [" " * 8]


def test_each_chip_of_a_chain_takes_the_last_16_bits_it_has(chain: Any) -> None:
    send(chain, "0c010c01", "09010901", "01070103")
    assert chain.shown == ["73"]
    send(chain, "01010000")  # no-op for the first chip, a 1 for the second
    assert chain.shown == ["13"]
    send(chain, "0105")  # what was in the first chip moves on to the second: no-op
    assert chain.shown == ["15"]
