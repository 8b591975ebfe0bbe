"""MAX31855, MAX31865 and MAX6675 against the tables of their datasheets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driving import RecordedContext, params_of
from tests.support.virtual import virtual
from wampedge.devices.contracts import SpiSettings
from wampedge.devices.driver import Driver
from wampedge.devices.spi import SpiDevice
from wampedge.errors import BadReadingError, WrongChipError
from wampedge_drivers.spi.max6675 import MAX6675
from wampedge_drivers.spi.max31855 import MAX31855
from wampedge_drivers.spi.max31865 import MAX31865, temperature_of


class RecordedSpi:
    """Gives one answer after another, the last one for ever, and keeps what was sent."""

    name = "/dev/spidev0"

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.sent: list[bytes] = []

    def transfer(self, settings: SpiSettings, data: bytes) -> bytes:
        self.sent.append(data)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return (answer + bytes(len(data)))[: len(data)]

    def close(self) -> None:
        pass


def on_spi(driver: type[Driver], bus: RecordedSpi, **given: Any) -> Any:
    device = SpiDevice(bus, SpiSettings())
    return driver(RecordedContext(), params_of(driver, given), device)


THERMOCOUPLE = {  # table 4: 14 bits of 0.25 °C
    0b0110_0100_0000_00: 1600.0,
    0b0011_1110_1000_00: 1000.0,
    0b0000_0110_0100_11: 100.75,
    0b0000_0001_1001_00: 25.0,
    0b1111_1111_1111_11: -0.25,
    0b1111_1111_1111_00: -1.0,
    0b1111_0000_0110_00: -250.0,
}
INTERNAL = {  # table 5: 12 bits of 0.0625 °C
    0b0111_1111_0000: 127.0,
    0b0110_0100_1001: 100.5625,
    0b0001_1001_0000: 25.0,
    0b1111_1111_1111: -0.0625,
    0b1111_1111_0000: -1.0,
    0b1110_1100_0000: -20.0,
    0b1100_1001_0000: -55.0,
}


@virtual
async def test_max31855_says_the_temperatures_of_its_tables() -> None:
    for word, celsius in THERMOCOUPLE.items():
        raw = (word << 18 | 0x190 << 4).to_bytes(4, "big")
        assert await on_spi(MAX31855, RecordedSpi(raw)).read() == {
            "temperature": celsius,
            "internal": 25.0,
        }
    for word, celsius in INTERNAL.items():
        raw = (0x64 << 18 | word << 4).to_bytes(4, "big")
        assert (await on_spi(MAX31855, RecordedSpi(raw)).read())["internal"] == celsius


@pytest.mark.parametrize(
    ("bits", "why"),
    [(1, "the thermocouple is open"), (2, "the thermocouple is shorted to ground"),
     (4, "the thermocouple is shorted to the supply")],
)  # fmt: skip
@virtual
async def test_max31855_with_a_fault_gives_the_cold_junction_only(bits: int, why: str) -> None:
    raw = (1 << 16 | 0x190 << 4 | bits).to_bytes(4, "big")
    driver = on_spi(MAX31855, RecordedSpi(raw))

    assert await driver.read() == {"internal": 25.0}
    assert driver.context.gone == [(["temperature"], why)]


@pytest.mark.parametrize("driver", [MAX31855, MAX6675, MAX31865])
@pytest.mark.parametrize("level", [b"\x00", b"\xff"])
@virtual
async def test_a_line_that_is_held_is_no_temperature(driver: type[Driver], level: bytes) -> None:
    part = on_spi(driver, RecordedSpi(level * 9))

    with pytest.raises(BadReadingError):
        await part.read()


@virtual
async def test_max6675_says_quarters_of_a_degree_from_0_to_1023() -> None:
    for word, celsius in ((0x0C80 >> 1, 50.0), (0x7FF8, 1023.75), (0x0008, 0.25)):
        raw = word.to_bytes(2, "big")
        assert await on_spi(MAX6675, RecordedSpi(raw)).read() == {"temperature": celsius}
    with pytest.raises(BadReadingError, match="open"):
        await on_spi(MAX6675, RecordedSpi(b"\x0c\x84")).read()


@virtual
async def test_max6675_is_not_read_again_before_its_conversion_is_over() -> None:
    driver = on_spi(MAX6675, RecordedSpi(b"\x06\x40"))
    clock = driver.context.clock

    await driver.read()
    first = clock.monotonic()
    await driver.read()

    assert clock.monotonic() - first == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("ohms", "celsius"),
    [(18.5201, -200.0), (60.2558, -100.0), (100.0, 0.0), (138.5055, 100.0), (175.8560, 200.0),
     (390.4811, 850.0)],
)  # fmt: skip
def test_platinum_has_the_temperatures_of_iec_60751(ohms: float, celsius: float) -> None:
    assert temperature_of(ohms / 100) == pytest.approx(celsius, abs=2e-3)


@virtual
async def test_max31865_measures_once_with_the_bias_on() -> None:
    """138.5055 ohm of 430 ohm is code 10554.8, so 10555: 138.5086 ohm, 8 mK above 100 °C."""
    answer = bytes((0, 0x81, *(10555 << 1).to_bytes(2, "big"), 0xFF, 0xFF, 0, 0, 0))
    bus = RecordedSpi(answer)

    values = await on_spi(MAX31865, bus).read()

    assert values["resistance"] == pytest.approx(138.5086, abs=1e-4)
    assert values["temperature"] == pytest.approx(100.008, abs=1e-3)
    assert bus.sent[:2] == [b"\x80\x81", b"\x80\xa1"]
    assert bus.sent[-1] == b"\x80\x01"


@pytest.mark.parametrize("end", ["setup", "safe"])
@virtual
async def test_max31865_has_no_bias_while_nothing_is_measured(end: str) -> None:
    """3 wires and 50 Hz are 0x11; with the bias 0x91."""
    bus = RecordedSpi(bytes((0, 0x91)))

    await getattr(on_spi(MAX31865, bus, wires="3"), end)()

    assert bus.sent[-1] == b"\x80\x11"


@virtual
async def test_max31865_clears_a_fault_and_says_what_it_was() -> None:
    answer = bytes((0, 0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0x80))
    bus = RecordedSpi(answer)

    with pytest.raises(BadReadingError, match="the sensor is open"):
        await on_spi(MAX31865, bus).read()

    assert bus.sent[-1] == b"\x80\x03"


@pytest.mark.parametrize("level", [b"\x00", b"\xff"])
@virtual
async def test_max31865_that_is_not_there_is_not_set_up(level: bytes) -> None:
    with pytest.raises(WrongChipError, match="nobody drives MISO"):
        await on_spi(MAX31865, RecordedSpi(level * 9)).setup()
