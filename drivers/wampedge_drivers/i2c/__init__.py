"""Drivers of parts on an I2C bus: classes and register maps."""

__all__: list[str] = []
