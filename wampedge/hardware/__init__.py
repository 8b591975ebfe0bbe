"""The real side of pins and buses: gpiozero with lgpio, smbus2, pyserial."""

__all__: list[str] = []
