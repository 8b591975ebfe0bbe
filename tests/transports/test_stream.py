"""A stream transport over a real pair of sockets, both ends in the test's loop."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from tests.support.turns import turns, until
from tests.transports.frames import client_frame, server_frame
from tests.transports.line import CANCEL_1, CANCEL_2, line, raw_frame, rawsocket, websocket
from tests.transports.sinks import RecordedSink
from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.transports.limits import TransportLimits
from wampedge.transports.stream import StreamTransport
from wampedge.wamp.messages import Cancel
from wampedge.wamp.serializers import SERIALIZERS
from wampedge_simulator.clock import run_virtual


async def test_messages_of_one_read_are_one_batch() -> None:
    async with line() as it:
        it.send(client_frame(0x81, CANCEL_1) + client_frame(0x81, CANCEL_2))
        await until(lambda: "batch end" in it.sink.heard)

        assert it.sink.heard == [Cancel(1, {}), Cancel(2, {}), "batch end"]


async def test_what_came_with_the_handshake_comes_first() -> None:
    async with line(leftover=client_frame(0x81, CANCEL_1)) as it:
        it.send(client_frame(0x81, CANCEL_2))
        await until(lambda: Cancel(2, {}) in it.sink.heard)

        assert it.sink.heard[:2] == [Cancel(1, {}), "batch end"]


async def test_nothing_is_read_before_there_is_a_sink() -> None:
    ours, theirs = socket.socketpair()
    wire, _ = await asyncio.get_running_loop().create_unix_connection(asyncio.Protocol, sock=ours)
    transport = StreamTransport(
        rawsocket(), serializer=SERIALIZERS["json"], description={}, limits=TransportLimits()
    )
    transport.take_over(wire, b"")
    theirs.send(raw_frame(CANCEL_1))
    theirs.close()
    await turns(10)
    assert transport.sink is None

    sink = RecordedSink()
    transport.sink = sink
    await until(lambda: sink.ends)

    assert sink.heard == [Cancel(1, {}), "batch end", "closed: None"]


async def test_sends_of_one_turn_are_written_at_its_end() -> None:
    async with line() as it:
        it.transport.send(Cancel(1, {}))
        it.transport.send_encoded(CANCEL_2)
        assert it.received() == b""

        data = await it.bytes_received(22)

        assert data == server_frame(0x81, CANCEL_1) + server_frame(0x81, CANCEL_2)


async def test_answers_to_a_batch_are_written_when_it_ends_and_pongs_before_them() -> None:
    class Answering(RecordedSink):
        def on_message(self, message: Any) -> None:
            super().on_message(message)
            held.transport.send(Cancel(9, {}))

    async with line(sink=Answering()) as held:
        held.send(client_frame(0x81, CANCEL_1) + client_frame(0x89, b"p"))

        data = await held.bytes_received(14)

        assert data == server_frame(0x8A, b"p") + server_frame(0x81, b"[49,9,{}]")


async def test_a_bad_message_is_told_and_the_rest_of_its_batch_dropped() -> None:
    class Closing(RecordedSink):
        def on_bad_message(self, error: RemoteProtocolError) -> None:
            super().on_bad_message(error)
            held.transport.send(Cancel(3, {}))
            held.transport.close(1002, "protocol violation")

    async with line(sink=Closing()) as held:
        held.send(b"".join(client_frame(0x81, body) for body in (CANCEL_1, b"{", CANCEL_2)))

        data = await held.bytes_received(33)

        assert data == server_frame(0x81, b"[49,3,{}]") + server_frame(
            0x88, b"\x03\xeaprotocol violation"
        )
        assert held.sink.heard[0] == Cancel(1, {})
        assert str(held.sink.heard[1]).startswith("bad: ")
        assert Cancel(2, {}) not in held.sink.heard


async def test_a_frame_of_the_wrong_kind_is_a_bad_message() -> None:
    async with line() as it:
        it.send(client_frame(0x81, CANCEL_1) + client_frame(0x82, CANCEL_2))
        await until(lambda: len(it.sink.heard) == 4)

        assert it.sink.heard == [
            Cancel(1, {}),
            "batch end",
            "bad: binary frame on a session of text frames",
            "batch end",
        ]


async def test_a_closing_server_waits_for_the_clients_close_frame() -> None:
    async with line() as it:
        it.transport.send(Cancel(1, {}))
        it.transport.close(1000, "bye")
        it.transport.close(1001, "again")
        it.transport.send(Cancel(2, {}))

        assert await it.bytes_received(18) == server_frame(0x81, CANCEL_1) + server_frame(
            0x88, b"\x03\xe8bye"
        )
        assert it.transport.is_closed
        it.send(client_frame(0x81, CANCEL_2) + client_frame(0x88, b"\x03\xe8"))
        await until(it.has_ended)
        it.peer.close()

        assert await it.ended() == "closed: None"
        assert Cancel(2, {}) not in it.sink.heard


async def test_a_closing_client_leaves_the_end_of_the_stream_to_the_server() -> None:
    async with line(websocket(is_server=False)) as it:
        it.transport.close()
        await it.bytes_received(8)
        it.send(server_frame(0x88, b"\x03\xe8"))
        await turns(10)

        with pytest.raises(BlockingIOError):
            it.peer.recv(1)
        it.peer.close()
        assert await it.ended() == "closed: None"


async def test_a_raw_socket_closes_by_ending_the_stream() -> None:
    async with line(rawsocket()) as it:
        it.transport.send(Cancel(1, {}))
        it.transport.close()

        assert await it.bytes_received(13) == raw_frame(CANCEL_1)
        assert it.peer.recv(1) == b""
        it.peer.close()
        assert await it.ended() == "closed: None"


def test_a_peer_that_does_not_close_its_side_is_cut_after_2_seconds() -> None:
    async def close() -> tuple[str, float]:
        async with line() as it:
            it.transport.close()
            while not it.sink.ends:  # noqa: ASYNC110  # virtual time
                await asyncio.sleep(0.5)
            return it.sink.ends[0], asyncio.get_running_loop().time()

    assert run_virtual(close()) == ("closed: None", 2.0)


async def test_a_peer_that_goes_on_sending_while_closing_is_cut_after_a_mebibyte() -> None:
    async with line() as it:
        it.transport.close()

        def push() -> bool:
            try:
                it.peer.send(b"\x00" * 65536)
            except BlockingIOError:
                return False
            except OSError:
                return True
            return bool(it.sink.ends)

        await until(push)
        assert await it.ended() == "closed: None"


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (client_frame(0x88, b"\x03\xe8"), "closed: None"),
        (client_frame(0x88, b"\x0f\xa0why"), "closed: peer closed with code 4000 ('why')"),
        (b"\x83\x80", "closed: unknown opcode 3"),
    ],
)
async def test_the_sink_hears_how_the_peer_ended(data: bytes, end: str) -> None:
    async with line() as it:
        it.send(client_frame(0x81, CANCEL_1) + data)
        await until(lambda: it.transport.is_closed)
        await until(it.received)
        it.peer.close()

        assert await it.ended() == end
        assert it.sink.heard[0] == Cancel(1, {})
        assert it.transport.is_cut == (data == b"\x83\x80")


async def test_a_websocket_that_ends_without_close_frame_is_a_lost_connection() -> None:
    async with line() as it:
        it.peer.close()

        assert await it.ended() == "closed: connection ended without a close frame"


async def test_an_aborted_transport_is_gone_at_once() -> None:
    async with line() as it:
        it.transport.send(Cancel(1, {}))
        it.transport.abort()
        it.transport.send(Cancel(2, {}))

        assert await it.ended() == "closed: None"
        assert it.peer.recv(100) == b""


async def test_a_peer_that_does_not_read_is_cut_at_the_bound() -> None:
    limits = TransportLimits(high_water_bytes=10_000, max_outgoing_bytes=100_000)
    async with line(rawsocket(), limits) as it:
        for _ in range(2000):
            it.transport.send_encoded(b"x" * 1000)
            it.transport.outgoing.flush()
            if it.transport.is_closed:
                break

        assert it.transport.outgoing.is_overrun
        assert it.transport.is_cut
        assert it.wire.get_write_buffer_size() == 0
        assert await it.ended() == "closed: more than 100000 bytes are waiting for the peer to read"


async def test_a_peer_that_does_not_read_its_answers_is_not_read_until_it_does() -> None:
    limits = TransportLimits(high_water_bytes=10_000)
    async with line(rawsocket(), limits) as it:
        while not it.transport.outgoing.is_backed_up:
            it.transport.send_encoded(b"x" * 9000)
            it.transport.outgoing.flush()
        it.send(raw_frame(CANCEL_1))
        await turns(10)
        assert it.sink.heard == []

        await until(lambda: (it.received(), Cancel(1, {}) in it.sink.heard)[1])


async def test_a_paused_transport_reads_again_when_resumed() -> None:
    async with line() as it:
        it.transport.pause_reading()
        it.send(client_frame(0x81, CANCEL_1))
        await turns(10)
        assert it.sink.heard == []

        it.transport.resume_reading()
        await until(lambda: Cancel(1, {}) in it.sink.heard)


async def test_much_output_of_one_batch_is_handed_over_early() -> None:
    async with line(rawsocket()) as it:
        for _ in range(20):
            it.transport.send_encoded(b"x" * 9000)

        assert len(it.received()) > 64 * 1024


async def test_what_cannot_be_encoded_or_taken_raises_and_sends_nothing() -> None:
    async with line(rawsocket()) as it:
        with pytest.raises(LocalProtocolError):
            it.transport.send(Cancel(1, {"mode": object()}))
        with pytest.raises(LocalProtocolError):
            it.transport.send_encoded(b"x" * 10_001)
        await turns(5)

        assert it.received() == b""


def test_a_half_open_websocket_is_found_after_15_seconds() -> None:
    async def wait() -> tuple[str, float, bytes]:
        async with line() as it:
            while not it.sink.ends:  # noqa: ASYNC110  # virtual time
                await asyncio.sleep(1)
            return it.sink.ends[0], asyncio.get_running_loop().time(), it.received()

    assert run_virtual(wait()) == (
        "closed: peer is silent: nothing within 5 s of a ping",
        15.0,
        b"\x89\x00",
    )


def test_a_raw_socket_is_pinged_only_when_it_knows_pings() -> None:
    async def wait(*, knows_pings: bool) -> bytes:
        async with line(rawsocket()) as it:
            if knows_pings:
                it.send(b"\x01\x00\x00\x00")
            await asyncio.sleep(12)
            return it.received()

    assert run_virtual(wait(knows_pings=False)) == b""
    assert run_virtual(wait(knows_pings=True)) == b"\x02\x00\x00\x00\x01\x00\x00\x00"


def test_a_probed_peer_that_is_gone_is_cut_in_time() -> None:
    async def wait() -> tuple[str, float, bool]:
        async with line() as it:
            await asyncio.sleep(1)
            assert it.transport.probe(2.0)
            while not it.sink.ends:  # noqa: ASYNC110  # virtual time
                await asyncio.sleep(0.5)
            return it.sink.ends[0], asyncio.get_running_loop().time(), it.transport.probe(1.0)

    assert run_virtual(wait()) == (
        "closed: peer is silent: nothing within 2 s of a ping",
        3.0,
        False,
    )
