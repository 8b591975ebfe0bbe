"""What goes wrong in a fleet and when: drawn from a seed, written down, and read again.

A fault of one node is drawn from numbers of its own: more nodes or another kind of chaos change
nothing for the others.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Literal, get_args

from wampedge.errors import ConfigError
from wampedge.records import Record
from wampedge.simulation.fleet.link import LINK_CUTS

__all__ = ["CHAOS", "Chaos", "Fault", "FaultKind", "draw_faults", "read_faults", "write_faults"]

Chaos = Literal["link", "power", "clock", "router"]
CHAOS: Final[tuple[Chaos, ...]] = get_args(Chaos)
FaultKind = Literal["reset", "stall", "ghost", "power", "clock", "router"]
_KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)
_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 60.0
_STEPS_S: Final = (1.0, 30.0, 3600.0, 86_400.0)
"""Sizes of clock steps: a drift that is corrected, a wrong zone, a battery that was empty."""
_ALL: Final = -1


class Fault(Record):
    """One thing that goes wrong.

    Attributes:
        at_s: when, in seconds since all nodes were asked to start.
        kind: ``reset``, ``stall`` or ``ghost`` of a link, ``power``, ``clock`` or ``router``.
        node: number of the node, from 0; -1 for the router.
        for_s: how long, in seconds; 0 for the clock.
        step_s: how far the wall clock jumps, in seconds.
    """

    at_s: float
    kind: FaultKind
    node: int = _ALL
    for_s: float = 0.0
    step_s: float = 0.0

    def __str__(self) -> str:
        where = "the router" if self.node == _ALL else f"node {self.node}"
        if self.kind == "clock":
            return f"{self.at_s:9.3f} s  clock of {where} jumps by {self.step_s:+.3f} s"
        what = "is killed" if self.kind == "router" else self.kind
        return f"{self.at_s:9.3f} s  {where}: {what} for {self.for_s:.3f} s"


def draw_faults(
    chaos: Collection[Chaos], *, nodes: int, seed: int, span_s: float, rate_per_h: float
) -> list[Fault]:
    """Draw what goes wrong, in the order of time.

    Args:
        chaos: which kinds.
        nodes: how many nodes there are.
        seed: another one, other faults.
        span_s: how long things go wrong, in seconds.
        rate_per_h: how often each kind strikes each node, and the router, in an hour.
    """
    faults: list[Fault] = []
    for kind in CHAOS:
        if kind not in chaos:
            continue
        for node in (_ALL,) if kind == "router" else range(nodes):
            draws = random.Random(f"{seed}/{kind}/{node}")  # noqa: S311 # nobody must not guess it
            at_s = draws.expovariate(rate_per_h / 3600.0)
            while at_s < span_s:
                fault = _drawn(kind, node, round(at_s, 3), draws)
                faults.append(fault)
                at_s += fault.for_s + draws.expovariate(rate_per_h / 3600.0)
    return sorted(faults, key=lambda fault: (fault.at_s, fault.node, fault.kind))


def write_faults(path: Path, faults: Iterable[Fault]) -> None:
    """Write *faults* to a file, one JSON object a line; raises OSError."""
    lines = [json.dumps(_as_plain(fault)) for fault in faults]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_faults(path: Path, *, nodes: int) -> list[Fault]:
    """Read what `write_faults` wrote, for a fleet of *nodes*.

    Raises:
        ConfigError: the file cannot be read, or a line is no fault of such a fleet.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    faults = []
    for number, line in enumerate(lines, 1):
        try:
            faults.append(_from_plain(json.loads(line), nodes))
        except (ValueError, TypeError, RecursionError) as error:
            raise ConfigError(f"{path}:{number}: no fault: {error}") from error
    return sorted(faults, key=lambda fault: (fault.at_s, fault.node, fault.kind))


def _drawn(chaos: Chaos, node: int, at_s: float, draws: random.Random) -> Fault:
    if chaos == "clock":
        step_s = round(draws.choice((-1.0, 1.0)) * draws.choice(_STEPS_S) * draws.random(), 3)
        return Fault(at_s, "clock", node, step_s=step_s)
    kind: FaultKind = draws.choice(LINK_CUTS) if chaos == "link" else chaos
    for_s = _SHORTEST_S * (_LONGEST_S / _SHORTEST_S) ** draws.random()
    return Fault(at_s, kind, node, for_s=round(for_s, 3))


def _as_plain(fault: Fault) -> dict[str, Any]:
    plain: dict[str, Any] = {"at": fault.at_s, "kind": fault.kind}
    if fault.node != _ALL:
        plain["node"] = fault.node
    plain |= {"step": fault.step_s} if fault.kind == "clock" else {"for": fault.for_s}
    return plain


def _from_plain(plain: Any, nodes: int) -> Fault:
    """Return the fault that *plain* says; raises ValueError and TypeError."""
    if not isinstance(plain, dict):
        raise TypeError(f"must be an object, got {plain!r}")
    kind = plain.get("kind")
    if kind not in _KINDS:
        raise ValueError(f"kind must be one of {', '.join(_KINDS)}, got {kind!r}")
    unknown = plain.keys() - {"at", "kind", "node", "for", "step"}
    if unknown:
        raise ValueError(f"unknown key {min(unknown)}")
    node = plain.get("node", _ALL)
    wanted: Sequence[int] = (_ALL,) if kind == "router" else range(nodes)
    if isinstance(node, bool) or node not in wanted:
        text = f"node must be 0..{nodes - 1}" if kind != "router" else "a router has no node"
        raise ValueError(f"{text}, got {node!r}")
    return Fault(
        _number(plain, "at"),
        kind,
        node,
        for_s=_number(plain, "for"),
        step_s=_number(plain, "step", least=-1e9),
    )


def _number(plain: dict[str, Any], key: str, *, least: float = 0.0) -> float:
    value = plain.get(key, 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= 1e9:
        raise ValueError(f"{key} must be a number from {least:g} to 1e9, got {value!r}")
    return float(value)
