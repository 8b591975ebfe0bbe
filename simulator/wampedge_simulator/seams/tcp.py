"""The seam beneath Modbus TCP: a server on the loopback network, with simulated units behind it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from wampedge_simulator.modbus.line import ModbusNetwork
from wampedge_simulator.transactions import Taps, Transaction

__all__ = ["SimulatedModbusServer"]

_CHUNK = 4096
_LONGEST = 260
_MAX_CONNECTIONS = 8


class SimulatedModbusServer:
    """One server on a port of its own; opened, used and closed on the event loop.

    Args:
        network: the units it reaches.
        loop: the loop that serves it.
        name: name of the bus, for *taps*.
        taps: told of every request, with its answer.
    """

    def __init__(
        self,
        network: ModbusNetwork,
        loop: asyncio.AbstractEventLoop,
        name: str = "",
        taps: Taps | None = None,
    ) -> None:
        self._name = name
        self._taps = taps or Taps()
        self._network = network
        self._loop = loop
        self._listener: socket.socket | None = None
        self._received_by_connection: dict[socket.socket, bytes] = {}
        self.port = 0

    @property
    def is_open(self) -> bool:
        """Whether it takes connections."""
        return self._listener is not None

    def rewire(self, network: ModbusNetwork) -> None:
        """Reach the units of another *network* from now on."""
        self._network = network

    def open(self) -> None:
        """Take connections; on the port it had before, where there was one."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._loop.add_reader(listener, self._accept)

    def close(self) -> None:
        """Take no more connections and end those there are: the cable is pulled."""
        listener, self._listener = self._listener, None
        if listener is not None:
            self._close(listener)
        for connection in list(self._received_by_connection):
            self._hang_up(connection)

    def _accept(self) -> None:
        assert self._listener is not None, "the reader is removed before the socket is closed"
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            if len(self._received_by_connection) >= _MAX_CONNECTIONS:
                connection.close()
                return
            connection.setblocking(False)
            self._received_by_connection[connection] = b""
            self._loop.add_reader(connection, self._read, connection)

    def _read(self, connection: socket.socket) -> None:
        try:
            received = connection.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._hang_up(connection)
            return
        rest = self._received_by_connection[connection] + received
        while len(rest) >= 8:
            transaction, protocol, length, unit_id = struct.unpack(">HHHB", rest[:7])
            if protocol or not 2 <= length <= _LONGEST:
                self._hang_up(connection)
                return
            if len(rest) < 6 + length:
                break
            pdu, rest = rest[7 : 6 + length], rest[6 + length :]
            self._answer(connection, transaction, unit_id, pdu)
        if connection in self._received_by_connection:
            self._received_by_connection[connection] = rest

    def _answer(
        self, connection: socket.socket, transaction: int, unit_id: int, pdu: bytes
    ) -> None:
        unit = self._network.asked(unit_id, pdu)
        answer = None if unit is None else self._network.answer(unit, pdu)
        if self._taps.listeners:
            at_s = self._loop.time()
            self._taps.tell(Transaction(at_s, self._name, str(unit_id), pdu, answer or b""))
        if unit is None or answer is None:
            return
        head = struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit_id)
        if unit.faults.take("half_frame"):
            answer = answer[: len(answer) // 2]
        with contextlib.suppress(OSError):
            connection.sendall(head + answer)

    def _hang_up(self, connection: socket.socket) -> None:
        self._received_by_connection.pop(connection, None)
        self._close(connection)

    def _close(self, opened: socket.socket) -> None:
        if not self._loop.is_closed():
            self._loop.remove_reader(opened)
        opened.close()
