"""NXP MFRC522: reader of tags, SPI.

From the datasheet 112139 rev. 3.9: 8.1.2 (address byte, one register byte a data byte), 9.2
(registers and their reset values), 8.5 (timer: (2 prescaler + 1)(reload + 1) periods of 13.56 MHz,
from the end of a frame when TAuto is set), 9.3.1.15 (CollPos counts from 1, RxAlign included),
10.3 (commands), 8.8.3 (the chip runs once its oscillator does). A bit on the air takes 9.44 us, and
a tag answers after 86 us.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.chips._tags import Bits, Field, bits_of, bytes_of, crc_a, uids_of
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.spi.bus import SPI_FAULTS

__all__ = ["PART", "Mfrc522"]

_COMMAND, _COM_IRQ, _DIV_IRQ, _ERROR = 0x01, 0x04, 0x05, 0x06
_FIFO, _FIFO_LEVEL, _CONTROL, _BIT_FRAMING, _COLLISION = 0x09, 0x0A, 0x0C, 0x0D, 0x0E
_TX_CONTROL, _CRC_HIGH, _CRC_LOW, _VERSION = 0x14, 0x21, 0x22, 0x37
_TIMER_MODE, _PRESCALER, _RELOAD_HIGH, _RELOAD_LOW = 0x2A, 0x2B, 0x2C, 0x2D
_RESET = {
    0x01: 0x20, 0x02: 0x80, 0x04: 0x14, 0x07: 0x21, 0x0B: 0x08, 0x0C: 0x10, 0x0E: 0xA0, 0x11: 0x3F,
    0x14: 0x80, 0x16: 0x10, 0x17: 0x84, 0x18: 0x84, 0x19: 0x4D, 0x1C: 0x62, 0x1F: 0xEB, 0x21: 0xFF,
    0x22: 0xFF, 0x24: 0x26, 0x26: 0x48, 0x27: 0x88, 0x28: 0x20, 0x29: 0x20, 0x37: 0x92,
}  # fmt: skip
_READ_ONLY = {_ERROR, 0x07, _CRC_HIGH, _CRC_LOW, _VERSION}
_IDLE, _CALCULATE_CRC, _TRANSCEIVE, _SOFT_RESET = 0x00, 0x03, 0x0C, 0x0F
_POWER_DOWN = 0x10
_SENT, _RECEIVED, _IDLED, _FAULT, _TIMED_OUT = 0x40, 0x20, 0x10, 0x02, 0x01
_MOST = 64
_OSCILLATOR_S, _BIT_S, _DELAY_S, _CLOCK_HZ = 0.01, 9.44e-6, 86e-6, 13.56e6


class Mfrc522(Part):
    """The chip with its antenna; to ``set`` its ``tag`` puts tags there, None takes them away."""

    fault_kinds: ClassVar = {
        **{kind: text for kind, text in SPI_FAULTS.items() if kind != "stuck"},
        "weak": "a frame of a tag is not heard",
        "bad_bcc": "the check byte of a UID is wrong",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.spi = self
        self.field = Field()
        self.power_up()

    @property
    def modes(self) -> frozenset[int]:
        """Mode 0."""
        return frozenset({0})

    @property
    def shown(self) -> list[str]:
        """The UIDs of the tags that lie there."""
        return [tag.uid.hex().upper() for tag in self.field.tags]

    def set(self, channel: str, value: object) -> None:
        """Put tags into the field: a UID, several, or None; raises InvalidValueError."""
        if channel != "tag":
            self._check(channel)
        self.field.put(uids_of(value, self.name))

    def release(self, channel: str) -> None:
        """Take the tags away; raises InvalidValueError."""
        self.set(channel, None)

    def power_up(self) -> None:
        """Fall back to the reset values, with the field off and the oscillator not running yet."""
        self._registers = bytearray(64)
        for register, value in _RESET.items():
            self._registers[register] = value
        self._fifo = bytearray()
        self._due: list[tuple[float, int, tuple[Bits, int | None] | None]] = []
        self._runs_at = self.bench.after(_OSCILLATOR_S)
        self.field.switch(False)

    def transfer(self, sent: bytes) -> bytes:
        """Write bytes to one register, or read a register with each byte."""
        self._refresh()
        answer = bytearray(len(sent))
        if sent and not sent[0] & 0x80:
            for value in sent[1:]:
                self._poke(sent[0] >> 1 & 0x3F, value)
            return bytes(answer)
        for place, address in enumerate(sent[:-1]):
            answer[place + 1] = self._peek(address >> 1 & 0x3F)
        return bytes(answer)

    def _peek(self, register: int) -> int:
        if register == _FIFO:
            return self._fifo.pop(0) if self._fifo else 0
        if register == _FIFO_LEVEL:
            return len(self._fifo)
        if register == _COMMAND and self.bench.now() < self._runs_at:
            return self._registers[_COMMAND] | _POWER_DOWN
        return self._registers[register]

    def _poke(self, register: int, value: int) -> None:
        if self.bench.now() < self._runs_at or register in _READ_ONLY:
            return
        if register == _FIFO:
            self._store(bytes((value,)))
        elif register == _FIFO_LEVEL:
            if value & 0x80:
                self._fifo.clear()
                self._registers[_ERROR] &= ~0x10
        elif register in {_COM_IRQ, _DIV_IRQ}:
            marked = value & 0x7F
            keeps = self._registers[register]
            self._registers[register] = keeps | marked if value & 0x80 else keeps & ~marked
        elif register == _COLLISION:
            self._registers[_COLLISION] = value & 0x80 | self._registers[_COLLISION] & 0x7F
        else:
            self._registers[register] = value
            self._obey(register, value)

    def _obey(self, register: int, value: int) -> None:
        if register == _COMMAND:
            self._begin(value & 0x0F)
        elif register == _BIT_FRAMING and value & 0x80:
            self._registers[_BIT_FRAMING] &= 0x7F
            if self._registers[_COMMAND] & 0x0F == _TRANSCEIVE:
                self._transceive()
        elif register == _TX_CONTROL:
            self.field.switch(value & 0x03 == 0x03)

    def _begin(self, command: int) -> None:
        self._due.clear()
        if command == _SOFT_RESET:
            self.power_up()
        elif command == _CALCULATE_CRC:
            crc = crc_a(bytes(self._fifo)) if self._registers[0x11] & 0x03 == 0x01 else b"\xff\xff"
            self._registers[_CRC_LOW], self._registers[_CRC_HIGH] = crc
            self._registers[_DIV_IRQ] |= 0x04
            self._fifo.clear()

    def _transceive(self) -> None:
        """Send what is in the FIFO; plan what is heard, or the end of the timer."""
        framing, self._registers[_ERROR] = self._registers[_BIT_FRAMING], 0
        frame = bits_of(bytes(self._fifo))
        self._fifo.clear()
        if framing & 0x07 and frame:
            frame = frame[: len(frame) - 8 + (framing & 0x07)]
        heard, collision = self.field.exchange(frame)
        sent_at = self.bench.now() + len(frame) * _BIT_S
        self._due = [(sent_at, _SENT, None)]
        if heard and not self.faults.take("weak"):
            heard = self._spoiled(heard)
            heard_at = sent_at + _DELAY_S + len(heard) * _BIT_S
            self._due.append((heard_at, _RECEIVED, (heard, collision)))
        elif self._registers[_TIMER_MODE] & 0x80:
            self._due.append((sent_at + self._timer_s(), _TIMED_OUT, None))

    def _spoiled(self, heard: Bits) -> Bits:
        is_part = len(heard) == 40
        return (*heard[:-1], 1 - heard[-1]) if is_part and self.faults.take("bad_bcc") else heard

    def _timer_s(self) -> float:
        registers = self._registers
        prescaler = (registers[_TIMER_MODE] & 0x0F) << 8 | registers[_PRESCALER]
        reload = registers[_RELOAD_HIGH] << 8 | registers[_RELOAD_LOW]
        return (2 * prescaler + 1) * (reload + 1) / _CLOCK_HZ

    def _refresh(self) -> None:
        now = self.bench.now()
        while self._due and self._due[0][0] <= now + 1e-9:
            _, interrupt, heard = self._due.pop(0)
            self._registers[_COM_IRQ] |= interrupt
            if heard is not None:
                self._take(*heard)

    def _take(self, heard: Bits, collision: int | None) -> None:
        """Store a frame from the bit RxAlign on."""
        align = self._registers[_BIT_FRAMING] >> 4 & 0x07
        self._registers[_COLLISION] &= 0x80
        if collision is None:
            self._registers[_COLLISION] |= 0x20
        else:
            self._registers[_ERROR] |= 0x08
            self._registers[_COM_IRQ] |= _FAULT
            place = align + collision + 1
            self._registers[_COLLISION] |= 0x20 if place > 32 else place & 0x1F
            if not self._registers[_COLLISION] & 0x80:
                heard = (*heard[: collision + 1], *(0 for _ in heard[collision + 1 :]))
        aligned = (0,) * align + heard
        self._registers[_CONTROL] = self._registers[_CONTROL] & ~0x07 | len(aligned) % 8
        self._store(bytes_of(aligned))

    def _store(self, received: bytes) -> None:
        self._fifo += received
        if len(self._fifo) > _MOST:
            del self._fifo[_MOST:]
            self._registers[_ERROR] |= 0x10


PART = Mfrc522
