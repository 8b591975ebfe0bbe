"""The feature table of the documentation, from what routers did in the checks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tests.conformance.checks import Check

__all__ = ["MEASURED", "OURS", "PAGE", "read_measured", "render", "write_measured"]

OURS = "wampedge"
MEASURED = Path(__file__).with_name("measured.json")
"""What other routers did: by router, then by check, why it failed; empty where it passed."""
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "features.md"

_HEAD = """# What the router can do

Every line is a rule of the [WAMP specification](https://wamp-proto.org/wamp_latest_ietf.html)
and a check that any router can be put through, over a WebSocket and with no code of this project
in between.
wampedge passes them all in every run of its tests (`pytest tests/conformance`): a line that it did
not pass would be a failing test, not a gap in this page.
The page is written by `python -m tests.conformance crossbar`, which starts a Crossbar.io beside it;
`python -m tests.conformance URL REALM` shows how any other router fares.
nexus could not be run where this was made: a mark of its is from an earlier measurement of
version 3, and without a mark nobody looked.

| router | passes |
|---|---|
"""


def read_measured() -> dict[str, dict[str, str]]:
    """Return what other routers did when they were last run."""
    measured: dict[str, dict[str, str]] = json.loads(MEASURED.read_text())
    return measured


def write_measured(measured: Mapping[str, Mapping[str, str]]) -> None:
    """Keep what other routers did."""
    MEASURED.write_text(json.dumps(measured, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def render(checks: Sequence[Check], measured: Mapping[str, Mapping[str, str]]) -> str:
    """Return the page.

    Args:
        checks: all checks, which our own router passes.
        measured: what other routers did, by router; a check that is missing was not tried.
    """
    routers = {OURS: {check.name: "" for check in checks}, **measured}
    lines = [_HEAD.rstrip("\n")]
    for router, verdicts in routers.items():
        tried = [verdicts[check.name] for check in checks if check.name in verdicts]
        lines.append(f"| {router} | {tried.count('')} of {len(tried)} |")
    for group, members in groupby(checks, lambda check: check.group):
        lines += ["", f"## {group}", "", f"| rule | {' | '.join(routers)} |"]
        lines.append("|---" * (len(routers) + 1) + "|")
        for check in members:
            marks = " | ".join(_mark(verdicts.get(check.name)) for verdicts in routers.values())
            lines.append(f"| {check.title} ({check.section}) | {marks} |")
    return "\n".join(lines) + "\n"


def _mark(verdict: str | None) -> str:
    if verdict is None:
        return ""
    return "no" if verdict else "yes"
