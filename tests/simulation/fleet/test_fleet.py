"""Whole fleets: what holds through chaos, and that what does not hold is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.simulation.fleet.rig import plan, run
from wampedge.errors import ConnectError, WampedgeError
from wampedge.router import RealmSettings, Router
from wampedge.server import Server, random_ids
from wampedge.simulation.fleet.faults import CHAOS, Fault, draw_faults
from wampedge.simulation.fleet.fleet import Fleet
from wampedge.simulation.fleet.report import FleetReport
from wampedge.simulation.fleet.upstream import FleetRouter, RealRouter
from wampedge.simulation.fleet.variation import joining
from wampedge.transports.base import Transport
from wampedge.wamp.messages import Message, Publish, Register
from wampedge_simulator.clock import run_virtual
from wampedge_simulator.pace import PacedClockLoop


def chaos(nodes: int, *, seed: int, span_s: float = 300.0, rate: float = 30.0) -> tuple[Fault, ...]:
    return tuple(draw_faults(CHAOS, nodes=nodes, seed=seed, span_s=span_s, rate_per_h=rate))


class FaultyRouter(FleetRouter):
    """Loses some messages of nodes without a word."""

    def __init__(self, loses: Callable[[Message], bool]) -> None:
        super().__init__("edge")
        self._loses = loses

    async def open(self) -> Transport:
        transport = await super().open()
        send = transport.send

        def send_some(message: Message) -> None:
            if not self._loses(message):
                send(message)

        transport.send = send_some  # type: ignore[method-assign] # this very transport is faulty
        return transport


def is_air_status(message: Message) -> bool:
    return isinstance(message, Publish) and message.topic.endswith(".air.status")


def is_fan_switch(message: Message) -> bool:
    return isinstance(message, Register) and message.procedure.endswith(".fan.on")


def test_all_holds_through_chaos_of_every_kind(tmp_path: Path) -> None:
    report = run_virtual(run(plan(nodes=8, faults=chaos(8, seed=4)), tmp_path))

    assert report.broken == ()
    assert {fault.kind for fault in report.done} == {
        "reset", "stall", "ghost", "power", "clock", "router"
    }  # fmt: skip
    assert report.reconnects >= 8
    assert 0.0 < report.longest_back_s < 50.0
    assert report.judged == 24
    assert report.orders > 20


def test_run_is_the_same_from_the_same_seed(tmp_path: Path) -> None:
    def report(folder: str, seed: int) -> FleetReport:
        wanted = plan(nodes=4, seed=seed, faults=chaos(4, seed=7))
        return run_virtual(run(wanted, tmp_path / folder))

    first, second, other = report("a", 1), report("b", 1), report("c", 2)

    assert first.done == second.done
    assert (first.digest, first.events) == (second.digest, second.events)
    assert first.digest != other.digest


def test_calm_fleet_joins_once_and_loses_nothing(tmp_path: Path) -> None:
    report = run_virtual(run(plan(orders_every_s=None), tmp_path))

    assert (report.reconnects, report.orders, report.skipped) == (0, 0, 0)
    assert report.broken == ()
    assert report.events > 3 * 30
    assert report.memory_kb is None or report.memory_kb < 20_000


def test_node_that_comes_back_too_late_is_told(tmp_path: Path) -> None:
    faults = (Fault(10.0, "reset", 1, for_s=5.0),)
    report = run_virtual(run(plan(faults=faults, within_s=0.001), tmp_path))

    [broken] = report.broken
    assert (broken.node, broken.invariant) == ("n-1", "registrations")
    # 10 s in which all start, 10 s, and 5 s without a link.
    assert broken.at_s == pytest.approx(10.0 * 2 / 3 + 15.0, abs=1.0)
    assert "not back in time: " in broken.text
    assert "network is unreachable" in broken.text


def test_lost_event_is_told(tmp_path: Path) -> None:
    wanted = plan(nodes=1, stops_early=True)
    report = run_virtual(run(wanted, tmp_path, FaultyRouter(is_air_status)))

    assert "events" in {each.invariant for each in report.broken}
    text = "lost before one of edge.n-0.air.temperature: 1, the first of edge.n-0.air.status"
    assert report.broken[0].text == text


def test_lost_registration_is_told(tmp_path: Path) -> None:
    report = run_virtual(run(plan(nodes=1), tmp_path, FaultyRouter(is_fan_switch)))

    assert {each.invariant for each in report.broken} == {"registrations"}
    late, missing = report.broken
    what = "missing procedures: 1, such as edge.n-0.fan.on"
    assert late.text == f"not back in time: {what}; its link is joined: no error"
    assert missing.text == "missing procedures at the end: 1, such as edge.n-0.fan.on"


def test_device_that_is_ill_in_the_end_is_told(tmp_path: Path) -> None:
    async def main() -> FleetReport:
        fleet = Fleet(plan(), FleetRouter("edge"), folder=tmp_path)
        running = asyncio.ensure_future(fleet.run())
        await asyncio.sleep(60)
        fleet.nodes[2].board.fault("air", "nack", None)
        return await running

    [broken] = run_virtual(main()).broken
    assert (broken.node, broken.invariant) == ("n-2", "devices")
    assert broken.text.startswith("air was ok and is ")


def test_last_event_that_is_lost_is_told(tmp_path: Path) -> None:
    def is_late(message: Message) -> bool:
        now_s = asyncio.get_running_loop().time()
        return isinstance(message, Publish) and now_s > 60.0

    report = run_virtual(
        run(plan(nodes=1, span_s=60.0, orders_every_s=None), tmp_path, FaultyRouter(is_late))
    )

    [broken] = report.broken
    assert broken.invariant == "events"
    assert broken.text.startswith("lost at the end: ")
    assert broken.text.endswith(", the first of edge.n-0.air.temperature")


def test_run_may_end_with_the_first_that_breaks(tmp_path: Path) -> None:
    wanted = plan(nodes=1, stops_early=True)
    report = run_virtual(run(wanted, tmp_path, FaultyRouter(is_fan_switch)))

    # Its longest pause of 30 s, and 20 s.
    assert report.run_s == pytest.approx(50.0, abs=0.1)
    assert report.broken_count == 1


def test_only_some_nodes_may_take_part(tmp_path: Path) -> None:
    report = run_virtual(run(plan(only=(2,), orders_every_s=None), tmp_path))

    assert report.nodes == 1
    assert report.broken == ()


def test_node_that_cannot_start_is_an_error(tmp_path: Path) -> None:
    wanted = plan(nodes=2)
    air = wanted.config.devices["air"]
    elsewhere = {**wanted.config.devices, "air": air.but(bus="nowhere")}

    with pytest.raises((WampedgeError, KeyError)):
        run_virtual(run(wanted.but(config=wanted.config.but(devices=elsewhere)), tmp_path))


def test_progress_is_told_of_each_stage(tmp_path: Path) -> None:
    shares_by_stage: dict[str, list[float]] = {}

    def tell(share: float, stage: str) -> None:
        shares_by_stage.setdefault(stage, []).append(share)

    async def main() -> None:
        wanted = plan(nodes=2, span_s=60.0)
        await Fleet(wanted, FleetRouter("edge"), folder=tmp_path, on_progress=tell).run()

    run_virtual(main())
    assert list(shares_by_stage) == ["starting", "running", "waiting until all are back"]
    assert shares_by_stage["starting"] == [0.0, 0.5, 1.0]
    assert len(shares_by_stage["running"]) == 100
    assert shares_by_stage["running"][-1] == 1.0
    assert shares_by_stage["waiting until all are back"] == [0.0, 0.5, 1.0]


def test_fleet_at_a_real_router_on_a_real_socket(tmp_path: Path) -> None:
    url = f"unix:{tmp_path}/router.sock"

    async def main() -> FleetReport:
        router = Router(
            [RealmSettings("edge")],
            random_id=random_ids().__next__,
            monotonic_s=asyncio.get_running_loop().time,
        )
        server = Server(router, [url])
        await server.start()
        calm = plan()
        config = joining(calm.config, url)
        faults = (Fault(1.0, "reset", 0, for_s=1.0), Fault(1.0, "power", 1, for_s=2.0))
        wanted = calm.but(config=config, faults=faults, span_s=20.0, orders_every_s=5.0)
        assert config.upstream is not None
        try:
            return await Fleet(wanted, RealRouter(config.upstream), folder=tmp_path).run()
        finally:
            await server.stop()

    with asyncio.Runner(loop_factory=lambda: PacedClockLoop(50.0)) as runner:
        report = runner.run(main())

    assert report.broken == ()
    assert len(report.done) == 2
    assert report.reconnects == 2
    assert report.events > 10
    assert report.text().splitlines()[1].endswith("s CPU: in real time")


def test_real_router_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    config = joining(plan().config, f"unix:{tmp_path}/none.sock")
    assert config.upstream is not None
    router = RealRouter(config.upstream)

    async def main() -> None:
        await Fleet(plan().but(config=config), router, folder=tmp_path).run()

    with pytest.raises(ConnectError):
        run_virtual(main())


@pytest.mark.slow
def test_all_holds_for_two_hundred_nodes(tmp_path: Path) -> None:
    wanted = plan(nodes=200, faults=chaos(200, seed=9, rate=12.0))
    report = run_virtual(run(wanted, tmp_path))

    assert report.broken == ()
    assert len(report.done) > 300
    assert report.reconnects > 200
