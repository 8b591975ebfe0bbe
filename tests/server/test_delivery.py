from __future__ import annotations

from pathlib import Path

import pytest

from tests.wire.rig import Site, WirePeer, open_site
from wampedge.wamp.messages import Event
from wampedge.wamp.serializers import SERIALIZERS, Serializer


class CountingSerializer:
    """Counts what is encoded by the serializer it stands for."""

    def __init__(self, serializer: Serializer) -> None:
        self._encode = serializer.encode
        self.events = 0

    def encode(self, message: object) -> bytes:
        self.events += isinstance(message, Event)
        return self._encode(message)  # type: ignore[arg-type]  # any message


async def test_an_event_is_encoded_once_for_each_serializer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {}
    for name, serializer in SERIALIZERS.items():
        counts[name] = CountingSerializer(serializer)
        monkeypatch.setattr(type(serializer), "encode", _counted(counts[name]))
    async with open_site(tmp_path) as site:
        peers = await _subscribed(site)
        publisher = await site.join()

        publisher.say([16, 1, {}, "com.a.x", ["payload"]])
        events = [await peer.hear() for peer in peers]

        assert [event[4] for event in events] == [["payload"]] * 12
        # Two kinds of frames each: WebSocket, and RawSocket with the same length limit.
        assert [count.events for count in counts.values()] == [2, 2, 2]


def _counted(count: CountingSerializer) -> object:
    def encode(_: object, message: object) -> bytes:
        return count.encode(message)

    return encode


async def _subscribed(site: Site) -> list[WirePeer]:
    peers = []
    for transport in ("ws", "unix-ws", "raw", "unix-raw"):
        for serializer in SERIALIZERS:
            peer = await site.join(transport, serializer)
            await peer.ask(32, 1, {}, "com.a.x")
            peers.append(peer)
    return peers


async def _short(site: Site) -> WirePeer:
    """Join as a peer that takes messages up to 2 KiB."""
    peer = await site.dial("unix-raw")
    peer.writer.write(b"\x7f\x21\x00\x00")
    await peer.reader.readexactly(4)
    await peer.join()
    return peer


async def test_an_event_longer_than_one_receiver_takes_is_kept_from_it_alone(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path) as site:
        short = await _short(site)
        others = [await site.join(), await site.join("raw")]
        for peer in (short, *others):
            await peer.ask(32, 1, {}, "com.a.x")
        publisher = await site.join()

        publisher.say([16, 1, {}, "com.a.x", ["y" * 3000]], [16, 2, {}, "com.a.x", ["short"]])

        assert (await short.hear())[4] == ["short"]
        for peer in others:
            assert [(await peer.hear())[4], (await peer.hear())[4]] == [["y" * 3000], ["short"]]
        assert site.server.counters.events_dropped == 1


async def test_an_event_the_only_subscriber_cannot_take_is_dropped_and_counted(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path) as site:
        subscriber, publisher = await site.join("ws", "msgpack"), await site.join("ws", "json")
        await subscriber.ask(32, 1, {}, "com.a.x")

        publisher.say([16, 1, {}, "com.a.x", [2**70]], [16, 2, {}, "com.a.x", [1]])

        assert (await subscriber.hear())[4] == [1]
        assert site.server.counters.events_dropped == 1


async def test_a_call_longer_than_its_callee_takes_is_answered_with_an_error(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path) as site:
        short = await _short(site)
        await short.ask(64, 1, {}, "com.a.x")
        caller = await site.join()

        error = await caller.ask(48, 1, {}, "com.a.x", ["y" * 3000])

        assert error[:3] == [8, 48, 1]
        assert error[4] == "wamp.error.payload_size_exceeded"
        assert "longer than the peer takes" in error[5][0]
        assert site.server.counters.messages_replaced == 1


async def test_a_peer_whose_welcome_does_not_fit_is_cut(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        peer = await site.dial("unix-raw")
        peer.writer.write(b"\x7f\x11\x00\x00")  # takes messages up to 1 KiB
        await peer.reader.readexactly(4)
        peer.say([1, "realm1", {"roles": {"caller": {}}}])

        welcome = await peer.hear()

        assert welcome[0] == 2
