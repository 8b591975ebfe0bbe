"""What is done about edges that the library tells late or never; found under a real kernel."""

from __future__ import annotations

import asyncio

from wampedge.hardware.edges import Edges
from wampedge_simulator.clock import run_virtual


class Line:
    """A line and what was told of it; the library tells an edge only when `tell` is called."""

    def __init__(self) -> None:
        self.level = True
        self.told: list[tuple[bool, int]] = []
        self.edges = Edges(self._on_edge, lambda: self.level, lambda _edges, _is_wanted: None)

    def _on_edge(self, level: bool, at_ns: int) -> None:
        self.told.append((level, at_ns))

    async def tell(self, level: bool, at_s: float) -> None:
        self.edges.push(at_s, level)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


def test_an_edge_the_library_lost_is_made_up_for_once_the_line_is_quiet() -> None:
    async def scene() -> tuple[list[tuple[bool, int]], int]:
        line = Line()
        await asyncio.sleep(0.1)
        line.level = False
        await line.tell(False, 0.1)
        line.level = True
        await asyncio.sleep(1.0)
        return line.told, line.edges.lost

    told, lost = run_virtual(scene())

    assert told == [(False, 100_000_000), (True, 150_000_000)]
    assert lost == 1


def test_an_edge_that_comes_after_it_was_made_up_for_is_not_told_again() -> None:
    async def scene() -> tuple[list[bool], int]:
        line = Line()
        await asyncio.sleep(0.1)
        line.level = False
        await line.tell(False, 0.1)
        line.level = True
        await asyncio.sleep(0.08)
        await line.tell(True, 0.11)
        line.level = False
        await line.tell(False, 0.19)
        return [level for level, _ in line.told], line.edges.lost

    levels, lost = run_virtual(scene())

    assert levels == [False, True, False]
    assert lost == 0


def test_an_edge_after_one_that_was_made_up_for_is_an_edge_of_its_own() -> None:
    async def scene() -> tuple[list[bool], int]:
        line = Line()
        await asyncio.sleep(0.1)
        line.level = False
        await line.tell(False, 0.1)
        line.level = True
        await asyncio.sleep(0.08)
        await line.tell(True, 0.18)  # low for a moment, which nobody saw
        return [level for level, _ in line.told], line.edges.lost

    levels, lost = run_virtual(scene())

    assert levels == [False, True, True]
    assert lost == 2
