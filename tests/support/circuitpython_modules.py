"""CircuitPython drivers of our own making, put where Python finds those from PyPI."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wampedge.devices.catalog import find_driver
from wampedge.devices.circuitpython import sources

__all__ = ["Install", "installing_in"]

Install = Callable[[str, str], None]
"""Puts a module (dotted name) with a source where Python finds it."""


@contextmanager
def installing_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return what installs modules into *folder*; forget all of them at the end."""

    def put(name: str, source: str) -> None:
        file = folder / f"{name.replace('.', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)

    def forget() -> None:
        for cached in (sources.classes_of, sources._tree, find_driver):
            cached.cache_clear()

    monkeypatch.syspath_prepend(str(folder))
    forget()
    try:
        yield put
    finally:
        forget()
