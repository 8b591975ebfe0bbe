"""Simulated parts on GPIO lines, one file each."""
