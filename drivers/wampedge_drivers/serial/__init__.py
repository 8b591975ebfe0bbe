"""Drivers of parts on a serial port."""

__all__: list[str] = []
