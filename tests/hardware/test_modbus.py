"""Modbus lines and connections, against pymodbus and against units that misbehave."""

from __future__ import annotations

import os
import socket
import threading
import time
import tty
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from tests.hardware.modbus_peer import REGISTERS, foreign_line, foreign_server, wire
from wampedge.devices.contracts import ModbusSettings, SerialSettings
from wampedge.devices.modbus.pdu import UnitRefusedError
from wampedge.devices.modbus.rtu import rtu_frame
from wampedge.devices.modbus.unit import ModbusUnit
from wampedge.errors import BusError, BusTimeoutError
from wampedge.hardware.modbus import RtuLine, TcpConnection
from wampedge.runtime.system_clock import SystemClock

Result = TypeVar("Result")
QUICK = ModbusSettings(timeout_s=0.05, offline_after=2, offline_retry_s=0.2)


def now(unit: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that blocks instead of waiting, as the thread of a worker does."""
    try:
        unit.send(None)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    raise AssertionError("it must not suspend on a thread")


def line_on(path: str, settings: ModbusSettings = QUICK) -> RtuLine:
    return RtuLine(lambda: SerialSettings(path, 19200), settings, SystemClock())


@contextmanager
def unit_on_a_line(answers: Callable[[bytes], list[bytes]]) -> Iterator[str]:
    """Answer each request on a pty with the portions *answers* gives; yield its path."""
    near, far = os.openpty()
    tty.setraw(far)

    def serve() -> None:
        while (asked := os.read(near, 4096)) != b"stop":
            for portion in answers(asked):
                os.write(near, portion)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield os.ttyname(far)
    finally:
        os.write(far, b"stop")
        thread.join()
        os.close(near)
        os.close(far)


def check_a_foreign_unit(unit: ModbusUnit) -> None:
    """Read and write everything there is, with every function."""
    assert now(unit.read("input", 0, 4)) == REGISTERS[:4]
    assert now(unit.read("holding", 0, 120)) == REGISTERS[:120]
    assert now(unit.read("coil", 0, 4)) == [True, False, True, True]
    assert now(unit.read("discrete", 0, 11)) == [False, True] * 5 + [False]
    now(unit.write_register(10, 0xBEEF))
    now(unit.write_registers(11, [1, 2, 3]))
    assert now(unit.read("holding", 10, 4)) == [0xBEEF, 1, 2, 3]
    now(unit.write_coil(5, True))
    now(unit.write_coils(6, [True, False, True] * 4))
    assert now(unit.read("coil", 5, 13)) == [True, *[True, False, True] * 4]
    with pytest.raises(UnitRefusedError, match="no such register"):
        now(unit.read("input", 5000, 1))


def test_pymodbus_answers_on_a_line() -> None:
    with wire() as (ours, theirs), foreign_line(theirs):
        line = line_on(ours, ModbusSettings(timeout_s=1.0))
        check_a_foreign_unit(ModbusUnit(line, 1))
        line.close()


def test_pymodbus_answers_on_a_connection() -> None:
    with foreign_server() as port:
        settings = ModbusSettings(timeout_s=1.0, host="127.0.0.1", port=port)
        connection = TcpConnection(lambda: settings, settings, SystemClock())
        check_a_foreign_unit(ModbusUnit(connection, 1))
        connection.close()


ANSWER = bytes.fromhex("010404436633341b38")


@pytest.mark.parametrize(
    "portions",
    [
        [ANSWER],
        [bytes((byte,)) for byte in ANSWER],
        [b"\xff\x00\x01\x04", ANSWER],
        [bytes.fromhex("010400000002 71cb"), ANSWER],
    ],
    ids=["whole", "byte by byte", "behind noise", "behind an echo"],
)
def test_an_answer_is_found_in_what_comes(portions: list[bytes]) -> None:
    with unit_on_a_line(lambda _: portions) as path:
        line = line_on(path)

        assert now(ModbusUnit(line, 1).read("input", 0, 2)) == [0x4366, 0x3334]
        line.close()


def test_silence_costs_the_timeout_and_then_nothing_until_it_is_time_to_try_again() -> None:
    with unit_on_a_line(lambda _: []) as path:
        line = line_on(path)
        unit = ModbusUnit(line, 9)
        for _ in range(2):
            with pytest.raises(BusTimeoutError, match=r"unit 9 does not answer within 0\.05 s"):
                now(unit.read("input", 0, 1))
        began = time.monotonic()
        with pytest.raises(BusTimeoutError, match="unit 9 is offline"):
            now(unit.read("input", 0, 1))

        assert time.monotonic() - began < 0.04
        assert line.health()["offline"] == [9]
        line.close()


def test_bytes_that_are_no_answer_are_told_as_such() -> None:
    with unit_on_a_line(lambda _: [ANSWER[:-1] + b"\x39"]) as path:
        line = line_on(path)

        with pytest.raises(BusError, match="9 bytes came that are no answer") as caught:
            now(line.exchange(1, bytes.fromhex("0400000002")))
        assert not isinstance(caught.value, BusTimeoutError)
        assert line.health()["damaged"] == 1
        line.close()


def test_what_came_late_is_thrown_away_before_the_next_request() -> None:
    replies = iter([[ANSWER[:3]], [ANSWER]])
    with unit_on_a_line(lambda _: next(replies)) as path:
        line = line_on(path)
        with pytest.raises(BusError):
            now(line.exchange(1, bytes.fromhex("0400000002")))

        assert now(line.exchange(1, bytes.fromhex("0400000002"))) == ANSWER[1:-2]
        line.close()


def test_a_line_that_echoes_is_known_after_its_first_read() -> None:
    silent = {rtu_frame(1, bytes.fromhex("0600010003"))}

    def adapter(asked: bytes) -> list[bytes]:
        return [asked] if asked in silent else [asked, ANSWER]

    with unit_on_a_line(adapter) as path:
        line = line_on(path)
        now(line.exchange(1, bytes.fromhex("0400000002")))

        with pytest.raises(BusTimeoutError):  # not taken for the answer to the write
            now(line.exchange(1, bytes.fromhex("0600010003")))
        line.close()


def test_a_port_that_is_not_there_is_a_failure_of_the_request() -> None:
    line = line_on("/dev/ttyUSB_none")

    with pytest.raises(BusError, match="there is no such port"):
        now(line.exchange(1, b"\x04\x00\x00\x00\x01"))


def test_a_line_that_vanishes_is_opened_again() -> None:
    near, far = os.openpty()
    tty.setraw(far)
    found = [os.ttyname(far)]
    line = RtuLine(lambda: SerialSettings(found[0], 19200), QUICK, SystemClock())
    line.open()
    os.close(far)
    os.close(near)
    with pytest.raises(BusError, match="is gone"):
        now(line.exchange(1, b"\x04\x00\x00\x00\x01"))

    with unit_on_a_line(lambda _: [ANSWER]) as found[0]:
        assert now(line.exchange(1, bytes.fromhex("0400000002"))) == ANSWER[1:-2]
        line.close()


@contextmanager
def server_that(serve: Callable[[socket.socket], None]) -> Iterator[ModbusSettings]:
    """Serve one connection after another on the loopback network."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                serve(connection)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield QUICK.but(host="127.0.0.1", port=listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def connection_to(settings: ModbusSettings) -> TcpConnection:
    return TcpConnection(lambda: settings, settings, SystemClock())


def test_the_answer_to_a_request_that_was_given_up_is_left_out() -> None:
    def serve(connection: socket.socket) -> None:
        first = connection.recv(100)
        second = connection.recv(100)
        for asked, value in ((first, 1), (second, 2)):
            connection.sendall(asked[:2] + bytes.fromhex("0000000501040200") + bytes((value,)))
        connection.recv(100)

    with server_that(serve) as settings:
        connection = connection_to(settings)
        with pytest.raises(BusTimeoutError):
            now(connection.exchange(1, bytes.fromhex("0400000001")))

        assert now(connection.exchange(1, bytes.fromhex("0400000001"))) == b"\x04\x02\x00\x02"
        assert connection.health() == {"connections": 1, "late": 1, "offline": []}
        connection.close()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_connection_that_breaks_or_speaks_otherwise_is_made_anew(said: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(said)

    with server_that(serve) as settings:
        connection = connection_to(settings.but(offline_after=9))
        for _ in range(2):
            with pytest.raises(BusError, match=r"hung up|does not speak Modbus TCP"):
                now(connection.exchange(1, bytes.fromhex("0400000001")))

        assert connection.health()["connections"] == 2
        connection.close()


def test_nobody_there_is_a_failure_of_the_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    connection = connection_to(QUICK.but(host="127.0.0.1", port=port))

    with pytest.raises(BusError, match="refused"):
        now(connection.exchange(1, bytes.fromhex("0400000001")))
