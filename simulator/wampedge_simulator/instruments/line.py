"""An instrument that says lines by itself and answers commands: the other end of ``line``.

It says what the device file expects: a line that matches ``match`` every second, with a value in
the group of each channel, and a line that matches ``expect`` when it got the ``send`` of a command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, ClassVar, TypeVar

from wampedge.devices.contracts import WiredDevice
from wampedge.errors import InvalidValueError
from wampedge_simulator.line_pattern import Chooser, LinePattern
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Leader

__all__ = ["PART", "PERIOD_S", "LineInstrument"]

_Choice = TypeVar("_Choice")
PERIOD_S = 1.0
"""Time between two lines."""
LONGEST_COMMAND = 4096
CURVES = {
    "temperature": Curve(18.0, 5.0, 0.1),
    "humidity": Curve(60.0, -12.0, 0.3),
    "pressure": Curve(1010.0, 6.0, 0.1),
}
ANY_CURVE = Curve(50.0, 40.0, 0.5, period_s=3600.0, peak_s=None)


class LineInstrument(Part):
    """A talker on a serial line."""

    fault_kinds: ClassVar = {
        "silent": "a line is not said",
        "garbage": "the bytes of a line are garbled",
        "half_line": "a line breaks off in its middle, without its end",
        "stuck": "a line says the values of the last one again",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._end = str(wired.params.get("eol", "\n"))
        self._pattern = LinePattern(_source(wired.params["match"]))
        commands: Mapping[str, Mapping[str, Any]] = wired.params.get("commands") or {}
        self._answers = {
            str(command["send"]).encode(): LinePattern(_source(command["expect"]))
            for command in commands.values()
            if command.get("expect")
        }
        self._pinned: dict[str, object] = {}
        self._leaders: dict[str, Leader] = {}
        self._received = b""
        self._next_at = bench.clock.monotonic() + PERIOD_S
        self._count = 0
        self._last_values: dict[str, object] = {}

    def set(self, channel: str, value: object) -> None:
        """Say *value* in the group of *channel* until `release`; raises InvalidValueError."""
        self._check_channel(channel)
        if not isinstance(value, bool | int | float | str) or not self._pattern.can_carry(
            channel, value
        ):
            text = f"no line that matches can carry {value!r} as {channel}"
            raise InvalidValueError(text, field="value", device=self.name)
        self._pinned[channel] = value

    def release(self, channel: str) -> None:
        """Let the value go its own way again; raises InvalidValueError."""
        self._check_channel(channel)
        self._pinned.pop(channel, None)

    def lead(self, channel: str, leader: Leader, noise: float | None = None) -> None:
        """Say what a physical model has in the group of *channel*; raises InvalidValueError."""
        self._check_channel(channel)
        world, largest = self.bench.world, noise or 0.0

        def value_at(time_s: float) -> float:
            return leader(time_s) + world.noise(self.name, channel, largest, time_s)

        self._leaders[channel] = value_at

    def receive(self, sent: bytes) -> bytes:
        """Take bytes from the node; returns the answers to the commands they complete."""
        self._received = (self._received + sent)[-LONGEST_COMMAND:]
        answer = b""
        while (command := self._first_command()) is not None:
            _, _, self._received = self._received.partition(command)
            answer += self._said(self._answers[command].line({}, self._random()))
        return answer

    def due_at(self) -> float:
        """Return when the next line is said, monotonic seconds."""
        return self._next_at

    def speak(self) -> bytes:
        """Return the next line; lines that were due long ago are left out."""
        now = self.bench.clock.monotonic()
        self._next_at += PERIOD_S * max(1.0, (now - self._next_at) // PERIOD_S + 1)
        if not (self._last_values and self.faults.take("stuck")):
            self._last_values = self._values()
        return self._said(self._pattern.line(self._last_values, self._random()))

    def _first_command(self) -> bytes | None:
        found = [command for command in self._answers if command in self._received]
        return min(found, key=self._received.index) if found else None

    def _values(self) -> dict[str, object]:
        time_s = self.bench.clock.time()
        values: dict[str, object] = {}
        for name in self._pattern.names:
            if name in self._leaders:
                natural = self._leaders[name](time_s)
            else:
                curve = CURVES.get(name, ANY_CURVE)
                natural = self.bench.world.value(self.name, name, curve, time_s)
            values[name] = self._pinned.get(name, round(natural, 2))
        return values

    def _said(self, line: str | None) -> bytes:
        """Return *line* as it goes over the wire, with what faults do to it."""
        if line is None or self.faults.take("silent"):
            return b""
        said = line.encode()
        if self.faults.take("garbage"):
            said = bytes(byte ^ 0x55 | 0x80 for byte in said)
        if self.faults.take("half_line"):
            return said[: len(said) // 2]
        return said + self._end.encode()

    def _random(self) -> Chooser:
        """Return a source of choices that depends on the part and how much it has said only."""
        self._count += 1
        return _LateRandom(f"{self.name}:{self._count}")

    def _check_channel(self, channel: str) -> None:
        if channel not in self._pattern.names:
            known = ", ".join(self._pattern.names) or "none"
            text = f'no channel "{channel}" to set (possible: {known})'
            raise InvalidValueError(text, field="channel", device=self.name)


class _LateRandom:
    """A ``Random`` that is made when the first choice is: most lines have none to make."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._made: Random | None = None

    def choice(self, seq: Sequence[_Choice], /) -> _Choice:
        """Return one of several."""
        return self._random().choice(seq)

    def randint(self, a: int, b: int, /) -> int:
        """Return a number from *a* to *b*, both included."""
        return self._random().randint(a, b)

    def _random(self) -> Random:
        if self._made is None:
            self._made = Random(self._seed)  # noqa: S311 # not for secrets
        return self._made


PART = LineInstrument


def _source(pattern: Any) -> str:
    """Return the text of a pattern that may have been compiled when the file was checked."""
    return str(getattr(pattern, "pattern", pattern))
