"""``wampedge status``: tell how a node is, once or for as long as somebody watches."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from typing import Any

from wampedge.cli import exit_codes
from wampedge.cli.connection import add_connection_flags, connect
from wampedge.cli.drain import Drain
from wampedge.cli.status_facts import NodeFacts, ask, prefix_of
from wampedge.cli.status_page import page
from wampedge.cli.values import to_json_line
from wampedge.client import Session

__all__ = ["Watch", "add_flags", "run"]

_PERIOD_S = 1.0


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument(
        "node", nargs="?", help="its name or URI prefix (default: the node on this machine, else "
        "the only one at the router)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print it as a line of JSON")
    parser.add_argument("--watch", action="store_true", help="look again each second, until Ctrl-C")
    add_connection_flags(parser)


def run(options: argparse.Namespace) -> int:
    """Tell how the node is; exit code 1 when something is wrong."""
    return asyncio.run(_status(options))


async def _status(options: argparse.Namespace) -> int:
    async with await connect(options) as session:
        watch = Watch(options, session, await prefix_of(options, session))
        facts = await watch.look()
        if not options.watch and watch.is_draining(facts):
            await asyncio.sleep(_PERIOD_S)  # a rate needs two looks
            facts = await watch.look()
        watch.show(facts)
        while options.watch:
            await asyncio.sleep(_PERIOD_S)
            facts = await watch.look()
            watch.show(facts)
    return exit_codes.FINDINGS if facts.problems else exit_codes.OK


class Watch:
    """Looks at one node again and again, and shows it in the same place of a terminal."""

    def __init__(self, options: argparse.Namespace, session: Session, prefix: str) -> None:
        self._options, self._session, self._prefix = options, session, prefix
        self._drain_by_link: dict[str, Drain] = {}
        self._shown = ""
        self._news: Any = None

    async def look(self) -> NodeFacts:
        """Ask the node how it is."""
        facts = await ask(self._session, self._prefix, self._options.timeout)
        for name, queue in facts.queues["links"].items():
            drain = self._drain_by_link.setdefault(name, Drain())
            drain.take(time.monotonic(), queue["depth"], queue["sent"])
        return facts

    def is_draining(self, facts: NodeFacts) -> bool:
        """Tell whether something waits for a link that is up."""
        return any(
            queue["depth"] and facts.links[name]["state"] == "joined"
            for name, queue in facts.queues["links"].items()
            if name in facts.links
        )

    def show(self, facts: NodeFacts) -> None:
        """Print how the node is; where nobody looks at a terminal only what is new."""
        if self._options.json:
            print(to_json_line(facts.members()), flush=True)
            return
        lines = page(facts, self._drain_by_link)
        text = "\n".join(lines)
        if self._options.watch and sys.stdout.isatty():
            width = os.get_terminal_size(sys.stdout.fileno()).columns or 80
            text = "\n".join(line[:width] for line in lines)  # one that wraps takes two rows
            up = f"\x1b[{self._shown.count(chr(10)) + 1}F\x1b[J" if self._shown else ""
            print(up + text, flush=True)
        elif facts.news != self._news:
            print(f"\n{text}" if self._shown else text, flush=True)
        self._shown, self._news = text, facts.news
