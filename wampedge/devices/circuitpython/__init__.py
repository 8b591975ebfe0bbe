"""Drivers written for CircuitPython, from PyPI, unmodified: ``driver = "adafruit:NAME"``."""
