"""``python -m wampedge_simulator.kernel NAME=DRIVER@ADDRESS[/BUS][,PARAMETER=VALUE...] ...``.

Simulated chips on real I2C buses, until standard input ends. The first line of the output says
which bus is which node, as JSON; then each line of the input, a JSON list such as
``["set", "room", "temperature", 21.5]``, gets one line: ``{"ok": null}`` or ``{"error": "..."}``.

A bus such as ``hub:3`` is that behind channel 3 of the multiplexer ``hub``; the kernel has it once
a driver of the kernel drives the multiplexer.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import sys
from typing import Any

from wampedge.devices.catalog import UnknownDriverError, find_driver
from wampedge.devices.contracts import WiredDevice
from wampedge.errors import WampedgeError
from wampedge_simulator.kernel.bridge import KernelBridge
from wampedge_simulator.transactions import Transaction

__all__ = ["main", "wired_from"]

_CHIP = re.compile(r"(\w+)=(\w+)@(0x[0-9a-fA-F]+|\d+)(?:/(\w+(?::\d)?))?((?:,\w+=[^,]+)*)")


def main(arguments: list[str] | None = None) -> int:
    """Run the bridge; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m wampedge_simulator.kernel",
        description="Put simulated chips on I2C buses of the kernel, until standard input ends.",
        epilog="needs root and the kernel modules uhid, hid-cp2112 and i2c-dev",
    )
    parser.add_argument(
        "chips", nargs="+", type=_checked, metavar="NAME=DRIVER@ADDRESS[/BUS][,PARAMETER=VALUE]",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="makes the noise of what they measure")
    parser.add_argument("--trace", action="store_true", help="write every transfer to stderr")
    options = parser.parse_args(arguments)
    try:
        bridge = KernelBridge(options.chips, seed=options.seed)
        asyncio.run(_serve(bridge, has_trace=options.trace))
    except WampedgeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def wired_from(text: str) -> WiredDevice:
    """Read one chip as it is given on the command line; raises ValueError."""
    match = _CHIP.fullmatch(text)
    if match is None:
        raise ValueError(f"want NAME=DRIVER@ADDRESS such as room=lm75@0x48, got {text!r}")
    name, driver, address, bus, params = match.groups()
    try:
        spec = find_driver(driver)
    except UnknownDriverError as error:
        raise ValueError(str(error)) from error
    given = dict(item.split("=", 1) for item in params.split(",")[1:])
    unknown = sorted(given.keys() - spec.params.keys())
    if unknown:
        raise ValueError(f"a {driver} has no parameter {', '.join(unknown)}")
    defaults = {key: kind.default for key, kind in spec.params.items()}
    read = {key: _value(value) for key, value in given.items()}
    return WiredDevice(
        name, driver, bus=bus or "i2c", address=int(address, 0), params={**defaults, **read}
    )


def _checked(text: str) -> WiredDevice:
    try:
        return wired_from(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


async def _serve(bridge: KernelBridge, *, has_trace: bool) -> None:
    """Obey the lines of standard input until it ends."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    with contextlib.closing(bridge):
        _tell(dict(await bridge.open(_trace if has_trace else None)))
        while line := await lines.readline():
            _tell(_obey(bridge, line))


def _obey(bridge: KernelBridge, line: bytes) -> dict[str, Any]:
    """Do what one line says; returns the answer to it."""
    try:
        order = json.loads(line)
        if isinstance(order, list) and order:
            return {"ok": bridge.order(str(order[0]), order[1:])}
    except (WampedgeError, ValueError) as error:
        return {"error": str(error)}
    return {"error": "want a list: a verb, then its arguments"}


def _trace(seen: Transaction) -> None:
    """Write one transfer: when, to whom, what went out and came in, or the error number."""
    came = f"errno {seen.error}" if seen.error else seen.read.hex(" ")
    sys.stderr.write(f"{seen.at_s:.6f} {seen.target} < {seen.written.hex(' ')} > {came}\n")


def _tell(answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
