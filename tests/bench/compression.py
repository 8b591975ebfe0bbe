"""What compressed messages save and cost, and what a session needs for them.

``python -m tests.bench.compression`` prints, for an event of a sensor and for longer ones, the
bytes on the wire and the CPU time of the frame, with compression and without; then the memory of
1,000 framings of each kind that have read and written a long message.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable

import msgpack

from wampedge.transports.compression import Compression
from wampedge.transports.websocket import BINARY, TEXT, WebSocketFraming

__all__ = ["main"]

_HEAD = [36, 5512315355, 4429313566, {}, []]
_READING = {"value": 21.53125, "unit": "degC", "at": 1_766_000_000.25, "quality": "good"}
_LIMIT = 256 * 1024


def _event(readings: int) -> list[object]:
    if not readings:
        return [*_HEAD, {**_READING, "from": "gh1"}]
    listed = [
        {"name": f"greenhouse.bench{number}.temperature", **_READING, "value": 20 + number * 0.37}
        for number in range(readings)
    ]
    return [*_HEAD, {"readings": listed}]


def _framing(opcode: int, *, is_compressed: bool, is_server: bool = True) -> WebSocketFraming:
    return WebSocketFraming(
        is_server=is_server,
        opcode=opcode,
        max_message_bytes=_LIMIT,
        compression=Compression() if is_compressed else None,
    )


def _cpu_us(operation: Callable[[], object], rounds: int = 500) -> float:
    """Return the CPU time of one *operation*, the best of ten times *rounds*."""
    best_s = float("inf")
    for _ in range(10):
        started_s = time.process_time()
        for _ in range(rounds):
            operation()
        best_s = min(best_s, time.process_time() - started_s)
    return best_s / rounds * 1e6


def _show_messages() -> None:
    print(f"{'message':22}{'bytes':>8}{'compressed':>12}{'write':>8}{'read':>8}  us CPU more")
    for readings in (0, 9, 160):
        message = _event(readings)
        packed: bytes = msgpack.packb(message)
        for name, opcode, body in (
            ("json", TEXT, json.dumps(message, separators=(",", ":")).encode()),
            ("msgpack", BINARY, packed),
        ):
            title = f"{readings or 1} reading(s), {name}"
            print(title.ljust(22) + _figures(opcode, body))


def _figures(opcode: int, body: bytes) -> str:
    """Return bytes without and with compression, and what writing and reading cost more."""
    (plain, short), (far_plain, far_short) = (
        [_framing(opcode, is_compressed=flag, is_server=side) for flag in (False, True)]
        for side in (True, False)
    )
    frame, short_frame = plain.frame(body), short.frame(body)
    assert far_short.receive(short_frame) == [body], "what is written is read"

    write_us = _cpu_us(lambda: short.frame(body)) - _cpu_us(lambda: plain.frame(body))
    read_us = _cpu_us(lambda: far_short.receive(short_frame))
    read_us -= _cpu_us(lambda: far_plain.receive(frame))
    return f"{len(frame):8}{len(short_frame):12}{write_us:8.1f}{read_us:8.1f}"


def _show_memory(count: int = 1000) -> None:
    body = json.dumps(_event(160)).encode()
    for is_compressed in (False, True):
        near = _framing(TEXT, is_compressed=is_compressed, is_server=False)
        tracemalloc.start()
        framings = []
        for _ in range(count):
            framing = _framing(TEXT, is_compressed=is_compressed)
            assert framing.receive(near.frame(body)), "the message is complete"
            framing.frame(body)
            framings.append(framing)
        size, _peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        kind = "compressed" if is_compressed else "plain"
        print(f"{kind:12} {size / count:8.0f} bytes a framing")


def main() -> None:
    """Print all figures."""
    _show_messages()
    _show_memory()


if __name__ == "__main__":
    main()
