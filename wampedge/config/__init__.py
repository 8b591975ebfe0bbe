"""The device file: from TOML text to a checked model, with every mistake found in one run.

Nothing here opens a bus, and nothing imports asyncio or a hardware library: ``wampedge check``
costs what reading and checking cost.
"""
