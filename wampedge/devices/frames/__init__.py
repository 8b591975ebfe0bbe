"""Drivers of parts that send frames of bytes over a UART: how frames are found and what they say.

Free of I/O; the ports are in ``wampedge.hardware.serial``.
"""

__all__: list[str] = []
