"""Pulse counters: what counts, what it comes to, and what is left after the end."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.support.driving import PlainInput, RecordedContext, driver_of, params_of
from tests.support.virtual import virtual as on_virtual_time
from wampedge.devices.kept import Kept, KeptInMemory
from wampedge_drivers.gpio.pulse import Pulse


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run *test* on virtual time, and let what the driver still has planned come to its end."""

    @functools.wraps(test)
    async def run(*args: Any, **kwargs: Any) -> None:
        await test(*args, **kwargs)
        await asyncio.sleep(5)

    return on_virtual_time(run)


class Meter:
    """A counter on a pin the test drives."""

    def __init__(self, kept: Kept | None = None, *, level: bool = True, **given: Any) -> None:
        self.context = RecordedContext("meter")
        self.context.kept = kept or KeptInMemory()
        self.pin = PlainInput(level)
        self.driver = driver_of(Pulse, context=self.context, **given)
        self.driver.pin = self.pin

    @classmethod
    async def up(cls, kept: Kept | None = None, *, level: bool = True, **given: Any) -> Meter:
        meter = cls(kept, level=level, **given)
        await meter.driver.setup()
        return meter

    def edge(self, level: bool) -> None:
        self.pin.drive(level, self.context.clock.monotonic())

    async def pulse(self, count: int = 1, width_s: float = 0.05) -> None:
        for _ in range(count):
            for level in (False, True):
                self.edge(level)
                await asyncio.sleep(width_s)


def mistakes(**given: Any) -> list[Any]:
    return Pulse.check_params(params_of(Pulse, given), {})


def channels(**given: Any) -> dict[str, str]:
    offered = Pulse.channels_for(params_of(Pulse, given), {})
    return {name: channel.unit for name, channel in offered.items()}


def test_its_channels_have_the_units_of_the_file() -> None:
    rate = {"unit": "L/min", "window": "60s"}

    assert channels() == {"count": "", "total": ""}
    assert channels(per_pulse={"value": 10, "unit": "L"}, rate=rate) == {
        "count": "",
        "total": "L",
        "rate": "L/min",
    }


@pytest.mark.parametrize(
    ("given", "keys", "text"),
    [
        ({"per_pulse": {"value": 1, "unit": "litres"}}, ("per_pulse", "unit"), "unknown unit"),
        (
            {"per_pulse": {"value": 1, "unit": "L"}, "rate": {"unit": "mm/h"}},
            ("rate", "unit"),
            "must be L by time, mm/h is not (write L/s or L/min)",
        ),
        ({"rate": {"unit": "L/min"}}, ("rate", "unit"), "write Hz, rpm or 1/min"),
        (
            {"per_pulse": {"value": 1, "unit": "L"}, "rate": {"unit": "W"}},
            ("rate", "unit"),
            "must be L by time",
        ),
    ],
)
def test_units_that_do_not_fit_are_told(given: Any, keys: Any, text: str) -> None:
    ((where, what),) = mistakes(**given)

    assert where == keys
    assert text in what


@pytest.mark.parametrize(
    ("edge", "counts"), [("falling", [1, 1, 2]), ("rising", [0, 1, 1]), ("both", [1, 2, 3])]
)
@virtual
async def test_the_chosen_edges_count(edge: str, counts: list[int]) -> None:
    meter = await Meter.up(edge=edge)
    found = []
    for level in (False, True, False):
        meter.edge(level)
        found.append((await meter.driver.read())["count"])

    assert found == counts


@virtual
async def test_the_total_is_the_count_by_what_a_pulse_is_worth() -> None:
    meter = await Meter.up(per_pulse={"value": 0.2794, "unit": "mm"})

    await meter.pulse(3)

    assert await meter.driver.read() == {"count": 3, "total": 0.8382}


@pytest.mark.parametrize(
    ("per_pulse", "unit", "rate"),
    [
        ({"value": 10, "unit": "L"}, "L/min", 60.0),
        ({"value": 1, "unit": "Wh"}, "W", 360.0),
        ({"value": 0.667, "unit": "m"}, "m/s", 0.0667),
        ({"value": 2.4, "unit": "km"}, "km/h", 864.0),
        ({"value": 1}, "Hz", 0.1),
        ({"value": 0.5}, "rpm", 3.0),
    ],
)
@virtual
async def test_the_rate_is_the_mean_of_the_window(
    per_pulse: dict[str, Any], unit: str, rate: float
) -> None:
    """Six pulses within 60 s are 0.1 a second."""
    meter = await Meter.up(per_pulse=per_pulse, rate={"unit": unit, "window": "60s"})

    await meter.pulse(6, width_s=1.0)

    assert (await meter.driver.read())["rate"] == rate
    await asyncio.sleep(70)
    assert (await meter.driver.read())["rate"] == 0.0


@virtual
async def test_bounces_and_glitches_in_both_phases_count_for_nothing() -> None:
    meter = await Meter.up(edge="rising", debounce="2ms", min_width="10ms")

    for level, pause_s in [
        *((False, 0.001), (True, 0.001), (False, 0.05)),
        *((True, 0.009), (False, 0.05)),
        *((True, 0.02), (False, 0.004), (True, 0.02)),
    ]:
        meter.edge(level)
        await asyncio.sleep(pause_s)
    await asyncio.sleep(1)

    assert (await meter.driver.read())["count"] == 1
    assert meter.driver.counters() == {"edges": 8, "ignored_edges": 6, "lost_edges": 0}


@virtual
async def test_a_reed_contact_with_holdoff_counts_at_once() -> None:
    meter = await Meter.up(debounce={"holdoff": "5ms"})

    for level in (False, True, False, True, False):
        meter.edge(level)
        await asyncio.sleep(0.0005)

    assert meter.context.published[-1]["count"] == 1


@virtual
async def test_the_first_pulse_is_published_at_once_and_the_next_ones_together() -> None:
    meter = await Meter.up()
    await asyncio.sleep(10)
    meter.context.published.clear()

    meter.edge(False)
    first = list(meter.context.published)
    await asyncio.sleep(0.01)
    await meter.pulse(9, width_s=0.01)
    await asyncio.sleep(2)

    assert first == [{"count": 1, "total": 1.0}]
    assert meter.context.published[1:] == [{"count": 9, "total": 9.0}]


@virtual
async def test_a_reset_sets_the_total_and_returns_the_one_before() -> None:
    meter = await Meter.up(per_pulse={"value": 10, "unit": "L"})
    await meter.pulse(2)

    assert await meter.driver.reset(1234.5) == 20.0
    await meter.pulse(1)

    assert await meter.driver.read() == {"count": 1, "total": 1244.5}


@virtual
async def test_the_total_outlives_the_driver_and_no_pulse_counts_twice() -> None:
    kept = KeptInMemory()
    first = await Meter.up(kept, persist=True, per_pulse={"value": 10, "unit": "L"})
    await first.pulse(3)
    first.edge(False)
    await first.driver.close()

    second = await Meter.up(kept, level=False, persist=True, per_pulse={"value": 10, "unit": "L"})
    second.edge(True)
    second.edge(False)

    assert await second.driver.read() == {"count": 5, "total": 50.0}


@virtual
async def test_a_contact_that_closed_while_the_node_was_away_counts_once() -> None:
    kept = KeptInMemory()
    await (await Meter.up(kept, persist=True)).driver.close()

    meter = await Meter.up(kept, level=False, persist=True, debounce="20ms")
    await asyncio.sleep(1)

    assert (await meter.driver.read())["count"] == 1


@virtual
async def test_without_persist_each_start_begins_at_nothing() -> None:
    kept = KeptInMemory()
    first = await Meter.up(kept)
    await first.pulse(3)
    await first.driver.close()

    assert (await (await Meter.up(kept)).driver.read())["count"] == 0


@pytest.mark.parametrize(
    ("per_pulse", "total"),
    [({"value": 5, "unit": "L"}, 30.0), ({"value": 1, "unit": "m³"}, 0.03)],
)
@virtual
async def test_pulses_of_another_size_leave_the_total_as_it_was(
    per_pulse: dict[str, Any], total: float
) -> None:
    kept = KeptInMemory()
    first = await Meter.up(kept, persist=True, per_pulse={"value": 10, "unit": "L"})
    await first.pulse(3)
    await first.driver.close()

    second = await Meter.up(kept, persist=True, per_pulse=per_pulse)

    assert await second.driver.read() == {"count": 0, "total": total}


@virtual
async def test_a_new_setup_after_a_failure_goes_on_counting() -> None:
    meter = await Meter.up(persist=True)
    await meter.pulse(2)

    await meter.driver.setup()
    await meter.pulse(2)

    assert (await meter.driver.read())["count"] == 4


@virtual
async def test_a_total_is_safe_within_the_interval_of_the_file() -> None:
    """What waits to be published is part of the interval."""
    asked: list[float] = []

    class Noted(KeptInMemory):
        def put(self, key: str, value: Any, *, within_s: float = 10.0) -> None:
            asked.append(within_s)

    meter = await Meter.up(Noted(), persist="5s")
    await meter.pulse(1)

    assert asked == [4.0]
