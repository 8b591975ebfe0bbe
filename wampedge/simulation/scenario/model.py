"""What a checked scenario says; all of it is frozen, and times are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from wampedge.config.model import SiteConfig
from wampedge.config.problems import Problem
from wampedge.records import Record
from wampedge.simulation.scenario.conditions import Condition, Count

if TYPE_CHECKING:
    from wampedge.simulation.world_file import WorldFile

__all__ = [
    "Action",
    "Chain",
    "Chaos",
    "Expectation",
    "Limits",
    "Property",
    "Scenario",
    "Step",
    "Wave",
]

Limits = tuple[float, float]
"""The smallest and the largest that is allowed."""


class Action(Record):
    """One thing that is done.

    Attributes:
        kind: the key of the file: ``set``, ``call`` ...; for what is done with the computer of the
            node ``board_fault`` and ``board_clear``.
        arguments: what stands under it, converted.
    """

    kind: str
    arguments: Mapping[str, Any] = MappingProxyType({})

    @property
    def key(self) -> str:
        """The key of the file."""
        return self.kind.removeprefix("board_")


class Expectation(Record):
    """What must hold after a step.

    Attributes:
        condition: what.
        within_s: how long it may take to come true.
        why: the reason, as a person would say it.
        place: where it is written; its text is what is wanted.
    """

    condition: Condition
    within_s: float
    why: str
    place: Problem


class Step(Record):
    """One step.

    Attributes:
        after_s: pause between the step before and this one.
        when: what it waits for then; None: nothing.
        within_s: how long it waits at most; None: as long as the scenario lasts.
        action: what is done; None: nothing, the step only looks.
        expects: what must hold then.
        place: where it is written.
    """

    after_s: float
    when: Condition | None
    within_s: float | None
    action: Action | None
    expects: tuple[Expectation, ...]
    place: Problem


class Chain(Record):
    """Steps that follow each other.

    Attributes:
        order: the index of its first step in the file.
        at_s: when the first is due; None: from the start on, when its condition holds.
        every_s: how often all of it is done; None: once.
        until_s: when it is begun for the last time at the latest.
        steps: all of them.
    """

    order: int
    at_s: float
    every_s: float | None
    until_s: float | None
    steps: tuple[Step, ...]


class Wave(Record):
    """How a signal that is true or false may go.

    Attributes:
        signal: which.
        on_s: how long it may be true at a time.
        off_s: how long it may be false at a time.
        period_s: from one rise to the next.
        duty: share of the window it is true.
        count: how many rises there must be.
        follows: the signal whose rise comes before each rise of this.
        phase_s: how long before.
    """

    signal: str
    on_s: Limits | None = None
    off_s: Limits | None = None
    period_s: Limits | None = None
    duty: Limits | None = None
    count: Count | None = None
    follows: str | None = None
    phase_s: Limits | None = None


class Property(Record):
    """What must hold over the whole run, or over a part of it.

    Attributes:
        kind: ``always``, ``never``, ``eventually``, ``whenever``, ``order`` or ``wave``.
        conditions: what it is about: one; for ``whenever`` it and ``then``; for ``order`` all.
        wave: for ``wave``.
        from_s: begin of the window; None: when the node has started.
        until_s: end of the window; None: the end of the scenario.
        within_s: how long ``always`` may be missed at a time, or ``then`` may take.
        why: the reason, as a person would say it.
        place: where it is written; its text is what is wanted.
    """

    kind: Literal["always", "never", "eventually", "whenever", "order", "wave"]
    conditions: tuple[Condition, ...]
    wave: Wave | None
    from_s: float | None
    until_s: float | None
    within_s: float
    why: str
    place: Problem


class Chaos(Record):
    """A campaign of random faults.

    Attributes:
        seed: what is drawn from.
        rate_per_h: how many faults an hour has on average.
        from_s: when it begins.
        until_s: when it ends; no fault lasts longer.
        pool: what is drawn: device (None: the computer, or the link upstream) and kind.
        place: where it is written.
    """

    seed: int
    rate_per_h: float
    from_s: float
    until_s: float
    pool: tuple[tuple[str | None, str], ...]
    place: Problem


class Scenario(Record):
    """A whole scenario, checked.

    Attributes:
        path: its file.
        text: what is in it.
        name: for people.
        config: the device file.
        wired: what is connected, where it is not what *config* says.
        world: physics and connections, or None.
        seed: makes the noise.
        duration_s: how long it lasts, or the least it does.
        ends_with_steps: it ends when the last step is done, however long that takes.
        chains: the steps.
        properties: what must hold over the run.
        reloads: device files that steps go over to, by the name the scenario gives them.
        strict_wiring: mistakes of the wiring that show while it runs are failures.
        folder: a temporary folder that is needed as long as the scenario is, or None.
        chaos: the faults that are drawn besides, or None.
    """

    path: Path
    text: str
    name: str
    config: SiteConfig
    wired: SiteConfig | None
    world: WorldFile | None
    seed: int
    duration_s: float
    ends_with_steps: bool
    chains: tuple[Chain, ...]
    properties: tuple[Property, ...]
    reloads: Mapping[str, SiteConfig] = MappingProxyType({})
    strict_wiring: bool = True
    folder: Path | None = None
    chaos: Chaos | None = None

    def conditions(self) -> list[Condition]:
        """Return every condition about one thing, wherever it stands."""
        found: list[Condition] = []
        for chain in self.chains:
            for step in chain.steps:
                found += [step.when] if step.when is not None else []
                found += [expect.condition for expect in step.expects]
        for each in self.properties:
            found += each.conditions
        return [part for condition in found for _, part in condition.parts()]

    def signals(self) -> tuple[str, ...]:
        """Return the name of every signal it looks at, each once."""
        names = [part.signal for part in self.conditions() if part.signal is not None]
        for each in self.properties:
            if each.wave is not None:
                names += [each.wave.signal, *filter(None, [each.wave.follows])]
        return tuple(dict.fromkeys(names))
