"""Simulated serial instruments, one file each."""
