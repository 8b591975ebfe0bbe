"""SPI buses of the simulated board."""
