"""Drivers without code: a TOML register map becomes a driver class.

A map says which registers to write at start, which bytes to read, and how they become values; its
test vectors stand in the same file. The vocabulary is listed in ``schema.py`` and explained in
``drivers/README.md``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wampedge.devices.registermap.compiler import load_map
    from wampedge.devices.registermap.vectors import Vector, run_vector, vectors_of

__all__ = ["Vector", "load_map", "run_vector", "vectors_of"]


def __getattr__(name: str) -> Any:
    """Load the module that has *name*: who runs a map needs neither its schema nor its vectors."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "compiler" if name == "load_map" else "vectors"
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
