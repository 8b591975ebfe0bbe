"""Two minutes in the example greenhouse, played alike on the simulator and under a kernel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from wampedge.client import Session
from wampedge.errors import ApplicationError

__all__ = ["LINES", "Stage", "play"]

LINES: Final[Mapping[str, tuple[str, int]]] = {
    "drip": ("gpio", 17),
    "lamp": ("gpio", 27),
    "heater": ("io", 0),
}
"""The outputs whose levels are looked at."""
_LOOK_S: Final = 0.5
_END_S: Final = 86.0

_STORY: Final[Sequence[tuple[float, str, tuple[Any, ...]]]] = (
    (1.0, "set", ("air", "temperature", 34.0)),
    (3.0, "call", ("drip.on",)),
    (5.0, "call", ("lamp.pulse", "4s")),
    (7.0, "press", (True,)),
    (8.0, "press", (False,)),
    (20.0, "call", ("heater.on",)),
    (30.0, "call", ("heater.off",)),
    (72.0, "call", ("heater.on",)),  # refused: the fan runs
    (74.0, "set", ("air", "temperature", 20.0)),
    (82.0, "call", ("heater.on",)),
    (83.0, "call", ("drip.off",)),
    (84.0, "call", ("lamp.toggle",)),
    (85.0, "call", ("heater.off",)),
)


class Stage(Protocol):
    """Where it is played."""

    async def set(self, device: str, channel: str, value: float) -> None:
        """Let a sensor measure something."""
        ...

    async def press(self, is_pressed: bool) -> None:
        """Press or release the doorbell."""
        ...

    async def level(self, bank: str, line: int) -> bool:
        """Return the level of a line."""
        ...


async def play(session: Session, stage: Stage) -> list[list[Any]]:
    """Play the story; returns what happened, each as seconds, who, and what."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    found: list[list[Any]] = []

    def note(who: str, what: Any) -> None:
        found.append([loop.time() - began_s, who, what])

    await session.subscribe(
        "edge.gh1.fan.duty", lambda value, **_: note("fan", round(value, 3) if value else 0)
    )
    await session.subscribe("edge.gh1.doorbell.event", lambda what, **_: note("doorbell", what))
    levels = {name: await stage.level(*line) for name, line in LINES.items()}
    for name, level in levels.items():
        note(name, level)
    story = list(_STORY)
    while (now_s := loop.time() - began_s) < _END_S:
        while story and story[0][0] <= now_s:
            _, verb, arguments = story.pop(0)
            if verb == "call":
                await _call(session, note, *arguments)
            else:
                await getattr(stage, verb)(*arguments)
        for name, line in LINES.items():
            level = await stage.level(*line)
            if level != levels[name]:
                levels[name] = level
                note(name, level)
        await asyncio.sleep(_LOOK_S)
    return found


async def _call(session: Session, note: Any, procedure: str, *arguments: Any) -> None:
    try:
        await session.call(f"edge.gh1.{procedure}", *arguments)
    except ApplicationError as error:
        note(procedure, error.uri)
