"""What became of a scenario, and how it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from wampedge.config.problems import Problem
from wampedge.config.report import excerpt_of
from wampedge.records import Record
from wampedge.simulation.scenario.spans import time_text

__all__ = ["EXIT_CODES", "Failure", "Outcome", "Verdict"]

Verdict = Literal["passed", "failed", "bad", "stuck"]
EXIT_CODES: Final[dict[Verdict, int]] = {"passed": 0, "failed": 1, "bad": 2, "stuck": 3}
"""What the exit code of ``wampedge sim test`` says: the worst of all scenarios."""

_MAX_TOLD: Final = 10


class Failure(Record):
    """One expectation that did not hold.

    Attributes:
        place: where it is in the file; its text is what was wanted.
        got: what there was instead.
        at_s: when, in seconds of virtual time.
        why: the reason the file gives.
        stories: what it is about, by title: the last changes or events, the newest last.
        transactions: the last ones on the buses, the newest last.
    """

    place: Problem
    got: str
    at_s: float
    why: str = ""
    stories: tuple[tuple[str, tuple[str, ...]], ...] = ()
    transactions: tuple[str, ...] = ()


class Outcome(Record):
    """What became of one scenario.

    Attributes:
        path: its file.
        name: its name; empty where it could not be read.
        verdict: ``passed``; ``failed``: an expectation; ``bad``: the file or the wiring;
            ``stuck``: it came to no end.
        seed: makes the noise.
        failures: what did not hold, in the order of time.
        text: what is wrong with the file or the wiring, or why it came to no end.
        at_s: virtual time at its end.
        cpu_s: what it cost.
        counts: how many edges, events and transactions there were.
        trace_hash: stands for all of them, in order; empty where nobody asked.
        vcd: file with the waves, or None.
        source: the text of the scenario.
        campaign: of a campaign that fails: which of the drawn faults do it.
    """

    path: Path
    name: str
    verdict: Verdict
    seed: int = 0
    failures: tuple[Failure, ...] = ()
    text: str = ""
    at_s: float = 0.0
    cpu_s: float = 0.0
    counts: tuple[int, int, int] = (0, 0, 0)
    trace_hash: str = ""
    vcd: Path | None = None
    source: str = ""
    campaign: str = ""

    @property
    def headline(self) -> str:
        """One line: what it is, and what became of it."""
        word = {"passed": "pass", "failed": "FAIL", "bad": "BAD", "stuck": "STUCK"}[self.verdict]
        name = f"{self.name} ({self.path})" if self.name else str(self.path)
        if self.verdict == "bad":
            return f"{word:<5} {name}"
        return f"{word:<5} {name}: {time_text(self.at_s)} in {self.cpu_s:.1f} s, seed {self.seed}"

    def details(self, *, color: bool = False) -> str:
        """Return all that helps to understand a failure; empty for a scenario that passed."""
        blocks = [self.text] if self.text else []
        shown = self.failures[:_MAX_TOLD]
        blocks += [self._failure(each, is_last=each is shown[-1], color=color) for each in shown]
        hidden = len(self.failures) - len(shown)
        if hidden:
            blocks.append(f"and {hidden} more")
        if self.campaign:
            blocks.append(self.campaign)
        if self.vcd is not None:
            blocks.append(f"waves: {self.vcd}")
        return "\n\n".join(blocks)

    def _failure(self, failure: Failure, *, is_last: bool, color: bool) -> str:
        """Return one failure; the transactions with the last one that is shown only."""
        place = failure.place.but(hint="")
        lines = [excerpt_of(place, self.source, color=color)]
        rows = [
            ("expected", failure.place.text),
            ("got", failure.got),
            ("why", failure.why),
            ("at", f"{time_text(failure.at_s)} of virtual time, seed {self.seed}"),
        ]
        lines += [f"  {name:<9} {text}" for name, text in rows if text]
        for title, story in failure.stories:
            lines.append(f"  {title}")
            lines += [f"    {line}" for line in story]
        if failure.transactions and (is_last or len(self.failures) == 1):
            lines.append(f"  the last {len(failure.transactions)} transactions on the buses")
            lines += [f"    {line}" for line in failure.transactions]
        return "\n".join(lines)
