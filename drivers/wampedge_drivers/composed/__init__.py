"""Drivers that need no wire: they move other devices of the file."""

__all__: list[str] = []
