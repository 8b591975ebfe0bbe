"""Simulated I2C chips, one file each, written from their datasheets."""
