"""Outcomes as JUnit XML, the form every continuous integration reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from wampedge.simulation.scenario.outcome import Outcome

__all__ = ["junit_xml"]

_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters XML 1.0 has no way to write."""


def junit_xml(outcomes: Sequence[Outcome]) -> str:
    """Return one suite with a test case for each scenario.

    An expectation that failed is a failure; a scenario that cannot run, or comes to no end, is an
    error.
    """
    failures = sum(outcome.verdict == "failed" for outcome in outcomes)
    errors = sum(outcome.verdict in ("bad", "stuck") for outcome in outcomes)
    time_s = sum(outcome.cpu_s for outcome in outcomes)
    counts = f'tests="{len(outcomes)}" failures="{failures}" errors="{errors}" time="{time_s:.3f}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<testsuites {counts}>",
            f'<testsuite name="wampedge sim test" {counts}>',
            *(_case(outcome) for outcome in outcomes),
            "</testsuite>",
            "</testsuites>",
            "",
        ]
    )


def _case(outcome: Outcome) -> str:
    path = str(outcome.path)
    name = _attribute(outcome.name or outcome.path.stem)
    head = f"<testcase classname={_attribute(path)} name={name} file={_attribute(path)}"
    head += f' time="{outcome.cpu_s:.3f}">'
    properties = {"seed": str(outcome.seed), "virtual_time_s": f"{outcome.at_s:.6f}"}
    if outcome.trace_hash:
        properties["hash"] = outcome.trace_hash
    if outcome.vcd is not None:
        properties["waves"] = str(outcome.vcd)
    lines = [head, "<properties>"]
    lines += [
        f"<property name={_attribute(k)} value={_attribute(v)}/>" for k, v in properties.items()
    ]
    lines.append("</properties>")
    if outcome.verdict != "passed":
        tag = "failure" if outcome.verdict == "failed" else "error"
        lines.append(
            f'<{tag} type="{outcome.verdict}" message={_attribute(_message(outcome))}>'
            f"{escape(_legal(outcome.details()))}</{tag}>"
        )
    return "\n".join([*lines, "</testcase>"])


def _message(outcome: Outcome) -> str:
    """Return one line that says what went wrong."""
    if outcome.failures:
        first = outcome.failures[0]
        more = f" (and {len(outcome.failures) - 1} more)" if len(outcome.failures) > 1 else ""
        return f"expected {first.place.text}, got {first.got}{more}"
    return outcome.text.partition("\n")[0]


def _attribute(text: str) -> str:
    return quoteattr(_legal(text))


def _legal(text: str) -> str:
    return _ILLEGAL.sub("?", text)
