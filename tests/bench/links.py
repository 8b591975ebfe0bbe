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
from pathlib import Path

from tests.bench import link_checks, link_outages
from tests.bench.link_checks import APP
from tests.bench.link_rigs import RIGS, Rig

__all__ = ["main"]

Row = Mapping[str, str]

_ROWS = (
    "remote application error",
    "progressive results",
    "authid of the forwarded caller",
    "latency of a forwarded call beside a local one",
    "prefix registration on the edge",
    "wildcard registration on the edge",
    "clean drop, healed in",
    "events up, 10 s outage",
    "events down, 10 s outage",
    "call while the link is down",
    "black hole, noticed after",
    "power cycle of the edge (half-open), back in",
)


async def _column(rig: Rig) -> Row:
    told: dict[str, str] = {}
    async with rig.running():
        await _fill(told, "remote application error", lambda: link_checks.error(rig))
        await _fill(told, "progressive results", lambda: link_checks.progress(rig))
        await _fill(told, "authid of the forwarded caller", lambda: link_checks.authid(rig))
        await _fill(told, "clean drop, healed in", lambda: link_outages.clean_drop(rig))
        await _fill(told, "black hole, noticed after", lambda: link_outages.blackhole(rig))
    async with rig.running(is_direct=True):
        await _fill(told, _ROWS[3], lambda: link_checks.latency(rig))
    async with rig.running():
        await _outage(told, rig)
    async with rig.running():
        await _fill(told, _ROWS[11], lambda: link_outages.half_open(rig))
    for match, procedure, called in (
        ("prefix", f"{APP}.tree.", f"{APP}.tree.leaf"),
        ("wildcard", "edge.edge.room..on", "edge.edge.room.door.on"),
    ):
        async with rig.running():
            await _fill(
                told,
                f"{match} registration on the edge",
                lambda m=match, p=procedure, c=called: link_checks.pattern(rig, m, p, c),  # type: ignore[misc] # bound in the loop
            )
    return told


async def _outage(told: dict[str, str], rig: Rig) -> None:
    try:
        seen = await link_outages.outage(rig)
    except Exception as error:  # noqa: BLE001 # outermost edge: the table shows what else works
        seen = link_outages.Outage(*[f"failed: {error}"] * 3)
    told |= zip(_ROWS[7:10], (seen.up, seen.down, seen.call), strict=True)
    print(f"  outage: {seen}", file=sys.stderr, flush=True)


async def _fill(told: dict[str, str], row: str, check: Callable[[], Awaitable[str]]) -> None:
    began_s = time.monotonic()
    try:
        told[row] = await check()
    except Exception as error:  # noqa: BLE001 # outermost edge: the table shows what else works
        told[row] = f"failed: {type(error).__name__}: {error}"
    spent_s = time.monotonic() - began_s
    print(f"  {row}: {told[row]}  ({spent_s:.1f} s)", file=sys.stderr, flush=True)


def _table(columns: Mapping[str, Row]) -> str:
    names = list(columns)
    lines = [f"| behaviour | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for row in _ROWS:
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
