"""CPU time of the whole way of a message, bytes in to bytes out, without sockets.

``python -m tests.bench.wire_path [--pure] [--batch 64]`` opens sessions over connections that only
record what is written, and feeds them the bytes of many calls and events. What the system does
for a real socket is left out, so that a change of the program shows; what counts in the end is
``python -m tests.bench.routers``. The best of several rounds is shown, since other programs only
ever add time.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from tests.bench.bare_router import bare_server, without_extensions

if TYPE_CHECKING:
    from wampedge.server import Server
    from wampedge.transports.limits import TransportLimits
    from wampedge.wamp.messages import Message

__all__ = ["main"]

_REALM = "bench"
_ROLES: dict[str, Any] = {"caller": {}, "callee": {}, "publisher": {}, "subscriber": {}}
_REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: wamp.2.%s\r\n\r\n"
)
_PAYLOAD_BYTES = 256
_PORT = 8080


class RecordedWire(asyncio.Transport):
    """A connection that takes everything at once and keeps it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", _PORT)})
        self.written: list[bytes] = []
        self.protocol: Any = None

    def write(self, data: Any) -> None:
        """Keep *data*."""
        self.written.append(bytes(data))

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        data = b"".join(self.written)
        self.written.clear()
        return data

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Note who takes what is read."""
        self.protocol = protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing ever waits here."""

    def get_write_buffer_size(self) -> int:
        """Tell that nothing waits."""
        return 0

    def is_closing(self) -> bool:
        """Tell that the connection is open."""
        return False

    def pause_reading(self) -> None:
        """Bytes come only when the benchmark feeds them."""

    def resume_reading(self) -> None:
        """Bytes come only when the benchmark feeds them."""

    def abort(self) -> None:
        """Tell the protocol that the connection is gone."""
        self.protocol.connection_lost(None)


class Client:
    """The far end of a recorded connection."""

    def __init__(self, server: Server, limits: TransportLimits, serializer: str) -> None:
        from wampedge.transports.front import Front
        from wampedge.transports.websocket import BINARY, TEXT, WebSocketFraming
        from wampedge.wamp.serializers import SERIALIZERS

        self.wire = RecordedWire()
        self._codec = SERIALIZERS[serializer]
        opcode = BINARY if self._codec.is_binary else TEXT
        self._framing = WebSocketFraming(is_server=False, opcode=opcode, max_message_bytes=2**20)
        front = Front(server, limits)
        front.connection_made(self.wire)
        front.data_received(_REQUEST % serializer.encode())
        self.wire.taken()

    def frame(self, message: Message) -> bytes:
        """Return *message* as the router reads it."""
        return self._framing.frame(self._codec.encode(message))

    def feed(self, data: bytes) -> None:
        """Let the router read *data*."""
        self.wire.protocol.data_received(data)

    def messages(self) -> list[Any]:
        """Return what the router wrote since the last time."""
        return [self._codec.decode(body) for body in self._framing.receive(self.wire.taken())]

    async def join(self) -> None:
        """Open a session."""
        from wampedge.wamp.messages import Hello

        await asyncio.sleep(0)  # reading starts with the next turn of the loop
        self.feed(self.frame(Hello(_REALM, {"roles": _ROLES})))
        (welcome,) = self.messages()
        assert type(welcome).__name__ == "Welcome", "the session was let in"


class Bench:
    """A server with recorded connections, and what a round of each operation costs.

    Args:
        server: takes the connections; not started.
        limits: its limits.
        serializer: of all sessions.
        batch: messages fed at once.
    """

    def __init__(
        self, server: Server, limits: TransportLimits, *, serializer: str, batch: int
    ) -> None:
        self._server = server
        self._limits = limits
        self._serializer = serializer
        self._batch = batch
        self.operations: dict[str, Callable[[], Awaitable[Callable[[], float]]]] = {
            "call and result": self._calls,
            "publish to 1": lambda: self._publications(1),
            "publish to 100": lambda: self._publications(100),
        }

    async def joined(self) -> Client:
        """Return a client that has joined."""
        client = Client(self._server, self._limits, self._serializer)
        await client.join()
        return client

    async def accept(self, count: int) -> float:
        """Open and close *count* sessions; return the seconds one takes, its end left out."""
        spent_s = 0.0
        for _ in range(count):
            started_s = time.process_time()
            client = await self.joined()
            spent_s += time.process_time() - started_s
            client.wire.abort()
        return spent_s / count

    async def _calls(self) -> Callable[[], float]:
        from wampedge.wamp.messages import Call, Register, Yield
        from wampedge.wamp.payload import Payload

        caller, callee = await self.joined(), await self.joined()
        callee.feed(callee.frame(Register(1, {}, "com.bench.echo")))
        callee.messages()
        payload, number = Payload(["x" * _PAYLOAD_BYTES]), 0

        def operation() -> float:
            nonlocal number
            numbers = range(number + 1, number + self._batch + 1)
            number += self._batch
            calls = b"".join(
                caller.frame(Call(each, {}, "com.bench.echo", payload)) for each in numbers
            )
            there_s = _timed(caller, calls)
            answers = b"".join(
                callee.frame(Yield(each.request_id, {}, each.payload)) for each in callee.messages()
            )
            back_s = _timed(callee, answers)
            assert len(caller.messages()) == self._batch, "each call was answered"
            return (there_s + back_s) / self._batch

        return operation

    async def _publications(self, subscribers: int) -> Callable[[], float]:
        from wampedge.wamp.messages import Publish, Subscribe
        from wampedge.wamp.payload import Payload

        topic = f"com.bench.to{subscribers}"
        publisher = await self.joined()
        others = [await self.joined() for _ in range(subscribers)]
        for other in others:
            other.feed(other.frame(Subscribe(1, {}, topic)))
            other.messages()
        payload = Payload(["x" * _PAYLOAD_BYTES])

        def operation() -> float:
            events = b"".join(
                publisher.frame(Publish(number + 1, {}, topic, payload))
                for number in range(self._batch)
            )
            spent_s = _timed(publisher, events)
            for other in others:
                assert other.wire.taken(), "the events were passed on"
            return spent_s / self._batch

        return operation


def _timed(client: Client, data: bytes) -> float:
    started_s = time.process_time()
    client.feed(data)
    return time.process_time() - started_s


async def measure(serializer: str, *, batch: int, rounds: int, sessions: int) -> None:
    """Print one line per operation."""
    server, limits = await bare_server(_PORT, _REALM)
    bench = Bench(server, limits, serializer=serializer, batch=batch)
    for name, make in bench.operations.items():
        operation = await make()
        gc.collect()
        figures = sorted(operation() for _ in range(rounds if name[-3:] != "100" else rounds // 10))
        best_us, median_us = figures[0] * 1e6, figures[len(figures) // 2] * 1e6
        print(f"{serializer:8} {name:18} best {best_us:8.2f}  median {median_us:8.2f} us CPU")
    best_us = min([await bench.accept(sessions // 5) for _ in range(5)]) * 1e6
    print(f"{serializer:8} {'accept a session':18} best {best_us:8.2f} us CPU")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pure", action="store_true", help="without C extensions")
    parser.add_argument("--batch", type=int, default=64, help="messages read at once")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--serializer", default="msgpack")
    options = parser.parse_args()
    if options.pure:
        without_extensions(sys.modules)
    asyncio.run(
        measure(
            options.serializer,
            batch=options.batch,
            rounds=options.rounds,
            sessions=options.sessions,
        )
    )


if __name__ == "__main__":
    main()
