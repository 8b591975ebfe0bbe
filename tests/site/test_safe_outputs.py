"""What outputs do by themselves, and what they refuse, through a whole node."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.site.output_rig import Lives
from tests.site.rig import config_of
from wampedge.errors import ApplicationError
from wampedge_simulator.clock import run_virtual

HEAD = 'wampedge = 1\n[node]\nname = "a"\n[upstream]\nurl = "ws://127.0.0.1:9/"\nrealm = "r"\n'
RELAY = HEAD + '[devices.k1]\ndriver = "relay"\npin = 5\n'
PAIR = RELAY + '[devices.k2]\ndriver = "relay"\npin = 6\n[interlocks.g]\nmembers = ["k1", "k2"]\n'


def live(folder: Path, text: str, act: Callable[[Lives], Coroutine[Any, Any, None]]) -> None:
    """Run *act* on a board with the node of a file that has started."""

    async def main() -> None:
        lives = Lives(config_of(folder, text), (5, 6))
        await lives.start()
        await act(lives)
        await lives.stop()
        await lives.bury()

    run_virtual(main())


async def refused(lives: Lives, procedure: str, *args: Any) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await lives.call(procedure, *args)
    return caught.value


@pytest.mark.parametrize("after_s", [1.0, 120.0])
def test_on_disconnect_comes_in_its_time(tmp_path: Path, after_s: float) -> None:
    async def act(lives: Lives) -> None:
        lives.node.site.outputs.tell_link(is_up=True)
        await lives.call("k1.on")
        await asyncio.sleep(10.0)
        lives.node.site.outputs.tell_link(is_up=False)
        lost_s = lives.now()
        await asyncio.sleep(after_s + 5.0)

        (_, (at_s, line, level)) = lives.edges
        assert (line, level) == (5, False)
        assert at_s == pytest.approx(lost_s + after_s, abs=0.05)

    live(tmp_path, RELAY + f'on_disconnect = {{ after = "{after_s}s", do = "off" }}\n', act)


def test_link_that_comes_back_in_time_leaves_the_output_alone(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        await lives.call("k1.on")
        for is_up in (True, False, True):
            lives.node.site.outputs.tell_link(is_up=is_up)
            await asyncio.sleep(0.9)
        await asyncio.sleep(5.0)

        assert [level for _, _, level in lives.edges] == [True]

    live(tmp_path, RELAY + 'on_disconnect = { after = "1s", do = "off" }\n', act)


def test_restored_output_shows_no_edge_after_a_kill(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        await lives.call("k1.on")
        await asyncio.sleep(1.0)
        lives.kill()
        await lives.start()
        await asyncio.sleep(1.0)

        assert [level for _, _, level in lives.edges] == [True]
        assert (await lives.call("k1.get"))["state"]["value"] is True

    live(tmp_path, RELAY + 'on_start = "restore"\non_stop = "keep"\n', act)


def test_pulse_is_not_restored_after_a_kill(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        await lives.call("k1.pulse", "1h")
        await asyncio.sleep(1.0)
        lives.kill()
        await lives.start()

        assert [level for _, _, level in lives.edges] == [True, False]

    live(tmp_path, RELAY + 'on_start = "restore"\n', act)


def test_max_on_counts_through_a_kill_and_through_orders(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        await lives.call("k1.on")
        began_s = lives.now()
        await asyncio.sleep(4.0)
        lives.kill()
        await lives.start()
        await lives.call("k1.on")
        await asyncio.sleep(10.0)

        at_s, line, level = lives.edges[-1]
        assert (line, level) == (5, False)
        assert at_s == pytest.approx(began_s + 6.0, abs=0.01)

    live(tmp_path, RELAY + 'on_start = "keep"\nmax_on = "6s"\n', act)


def test_min_off_counts_through_a_kill(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        await asyncio.sleep(20.0)
        await lives.call("k1.on")
        lives.kill()
        await lives.start()

        error = await refused(lives, "k1.on")

        assert error.uri == "wampedge.error.limit"
        assert error.keywords["retry_after"] == pytest.approx(10.0, abs=0.1)

    live(tmp_path, RELAY + 'min_off = "10s"\n', act)


def test_refusal_of_an_interlock_names_holder_and_group(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        await asyncio.sleep(1.0)
        await lives.call("k1.on")

        error = await refused(lives, "k2.on")

        assert error.uri == "wampedge.error.interlock"
        assert (error.keywords["holder"], error.keywords["group"]) == ("k1", "g")

    live(tmp_path, PAIR, act)


def test_interlock_that_releases_first_answers_after_its_dead_time(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        await asyncio.sleep(1.0)
        await lives.call("k1.on")
        await asyncio.sleep(1.0)
        await lives.call("k2.on")

        (_, line, on), (off_s, _, _), (on_s, _, _) = lives.edges
        assert (line, on) == (5, True)
        assert on_s - off_s == pytest.approx(0.7, abs=0.01)

    live(tmp_path, PAIR + 'dead_time = "700ms"\npolicy = "release_first"\n', act)


def test_roles_without_access_are_refused_and_move_nothing(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        for order in (("k1.on",), ("k1.set", True), ("k1.pulse", "1s")):
            assert (await refused(lives, *order)).uri == "wamp.error.not_authorized"
        assert lives.edges == []

    live(tmp_path, RELAY + 'access = { set = ["operator"] }\n', act)


def test_held_device_refuses_callers_until_it_is_released(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        outputs = lives.node.site.outputs
        outputs.hold("k1", "emergency stop")
        assert (await refused(lives, "k1.on")).uri == "wampedge.error.safety"
        outputs.release("k1")
        assert await lives.call("k1.on") is True

    live(tmp_path, RELAY, act)


def test_device_is_safe_at_once_when_its_session_leaves(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        await lives.call("k1.on")
        await lives.client.leave()
        await asyncio.sleep(0.01)
        lives.client = await lives.join()

        assert [level for _, _, level in lives.edges] == [True, False]
        assert "is gone" in (await lives.call("k1.health"))["reason"]

    live(tmp_path, RELAY + "safety = true\n", act)


def test_heartbeats_keep_a_device_and_silence_ends_it(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        await lives.call("k1.on")
        for _ in range(5):
            await asyncio.sleep(1.5)
            await lives.call("heartbeat")
        heard_s = lives.now()
        await asyncio.sleep(5.0)

        at_s, line, level = lives.edges[-1]
        assert (line, level) == (5, False)
        assert at_s == pytest.approx(heard_s + 2.0, abs=0.01)

    live(tmp_path, RELAY + "safety = true\n", act)


def test_slew_bounds_the_rate_of_a_dimmer(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        await lives.call("p.set", 50)
        await asyncio.sleep(2.5)
        net = lives.board._board().nets.net("gpio", 12)
        assert net.duty == pytest.approx(0.25, abs=0.01)
        await asyncio.sleep(3.0)
        assert net.duty == pytest.approx(0.5)

    live(tmp_path, HEAD + '[devices.p]\ndriver = "pwm"\npin = 12\nslew = "10%/s"\n', act)
