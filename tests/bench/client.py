"""CPU time of the client per call, publication, event and invocation.

Run ``python tests/bench/client.py``. The router and the other end run in a process of their own;
only the client's process time is counted, from the user's function to the socket and back. The
best of several rounds is shown, because other programs only ever add time.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from wampedge.client import Session
from wampedge.router.router import Router
from wampedge.router.settings import RealmSettings
from wampedge.server import Server
from wampedge.wamp.ids import random_id

__all__ = ["main"]

_IN_FLIGHT = 64
_TEXT = "x" * 256
Operation = Callable[[Session, int], Awaitable[None]]


async def calls_one_by_one(session: Session, count: int) -> None:
    """CALL and RESULT, each awaited before the next."""
    for _ in range(count):
        await session.call("bench.echo", _TEXT)


async def calls_in_flight(session: Session, count: int) -> None:
    """CALL and RESULT, 64 at a time."""

    async def some() -> None:
        for _ in range(count // _IN_FLIGHT):
            await session.call("bench.echo", _TEXT)

    await asyncio.gather(*(some() for _ in range(_IN_FLIGHT)))


async def publications(session: Session, count: int) -> None:
    """PUBLISH without an acknowledgement."""
    for number in range(count):
        session.publish_nowait("bench.drain", _TEXT)
        if number % _IN_FLIGHT == 0:
            await asyncio.sleep(0)
    await session.publish("bench.drain", _TEXT, acknowledge=True)


async def events_to_a_plain_function(session: Session, count: int) -> None:
    """EVENT to a plain function."""
    heard = 0
    all_heard = asyncio.Event()

    def on_event(text: str) -> None:
        nonlocal heard
        heard += 1
        if heard == count:
            all_heard.set()

    subscription = await session.subscribe("bench.source", on_event)
    await session.call("bench.publish", count)
    await all_heard.wait()
    await subscription.unsubscribe()


async def invocations_of_a_plain_function(session: Session, count: int) -> None:
    """INVOCATION and YIELD of a plain function."""
    registration = await session.register("bench.plain", lambda text: text)
    await session.call("bench.call", "bench.plain", count)
    await registration.unregister()


async def invocations_of_an_async_function(session: Session, count: int) -> None:
    """INVOCATION and YIELD of an async function, a task each."""

    async def echo(text: str) -> str:
        return text

    registration = await session.register("bench.async", echo)
    await session.call("bench.call", "bench.async", count)
    await registration.unregister()


OPERATIONS: tuple[Operation, ...] = (
    calls_one_by_one,
    calls_in_flight,
    publications,
    events_to_a_plain_function,
    invocations_of_a_plain_function,
    invocations_of_an_async_function,
)


async def serve(path: str) -> None:
    """Be the router and the other end until standard input ends."""
    router = Router(
        [RealmSettings("bench")],
        random_id=partial(random_id, random.getrandbits),
        monotonic_s=asyncio.get_running_loop().time,
    )
    server = Server(router, [f"unix:{path}"])
    await server.start()
    async with await Session.over(server.attach_local(), "bench") as peer:

        async def publish(count: int) -> None:
            for number in range(count):
                peer.publish_nowait("bench.source", _TEXT)
                if number % _IN_FLIGHT == 0:
                    await asyncio.sleep(0.001)

        async def call(procedure: str, count: int) -> None:
            async def some() -> None:
                for _ in range(count // _IN_FLIGHT):
                    await peer.call(procedure, _TEXT)

            await asyncio.gather(*(some() for _ in range(_IN_FLIGHT)))

        await peer.register("bench.echo", lambda text: text)
        await peer.register("bench.publish", publish)
        await peer.register("bench.call", call)
        await peer.subscribe("bench.drain", lambda text: None)
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.stop()


async def measure(url: str, serializer: str, *, count: int, rounds: int) -> list[float]:
    """Return CPU seconds per unit for each of OPERATIONS."""
    found = []
    async with await Session.connect(url, "bench", serializers=[serializer]) as session:
        for operation in OPERATIONS:
            best = float("inf")
            for _ in range(rounds):
                began = time.process_time()
                await operation(session, count)
                best = min(best, time.process_time() - began)
            found.append(best / count)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=6400, help="units in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.serve))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.sock"
        command = [sys.executable, __file__, "--serve", str(path)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None, "piped"
            assert process.stdout is not None, "piped"
            process.stdout.readline()
            columns = [
                (f"{name} {serializer}", url, serializer)
                for name, url in (("raw socket", f"unix:{path}"), ("websocket", f"unix:{path}?ws"))
                for serializer in ("msgpack", "json")
            ]
            results = [
                asyncio.run(measure(url, serializer, count=options.count, rounds=options.rounds))
                for _, url, serializer in columns
            ]
            process.stdin.close()
    print("CPU us per unit of 256 B".ljust(34), *(title.rjust(20) for title, *_ in columns))
    for row, operation in enumerate(OPERATIONS):
        figures = (f"{result[row] * 1e6:.1f}".rjust(20) for result in results)
        print(operation.__name__.replace("_", " ").ljust(34), *figures)


if __name__ == "__main__":
    main()
