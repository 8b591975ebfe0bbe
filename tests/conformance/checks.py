"""What a check is, and the table all of them are in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.conformance.client import Stage

__all__ = ["CHECKS", "Check", "check"]

Run = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule of the specification.

    Args:
        group: the part of the specification, the heading in the table.
        title: the rule, as a sentence.
        section: where the specification has it.
        run: raises an AssertionError where a router does not follow it.
    """

    group: str
    title: str
    section: str
    run: Run

    @property
    def name(self) -> str:
        """What the check is called in test reports."""
        return self.run.__name__


CHECKS: list[Check] = []
"""All checks, in the order of the table."""


def check(group: str, title: str, *, section: str) -> Callable[[Run], Run]:
    """Enter a function into the table."""

    def enter(run: Run) -> Run:
        CHECKS.append(Check(group, title, section, run))
        return run

    return enter
