"""Units that nobody here wrote: pymodbus behind a pty or a loopback socket, on a thread."""

from __future__ import annotations

import asyncio
import os
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

__all__ = ["REGISTERS", "foreign_line", "foreign_server", "wire"]

REGISTERS = [0x4366, 0x3333, 0x0001, 0x86A0, *range(100, 220)]
"""Input and holding registers from 0 on: 230.2 as f32, 100000 as u32, and a ramp."""


@contextmanager
def wire() -> Iterator[tuple[str, str]]:
    """Join two ptys as a cable joins two ports; yield their paths."""
    ends = [os.openpty() for _ in range(2)]
    for near, far in ends:
        tty.setraw(far)
        os.set_blocking(near, False)
    stop_out, stop_in = os.pipe()
    other = {ends[0][0]: ends[1][0], ends[1][0]: ends[0][0]}

    def carry() -> None:
        while True:
            ready, _, _ = select.select([*other, stop_out], [], [])
            if stop_out in ready:
                return
            for near in ready:
                os.write(other[near], os.read(near, 4096))

    thread = threading.Thread(target=carry)
    thread.start()
    try:
        yield os.ttyname(ends[0][1]), os.ttyname(ends[1][1])
    finally:
        os.write(stop_in, b"x")
        thread.join()
        for descriptor in (stop_in, stop_out, *(each for end in ends for each in end)):
            os.close(descriptor)


@contextmanager
def foreign_line(path: str) -> Iterator[None]:
    """Serve unit 1 on the serial port *path*."""
    server = pytest.importorskip("pymodbus.server")
    with _serving(lambda: server.ModbusSerialServer(_context(), port=path, baudrate=19200)):
        yield


@contextmanager
def foreign_server() -> Iterator[int]:
    """Serve unit 1 on the loopback network; yield the port."""
    server = pytest.importorskip("pymodbus.server")
    made: list[Any] = []

    def make() -> Any:
        made.append(server.ModbusTcpServer(_context(), address=("127.0.0.1", 0)))
        return made[0]

    with _serving(make):
        yield made[0].transport.sockets[0].getsockname()[1]


@contextmanager
def _serving(make: Any) -> Iterator[None]:
    """Run a server of pymodbus on a thread until the block ends."""
    is_up, loops = threading.Event(), []

    async def main() -> None:
        server = make()
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))
        await server.listen()
        is_up.set()
        await stop.wait()
        await server.shutdown()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    assert is_up.wait(10)
    try:
        yield
    finally:
        loop, stop = loops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def _context() -> Any:
    store = pytest.importorskip("pymodbus.datastore")
    block = store.ModbusSequentialDataBlock
    device = store.ModbusDeviceContext(
        ir=block(1, list(REGISTERS)),
        hr=block(1, list(REGISTERS)),
        co=block(1, [True, False, True, True] + [False] * 40),
        di=block(1, [False, True] * 20),
    )
    return store.ModbusServerContext(devices={1: device}, single=False)
