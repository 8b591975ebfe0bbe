"""Modbus: requests and answers, both framings, register tables, and the drivers made of them.

All of it is free of I/O; lines and connections are in ``wampedge.hardware.modbus``.
"""

__all__: list[str] = []
