"""Drivers of parts on an SPI bus."""

__all__: list[str] = []
