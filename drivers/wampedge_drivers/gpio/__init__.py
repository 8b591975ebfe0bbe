"""Drivers of parts that need nothing but pins."""

__all__: list[str] = []
