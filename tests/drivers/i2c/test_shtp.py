"""SHTP: headers, numbers of each channel, cargoes in several transfers, and garbage."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.virtual import virtual
from wampedge.devices.i2c import I2cDevice
from wampedge.errors import BadReadingError
from wampedge_drivers.i2c._shtp import READ_SIZE, Cargo, Shtp


class Hub:
    """A bus whose reads give transfers one after another, filled up with zeros."""

    name = "hub"

    def __init__(self, *transfers: str | bytes) -> None:
        self.sent: list[str] = []
        self._transfers = [t if isinstance(t, bytes) else bytes.fromhex(t) for t in transfers]

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        (message,) = messages
        if isinstance(message, bytes):
            self.sent.append(message.hex())
            return []
        wire = self._transfers.pop(0) if self._transfers else b""
        return [wire[:message].ljust(message, b"\x00")]

    def close(self) -> None:
        """Do nothing."""


def link(*transfers: str | bytes) -> tuple[Shtp, Hub]:
    hub = Hub(*transfers)
    return Shtp(I2cDevice(hub, 0x4A)), hub


@virtual
async def test_each_channel_counts_what_is_sent_on_it() -> None:
    shtp, hub = link()
    for channel, payload in ((2, "f900"), (1, "01"), (2, "f900")):
        await shtp.send(channel, bytes.fromhex(payload))
    shtp.restart()
    await shtp.send(2, b"\xf9\x00")

    assert hub.sent == ["06000200f900", "0500010001", "06000201f900", "06000200f900"]


@virtual
async def test_numbers_wrap_around() -> None:
    shtp, hub = link()
    for _cargo in range(257):
        await shtp.send(1, b"\x01")

    assert hub.sent[255:] == ["050001ff01", "0500010001"]


@virtual
async def test_a_short_cargo_is_one_transfer() -> None:
    shtp, _ = link("0700 0305 fb0102")

    assert await shtp.receive() == Cargo(3, b"\xfb\x01\x02")
    assert await shtp.receive() is None


@virtual
async def test_a_long_cargo_comes_in_several_transfers() -> None:
    """100 bytes of payload: 44 with the first read, 44 and 12 continued (bit 15 of the length)."""
    payload = bytes(range(100))
    shtp, _ = link(
        bytes.fromhex("68000000") + payload,
        bytes.fromhex("3c800001") + payload[44:],
        bytes.fromhex("10800002") + payload[88:],
        "0500 0200 aa",
    )

    assert await shtp.receive() == Cargo(0, payload)
    assert await shtp.receive() == Cargo(2, b"\xaa")
    assert shtp.lost == 0


@virtual
async def test_missing_numbers_are_counted() -> None:
    shtp, _ = link("0500 03fe 01", "0500 0301 01", "0500 0207 01", "0500 0302 01", "0500 0302 01")
    while await shtp.receive() is not None:
        pass

    assert shtp.lost == 2  # ff and 00; a number that comes again is none


@pytest.mark.parametrize(
    "wire",
    [
        b"\xff" * READ_SIZE,  # nobody drives the bus
        bytes.fromhex("03000000"),  # shorter than a header
        bytes.fromhex("05000600"),  # no such channel
        bytes.fromhex("05100200"),  # longer than any cargo
    ],
)
@virtual
async def test_what_is_no_header_is_an_error(wire: bytes) -> None:
    shtp, _ = link(wire)

    with pytest.raises(BadReadingError, match="is no header"):
        await shtp.receive()


@virtual
async def test_a_cargo_that_breaks_off_is_an_error() -> None:
    shtp, _ = link(bytes.fromhex("68000000") + bytes(100), "0500 0200 aa")

    with pytest.raises(BadReadingError, match="channel 0 broke off"):
        await shtp.receive()


@virtual
async def test_a_cargo_without_end_is_an_error() -> None:
    endless = bytes.fromhex("00840001") + bytes(1020)  # 1024 bytes, each time

    shtp, _ = link(*[endless] * 60)

    with pytest.raises(BadReadingError, match="of channel 0 does not end"):
        await shtp.receive()


@given(st.lists(st.binary(max_size=READ_SIZE), max_size=8))
def test_any_bytes_give_cargoes_or_an_error(transfers: list[bytes]) -> None:
    @virtual
    async def listen() -> None:
        shtp, _ = link(*transfers)
        for _transfer in range(10):
            cargo = await shtp.receive()
            assert cargo is None or cargo.channel < 6

    with contextlib.suppress(BadReadingError):
        listen()
