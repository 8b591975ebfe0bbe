from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from wampedge.transports.heartbeat import Heartbeat
from wampedge.transports.limits import TransportLimits
from wampedge_simulator.clock import run_virtual


@dataclass
class Wire:
    """What a connection would tell the heartbeat, and what the heartbeat did to it."""

    answers_pings: bool = True
    handed_over: int = 0
    waiting: int = 0
    pings_at: list[float] = field(default_factory=list)
    silent_at: float | None = None
    given_s: float = 0.0

    def heartbeat(self) -> Heartbeat:
        return Heartbeat(
            asyncio.get_running_loop(),
            TransportLimits(),
            send_ping=self.ping,
            backlog_bytes=lambda: (self.handed_over, self.waiting),
            on_silence=self.on_silence,
        )

    def ping(self) -> bool:
        self.pings_at.append(asyncio.get_running_loop().time())
        return self.answers_pings

    def on_silence(self, deadline_s: float) -> None:
        self.given_s = deadline_s
        self.silent_at = asyncio.get_running_loop().time()


def test_a_peer_that_never_answers_is_found_15_seconds_after_its_last_sign() -> None:
    async def listen() -> Wire:
        wire = Wire()
        heartbeat = wire.heartbeat()
        heartbeat.start()
        await asyncio.sleep(60)
        heartbeat.stop()
        return wire

    wire = run_virtual(listen())

    assert wire.pings_at == [10.0]
    assert wire.silent_at == 15.0


def test_any_byte_within_5_seconds_of_a_ping_keeps_the_connection() -> None:
    async def listen() -> Wire:
        wire = Wire()
        heartbeat = wire.heartbeat()
        heartbeat.start()
        for _ in range(6):
            await asyncio.sleep(10)
            await asyncio.sleep(0)
            heartbeat.has_heard = True
        heartbeat.stop()
        return wire

    wire = run_virtual(listen())

    assert wire.pings_at == [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    assert wire.silent_at is None


def test_a_sign_of_life_before_the_ping_does_not_count() -> None:
    async def listen() -> Wire:
        wire = Wire()
        heartbeat = wire.heartbeat()
        heartbeat.start()
        await asyncio.sleep(9)
        heartbeat.has_heard = True
        await asyncio.sleep(20)
        heartbeat.stop()
        return wire

    assert run_virtual(listen()).silent_at == 15.0


def test_a_slow_link_that_takes_its_backlog_is_alive() -> None:
    async def listen() -> Wire:
        wire = Wire(handed_over=1000, waiting=5000)
        heartbeat = wire.heartbeat()
        heartbeat.start()
        await asyncio.sleep(12)
        wire.handed_over, wire.waiting = 2000, 4000
        await asyncio.sleep(12)
        heartbeat.stop()
        return wire

    assert run_virtual(listen()).silent_at is None


def test_handing_over_the_ping_itself_is_no_sign_of_life() -> None:
    async def listen() -> Wire:
        wire = Wire(handed_over=1000, waiting=0)
        heartbeat = wire.heartbeat()
        heartbeat.start()
        await asyncio.sleep(12)
        wire.handed_over = 1002
        await asyncio.sleep(12)
        heartbeat.stop()
        return wire

    assert run_virtual(listen()).silent_at == 15.0


def test_a_peer_that_takes_no_pings_is_not_found_silent() -> None:
    async def listen() -> Wire:
        wire = Wire(answers_pings=False)
        heartbeat = wire.heartbeat()
        heartbeat.start()
        await asyncio.sleep(35)
        heartbeat.stop()
        heartbeat.stop()
        return wire

    wire = run_virtual(listen())

    assert wire.pings_at == [10.0, 20.0, 30.0]
    assert wire.silent_at is None


def test_a_probe_finds_a_dead_peer_within_its_own_time() -> None:
    async def listen() -> Wire:
        wire = Wire()
        heartbeat = wire.heartbeat()
        assert not heartbeat.probe(1.0)  # not started
        heartbeat.start()
        await asyncio.sleep(3)
        assert heartbeat.probe(1.0)
        await asyncio.sleep(0.5)
        assert heartbeat.probe(1.0)  # a dead peer gets no more time by it
        await asyncio.sleep(20)
        assert not heartbeat.probe(1.0)  # gone
        return wire

    wire = run_virtual(listen())

    assert wire.pings_at == [3.0]
    assert (wire.silent_at, wire.given_s) == (4.0, 1.0)


def test_a_peer_that_answers_a_probe_is_pinged_on() -> None:
    async def listen() -> Wire:
        wire = Wire()
        heartbeat = wire.heartbeat()
        heartbeat.start()
        await asyncio.sleep(3)
        heartbeat.probe(1.0)
        heartbeat.has_heard = True
        await asyncio.sleep(20)
        return wire

    wire = run_virtual(listen())

    assert wire.pings_at == [3.0, 9.0]
    assert (wire.silent_at, wire.given_s) == (14.0, 5.0)


def test_a_peer_is_silent_from_a_probe_to_its_next_sign_of_life() -> None:
    async def listen() -> list[bool]:
        heartbeat = Wire().heartbeat()
        heartbeat.start()
        seen = [heartbeat.is_silent]
        heartbeat.probe(1.0)
        seen.append(heartbeat.is_silent)
        heartbeat.has_heard = True
        seen.append(heartbeat.is_silent)
        await asyncio.sleep(2)
        heartbeat.stop()
        return seen

    assert run_virtual(listen()) == [False, True, False]


def test_a_peer_that_takes_no_pings_cannot_be_probed() -> None:
    async def listen() -> Wire:
        wire = Wire(answers_pings=False)
        heartbeat = wire.heartbeat()
        heartbeat.start()
        assert not heartbeat.probe(1.0)
        await asyncio.sleep(12)
        heartbeat.stop()
        return wire

    assert run_virtual(listen()).silent_at is None


def test_the_round_trip_ends_with_the_first_sign_of_life_after_a_ping() -> None:
    async def listen() -> list[float | None]:
        heartbeat = Wire().heartbeat()
        heartbeat.start()
        heartbeat.hear()
        seen = [heartbeat.round_trip_s]
        await asyncio.sleep(10.25)  # the ping went out at 10 s
        heartbeat.hear()
        seen.append(heartbeat.round_trip_s)
        heartbeat.hear()
        await asyncio.sleep(1.0)
        seen.append(heartbeat.round_trip_s)
        heartbeat.stop()
        return seen

    assert run_virtual(listen()) == [None, 0.25, 0.25]
