"""After kill -9 retained events of clients and history are there, but for the last commit."""

from __future__ import annotations

import time
from pathlib import Path

from tests.support.node_process import NodeProcess
from wampedge.client.blocking import BlockingSession, connect

SITE = """
wampedge = 1
[node]
name = "t"
[router]
retained = { commit = "10ms", readings_commit = "10ms" }
[store]
history_commit = "10ms"
[devices.lamp]
driver = "led"
pin = 17
history = "1d"
"""
PATIENCE_S = 10.0


def commits(session: BlockingSession) -> int:
    """Return how many groups the node has written."""
    return int(session.call("edge.t.sys.queue").value["store"]["commits"])


def test_what_was_committed_is_there_after_kill_9(tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(SITE, encoding="utf-8")
    with NodeProcess(file, listen=("unix:",)) as node:
        with connect(node.url("unix"), "edge") as session:
            session.call("edge.t.lamp.on")
            options = {"retain": True, "acknowledge": True}
            session.publish("site.door", "open", options=options)
            before = commits(session)
            gives_up_s = time.monotonic() + PATIENCE_S
            while commits(session) < before + 2:  # the first may have begun before the event came
                assert time.monotonic() < gives_up_s, "nothing is committed"
                session.publish("site.window", time.monotonic(), options=options)
        node.kill()
        node.start()

        with connect(node.url("unix"), "edge") as session:
            asked = {"get_retained": True}
            events = session.subscribe("site.door", timeout_s=PATIENCE_S, options=asked)
            door = next(iter(events))
            rows = session.call("edge.t.lamp.state.history").value

        assert door.value == "open"
        assert door.options["x_restored"] is True
        assert [value for _, value in rows] == [False, True, False]
