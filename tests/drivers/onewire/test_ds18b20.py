"""DS18B20: the table of its datasheet, as the kernel writes it down."""

from __future__ import annotations

import pytest

from wampedge.errors import BadReadingError
from wampedge_drivers.onewire.ds18b20 import temperature_of

AFTER_POWER_ON = "50 05 4b 46 7f ff 0c 10 1c"


def crc8(raw: bytes) -> int:
    """Return the checksum of 1-Wire: x^8 + x^5 + x^4 + 1, a shift register as on page 9."""
    crc = 0
    for byte in raw:
        for bit in range(8):
            is_set = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ (0x8C if is_set else 0)
    return crc


def w1_slave(word: int, *, config: int = 0x7F, reserved: int | None = None) -> bytes:
    """Return the file of a part whose temperature register holds *word*."""
    sixth = 0x10 - (word & 0x0F) if reserved is None else reserved
    raw = bytes((word & 0xFF, word >> 8, 0x4B, 0x46, config, 0xFF, sixth, 0x10))
    text = bytes((*raw, crc8(raw))).hex(" ")
    return f"{text} : crc={crc8(raw):02x} YES\n{text} t=0\n".encode()


def test_the_checksum_of_the_datasheet() -> None:
    assert crc8(bytes.fromhex(AFTER_POWER_ON)[:8]) == 0x1C


@pytest.mark.parametrize(
    ("word", "celsius"),
    [(0x07D0, 125.0), (0x0550, 85.0), (0x0191, 25.0625), (0x00A2, 10.125), (0x0008, 0.5),
     (0x0000, 0.0), (0xFFF8, -0.5), (0xFF5E, -10.125), (0xFE6F, -25.0625), (0xFC90, -55.0)],
)  # fmt: skip
def test_the_temperatures_of_table_1(word: int, celsius: float) -> None:
    assert temperature_of(w1_slave(word)) == celsius


@pytest.mark.parametrize(("config", "celsius"), [(0x1F, 25.0), (0x3F, 25.0), (0x5F, 25.0)])
def test_bits_a_coarse_conversion_leaves_undefined_do_not_count(
    config: int, celsius: float
) -> None:
    """9 bits leave three undefined, 10 two, 11 one: 0x0191 is 25.0625 °C at 12 bits only."""
    assert temperature_of(w1_slave(0x0191, config=config)) == celsius


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{AFTER_POWER_ON} : crc=1c YES\n{AFTER_POWER_ON} t=85000\n", "85 °C after power-on"),
        ("91 01 4b 46 7f ff 0c 10 00 : crc=00 NO\n", "checksum"),
        ("00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 t=0\n", "held low"),
        ("ff ff ff ff ff ff ff ff ff : crc=c9 NO\n", "checksum"),
        ("", "no scratchpad"),
    ],
)
def test_what_is_no_measurement_is_no_number(text: str, why: str) -> None:
    with pytest.raises(BadReadingError, match=why):
        temperature_of(text.encode())
