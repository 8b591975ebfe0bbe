"""What ``wampedge status --watch`` prints, look after look."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest

from tests.cli.test_status_page import facts
from wampedge.cli.status_command import Watch
from wampedge.cli.status_facts import NodeFacts
from wampedge.client import CallResult


class AskedNode:
    """A session at a node that tells the given facts, one after another."""

    def __init__(self, *told: NodeFacts) -> None:
        self._told = list(told)
        self.asked: list[str] = []

    async def call(self, procedure: str, *, timeout_s: float) -> CallResult:
        self.asked.append(procedure)
        now = self._told[0]
        if procedure.endswith(".queue"):
            del self._told[0]
            return CallResult.of(now.queues)
        return CallResult.of(now.links if procedure.endswith(".link") else now.health)


def watch_of(*told: NodeFacts, is_json: bool = False) -> Watch:
    """Return a watch of a node that tells these facts."""
    session: Any = AskedNode(*told)
    options = argparse.Namespace(json=is_json, watch=True, timeout=1.0)
    return Watch(options, session, "edge.n1")


async def test_a_pipe_gets_a_page_when_something_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    down = facts(link__state="waiting", link__last_error="refused")
    watch = watch_of(facts(), facts(health__uptime=273_601.0), down)

    for _ in range(3):
        watch.show(await watch.look())

    pages = capsys.readouterr().out.split("\n\n")
    assert [page.splitlines()[0] for page in pages] == ["n1               ready, up 3 d 4 h"] * 2
    assert "DOWN" not in pages[0]
    assert "DOWN" in pages[1]


async def test_json_is_a_line_for_each_look(capsys: pytest.CaptureFixture[str]) -> None:
    watch = watch_of(facts(), facts(), is_json=True)

    for _ in range(2):
        watch.show(await watch.look())

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["ok"] for line in lines] == [True, True]


async def test_a_backlog_counts_as_draining_only_while_its_link_is_up() -> None:
    watch = watch_of()

    assert not watch.is_draining(facts())
    assert watch.is_draining(facts(queue__depth=5))
    assert not watch.is_draining(facts(queue__depth=5, link__state="waiting"))
