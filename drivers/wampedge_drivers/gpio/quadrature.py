"""Quadrature encoder: two lines a quarter of a period apart, on a wheel, a knob or a ruler.

Chip: none; two pins of the header (an expander is too slow). Each edge of each line is one tick
(four a line of the disc), told by the time stamps of the kernel, so ``ticks_per_turn`` of a disc
with 360 lines is 1440. About 5000 ticks a second can be followed on a Raspberry Pi; of what comes
faster the kernel loses edges. Where a line has the level it had already, at least one is missing
and nobody knows in which direction: that is counted as ``invalid`` and moves nothing. With the
lines swapped it counts the other way round.

The edges of the two lines arrive in batches, one line after the other, so they are kept and put in
order by their time stamps at each sample; what is younger than 5 ms waits for the next one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from wampedge.devices.contracts import Pull
from wampedge.devices.driver import Driver, command, input_pin, param, reading
from wampedge.devices.fields import Choice, Integer, Number
from wampedge.devices.values import Value

__all__ = ["Quadrature", "step_of"]

_TURNING = (0b00, 0b10, 0b11, 0b01)
"""The levels (a, b) in the order in which a forward turn passes them: a leads."""
_PLACES = {levels: place for place, levels in enumerate(_TURNING)}


SETTLED_NS = 5_000_000
"""Edges of the other line that are older than this have arrived."""
MOST_WAITING = 8192
"""Edges that may wait for a sample; then the older half is put in order early."""


def step_of(before: int, after: int) -> int:
    """Return the tick (1 or -1) from one pair of levels, a << 1 | b, to one next to it."""
    return 1 if (_PLACES[after] - _PLACES[before]) % 4 == 1 else -1


class Quadrature(Driver, title="Quadrature encoder on two pins", default_every_s=0.1):
    """Follows one shaft. Channels ``position``, ``ticks``, ``speed``, ``direction``, ``invalid``.

    ``position`` and ``speed`` are in turns where ``ticks_per_turn`` is given, else in ticks.
    """

    a = input_pin(place="pins", doc="the line that leads when the shaft turns forward")
    b = input_pin(place="pins", doc="the other line")
    pull: Pull = param(Choice(("up", "down", "none")), "up", doc="resistor of both pins")
    ticks_per_turn: int | None = param(
        Integer(1, 1_000_000), None, doc="edges of both lines in one turn; four a line of the disc"
    )
    position = reading(kind=Number(), doc="turns since the last reset, or ticks")
    ticks = reading(kind=Integer(), doc="edges forward, less those backward")
    speed = reading("1/s", kind=Number(), doc="turns a second since the last sample, or ticks")
    direction = reading(kind=Integer(-1, 1), doc="1 forward, -1 backward, 0 at rest")
    invalid = reading(kind=Integer(0), doc="edges that were missing: they moved nothing")

    _is_set_up = False

    def input_pull(self, pin: str) -> Pull:
        """Return ``pull``."""
        return self.pull

    async def setup(self) -> None:
        """Watch both lines from their present levels on; the position stays after a failure."""
        if not self._is_set_up:
            self._ticks = self._invalid = 0
            self._is_set_up = True
        self._levels = await self.a.read() << 1 | await self.b.read()
        self._waiting: list[tuple[int, int, bool]] = []
        self._sampled_ticks = self._ticks
        self._sampled_s = self.context.clock.monotonic()
        self.a.watch(lambda level, at_ns: self._keep(at_ns, 0b10, level))
        self.b.watch(lambda level, at_ns: self._keep(at_ns, 0b01, level))

    async def read(self) -> Mapping[str, Value]:
        """Return where the shaft is, and how fast it turned since the last sample."""
        now = self.context.clock.monotonic()
        self._follow(round(now * 1e9) - SETTLED_NS)
        passed_s, moved = now - self._sampled_s, self._ticks - self._sampled_ticks
        self._sampled_s, self._sampled_ticks = now, self._ticks
        per_turn = self.ticks_per_turn or 1
        return {
            "position": _tidy(self._ticks / per_turn),
            "ticks": self._ticks,
            "speed": _tidy(moved / per_turn / passed_s) if passed_s > 0 else 0.0,
            "direction": (moved > 0) - (moved < 0),
            "invalid": self._invalid,
        }

    @command({"position": Number(default=0)})
    async def reset(self, position: float) -> float:
        """Say where the shaft is; returns the position before."""
        per_turn = self.ticks_per_turn or 1
        self._follow(round(self.context.clock.monotonic() * 1e9))
        before = _tidy(self._ticks / per_turn)
        ticks = round(position * per_turn)
        self._sampled_ticks += ticks - self._ticks
        self._ticks = ticks
        return before

    async def close(self) -> None:
        """Watch no more."""
        self.a.watch(None)
        self.b.watch(None)

    def counters(self) -> Mapping[str, int]:
        """Return how many edges were lost, and how often one was missing."""
        if not self._is_set_up:
            return {}
        lost = self.a.lost_edges + self.b.lost_edges
        return {"lost_edges": lost, "invalid_edges": self._invalid}

    def _keep(self, at_ns: int, line: int, level: bool) -> None:
        self._waiting.append((at_ns, line, level))
        if len(self._waiting) >= MOST_WAITING:
            self._follow(sorted(self._waiting)[MOST_WAITING // 2][0])

    def _follow(self, until_ns: int) -> None:
        """Take the edges up to *until_ns* in the order in which they happened."""
        self._waiting.sort(key=lambda edge: edge[0])  # stable: edges of one line stay in order
        count = bisect_right(self._waiting, until_ns, key=lambda edge: edge[0])
        for _, line, level in self._waiting[:count]:
            self._step(line, level)
        del self._waiting[:count]

    def _step(self, line: int, level: bool) -> None:
        after = self._levels | line if level else self._levels & ~line
        if after == self._levels:
            self._invalid += 1
            return
        self._ticks += step_of(self._levels, after)
        self._levels = after


def _tidy(number: float) -> float:
    """Round away the last binary digits."""
    return float(f"{number:.12g}")
