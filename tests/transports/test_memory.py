from __future__ import annotations

import pytest

from tests.support.turns import turns
from tests.transports.sinks import RecordedSink
from wampedge.transports.memory import linked_pair
from wampedge.wamp.messages import Cancel


async def test_messages_arrive_in_order_and_as_one_batch() -> None:
    router_end, client_end = linked_pair("clock")
    sink = RecordedSink()
    router_end.sink = sink

    client_end.send(Cancel(1, {}))
    client_end.send(Cancel(2, {}))
    assert sink.heard == []
    await turns()

    assert sink.heard == [Cancel(1, {}), Cancel(2, {}), "batch end"]
    assert router_end.description == {"type": "memory", "peer": "clock"}
    assert router_end.serializer is None


async def test_what_is_sent_before_there_is_a_sink_waits_for_it() -> None:
    router_end, client_end = linked_pair()
    client_end.send(Cancel(1, {}))
    await turns()

    sink = RecordedSink()
    router_end.sink = sink
    await turns()

    assert router_end.sink is sink
    assert sink.heard[0] == Cancel(1, {})


async def test_closing_delivers_what_was_sent_and_then_tells_both_ends_once() -> None:
    router_end, client_end = linked_pair()
    at_router, at_client = RecordedSink(), RecordedSink()
    router_end.sink, client_end.sink = at_router, at_client

    client_end.send(Cancel(1, {}))
    client_end.close()
    client_end.send(Cancel(2, {}))
    await turns()
    client_end.close()
    router_end.close()
    await turns()

    assert at_router.heard == [Cancel(1, {}), "batch end", "closed: None"]
    assert at_client.ends == ["closed: None"]
    assert router_end.is_closed
    assert client_end.is_closed


async def test_aborting_drops_what_was_sent_to_the_aborting_end() -> None:
    router_end, client_end = linked_pair()
    at_router, at_client = RecordedSink(), RecordedSink()
    router_end.sink, client_end.sink = at_router, at_client

    client_end.send(Cancel(1, {}))
    router_end.abort()
    await turns()

    assert at_router.heard == ["batch end", "closed: None"]
    assert at_client.ends == ["closed: None"]


async def test_a_paused_end_takes_messages_again_when_resumed() -> None:
    router_end, client_end = linked_pair()
    sink = RecordedSink()
    router_end.sink = sink
    await turns()
    sink.heard.clear()

    router_end.pause_reading()
    client_end.send(Cancel(1, {}))
    await turns()
    assert Cancel(1, {}) not in sink.heard
    router_end.resume_reading()
    await turns()

    assert Cancel(1, {}) in sink.heard


async def test_a_sink_that_answers_every_message_does_not_hold_the_loop() -> None:
    router_end, client_end = linked_pair()

    class Echo(RecordedSink):
        def on_message(self, message: object) -> None:
            super().on_message(message)
            client_end.send(Cancel(7, {}))

    sink = Echo()
    router_end.sink = sink
    client_end.send(Cancel(1, {}))
    await turns(20)

    assert 2 <= len(sink.heard) <= 50
    router_end.close()
    await turns()


async def test_bytes_cannot_be_sent() -> None:
    _, client_end = linked_pair()

    with pytest.raises(TypeError, match="messages, not bytes"):
        client_end.send_encoded(b"[]")
