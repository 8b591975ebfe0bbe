"""A simulated board beneath gpiozero, smbus2 and pyserial: clock, buses, parts and instruments."""
