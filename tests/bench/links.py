"""Links between routers beside each other: Crossbar's rlink, and a node of ours at two hubs.

    python -m tests.bench.links [--only NAME] [--json FILE]

Every column starts its own hub, cable and edge, and does the same things to them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.bench import link_checks, link_outages
from tests.bench.link_checks import APP
from tests.bench.link_rigs import RIGS, Rig

__all__ = ["main"]

Row = Mapping[str, str]
Check = Callable[[Rig], Awaitable[str]]

_OUTAGE = "events up, 10 s outage", "events down, 10 s outage", "call while the link is down"
_GOOD_TIMES: Mapping[str, Check] = {
    "latency of a forwarded call beside a local one": link_checks.latency,
    "remote application error": link_checks.error,
    "progressive results": link_checks.progress,
    "authid of the forwarded caller": link_checks.authid,
    "prefix registration on the edge": partial(
        link_checks.pattern, match="prefix", procedure=f"{APP}.tree.", called=f"{APP}.tree.leaf"
    ),
    "wildcard registration on the edge": partial(
        link_checks.pattern,
        match="wildcard",
        procedure="edge.edge.room..on",
        called="edge.edge.room.door.on",
    ),
}
"""Done one after another over a link that holds, without the cable: it costs time."""
_BAD_TIMES: Mapping[str, Check] = {
    "clean drop, healed in": link_outages.clean_drop,
    "black hole, noticed after": link_outages.blackhole,
    "power cycle of the edge (half-open), back in": link_outages.half_open,
}
"""Each on routers of its own: some things do a link harm for good."""


async def _column(rig: Rig) -> Row:
    told: dict[str, str] = {}
    async with rig.running(is_direct=True):
        for row, check in _GOOD_TIMES.items():
            told |= await _told(rig, row, check)
    for row, check in _BAD_TIMES.items():
        async with rig.running():
            told |= await _told(rig, row, check)
    async with rig.running():
        try:
            seen = await link_outages.outage(rig)
        except Exception as error:  # noqa: BLE001 # outermost edge: the table shows what else works
            seen = link_outages.Outage(*[f"failed: {error}"] * 3)
    print(f"  {seen}", file=sys.stderr, flush=True)
    return told | dict(zip(_OUTAGE, (seen.up, seen.down, seen.call), strict=True))


async def _told(rig: Rig, row: str, check: Check) -> Row:
    began_s = time.monotonic()
    try:
        told = await check(rig)
    except Exception as error:  # noqa: BLE001 # outermost edge: the table shows what else works
        told = f"failed: {type(error).__name__}: {error}"
    spent_s = time.monotonic() - began_s
    print(f"  {row}: {told}  ({spent_s:.1f} s)", file=sys.stderr, flush=True)
    return {row: told}


def _table(columns: Mapping[str, Row]) -> str:
    names = list(columns)
    lines = [f"| behaviour | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for row in (*_GOOD_TIMES, *_BAD_TIMES, *_OUTAGE):
        cells = [columns[name].get(row, "") for name in names]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Fill the table and print it."""
    parser = argparse.ArgumentParser(prog="tests.bench.links", description=__doc__)
    parser.add_argument("--only", action="append", help="columns whose name holds this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there, too")
    options = parser.parse_args(argv)
    columns: dict[str, Row] = {}
    for rig in RIGS:
        if not options.only or any(part in rig.name for part in options.only):
            print(rig.name, file=sys.stderr, flush=True)
            columns[rig.name] = asyncio.run(_column(rig))
    print(_table(columns))
    if options.json:
        options.json.write_text(json.dumps(columns, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
