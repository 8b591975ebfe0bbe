"""Our client under load: serves a procedure, or publishes.

``python -m tests.bench.client_load URL REALM SERIALIZER callee|publisher COUNT``; the same as
``tests/interop/clients/autobahn_load.py`` does with autobahn.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from wampedge.client import Session

__all__ = ["main"]

_BATCH = 32
_SIZE = 256


async def main(url: str, realm: str, serializer: str, part: str, count: int) -> None:
    """Serve until killed, or publish and tell the CPU time of it."""
    async with await Session.connect(url, realm, serializers=[serializer]) as session:
        if part == "callee":
            await session.register("com.example.echo", lambda value: value)
            print(json.dumps({"ready": True}), flush=True)
            await session.wait_closed()
            return
        await publish(session, count // 10)  # for warming up
        cpu_s = await publish(session, count)
        print(json.dumps({"cpu_us": cpu_s / count * 1e6}), flush=True)


async def publish(session: Session, count: int) -> float:
    """Publish *count* events and return the CPU time of it, in seconds."""
    payload = "x" * _SIZE
    before = time.process_time()
    for number in range(count):
        if number % _BATCH:
            session.publish_nowait("com.example.topic", payload)
        else:
            await session.publish("com.example.topic", payload)
            await asyncio.sleep(0)
    return time.process_time() - before


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])))
