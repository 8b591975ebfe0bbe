"""Simulated I2C chips as real devices of the kernel: ``/dev/i2c-N`` with our parts behind it.

Through ``/dev/uhid`` the kernel takes a process for a USB adapter (Silicon Labs CP2112), and its
driver ``hid-cp2112`` makes an I2C bus of it. So any program, and any sensor driver of the kernel,
meets the simulated chips with nothing of ours in between. Needs root and a kernel with these two
drivers; ``python -m wampedge_simulator.kernel --help`` tells the rest.
"""

__all__: list[str] = []
