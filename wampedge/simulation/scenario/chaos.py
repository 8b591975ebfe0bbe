"""Campaigns: faults drawn at random from a seed, each as the step a person would have written.

The same seed draws the same faults from the same devices; a device more changes what is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from wampedge.config.model import SiteConfig
from wampedge.config.problems import Findings, Problem
from wampedge.devices.spelling import nearest, one_of
from wampedge.records import Record
from wampedge.simulation.scenario.fields import BOARD_FAULTS
from wampedge.simulation.scenario.model import Action, Chain, Chaos, Step
from wampedge.simulation.scenario.spans import time_text

__all__ = ["MAX_DRAWN", "DrawnFault", "check_chaos", "draw"]

MAX_DRAWN: Final = 1000
"""Faults of one campaign."""
LINK: Final = "link"
_FIRST_ORDER: Final = 10_000
"""Drawn steps come after those of the file that are due at the same instant."""
_SPANS_S: Final = (1.0, 5.0, 30.0, 120.0, 300.0, 600.0)
_SHORT_S: Final = (1.0, 5.0, 20.0)
"""How long stalls and power cuts last."""
_STEPS: Final = {
    "-1000d": -86_400_000.0, "-1h": -3600.0, "-1m": -60.0, "1m": 60.0, "1h": 3600.0,
    "1000d": 86_400_000.0,
}  # fmt: skip
"""How far the clock jumps."""
_BRIEF: Final = frozenset({"cpu_stall", "power_cut"})


class DrawnFault(Record):
    """One fault of a campaign.

    Attributes:
        at_s: when it begins.
        device: whose it is; None: the computer's, or that of the link.
        kind: what goes wrong.
        for_s: for how long.
        by: how far the clock jumps, as a scenario says it; empty for other faults.
    """

    at_s: float
    device: str | None
    kind: str
    for_s: float
    by: str = ""

    def text(self) -> str:
        """Return the steps a scenario would have for it."""
        begin, span = time_text(self.at_s), f"{self.for_s:g}s"
        if self.kind == LINK:
            return (
                f'[[step]]\nat = "{begin}"\nlink = {{ state = "down" }}\n'
                f'[[step]]\nafter = "{span}"\nlink = {{ state = "up" }}'
            )
        who = f'board = "{self.kind}"'
        if self.device is not None:
            who = f'device = "{self.device}", kind = "{self.kind}"'
        by = f', by = "{self.by}"' if self.by else ""
        return f'[[step]]\nat = "{begin}"\nfault = {{ {who}, for = "{span}"{by} }}'

    def chain(self, index: int, place: Problem) -> Chain:
        """Return what a run does for it; *index* puts those of one instant in order."""
        return Chain(_FIRST_ORDER + index, self.at_s, None, None, tuple(self._steps(place)))

    def _steps(self, place: Problem) -> list[Step]:
        if self.kind == LINK:
            down, up = (Action(LINK, {"state": state, "name": None}) for state in ("down", "up"))
            return [
                Step(0.0, None, None, down, (), place),
                Step(self.for_s, None, None, up, (), place),
            ]
        arguments: Mapping[str, Any] = {
            "device": self.device,
            "kind": self.kind if self.device is not None else None,
            "board": self.kind if self.device is None else None,
            "by": _STEPS.get(self.by),
            "count": None,
            "for": self.for_s,
        }
        name = "fault" if self.device is not None else "board_fault"
        return [Step(0.0, None, None, Action(name, arguments), (), place)]


def draw(chaos: Chaos) -> tuple[DrawnFault, ...]:
    """Return the faults of a campaign, in the order of time."""
    random = Random(f"chaos:{chaos.seed}")  # noqa: S311 # not for secrets
    found: list[DrawnFault] = []
    at_s = chaos.from_s
    while len(found) < MAX_DRAWN:
        at_s += -math.log(1.0 - random.random()) * 3600.0 / chaos.rate_per_h
        if at_s >= chaos.until_s:
            break
        device, kind = random.choice(chaos.pool)
        for_s = random.choice(_SHORT_S if kind in _BRIEF else _SPANS_S)
        by = random.choice(tuple(_STEPS)) if kind == "clock_step" else ""
        begin_s = round(at_s, 1)
        # None outlasts the campaign: what is expected after it is expected of a whole site.
        left_s = max(round(chaos.until_s - begin_s, 1), 0.1)
        found.append(DrawnFault(begin_s, device, kind, min(for_s, left_s), by))
    return tuple(found)


def check_chaos(
    table: Mapping[str, Any],
    fault_kinds: Mapping[str, Sequence[str]],
    config: SiteConfig,
    findings: Findings,
) -> Chaos | None:
    """Return the campaign a scenario wants, as far as it is right; mistakes go to *findings*.

    Args:
        table: the scenario, converted.
        fault_kinds: which faults each part of the board can have, by device.
        config: the device file.
        findings: gets the mistakes.
    """
    given, end_s = table.get("chaos"), table.get("duration")
    if given is None:
        return None
    until_s = given["until"] if given["until"] is not None else end_s
    if until_s is None:
        hint = 'write until = "1h", or duration = "1h" at the top'
        findings.add(("chaos",), "does not say when it ends", hint, on="key")
        return None
    if given["from"] >= until_s:
        findings.add(("chaos", "until"), "is not after from")
        return None
    if end_s is not None and until_s > end_s:
        text = "is after the end of the scenario"
        related = [(("duration",), "it ends here")]
        findings.add(("chaos", "until"), text, related=related)
    if (until_s - given["from"]) / 3600.0 * given["rate"] > MAX_DRAWN / 2:
        text = f"would draw about {MAX_DRAWN // 2} faults or more"
        findings.add(("chaos", "rate"), text, "take a lower rate, or a shorter time")
        return None
    everything = [(device, kind) for device, kinds in fault_kinds.items() for kind in kinds]
    pool: list[tuple[str | None, str]] = [*everything, *((None, kind) for kind in BOARD_FAULTS)]
    if config.links:
        pool.append((None, LINK))
    pool = _chosen(given["kinds"], pool, findings)
    place = findings.problem(("chaos",), "", "", "step")
    return Chaos(given["seed"], given["rate"], given["from"], until_s, tuple(pool), place)


def _chosen(
    kinds: Sequence[str], pool: list[tuple[str | None, str]], findings: Findings
) -> list[tuple[str | None, str]]:
    """Return what *kinds* leaves of the pool: kinds, or devices, or all where nothing is given."""
    known = sorted({kind for _, kind in pool} | {device for device, _ in pool if device})
    for index, kind in enumerate(kinds):
        if kind not in known:
            near = nearest(kind, known)
            hint = f"did you mean {one_of(near[:2])}?" if near else f"possible: {', '.join(known)}"
            text = "is no fault of this site, and no device"
            findings.add(("chaos", "kinds", index), text, hint, code="unknown-name")
    return [each for each in pool if not kinds or each[1] in kinds or each[0] in kinds]
