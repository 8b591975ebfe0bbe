"""The part behind a register map, made from the map: what it answers, when, and with which values.

What is not in the map is not in the part. It knows the identity, the settings written at start, the
conversions and their times, and the words of each read; registers nobody reads just keep what is
written. It takes the times of the map for the longest of the datasheet. A part with an oddity that
a driver must get right deserves a model of its own in ``chips/``, written from the datasheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge.devices.driver import DriverSpec
from wampedge.devices.registermap.driver import addressing
from wampedge.devices.registermap.model import BoundMap, RegisterMap
from wampedge.devices.registermap.traffic import BoundRead, Identity, Poll, Query
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.generated.inverse import Inversion
from wampedge_simulator.generated.roles import Roles
from wampedge_simulator.generated.settings import Written
from wampedge_simulator.generated.wire import MapTarget
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import sense_all

__all__ = ["GeneratedPart"]

FAULTS = {
    **I2C_FAULTS,
    "bad_crc": "the last checksum of the next read is wrong",
    "late": "the next conversion takes ten times as long as it may",
}


class GeneratedPart(Part):
    """A part made from a map; one subclass a driver."""

    spec: ClassVar[DriverSpec]
    compiled: ClassVar[RegisterMap]
    example: ClassVar[Mapping[str, bytes]]

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        defaults = {name: kind.default for name, kind in self.spec.params.items()}
        self._bound = self.compiled.bind({**defaults, **wired.params})
        self._inversion = inversion_of(self.spec, self.compiled, self._bound, self.example)
        self._senses = sense_all(bench.world, wired.name, self._inversion.quantities)
        self._roles = Roles(self.compiled, self._bound)
        self._address = wired.address or self.spec.addresses[0]
        self.written = Written(self.compiled.settings, self._bound.numbers)
        self.target = MapTarget(self)
        self.power_up()

    def power_up(self) -> None:
        """Forget settings, conversions and measurements."""
        self._memory: dict[int, bytes] = {}
        self._seen: set[bytes] = set()
        self._last = bytes(self.compiled.register_size) if self._roles.has_registers else b""
        self._ready_at: dict[str, float] = {}
        self._latched: dict[str, bytes] = {}
        self._began: list[str] = []
        self._asked_at = 0.0
        self._fresh_from: float | None = None
        self._is_consumed = self._is_known_further = False
        self.written.forget()
        if not self._roles.init:
            self._note_set_up()

    def start_measuring(self) -> None:
        """Be used by software that does not keep to the map, until the next loss of power.

        The map says neither what the part does before its settings are written nor which other
        commands there are: so it measures at once, and acknowledges them all.
        """
        self._is_known_further = True
        self._note_set_up()

    def accepts(self, received: bytes) -> bool:
        """Say whether the last byte of *received* is acknowledged."""
        return self._is_known_further or self._roles.accepts(received)

    def obey(self, message: bytes) -> None:
        """Take a whole message: a command, a register number, or a register with its content."""
        self._asked_at = self.bench.now()
        self._last, self._is_consumed = message, False
        if message in self._roles.init and not self._roles.init <= self._seen:
            self._seen.add(message)
            if self._roles.init <= self._seen:
                self._note_set_up()
        for bound in self._roles.begun.get(message, ()):
            self._begin(bound)
        self.written.note(message)
        size = self.compiled.register_size
        if self._roles.has_registers and len(message) > size:
            self._memory[int.from_bytes(message[:size], "big")] = message[size:]

    def answer(self) -> bytes | None:
        """Return what a read gets now; None: the address is not acknowledged."""
        if self._is_consumed:
            return None
        bound = self._asked_read()
        poll = self._asked_poll(bound)
        if poll is not None and (bound is None or not self._is_ready(poll)):
            return self._poll_answer(poll)
        if bound is not None:
            return self._read_answer(bound)
        identity = self._roles.identities.get(self._last)
        if identity is not None:
            return self._when_due(identity.query, self._identity(identity))
        return self._from_memory() if self._roles.has_registers else None

    def taken(self, count: int) -> None:
        """Note that a read has taken *count* bytes: an answer to a command is given once."""
        bound = self._asked_read()
        if bound is None or count < bound.read.query.size:
            return
        poll = bound.read.poll
        if poll is not None and poll.patience_s is not None:
            self._fresh_from = self.bench.after(poll.patience_s / 2)
        self._is_consumed = bound.read.query.begins and not self._roles.has_registers

    def step(self, channel: str) -> float:
        """Return by how much *channel* changes with one step of its word, about where it is."""
        return self._inversion.step(channel, self._last_sample or self.sample(), self._pinned())

    def _note_set_up(self) -> None:
        patience_s = [
            bound.read.poll.patience_s
            for bound in self._roles.reads
            if bound.read.poll is not None and bound.read.poll.patience_s is not None
        ]
        self._fresh_from = self.bench.after(max(patience_s, default=0.0) / 2)

    def _begin(self, bound: BoundRead) -> None:
        """Begin the conversion of a read; one with a poll is a moment later than its wait."""
        read = bound.read
        is_polled = read.poll is not None and not self._measures_by_itself(bound)
        took_s = read.query.wait_s + (read.poll.every_s / 2 if read.poll and is_polled else 0.0)
        if took_s and self.faults.take("late"):
            took_s *= 10
        self._ready_at[read.name] = self.bench.after(took_s)
        self._latched.pop(read.name, None)
        self._began = [*(name for name in self._began if name != read.name), read.name]

    def _asked_read(self) -> BoundRead | None:
        """Return the read whose bytes a read would get now; the one that began last, of several."""
        return self._begun_last(self._roles.asked.get(self._last, ()))

    def _asked_poll(self, bound: BoundRead | None) -> BoundRead | None:
        """Return the read whose poll a read would get now, the one that began last first."""
        if bound is not None and bound.read.poll is not None and not bound.read.poll.query.command:
            return bound
        return self._begun_last(self._roles.polled.get(self._last, ()))

    def _begun_last(self, reads: Sequence[BoundRead]) -> BoundRead | None:
        if len(reads) < 2:
            return reads[0] if reads else None
        order = {name: place for place, name in enumerate(self._began)}
        return max(reads, key=lambda each: order.get(each.read.name, -1))

    def _is_ready(self, bound: BoundRead) -> bool:
        """Say whether a read has a measurement: it has ended, and it is a new one."""
        now, query = self.bench.now(), bound.read.query
        if self._measures_by_itself(bound):
            if self._fresh_from is None or now < self._fresh_from:
                return False
        elif bound.start is None and not query.begins:
            return self._fresh_from is not None
        if bound.start is None and not (query.begins and self._last == query.command):
            return True
        ready_at = self._ready_at.get(bound.read.name)
        return ready_at is not None and now >= ready_at

    @staticmethod
    def _measures_by_itself(bound: BoundRead) -> bool:
        return bound.read.poll is not None and bound.read.poll.patience_s is not None

    def _poll_answer(self, bound: BoundRead) -> bytes | None:
        poll = bound.read.poll
        assert poll is not None, "only called for reads that poll"
        assert bound.ready is not None, "a poll has something to wait for"
        word = _polled(poll, bound.ready, is_ready=self._is_ready(bound))
        stored = self._memory.get(int.from_bytes(poll.query.command, "big"), b"")
        others = int.from_bytes(stored, poll.query.endian) & ~poll.mask
        size = poll.query.payload_size
        word = (word | others) & (1 << 8 * size) - 1
        return self._when_due(
            poll.query, self._guarded(poll.query, word.to_bytes(size, poll.query.endian))
        )

    def _read_answer(self, bound: BoundRead) -> bytes | None:
        query = bound.read.query
        converts = query.begins or bound.start is not None
        is_ready = self._is_ready(bound)
        if not is_ready and converts and (query.begins or not query.command):
            return None
        payload = self._payload(bound, is_ready=is_ready, converts=converts)
        answer = self._guarded(query, payload)
        if query.guard is not None and self.faults.take("bad_crc"):
            answer = answer[:-1] + bytes((answer[-1] ^ 0xFF,))
        return answer

    def _payload(self, bound: BoundRead, *, is_ready: bool, converts: bool) -> bytes:
        """Return the bytes of a read without checksums: settings, a measurement, or zeros."""
        read = bound.read
        if bound.wanted is not None:
            return self._setting(bound, bound.wanted)
        if self._fresh_from is None and read.query.command not in self._roles.identities:
            return bytes(read.payload_size)
        if not converts:
            return self._measured(0.0)[read.name]
        if is_ready and read.name not in self._latched:
            age_s = max(0.0, self.bench.now() - self._ready_at[read.name])
            self._latched[read.name] = self._measured(age_s)[read.name]
        return self._latched.get(read.name, bytes(read.payload_size))

    def _setting(self, bound: BoundRead, wanted: bytes) -> bytes:
        """Return what was written to a register, zeros before; or what nobody writes."""
        command = bound.read.query.command
        stored = self._stored(int.from_bytes(command, "big"))
        if stored:
            return (stored + bytes(len(wanted)))[: len(wanted)]
        return bytes(len(wanted)) if command in self._roles.written else wanted

    def _measured(self, age_s: float) -> dict[str, bytes]:
        return self._inversion.payloads(self.sample(age_s), self._pinned())

    def _pinned(self) -> set[str]:
        return {name for name, sensed in self._senses.items() if sensed.is_pinned}

    def _identity(self, identity: Identity) -> bytes:
        size = identity.query.payload_size
        for bound in self._roles.reads:
            if bound.read.query.command == identity.query.command:
                return self._guarded(identity.query, self.example[bound.read.name][:size])
        word = identity.expected[0] if identity.expected else 0
        return self._guarded(identity.query, word.to_bytes(size, identity.query.endian))

    def _when_due(self, query: Query, answer: bytes) -> bytes | None:
        is_due = not query.begins or self.bench.now() >= round(self._asked_at + query.wait_s, 9)
        return answer if is_due else None

    def _guarded(self, query: Query, payload: bytes) -> bytes:
        if query.guard is None:
            return payload
        return query.guard.guarded(payload, addressing(self._address, query.command))

    def _from_memory(self) -> bytes:
        """Return what was written to the register that was asked for, and to those after it."""
        register = int.from_bytes(self._last[: self.compiled.register_size], "big")
        return self._stored(register) or self._inside(register)

    def _stored(self, register: int) -> bytes:
        found = bytearray()
        while register + len(found) in self._memory:
            found += self._memory[register + len(found)]
        return bytes(found)

    def _inside(self, register: int) -> bytes:
        """Return the rest of a long read from a register in the middle of it on."""
        for bound in self._roles.reads:
            command, size = bound.read.query.command, bound.read.payload_size
            first = int.from_bytes(command, "big")
            if command and size > 2 and first < register < first + size:
                is_ready = self._is_ready(bound)
                payload = self._payload(bound, is_ready=is_ready, converts=bound.start is not None)
                return payload[register - first :]
        return b""


def inversion_of(
    spec: DriverSpec, compiled: RegisterMap, bound: BoundMap, example: Mapping[str, bytes]
) -> Inversion:
    """Return the map of a device turned round."""
    outs = {out.name for out in compiled.outs}
    units = {name: channel.unit for name, channel in spec.channels.items() if name in outs}
    return Inversion(compiled.outs, bound.numbers, units, example)


def _polled(poll: Poll, target: int, *, is_ready: bool) -> int:
    """Return a word that says whether the part is ready, in the bits that are looked at."""
    mask: int = poll.mask & (1 << 8 * poll.query.payload_size) - 1
    if is_ready != poll.wants_difference:
        return target & mask
    bit = mask & -mask if poll.wants_difference else 1 << mask.bit_length() - 1
    return (target ^ bit) & mask
