"""Put another router through the checks and write the feature table.

``python -m tests.conformance`` writes the table from what is known;
``python -m tests.conformance crossbar`` starts Crossbar.io (installing it first where it is not)
and checks it anew; ``python -m tests.conformance URL REALM`` prints how any running router fares.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.conformance.suite import ALL_CHECKS, run_all
from tests.conformance.table import PAGE, read_measured, render, write_measured
from tests.interop.crossbar import REALM, CrossbarRouter
from tests.interop.peers import CROSSBAR

__all__: list[str] = []


def _measure_crossbar() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        router = CrossbarRouter(Path(folder))
        router.start()
        try:
            rawsocket = "127.0.0.1", router.rawsocket_port
            return asyncio.run(run_all(router.url, REALM, rawsocket))
        finally:
            router.stop()


def _print(verdicts: dict[str, str]) -> None:
    for name, why in verdicts.items():
        print(f"{name:28} {why or 'yes'}"[:120])
    print(f"{list(verdicts.values()).count('')} of {len(verdicts)}")


def main(arguments: list[str]) -> None:
    """Do what the command line says."""
    if len(arguments) == 2:
        _print(asyncio.run(run_all(arguments[0], arguments[1])))
        return
    measured = read_measured()
    if arguments == ["crossbar"]:
        name = f"Crossbar.io {CROSSBAR.version}"
        others = {router: each for router, each in measured.items() if "Crossbar" not in router}
        measured = {name: _measure_crossbar(), **others}
        write_measured(measured)
        _print(measured[name])
    PAGE.write_text(render(ALL_CHECKS, read_measured()))


main(sys.argv[1:])
