"""Runs the exchanges with ``i2c-stub``, the emulator of the kernel."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.kernel.guest.report import hand_over
from tests.kernel.stub_exchanges import ADDRESS, exchange, exchange_blocks, refusal

__all__: list[str] = []

_ADAPTERS = Path("/sys/bus/i2c/devices")


def main() -> None:
    """Hand over what every call gave."""
    subprocess.run(["insmod", "/mnt/i2c-stub.ko", f"chip_addr={ADDRESS:#x}"], check=True)
    (name,) = (
        each.name
        for each in _ADAPTERS.glob("i2c-*")
        if (each / "name").read_text().startswith("SMBus stub driver")
    )
    number = int(name.rpartition("-")[2])
    answers = exchange(number)
    hand_over(
        {
            "answers": answers,
            "blocks": exchange_blocks(number),
            "refusal": refusal(f"/dev/i2c-{number}"),
        }
    )


if __name__ == "__main__":
    main()
