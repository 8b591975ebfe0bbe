"""``wampedge subscribe``: print the events of a topic as they come."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from wampedge.cli import exit_codes
from wampedge.cli.connection import add_connection_flags, connect
from wampedge.cli.values import plain, to_json_line
from wampedge.client import EventDetails
from wampedge.errors import CallTimeoutError
from wampedge.wamp.payload import Payload

__all__ = ["add_flags", "run"]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument("topics", nargs="+", metavar="topic", help="such as edge.gh1.air.humidity")
    parser.add_argument(
        "--match", choices=("exact", "prefix", "wildcard"), default="exact",
        help="how the topics are meant: edge.gh1. as prefix, edge..status as wildcard",
    )  # fmt: skip
    parser.add_argument(
        "--retained", action="store_true", help="print first what the topics last said, where the "
        "router retains that: the state of devices, among others",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print each event as a line of JSON")
    parser.add_argument(
        "-n", "--count", type=_count, help="end after so many events (with exit code 5 when they "
        "do not come within --timeout)",
    )  # fmt: skip
    add_connection_flags(parser)


def run(options: argparse.Namespace) -> int:
    """Print events until there are enough of them, or for ever."""
    return asyncio.run(_subscribe(options))


async def _subscribe(options: argparse.Namespace) -> int:
    seen = 0
    enough = asyncio.get_running_loop().create_future()

    def print_event(payload: Payload, details: EventDetails) -> None:
        nonlocal seen
        if enough.done():
            return
        seen += 1
        try:
            _print_event(options, payload, details)
        except BrokenPipeError as error:
            enough.set_exception(error)
            return
        if options.count is not None and seen >= options.count:
            enough.set_result(None)

    async with await connect(options) as session:
        for topic in options.topics:
            asked: dict[str, Any] = {"match": options.match}
            if options.retained:
                asked["get_retained"] = True
            await session.subscribe(topic, print_event, options=asked, takes_payload=True)
        print(f"subscribed to {', '.join(options.topics)}", file=sys.stderr)
        closed = asyncio.ensure_future(session.wait_closed())
        limit_s = options.timeout if options.count is not None else None
        done, _ = await asyncio.wait(
            {enough, closed}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED
        )
        closed.cancel()
        if enough in done:
            enough.result()
            return exit_codes.OK
        if closed in done:
            print("wampedge subscribe: the router ended the session", file=sys.stderr)
            return exit_codes.NO_CONNECTION
        raise CallTimeoutError(f"{options.count} events", limit_s or 0.0)


def _print_event(options: argparse.Namespace, payload: Payload, details: EventDetails) -> None:
    args, kwargs = list(payload.args), dict(payload.kwargs)
    if options.json:
        event: dict[str, Any] = {"topic": details.topic, "args": args, "kwargs": kwargs}
        if details.is_retained:
            event["retained"] = True
        line = to_json_line(event)
    else:
        line = f"{details.topic}  {plain(args, kwargs)}"
    print(line, flush=True)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, got {text!r}")
    return int(text)
