"""Sensirion SGP40: volatile compounds in the air, as an index and as raw ticks.

Chip: SGP40, I2C address 0x59, up to 400 kHz.
Datasheet: SGP40 version 1.2: 3.1 (raw signal with compensation, default 0x8000 0x6666), 3.3 (heater
off), 3.4 (serial number), 3.5 (checksum), table 8 (30 ms a measurement).

The index is that of Sensirion's algorithm: 100 is the usual air of the last day, more is worse, up
to 500. It needs a sample each second; there is none in the first 45 s, and the first hours have a
rough idea of what is usual. What was learned outlives a restart of less than ten minutes.
"""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.checksums import CHECKSUMS
from wampedge.devices.driver import Driver, command, param, reading
from wampedge.devices.fields import Number
from wampedge.devices.kept import KeptValue
from wampedge.devices.peers import DeviceName
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError
from wampedge_drivers.i2c._gas_index import LEARNED_S, VocIndex

__all__ = ["SGP40"]

MEASURE, HEATER_OFF, SERIAL_NUMBER = b"\x26\x0f", b"\x36\x15", b"\x36\x82"
CHECKSUM = CHECKSUMS["sensirion"]
MEASURING_S, SERIAL_NUMBER_S = 0.03, 0.001
USUAL_PERIOD_S = 1.0
LONGEST_GAP_S = 600.0
"""After a longer interruption what was usual before says nothing."""
KEEP_EVERY_S = 60.0
NO_SIGNAL = (0, 0xFFFF)
LEARNED = "voc_index"


class SGP40(
    Driver,
    bus="i2c",
    addresses=(0x59,),
    title="Sensirion SGP40 air quality sensor",
    default_every_s=USUAL_PERIOD_S,
):
    """Samples the raw signal and makes the index of it."""

    voc_index = reading(range=(1, 500), doc="100 is the usual air, more is worse; none at first")
    voc_raw = reading(range=(1, 65534), doc="in ticks; fewer mean more compounds")
    humidity: float = param(
        Number(0, 100), 50.0, doc="usual humidity of the air in %RH, for the compensation"
    )
    temperature: float = param(Number(-45, 130), 25.0, doc="usual temperature of the air in °C")
    humidity_from: str | None = param(
        DeviceName(readings={"humidity": "%RH"}, may_be_named_twice=True),
        None,
        doc="device whose humidity is that of the air; `humidity` counts while it has none",
    )
    temperature_from: str | None = param(
        DeviceName(readings={"temperature": "°C"}, may_be_named_twice=True),
        None,
        doc="device whose temperature is that of the air",
    )
    _index: VocIndex | None = None
    _sampled_at_s: float | None = None
    _kept_at_s = 0.0

    async def setup(self) -> None:
        """Ask for the serial number, as nothing tells the chip's kind; raises BadReadingError."""
        await self.bus.send(SERIAL_NUMBER)
        await self.sleep(SERIAL_NUMBER_S)
        answer = await self.bus.receive(9)
        for at in (0, 3, 6):
            _word_of(answer[at : at + 3])

    async def read(self) -> Mapping[str, Value]:
        """Measure; raises BadReadingError. No index in the first 45 s."""
        await self.bus.send(MEASURE + self._compensation())
        await self.sleep(MEASURING_S)
        ticks = _word_of(await self.bus.receive(3))
        if ticks in NO_SIGNAL:
            raise BadReadingError(f"{ticks} ticks are no measurement")
        index = self._follow(ticks)
        # The lowest index is 0.5, which is to be 1 and not the even 0.
        return {"voc_index": None if index is None else int(index + 0.5), "voc_raw": ticks}

    @command()
    async def heater_off(self) -> None:
        """Let the hotplate cool; the next read heats it again."""
        await self.bus.send(HEATER_OFF)

    async def safe(self) -> None:
        """Let the hotplate cool: nobody measures any more."""
        await self.bus.send(HEATER_OFF)

    def _compensation(self) -> bytes:
        """Return humidity and temperature in the chip's ticks, each with its checksum."""
        humidity = self._air("humidity", self.humidity_from, self.humidity)
        temperature = self._air("temperature", self.temperature_from, self.temperature)
        shares = (humidity / 100, (temperature + 45) / 175)
        words = [
            int(min(max(share, 0.0), 1.0) * 0xFFFF + 0.5).to_bytes(2, "big") for share in shares
        ]
        return b"".join(word + CHECKSUM.to_wire(word) for word in words)

    def _air(self, channel: str, device: str | None, usual: float) -> float:
        """Return what *device* says of the air, or what is usual."""
        value = None if device is None else self.context.peer(device).value(channel)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return usual
        return float(value)

    def _follow(self, ticks: int) -> float | None:
        """Feed the algorithm and return the index."""
        now_s, last_s = self.context.clock.monotonic(), self._sampled_at_s
        elapsed_s = USUAL_PERIOD_S if last_s is None else now_s - last_s
        self._sampled_at_s = now_s
        if self._index is None:
            self._index = self._resumed()
        elif elapsed_s > LONGEST_GAP_S:
            self._index, elapsed_s = VocIndex(), USUAL_PERIOD_S
        index = self._index.feed(ticks, elapsed_s)
        if self._index.learned_s >= LEARNED_S and now_s - self._kept_at_s >= KEEP_EVERY_S:
            self._kept_at_s = now_s
            learned: KeptValue = {
                "mean": self._index.mean,
                "deviation": self._index.deviation,
                "at": self.context.clock.time(),
            }
            self.context.kept.put(LEARNED, learned, within_s=LONGEST_GAP_S / 2)
        return index

    def _resumed(self) -> VocIndex:
        """Return the algorithm, with what it learned before the node was restarted."""
        index = VocIndex()
        match self.context.kept.get(LEARNED):
            case {"mean": float(mean), "deviation": float(deviation), "at": float(at_s)}:
                gap_s = self.context.clock.time() - at_s
                if 0 <= gap_s <= LONGEST_GAP_S and mean > 0 and deviation > 0:
                    index.resume(mean, deviation)
        return index


def _word_of(answer: bytes) -> int:
    """Return the word in front of its checksum; raises BadReadingError."""
    if not CHECKSUM.matches(answer[:2], answer[2:]):
        raise BadReadingError(f"the checksum of {answer.hex()} is wrong")
    return int.from_bytes(answer[:2], "big")
