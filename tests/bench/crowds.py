"""CPU time of the router core where sessions make it hard: own topics, retained events, patterns.

Run ``python -m tests.bench.crowds``. The first table tells how the cost of an operation changes
with the number of subscribers or retained events. The second tells what others pay for a session
whose patterns come and go with every one of their publications, or that has as many patterns as
it may: the time of that session itself is taken off.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Mapping
from statistics import median

from tests.bench.router_core import Operation, Site, cpu_us
from wampedge.router import RouterSession
from wampedge.wamp.messages import Error, Publish, Subscribe, Unsubscribe
from wampedge.wamp.payload import Payload

__all__ = ["main"]

_SIZES = (10, 100, 1_000, 10_000)
_TOPICS = 1_000
_PAYLOAD = Payload([21.5], {"unit": "Cel"})


def publish_to_own_topic(size: int) -> Operation:
    """PUBLISH -> EVENT to *size* others, by one of the subscribers."""
    site = Site()
    publisher = site.join()
    for session in (publisher, *(site.join() for _ in range(size))):
        site.receive(session, Subscribe(1, {}, "bench.topic"))
    return lambda number: site.router.receive(
        publisher, Publish(number, {}, "bench.topic", _PAYLOAD)
    )


def retaining_site(size: int) -> tuple[Site, RouterSession]:
    """Return a site whose topics bench.0.x and so on have a retained event, and a new session."""
    site = Site()
    node = site.join()
    for number in range(size):
        site.receive(node, Publish(1, {"retain": True}, f"bench.{number}.x", _PAYLOAD))
    return site, site.join()


def publish_retained(size: int) -> Operation:
    """PUBLISH with retain, to one topic of *size*."""
    site, publisher = retaining_site(size)
    return lambda number: site.router.receive(
        publisher, Publish(number, {"retain": True}, f"bench.{size // 2}.x", _PAYLOAD)
    )


def subscribe_retained(options: Mapping[str, object], topic: str) -> Callable[[int], Operation]:
    """Return what makes SUBSCRIBE with get_retained -> SUBSCRIBED and one EVENT."""

    def make(size: int) -> Operation:
        site, subscriber = retaining_site(size)
        subscribe = {"get_retained": True, **options}

        def operation(number: int) -> object:
            sends = site.router.receive(subscriber, Subscribe(number, subscribe, topic))
            assert len(sends) == 2, "one topic is retained"
            return sends

        return operation

    return make


BY_SIZE: Mapping[str, Callable[[int], Operation]] = {
    "publish to own topic": publish_to_own_topic,
    "publish, retained": publish_retained,
    "get 1 retained by bench.7.x": subscribe_retained({}, "bench.7.x"),
    "get 1 retained by prefix bench.7.": subscribe_retained({"match": "prefix"}, "bench.7."),
    "get 1 retained by wildcard bench.7.": subscribe_retained({"match": "wildcard"}, "bench.7."),
    "get 1 retained by wildcard .7.x": subscribe_retained({"match": "wildcard"}, ".7.x"),
}


class Crowd:
    """One publisher of many topics, each with a subscriber, and a session that makes it hard."""

    def __init__(self) -> None:
        self.site = Site()
        self.receive = self.site.router.receive
        self.publisher, self.hostile = self.site.join(), self.site.join()
        subscriber = self.site.join()
        for number in range(_TOPICS):
            self.receive(subscriber, Subscribe(number + 1, {}, f"bench.a.t{number}"))
        self.receive(subscriber, Subscribe(_TOPICS + 1, {"match": "prefix"}, "bench.b."))
        self._numbers = itertools.count(1)

    def publish(self) -> None:
        """Publish to the next of the known topics."""
        number = next(self._numbers)
        self.receive(self.publisher, Publish(number, {}, f"bench.a.t{number % _TOPICS}", _PAYLOAD))

    def publish_anew(self) -> None:
        """Publish to a topic nobody has published to."""
        number = next(self._numbers)
        self.receive(self.publisher, Publish(number, {}, f"bench.b.t{number}", _PAYLOAD))

    def come(self, match: str, pattern: str) -> int:
        """Subscribe the hostile session; return the id."""
        sends = self.receive(self.hostile, Subscribe(1, {"match": match}, pattern))
        subscription_id = getattr(sends[0].message, "subscription_id", 0)
        assert isinstance(subscription_id, int)
        return subscription_id

    def go(self, subscription_id: int) -> None:
        """Unsubscribe it."""
        self.receive(self.hostile, Unsubscribe(1, subscription_id))

    def fill(self, match: str, patterns: list[str]) -> int:
        """Subscribe to as many of *patterns* as it may; return how many that is."""
        answers = [
            self.receive(self.hostile, Subscribe(1, {"match": match}, pattern))[0].message
            for pattern in patterns
        ]
        return sum(not isinstance(answer, Error) for answer in answers)


def between_us(match: str, pattern: str, *, rounds: int) -> tuple[float, float]:
    """Return the times of a publication: alone, and with a pattern that just came or went."""
    crowd = Crowd()

    def come_and_go(_number: int) -> None:
        crowd.go(crowd.come(match, pattern))

    def publish_between(_number: int) -> None:
        subscription_id = crowd.come(match, pattern)
        crowd.publish()
        crowd.go(subscription_id)
        crowd.publish()

    plain, between = [], []
    for _ in range(rounds):
        # Short, and one after the other: the processor changes its speed from time to time.
        alone, taken_off, together = (
            cpu_us(act, count=100, rounds=3)
            for act in (lambda _number: crowd.publish(), come_and_go, publish_between)
        )
        plain.append(alone)
        between.append((together - taken_off) / 2)
    return median(plain), median(between)


def gappy(count: int) -> list[str]:
    """Return *count* wildcards of three components, as different as can be."""
    shapes = ["bench..", ".b.", "..n{}", "bench..n{}", ".b.n{}", "bench.b.", "bench.x{}.", "y{}..",
              "y{}.b.", "y{}..n1"]  # fmt: skip
    return [shapes[number % len(shapes)].format(number) for number in range(count)]


def show_costs_to_others(*, count: int, rounds: int) -> None:
    """Print what others pay."""

    def plain(match: str = "", patterns: tuple[str, ...] = ()) -> float:
        crowd = Crowd()
        taken = crowd.fill(match, list(patterns))
        assert taken or not patterns, "some patterns are taken"
        return cpu_us(lambda _number: crowd.publish_anew(), count=count, rounds=rounds)

    deep = tuple("x" * length for length in range(1, 200))
    print("publish to a known topic, alone and while there is coming and going of")
    for match, pattern, name in (
        ("prefix", "zoo.", "a prefix of other topics"),
        ("prefix", "", "the empty prefix, which gets half of the events"),
        ("wildcard", "zoo..x", "a wildcard of other topics"),
    ):
        alone, between = between_us(match, pattern, rounds=10 * rounds)
        print(f"  {name:50}{alone:6.2f}{between:8.2f} us CPU")
    print("publish to a topic for the first time, with")
    print(f"  nobody else {plain():52.2f} us CPU")
    print(f"  199 prefixes of other topics {plain('prefix', deep):35.2f}")
    wild = plain("wildcard", tuple(gappy(1_000)))
    print(f"  1,000 wildcards tried by one session {wild:27.2f}")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=5_000, help="operations in a round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{'us CPU, by size:':37}" + "".join(f"{size:8,}" for size in _SIZES))
    for name, make in BY_SIZE.items():
        figures = [cpu_us(make(n), count=options.count, rounds=options.rounds) for n in _SIZES]
        print(f"{name:37}" + "".join(f"{figure:8.2f}" for figure in figures))
    show_costs_to_others(count=options.count, rounds=options.rounds)


if __name__ == "__main__":
    main()
