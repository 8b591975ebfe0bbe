"""HC-SR04, DHT22, DHT11 and HX711: vectors of their data sheets, and signals that are wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driving import PlainInput, PlainOutput, RecordedContext, driver_of
from tests.support.virtual import virtual
from wampedge.errors import BadReadingError, HardwareError
from wampedge_drivers.gpio._dht import bytes_of, checked
from wampedge_drivers.gpio.dht11 import decode as decode_11
from wampedge_drivers.gpio.dht22 import decode as decode_22
from wampedge_drivers.gpio.hcsr04 import distance_m
from wampedge_drivers.gpio.hx711 import HX711, signed_24


def answer(data: str, *, missing: int = 0) -> list[tuple[bool, int]]:
    """Return the edges of an answer with the bytes *data*, without the first *missing*."""
    edges, now_us = [(False, 0), (True, 80), (False, 160)], 160
    for bit in f"{int(data, 16):040b}":
        now_us += 50
        edges.append((True, now_us))
        now_us += 70 if bit == "1" else 26
        edges.append((False, now_us))
    edges.append((True, now_us + 50))
    return [(level, at_us * 1000) for level, at_us in edges][missing:]


@pytest.mark.parametrize(
    ("data", "humidity", "temperature"),
    [("028c015fee", 65.2, 35.1), ("028c806573", 65.2, -10.1)],
)
def test_answers_of_a_dht22(data: str, humidity: float, temperature: float) -> None:
    """AM2302 data sheet, 7.3."""
    decoded = decode_22(checked(bytes_of(answer(data))))

    assert decoded == {"humidity": humidity, "temperature": temperature}


@pytest.mark.parametrize(
    ("data", "humidity", "temperature"),
    [("3500180451", 53.0, 24.4), ("3500018137", 53.0, -1.1)],
)
def test_answers_of_a_dht11(data: str, humidity: float, temperature: float) -> None:
    """DHT11 data sheet, 7: 53 %, 24.4 degrees."""
    data = data[:8] + f"{sum(bytes.fromhex(data[:8])) & 0xFF:02x}"

    assert decode_11(checked(bytes_of(answer(data)))) == {
        "humidity": humidity,
        "temperature": temperature,
    }


@pytest.mark.parametrize("missing", [0, 1, 2, 3])
def test_edges_before_the_first_bit_are_not_needed(missing: int) -> None:
    assert bytes_of(answer("028c015fee", missing=missing)).hex() == "028c015fee"


def test_what_is_no_answer_is_told() -> None:
    with pytest.raises(BadReadingError, match="the sensor does not answer"):
        bytes_of([])
    with pytest.raises(BadReadingError, match="39 of 40 bits arrived"):
        bytes_of(answer("028c015fee", missing=5))
    edges = answer("028c015fee")
    with pytest.raises(BadReadingError, match="an edge was lost"):
        bytes_of(edges[:40] + edges[42:])
    with pytest.raises(BadReadingError, match="the checksum of 028c015fef is wrong"):
        checked(bytes.fromhex("028c015fef"))


def test_how_far_sound_comes() -> None:
    """1 m there and back at 20 degrees: 343.42 m/s."""
    assert distance_m(2 / 343.42, 20.0) == pytest.approx(1.0)
    assert distance_m(0.01, 0.0) == pytest.approx(1.6565)


@pytest.mark.parametrize(
    ("word", "value"),
    [(0, 0), (1, 1), (0x7FFFFF, 8_388_607), (0x800000, -8_388_608), (0xFFFFFF, -1)],
)
def test_words_of_an_hx711_are_two_complement(word: int, value: int) -> None:
    """HX711 data sheet, page 4: 800000h to 7FFFFFh."""
    assert signed_24(word) == value


class Cell:
    """An HX711 on a bench: gives *word* bit by bit."""

    def __init__(self, word: int, **given: Any) -> None:
        self.word, self.clocks = word, 0
        self.driver = driver_of(HX711, context=RecordedContext(), **given)
        self.driver.clock, self.driver.data = self, self

    async def write(self, level: bool) -> None:
        self.clocks += level

    async def read(self) -> bool:
        if self.clocks == 0 or self.clocks > 24:
            self.clocks = 0
            return False
        return bool(self.word >> 24 - self.clocks & 1)


@pytest.mark.parametrize(
    ("word", "weight"), [(0x0186A0, 250.0), (0xFE7960, -250.0), (0x000000, 0.0)]
)
@virtual
async def test_a_weight_is_the_steps_since_the_tare_by_the_scale(word: int, weight: float) -> None:
    cell = Cell(word, scale=400)
    await cell.driver.setup()

    assert (await cell.driver.read())["weight"] == weight


@pytest.mark.parametrize("word", [0x7FFFFF, 0x800000])
@virtual
async def test_a_converter_at_its_limit_has_no_value(word: int) -> None:
    cell = Cell(word)
    await cell.driver.setup()

    assert await cell.driver.read() == {"raw": None, "weight": None}
    with pytest.raises(BadReadingError, match="at its limit"):
        await cell.driver.tare()


@virtual
async def test_a_tare_is_kept() -> None:
    cell = Cell(0x0186A0, scale=400)
    await cell.driver.setup()
    assert await cell.driver.tare() == 100_000
    assert (await cell.driver.read())["weight"] == 0.0

    again = Cell(0x0186A0, scale=400)
    again.driver.context = cell.driver.context
    await again.driver.setup()

    assert (await again.driver.read())["weight"] == 0.0


@virtual
async def test_a_sample_whose_clock_was_stopped_is_taken_again() -> None:
    cell = Cell(0x0186A0, scale=400)
    await cell.driver.setup()
    clock = cell.driver.context.clock
    stops = [61e-6, 0.0]

    async def write(level: bool) -> None:
        cell.clocks += level
        if not level and cell.clocks == 12:
            clock.spend(stops.pop(0))

    cell.write = write  # type: ignore[method-assign] # a thread that Linux stops once

    assert (await cell.driver.read())["weight"] == 250.0
    assert cell.driver.counters() == {"retries": 1}


@virtual
async def test_a_chip_without_a_sample_is_told_of() -> None:
    driver = driver_of(HX711)
    driver.clock, driver.data = PlainOutput(), PlainInput(True)

    with pytest.raises(BadReadingError, match="no sample gets ready"):
        await driver.setup()


@virtual
async def test_pins_that_have_to_be_waited_for_are_refused() -> None:
    cell = Cell(0)

    async def slow(level: bool) -> None:
        if level:
            await cell.driver.sleep(0.001)

    cell.write = slow  # type: ignore[method-assign] # a pin of an expander
    cell.clocks = 0
    with pytest.raises(HardwareError, match="must be pins of the header"):
        cell.driver._clock_out()


def test_a_scale_of_nothing_is_refused() -> None:
    assert HX711.check_params({"scale": 0.0}, {})[0][0] == ("scale",)
