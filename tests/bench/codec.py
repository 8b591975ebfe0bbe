"""CPU time of the serializers per message: CALL, PUBLISH and EVENT with about 256 bytes.

Run ``python tests/bench/codec.py``. Two payloads: one text, and a sensor event with many fields.
For each serializer, and for MessagePack with and without the C extension of msgpack:

- ``decode``: bytes to message, arguments proven good and kept as they came;
- ``encode``: message to bytes with arguments that came in by the same serializer (spliced);
- ``convert``: the same with arguments that came in by the other serializer;
- ``create``: message to bytes with arguments made here, as a driver publishes them.

The best of several rounds is shown, because other programs only ever add time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

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


def messages(payload: tuple[list[Any], dict[str, Any]]) -> dict[str, Callable[[Payload], Message]]:
    """Return makers of the three messages; they share no state."""
    del payload
    return {
        "CALL": lambda arguments: Call(123_456, {}, "com.example.procedure", arguments),
        "PUBLISH": lambda arguments: Publish(123_456, {}, "com.example.topic", arguments),
        "EVENT": lambda arguments: Event(ID, ID + 1, {}, arguments),
    }


def cpu_us(operation: Callable[[], object], *, count: int, rounds: int) -> float:
    """Return the CPU time of one *operation* in microseconds, of the best round."""
    best = float("inf")
    repeats = range(count)
    for _ in range(rounds):
        started = time.process_time()
        for _ in repeats:
            operation()
        best = min(best, time.process_time() - started)
    return best / count * 1e6


def measured(
    codec: Serializer, other: Serializer, make: Callable[[Payload], Message], values: Any
) -> dict[str, Callable[[], object]]:
    """Return the four operations on one message."""
    args, kwargs = values
    data = codec.encode(make(Payload(args, kwargs)))
    received: Any = codec.decode(data)
    foreign: Any = other.decode(other.encode(make(Payload(args, kwargs))))

    def convert() -> object:
        elements = foreign.payload.elements
        return codec.encode(make(Payload.raw(other, b"", elements)))

    return {
        "decode": lambda: codec.decode(data),
        "encode": lambda: codec.encode(received),
        "convert": convert,
        "create": lambda: codec.encode(make(Payload(args, kwargs))),
    }


def main() -> None:
    """Print one line per serializer, payload and message."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=5_000, help="operations in a round")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    json, plain = JsonSerializer(), MsgpackSerializer(has_extension=False)
    pairs: list[tuple[str, Serializer, Serializer]] = [("json", json, plain)]
    if HAS_EXTENSION:
        pairs.append(("msgpack with C", MsgpackSerializer(), json))
    pairs.append(("msgpack without C", plain, json))
    print(f"{'us CPU':18} {'payload':8} {'message':8}   decode   encode  convert   create")
    for label, codec, other in pairs:
        for payload_name, values in (("text", TEXT), ("reading", READING)):
            for name, make in messages(values).items():
                figures = [
                    cpu_us(operation, count=options.count, rounds=options.rounds)
                    for operation in measured(codec, other, make, values).values()
                ]
                shown = " ".join(f"{figure:8.2f}" for figure in figures)
                print(f"{label:18} {payload_name:8} {name:8} {shown}")


if __name__ == "__main__":
    main()
