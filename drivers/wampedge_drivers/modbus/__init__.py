"""Drivers of parts on a Modbus line or connection."""

__all__: list[str] = []
