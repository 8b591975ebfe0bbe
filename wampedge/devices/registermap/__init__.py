"""Drivers without code: a TOML register map becomes a driver class.

A map says which registers to write at start, which bytes to read, and how they become values; its
test vectors stand in the same file. The vocabulary is listed in ``schema.py`` and explained in
``drivers/README.md``.
"""

from wampedge.devices.registermap.compiler import load_map
from wampedge.devices.registermap.vectors import Vector, run_vector, vectors_of

__all__ = ["Vector", "load_map", "run_vector", "vectors_of"]
