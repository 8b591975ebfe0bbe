"""MCP3008 and MCP3208: the frames of their datasheets, and what is no voltage."""

from __future__ import annotations

import pytest

from tests.drivers.spi.test_thermometers import RecordedSpi, on_spi
from tests.support.virtual import virtual
from wampedge.devices.driver import Driver
from wampedge.errors import BadReadingError
from wampedge_drivers.spi.mcp3008 import MCP3008
from wampedge_drivers.spi.mcp3208 import MCP3208


@virtual
async def test_mcp3008_asks_for_each_channel_and_takes_the_last_ten_bits() -> None:
    """Figure 6-1: start bit, then SGL/DIFF, D2 to D0; code 512 of 1024 is half the reference."""
    bus = RecordedSpi(b"\xff\xfa\x00")  # undefined bits, null bit 0, code 512

    values = await on_spi(MCP3008, bus, reference="5V").read()

    assert [sent.hex() for sent in bus.sent] == [f"01{n:x}000" for n in range(8, 16)]
    assert values == {f"ch{n}": 2.5 for n in range(8)}


@virtual
async def test_mcp3208_asks_for_each_channel_and_takes_the_last_twelve_bits() -> None:
    bus = RecordedSpi(b"\xff\xe8\x00")  # undefined bits, null bit 0, code 2048

    values = await on_spi(MCP3208, bus, reference="4.096V").read()

    assert [sent.hex() for sent in bus.sent] == [
        "060000", "064000", "068000", "06c000", "070000", "074000", "078000", "07c000",
    ]  # fmt: skip
    assert values == {f"ch{n}": 2.048 for n in range(8)}


@pytest.mark.parametrize("driver", [MCP3008, MCP3208])
@pytest.mark.parametrize(("level", "why"), [(b"\x00", "exactly 0"), (b"\xff", "null bit")])
@virtual
async def test_a_line_that_is_held_is_no_voltage(
    driver: type[Driver], level: bytes, why: str
) -> None:
    with pytest.raises(BadReadingError, match=why):
        await on_spi(driver, RecordedSpi(level * 3)).read()
