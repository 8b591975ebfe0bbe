"""Lets drivers of this kernel read simulated chips, and hands over what they say."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from smbus2 import SMBus, i2c_msg

from tests.kernel.cases import CASES, Case
from tests.kernel.guest.bridge import Bridge
from tests.kernel.guest.report import hand_over, i2c_number
from tests.kernel.guest.sysfs import bound, quantity

__all__: list[str] = []


def main() -> None:
    """Hand over, for each case by name, what each reading gave in each round, or why not."""
    buses = _spread(CASES)
    chips = [_chip(case, bus) for case, bus in zip(CASES, buses, strict=True)]
    with Bridge(*chips) as bridge:
        hand_over(
            {
                case.driver: _judged(case, bridge, i2c_number(bridge.nodes[bus]))
                for case, bus in zip(CASES, buses, strict=True)
            }
        )


def _spread(cases: Sequence[Case]) -> list[str]:
    """Return a bus for each case, so that no two have the same address on one."""
    return [
        f"bus{sum(other.address == case.address for other in cases[:number])}"
        for number, case in enumerate(cases)
    ]


def _chip(case: Case, bus: str) -> str:
    parameters = "".join(f",{key}={value}" for key, value in case.parameters.items())
    return f"{case.driver}={case.driver}@{case.address}/{bus}{parameters}"


def _judged(case: Case, bridge: Bridge, number: int) -> Any:
    _set(case, bridge, 0)
    _prepare(case, number)
    try:
        with bound(case.kernel, case.address, number) as device:
            for name, text in case.settings.items():
                next(device.glob(f"*/*/{name}")).write_text(text)
            return [list(_round(case, bridge, device, index)) for index in range(_rounds(case))]
    except (OSError, LookupError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def _round(case: Case, bridge: Bridge, device: Path, index: int) -> Iterator[float]:
    _set(case, bridge, index)
    time.sleep(case.wait_s)
    for reading in case.readings:
        yield quantity(device, reading.attribute) / reading.per_unit


def _rounds(case: Case) -> int:
    return len(case.readings[0].values)


def _set(case: Case, bridge: Bridge, index: int) -> None:
    for reading in case.readings:
        bridge.order("set", case.driver, reading.channel, reading.values[index])


def _prepare(case: Case, number: int) -> None:
    if not case.prepared:
        return
    with contextlib.closing(SMBus(number)) as bus:
        for content in case.prepared:
            bus.i2c_rdwr(i2c_msg.write(case.address, bytes.fromhex(content)))
            time.sleep(0.1)


if __name__ == "__main__":
    main()
