"""CPU time of the serializers per message: CALL, PUBLISH and EVENT with about 256 bytes.

Run ``python tests/bench/codec.py``. Two payloads: one text, and a sensor event with many fields.
For JSON, and for MessagePack with and without the C extension of msgpack:

- ``decode``: bytes to message, arguments proven good and kept as they came;
- ``encode``: message to bytes with arguments that came in by the same serializer (spliced);
- ``convert``: the same with arguments that came in by the other serializer;
- ``create``: message to bytes with arguments made here, as a driver publishes them;
- ``library``: for comparison, decode and encode again with the library alone, unchecked (json, or
  msgpack's C extension or its fallback). A router pays ``decode`` + ``encode`` instead.

Rounds are short and many, and the best one is shown: other programs only ever add time.
"""

from __future__ import annotations

import argparse
import json as json_library
import time
from collections.abc import Callable
from typing import Any

import msgpack
from msgpack import fallback

from wampedge.wamp.json_codec import JsonSerializer
from wampedge.wamp.messages import Call, Event, Message, Publish
from wampedge.wamp.msgpack_codec import HAS_EXTENSION, MsgpackSerializer
from wampedge.wamp.payload import Payload
from wampedge.wamp.serializers import Serializer

__all__ = ["main"]

TEXT: tuple[list[Any], dict[str, Any]] = (["x" * 256], {})
READING: tuple[list[Any], dict[str, Any]] = (
    [21.5],
    {
        "unit": "C",
        "time": 1764000000.125,
        "quality": "good",
        "seq": 123456,
        "name": "greenhouse north temperature",
        "labels": {"zone": "a1", "row": "17", "place": "under the bench"},
        "minimum": 12.25,
        "maximum": 33.5,
        "history": [21.1, 21.2, 21.3, 21.4, 21.5],
        "historical": False,
    },
)
ID = 2_345_678_901_234_567


MESSAGES: dict[str, Callable[[Payload], Message]] = {
    "CALL": lambda payload: Call(123_456, {}, "com.example.procedure", payload),
    "PUBLISH": lambda payload: Publish(123_456, {}, "com.example.topic", payload),
    "EVENT": lambda payload: Event(ID, ID + 1, {}, payload),
}
Operation = Callable[[], object]


def cpu_us(operation: Operation, *, count: int, rounds: int) -> float:
    """Return the CPU time of one *operation* in microseconds, of the best round."""
    best = float("inf")
    repeats = range(count)
    for _ in range(rounds):
        started = time.process_time()
        for _ in repeats:
            operation()
        best = min(best, time.process_time() - started)
    return best / count * 1e6


def library_only(label: str, data: bytes) -> Operation:
    """Return decoding and encoding of *data* with nothing but the library."""
    if label == "json":
        encode = json_library.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        return lambda: encode(json_library.loads(data)).encode()
    if label == "msgpack with C":
        packer = msgpack.Packer()
        return lambda: packer.pack(msgpack.unpackb(data))
    plain_packer = fallback.Packer()

    def with_fallback() -> object:
        unpacker = fallback.Unpacker(None, max_buffer_size=len(data))
        unpacker.feed(data)
        return plain_packer.pack(unpacker.unpack())

    return with_fallback


def measured(
    label: str,
    codec: Serializer,
    other: Serializer,
    make: Callable[[Payload], Message],
    values: Any,
) -> list[Operation]:
    """Return the five operations on one message."""
    args, kwargs = values
    data = codec.encode(make(Payload(args, kwargs)))
    received: Any = codec.decode(data)
    foreign: Any = other.decode(other.encode(received))
    return [
        lambda: codec.decode(data),
        lambda: codec.encode(received),
        lambda: codec.encode(make(Payload.raw(other, b"", foreign.payload.elements))),
        lambda: codec.encode(make(Payload(args, kwargs))),
        library_only(label, data),
    ]


def main() -> None:
    """Print one line per serializer, payload and message."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=400, help="operations in a round")
    parser.add_argument("--rounds", type=int, default=80)
    options = parser.parse_args()
    json, plain = JsonSerializer(), MsgpackSerializer(has_extension=False)
    codecs: list[tuple[str, Serializer, Serializer]] = [("json", json, plain)]
    if HAS_EXTENSION:
        codecs.append(("msgpack with C", MsgpackSerializer(), json))
    codecs.append(("msgpack without C", plain, json))
    print(f"{'us CPU':17} {'payload':8} {'message':8}   decode   encode  convert   create  library")
    for label, codec, other in codecs:
        for payload_name, values in (("text", TEXT), ("reading", READING)):
            for name, make in MESSAGES.items():
                figures = [
                    cpu_us(operation, count=options.count, rounds=options.rounds)
                    for operation in measured(label, codec, other, make, values)
                ]
                shown = " ".join(f"{figure:8.2f}" for figure in figures)
                print(f"{label:17} {payload_name:8} {name:8} {shown}")


if __name__ == "__main__":
    main()
