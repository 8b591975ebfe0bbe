"""Simulated Modbus: units with registers, the line or network they are on."""

__all__: list[str] = []
