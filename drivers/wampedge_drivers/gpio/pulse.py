"""Pulse counter: rain gauge, water and gas meter, S0 output, flow sensor, anemometer.

Chip: none; a pin of the header or of a port expander. Each edge of the chosen kind is one pulse,
told by the time stamps of the kernel, so that a busy node miscounts nothing: about 10,000 edges a
second on a Raspberry Pi. Meters with a reed contact need ``debounce``, and beside motors a
``min_width`` below the shortest pulse and pause of the meter (S0: 30 ms, IEC 62053-31).

``total`` is what the meter shows: ``reset(total=1234.5)`` sets it. With ``persist`` it outlives
restart and power cut, but for what came in the last seconds before the cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wampedge.devices.contracts import Pull
from wampedge.devices.driver import ChannelSpec, Driver, command, input_pin, param, reading
from wampedge.devices.fields import Choice, Duration, Integer, Number
from wampedge.devices.kept import KeptValue
from wampedge.devices.units import UnitError, conversion_factor, unit_of
from wampedge.devices.values import Value
from wampedge_drivers.gpio._contact import Contact
from wampedge_drivers.gpio._debounce import DebounceRule, DebounceTime, Edge
from wampedge_drivers.gpio._pulse_fields import PER_PULSE, RATE, Persist, rate_factor
from wampedge_drivers.gpio._rate import SlidingCount

__all__ = ["Pulse"]

PATIENCE_S = 0.05
"""Edges may be under way so long before time alone decides whether a level lasted."""
PAUSE_S = 1.0
"""Pulses are published and kept at most this often; the first after a pause at once."""
_KEPT = "pulses"
_COUNTED_LEVELS = {"rising": (True,), "falling": (False,), "both": (True, False)}


class Pulse(Driver, title="Pulse counter on one pin", default_every_s=10.0):
    """Counts edges. Channels ``count``, ``total`` and, if asked for, ``rate``."""

    pin = input_pin(doc="the pin the contact or the output of the meter is wired to")
    pull: Pull = param(Choice(("up", "down", "none")), "up", doc="resistor of the pin")
    edge: str = param(Choice(("rising", "falling", "both")), "falling", doc="what is a pulse")
    debounce: DebounceRule = param(
        DebounceTime(),
        {"settle": 0.0},
        doc='how long a level must last to count; { holdoff = "5ms" } ignores after an edge',
    )
    min_width: float = param(
        Duration(minimum_s=0.0, maximum_s=10.0), 0.0, doc="shorter phases, high or low, are ignored"
    )
    per_pulse: Mapping[str, Any] = param(
        PER_PULSE, {"value": 1, "unit": ""}, doc="what one pulse is worth"
    )
    persist: float | None = param(
        Persist(), None, doc="whether the total outlives restart and power cut; true is 10 s"
    )
    rate: Mapping[str, Any] | None = param(
        RATE.but(default=None), None, doc="unit and window of the mean rate; no rate if not given"
    )
    count = reading(kind=Integer(0), doc="pulses since the last reset")
    total = reading(kind=Number(), doc="total at the last reset, and the pulses since")

    _contact: Contact | None = None
    _level_before: bool | None = None

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return the channels with the units of ``per_pulse`` and ``rate``."""
        offered = dict(cls._spec.channels)
        unit = params["per_pulse"]["unit"]
        symbol = unit_of(unit).symbol if unit else ""
        offered["total"] = ChannelSpec(Number(), symbol, doc=offered["total"].doc)
        if params["rate"] is not None:
            rate_unit = unit_of(params["rate"]["unit"]).symbol
            offered["rate"] = ChannelSpec(Number(0), rate_unit, doc="mean of the window")
        return offered

    @classmethod
    def check_params(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[Sequence[str], str]]:
        """Refuse unknown units, and a rate that is not the unit of a pulse by time."""
        unit = params["per_pulse"]["unit"]
        mistakes: list[tuple[Sequence[str], str]] = []
        try:
            if unit:
                unit_of(unit)
        except UnitError as error:
            return [(("per_pulse", "unit"), str(error))]
        if params["rate"] is not None:
            try:
                rate_factor(unit, params["rate"]["unit"])
            except UnitError as error:
                mistakes.append((("rate", "unit"), str(error)))
        return mistakes

    def input_pull(self, pin: str) -> Pull:
        """Return ``pull``."""
        return self.pull

    async def setup(self) -> None:
        """Take up the count where it was left, and watch the pin from its present level on."""
        if self._contact is None:
            self._contact = Contact(self.context, self._on_edges, patience_s=PATIENCE_S)
            self._take_up()
        await self._contact.open(
            self.pin, self.debounce, min_width_s=self.min_width, level_before=self._level_before
        )
        self._level_before = None
        self.context.publish(self._values())

    async def read(self) -> Mapping[str, Value]:
        """Return count, total and rate as they are now."""
        return self._values()

    @command({"total": Number(default=0)})
    async def reset(self, total: float) -> float:
        """Set the total to what the meter shows, and the count to 0; returns the old total."""
        before = self._total()
        self._count, self._start = 0, total
        self._keep(0.0)
        self.context.publish(self._values())
        return before

    async def close(self) -> None:
        """Stop counting; what was counted is kept."""
        if self._contact is not None:
            self._keep(0.0)
            self._contact.close()

    def counters(self) -> Mapping[str, int]:
        """Return how many edges there were, how many did not count, and how many were lost."""
        if self._contact is None:
            return {}
        edges, counted = self._contact.edges, self._contact.counted
        return {
            "edges": edges,
            "ignored_edges": max(0, edges - counted),
            "lost_edges": self._contact.lost_edges,
        }

    def _take_up(self) -> None:
        """Load what was kept, in the units of now."""
        self._count, self._start = 0, 0.0
        self._told_s = -PAUSE_S
        self._is_telling_later = False
        window_s = 1.0 if self.rate is None else self.rate["window"]
        self._window_ns = round(window_s * 1e9)
        self._lately = SlidingCount(self._window_ns)
        kept: Any = self.context.kept.get(_KEPT) if self.persist is not None else None
        if not isinstance(kept, dict):
            return
        self._count, self._start = kept["count"], kept["start"]
        self._level_before = kept["level"]
        if (kept["value"], kept["unit"]) == (self._per_pulse, self._unit):
            return
        # Pulses of another size: what they came to stays, the count begins anew.
        total = self._start + self._count * kept["value"]
        self._count, self._start = 0, _converted(total, kept["unit"], self._unit)

    def _on_edges(self, edges: Sequence[Edge], final_ns: int) -> int | None:
        counted = _COUNTED_LEVELS[self.edge]
        pulses = [at_ns for level, at_ns in edges if level in counted]
        for at_ns in pulses:
            self._count += 1
            self._lately.add(at_ns)
        if pulses and not self._is_telling_later:
            self._tell_when_due()
        return None

    def _tell_when_due(self) -> None:
        wait_s = self._told_s + PAUSE_S - self.context.clock.monotonic()
        if wait_s <= 0:
            self._tell()
            return
        self._is_telling_later = True
        self.context.later(wait_s, self._tell_later)

    async def _tell_later(self) -> None:
        self._is_telling_later = False
        self._tell()

    def _tell(self) -> None:
        self._told_s = self.context.clock.monotonic()
        if self.persist is not None:
            self._keep(self.persist - PAUSE_S)
        self.context.publish(self._values())

    def _keep(self, within_s: float) -> None:
        if self.persist is None or self._contact is None:
            return
        # The level goes with the count: an edge is then counted once, before the end or after it.
        kept: dict[str, KeptValue] = {
            "level": self._contact.level,
            "count": self._count,
            "start": self._start,
            "value": self._per_pulse,
            "unit": self._unit,
        }
        self.context.kept.put(_KEPT, kept, within_s=within_s)

    def _values(self) -> dict[str, Value]:
        values: dict[str, Value] = {"count": self._count, "total": self._total()}
        if self.rate is not None:
            now_ns = round(self.context.clock.monotonic() * 1e9)
            a_second = self._lately.count(now_ns) * self._per_pulse / (self._window_ns / 1e9)
            factor = rate_factor(self._unit, self.rate["unit"])
            values["rate"] = _tidy(a_second * factor)
        return values

    def _total(self) -> float:
        return _tidy(self._start + self._count * self._per_pulse)

    @property
    def _per_pulse(self) -> float:
        return float(self.per_pulse["value"])

    @property
    def _unit(self) -> str:
        return str(self.per_pulse["unit"])


def _converted(number: float, unit: str, wanted: str) -> float:
    """Return *number* in the unit *wanted*; unchanged where the two measure different things."""
    try:
        return number * conversion_factor(unit, wanted)
    except UnitError:
        return number


def _tidy(number: float) -> float:
    """Round away the last binary digits: 3 * 0.2794 is 0.8382000000000001."""
    return float(f"{number:.14g}")
