"""One reader that stalls and one that does not, at one router: what each gets, and the memory.

``python -m tests.bench.slow_reader`` runs router, publisher and readers as processes of their own
over WebSocket and MessagePack, once for each policy, and prints a table. The stalled reader never
reads its socket until all is published; then it reads what is there.

Nobody answers pings here for longer than the product waits, so the pings are put off.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from tests.bench.plain_client import PlainClient
from wampedge.router import RealmSettings, Router
from wampedge.router.overflow import OverflowRules
from wampedge.server import Server, random_ids
from wampedge.transports.limits import TransportLimits
from wampedge.wamp.overflow import DISCONNECT, OVERFLOW_OPTION, OVERFLOW_POLICIES

__all__ = ["Outcome", "measure", "table"]

ROOT = Path(__file__).parents[2]
TOPIC = "bench.flood"
_BYTES = 1024
_REALM = "bench"


@dataclass(frozen=True)
class Outcome:
    """What one run showed.

    Attributes:
        policy: of the stalled reader.
        published: events the publisher sent.
        seconds: from the first to the last of them.
        healthy_lost: of these, those the healthy reader did not get.
        stalled_received: what the stalled reader got.
        stalled_told: losses it was told of.
        counted: losses the router counted.
        sessions_cut: sessions the router closed as too slow.
        growth_mib: peak memory of the router while all this went on, less what it had before.
        router_cpu_us: CPU time of the router for one event to both readers.
    """

    policy: str
    published: int
    seconds: float
    healthy_lost: int
    stalled_received: int
    stalled_told: int
    counted: int
    sessions_cut: int
    growth_mib: float
    router_cpu_us: float


def measure(policy: str, *, events: int, is_for_all: bool = False) -> Outcome:
    """Let one reader stall under *policy* while *events* are published.

    Args:
        policy: of the stalled reader's subscription.
        events: how many, of 1 KiB each.
        is_for_all: let the policy hold for the healthy reader as well.
    """
    with ExitStack() as stack:
        router = stack.enter_context(_Role("router", policy if is_for_all else DISCONNECT))
        port = router.hear()
        stalled = stack.enter_context(_Role("stalled", port, policy, events))
        healthy = stack.enter_context(_Role("healthy", port, events))
        publisher = stack.enter_context(_Role("publisher", port, events))
        for role in (stalled, healthy, publisher):
            role.hear()  # it has joined
        before = router.memory_kib("VmRSS")
        router.forget_peak()
        cpu_before, began = router.cpu_s(), time.perf_counter()
        publisher.say("go")
        publisher.hear()
        seconds = time.perf_counter() - began
        received = healthy.hear()
        cpu_s = router.cpu_s() - cpu_before
        growth_kib = router.memory_kib("VmHWM") - before
        stalled.say("go")
        end = stalled.hear()
        router.say("go")
        counters = router.hear()
    return Outcome(
        policy=policy,
        published=events,
        seconds=seconds,
        healthy_lost=events - received,
        stalled_received=end["received"],
        stalled_told=end["told"],
        counted=counters["events_overflowed"] + counters["events_conflated"],
        sessions_cut=counters["slow_sessions_closed"],
        growth_mib=growth_kib / 1024,
        router_cpu_us=cpu_s / events * 1e6,
    )


def table(outcomes: list[Outcome]) -> str:
    """Return *outcomes* as Markdown."""
    names = list(asdict(outcomes[0]))
    lines = ["| " + " | ".join(name.replace("_", " ") for name in names) + " |"]
    lines.append("|---" * len(names) + "|")
    for outcome in outcomes:
        values = asdict(outcome).values()
        shown = (f"{value:.1f}" if isinstance(value, float) else str(value) for value in values)
        lines.append("| " + " | ".join(shown) + " |")
    return "\n".join(lines)


class _Role:
    """One process of a run; says and hears lines of JSON."""

    def __init__(self, role: str, *arguments: Any) -> None:
        command = [sys.executable, "-m", "tests.bench.slow_reader", "--role", role]
        self._process = subprocess.Popen(
            [*command, *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._process.kill()
        self._process.communicate()

    def say(self, value: Any) -> None:
        """Send one value."""
        assert self._process.stdin is not None, "piped"
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """Wait for one value."""
        assert self._process.stdout is not None, "piped"
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a process of the run ended early")
        return json.loads(line)

    def memory_kib(self, name: str) -> int:
        """Read a line of memory from the kernel, such as VmRSS."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name))

    def forget_peak(self) -> None:
        """Let VmHWM start anew."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def cpu_s(self) -> float:
        """Return the CPU time so far."""
        return int(Path(f"/proc/{self._process.pid}/schedstat").read_text().split()[0]) / 1e9


def _tell(value: Any) -> None:
    print(json.dumps(value), flush=True)


async def _be_router(default: str) -> None:
    limits = TransportLimits(ping_interval_s=3600.0)
    settings = RealmSettings(_REALM, overflow=OverflowRules(default))
    router = Router([settings], random_id=random_ids().__next__, monotonic_s=time.monotonic)
    server = Server(router, ["ws://127.0.0.1:0/ws"], limits=limits)
    await server.start()
    _tell(server.addresses[0].port)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    _tell(asdict(server.counters))
    await server.stop()


def _events(client: PlainClient, last: int) -> Iterator[list[Any]]:
    """Read events up to number *last*, or to the end of the connection."""
    for message in client.messages():
        if message[0] == 36:
            yield message
            if message[4][0] == last:
                return


def _be_healthy(port: int, events: int) -> None:
    client = PlainClient(port, _REALM)
    client.ask(32, 1, {}, TOPIC)
    _tell("joined")
    received = expected = 0
    for message in _events(client, events):
        received += 1
        expected += 1
        if message[4][0] != expected:
            print(f"expected event {expected}, got {message[4][0]}", file=sys.stderr)
            expected = message[4][0]
    _tell(received)


def _be_stalled(port: int, policy: str, events: int) -> None:
    client = PlainClient(port, _REALM)
    client.ask(32, 1, {OVERFLOW_OPTION: policy}, TOPIC)
    _tell("joined")
    sys.stdin.readline()
    received = told = 0
    for message in _events(client, events):
        received += 1
        told += message[3].get("x_dropped", 0)
    _tell({"received": received, "told": told})


def _be_publisher(port: int, events: int) -> None:
    client = PlainClient(port, _REALM)
    _tell("joined")
    sys.stdin.readline()
    text = "x" * _BYTES
    for number in range(1, events + 1):
        client.say(16, number, {}, TOPIC, [number, text])
    client.ask(48, events + 1, {}, "bench.nobody")
    _tell("published")


def main() -> None:
    """Run all policies, or be one of the processes of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--for-all", action="store_true", help="the healthy reader has it as well")
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    given: list[str] = options.arguments
    if options.role == "router":
        asyncio.run(_be_router(given[0]))
    elif options.role == "stalled":
        _be_stalled(int(given[0]), given[1], int(given[2]))
    elif options.role == "healthy":
        _be_healthy(int(given[0]), int(given[1]))
    elif options.role == "publisher":
        _be_publisher(int(given[0]), int(given[1]))
    else:
        outcomes = [
            measure(policy, events=options.events, is_for_all=options.for_all)
            for policy in OVERFLOW_POLICIES
        ]
        print(table(outcomes))


if __name__ == "__main__":
    main()
