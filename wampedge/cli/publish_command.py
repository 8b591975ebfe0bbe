"""``wampedge publish``: publish an event, and wait until the router has it."""

from __future__ import annotations

import argparse
import asyncio

from wampedge.cli import exit_codes
from wampedge.cli.connection import add_connection_flags, connect
from wampedge.cli.values import keyword, value_of
from wampedge.wamp.payload import Payload

__all__ = ["add_flags", "run"]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument("topic", help="such as site.alarm")
    parser.add_argument(
        "args", nargs="*", default=[], type=value_of, help="arguments: JSON, or else text"
    )
    parser.add_argument(
        "-k", "--kwarg", action="append", default=[], type=keyword, metavar="NAME=VALUE",
        help="a keyword argument; may be repeated",
    )  # fmt: skip
    add_connection_flags(parser)


def run(options: argparse.Namespace) -> int:
    """Publish the event."""
    return asyncio.run(_publish(options))


async def _publish(options: argparse.Namespace) -> int:
    async with await connect(options) as session:
        payload = Payload(options.args, dict(options.kwarg))
        await session.publish_payload_acknowledged(options.topic, payload)
    return exit_codes.OK
