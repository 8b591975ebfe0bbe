"""``wampedge call``: call a procedure and print its result."""

from __future__ import annotations

import argparse
import asyncio

from wampedge.cli import exit_codes
from wampedge.cli.connection import add_connection_flags, connect
from wampedge.cli.values import keyword, plain, to_json_line, value_of
from wampedge.wamp.payload import Payload

__all__ = ["add_flags", "run"]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument("procedure", help="such as edge.gh1.drip.on")
    parser.add_argument(
        "args", nargs="*", default=[], type=value_of, help="arguments: JSON, or else text"
    )
    parser.add_argument(
        "-k", "--kwarg", action="append", default=[], type=keyword, metavar="NAME=VALUE",
        help="a keyword argument; may be repeated",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the result as a line of JSON")
    add_connection_flags(parser)


def run(options: argparse.Namespace) -> int:
    """Call the procedure."""
    return asyncio.run(_call(options))


async def _call(options: argparse.Namespace) -> int:
    async with await connect(options) as session:
        payload = Payload(options.args, dict(options.kwarg))
        result = await session.call_payload(options.procedure, payload, timeout_s=options.timeout)
    if options.json:
        print(to_json_line({"args": list(result.args), "kwargs": dict(result.kwargs)}))
    else:
        print(plain(result.args, result.kwargs))
    return exit_codes.OK
