"""autobahn-python under load, on asyncio: serves a procedure, or publishes.

Arguments: the url, the realm, the serializer, what to do (callee, publisher) and how often.
"""

import asyncio
import json
import sys
import time

from autobahn.asyncio.component import Component, run

URL, REALM, SERIALIZER, PART, COUNT = sys.argv[1:]
BATCH = 32
SIZE = 256

component = Component(
    transports=[{"type": "websocket", "url": URL, "serializers": [SERIALIZER], "max_retries": 0}],
    realm=REALM,
)


def tell(**facts):
    """Print one line of the report."""
    print(json.dumps(facts), flush=True)


@component.on_join
async def play(session, details):
    """Serve until killed, or publish and tell the CPU time of it."""
    if PART == "callee":
        await session.register(lambda value: value, "com.example.echo")
        tell(ready=True)
        await asyncio.Event().wait()
        return
    payload = "x" * SIZE
    for count in (int(COUNT) // 10, int(COUNT)):  # the first is for warming up
        before = time.process_time()
        for number in range(count):
            session.publish("com.example.topic", payload)
            if number % BATCH == 0:
                await asyncio.sleep(0)
        cpu_s = time.process_time() - before
    tell(cpu_us=cpu_s / int(COUNT) * 1e6)
    await session.leave()


run([component], log_level=None)
