"""What outputs must not forget when their node is killed with kill -9 and started again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.node_process import NodeProcess
from wampedge.client.blocking import BlockingSession, connect
from wampedge.errors import ApplicationError

SITE = """
wampedge = 1
[node]
name = "t"
[devices.drip]
driver = "relay"
pin = 5
on_start = "restore"
max_on = "8s"
[devices.horn]
driver = "relay"
pin = 12
on_start = "restore"
max_on = "200ms"
[devices.cooler]
driver = "relay"
pin = 6
min_off = "5s"
[devices.up]
driver = "relay"
pin = 13
[devices.down]
driver = "relay"
pin = 19
[interlocks.vent]
members = ["up", "down"]
dead_time = "5s"
[devices.fan]
driver = "relay"
pin = 26
on_start = "restore"
"""
pytestmark = pytest.mark.slow

MAX_ON_S = 8.0
REST_S = 5.0
SLACK_S = 1.0
"""How late a busy machine may be."""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[NodeProcess]:
    """Return a running node with the outputs of this file."""
    file = tmp_path / "devices.toml"
    file.write_text(SITE, encoding="utf-8")
    with NodeProcess(file, listen=("unix:",)) as process:
        yield process


def session_of(node: NodeProcess) -> BlockingSession:
    return connect(node.url("unix"), "edge")


def restart(node: NodeProcess) -> None:
    """Kill the node at once, and start it again."""
    node.kill()
    node.start()


def is_on(session: BlockingSession, device: str) -> bool:
    return bool(session.call(f"edge.t.{device}.state.get").value)


def refusal(session: BlockingSession, procedure: str) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        session.call(f"edge.t.{procedure}")
    return caught.value


def when_allowed(session: BlockingSession, procedure: str) -> None:
    """Call until the node takes it: of lines it never drove it does not know how long they rest."""
    gives_up_s = time.monotonic() + REST_S + 2 * SLACK_S
    while True:
        try:
            session.call(f"edge.t.{procedure}")
        except ApplicationError:
            assert time.monotonic() < gives_up_s, "it is still refused"
        else:
            return


def retry_after_s(error: ApplicationError) -> float:
    seconds: Any = error.keywords["retry_after"]
    return float(seconds)


def test_max_on_ends_in_its_time_through_kills(node: NodeProcess) -> None:
    with session_of(node) as session:
        session.call("edge.t.drip.on")
        switched_s = time.monotonic()
    restart(node)
    restart(node)

    with session_of(node) as session:
        assert is_on(session, "drip")
        while is_on(session, "drip"):
            assert time.monotonic() < switched_s + MAX_ON_S + SLACK_S, "max_on did not end"
        on_s = time.monotonic() - switched_s
        reason = session.call("edge.t.drip.health").value["reason"]

    assert on_s > MAX_ON_S - SLACK_S
    assert "max_on" in reason


def test_max_on_that_ended_while_the_node_was_dead_is_over(node: NodeProcess) -> None:
    with session_of(node) as session:
        session.call("edge.t.horn.on")
        switched_s = time.monotonic()
    restart(node)

    assert time.monotonic() > switched_s + 0.2, "a start takes longer than the horn may sound"
    with session_of(node) as session:
        assert not is_on(session, "horn")


def test_min_off_holds_through_a_kill(node: NodeProcess) -> None:
    with session_of(node) as session:
        when_allowed(session, "cooler.on")
        session.call("edge.t.cooler.off")
        rested_s = time.monotonic()
    restart(node)

    with session_of(node) as session:
        error = refusal(session, "cooler.on")
        passed_s = time.monotonic() - rested_s

    assert error.uri == "wampedge.error.limit"
    assert REST_S - passed_s - SLACK_S < retry_after_s(error) <= REST_S


def test_dead_time_holds_through_a_kill(node: NodeProcess) -> None:
    with session_of(node) as session:
        when_allowed(session, "up.on")
        session.call("edge.t.up.off")
        rested_s = time.monotonic()
    restart(node)

    with session_of(node) as session:
        error = refusal(session, "down.on")
        passed_s = time.monotonic() - rested_s

        assert session.call("edge.t.up.on").value is True
    assert error.uri == "wampedge.error.interlock"
    assert REST_S - passed_s - SLACK_S < retry_after_s(error) <= REST_S


def test_member_that_was_on_at_a_kill_leaves_a_whole_dead_time(node: NodeProcess) -> None:
    with session_of(node) as session:
        when_allowed(session, "up.on")
    node.kill()
    killed_s = time.monotonic()
    node.start()

    with session_of(node) as session:
        error = refusal(session, "down.on")
        passed_s = time.monotonic() - killed_s

        assert not is_on(session, "up")
    assert error.uri == "wampedge.error.interlock"
    # Its line went off at some time in the new start, not before.
    assert REST_S - passed_s - SLACK_S < retry_after_s(error) <= REST_S


@pytest.mark.parametrize(("last", "restored"), [("on", True), ("off", False)])
def test_last_order_is_restored_after_a_kill(
    node: NodeProcess, last: str, *, restored: bool
) -> None:
    with session_of(node) as session:
        for order in ("on", "off", last):
            session.call(f"edge.t.fan.{order}")
        gives_up_s = time.monotonic() + 0.5
        while time.monotonic() < gives_up_s:
            is_on(session, "fan")  # the disk has what was answered long before
    restart(node)

    with session_of(node) as session:
        assert is_on(session, "fan") is restored
