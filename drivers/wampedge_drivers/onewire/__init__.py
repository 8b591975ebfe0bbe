"""Drivers of parts on a 1-Wire bus, which the kernel drives."""

__all__: list[str] = []
