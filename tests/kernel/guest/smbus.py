"""Runs the exchanges with chips behind a real bus, and lets one of them fail."""

from __future__ import annotations

from typing import Any

from smbus2 import SMBus

from tests.kernel.exchanges import CHIPS, exchange
from tests.kernel.guest.bridge import Bridge
from tests.kernel.guest.report import hand_over, i2c_number

__all__: list[str] = []


def main() -> None:
    """Hand over what every call gave, and the error numbers of faults."""
    chips = (f"{name}={driver}@{address}" for name, (driver, address) in CHIPS.items())
    with Bridge(*chips) as bridge:
        number = i2c_number(bridge.nodes["i2c"])
        answers = exchange(number)
        with SMBus(number) as bus:
            errors = {kind: _error(bridge, bus, kind) for kind in ("nack", "timeout", "bus_stuck")}
            functions = int(bus.funcs)
    hand_over({"answers": answers, "errors": errors, "functions": functions})


def _error(bridge: Bridge, bus: SMBus, kind: str) -> Any:
    bridge.order("fault", "pins", kind)
    try:
        bus.read_byte_data(CHIPS["pins"][1], 0)
    except OSError as error:
        return error.errno
    return None


if __name__ == "__main__":
    main()
