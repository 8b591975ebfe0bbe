"""Drivers of parts that the kernel drives: what it measures is in files below ``/sys``."""

__all__: list[str] = []
