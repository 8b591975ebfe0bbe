"""Drivers without code: a TOML register map becomes a driver class.

A map says which registers to write at start, which bytes to read, and how they become values; its
test vectors stand in the same file. The vocabulary is listed in ``schema.py`` and explained in
``drivers/README.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wampedge.lazy_names import lazy_names

if TYPE_CHECKING:
    from wampedge.devices.registermap.compiler import load_map
    from wampedge.devices.registermap.vectors import Vector, run_vector, vectors_of

__all__ = ["Vector", "load_map", "run_vector", "vectors_of"]

__getattr__ = lazy_names(
    __name__,
    {
        "load_map": "compiler",
        "Vector": "vectors",
        "run_vector": "vectors",
        "vectors_of": "vectors",
    },
)
