"""Simulated I2C buses, and how chips speak on them."""
