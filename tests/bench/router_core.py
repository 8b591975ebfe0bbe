"""CPU time of the router core per operation, without any transport or serializer.

Run ``python tests/bench/router_core.py``; with ``--curve`` it shows instead how the cost changes
with the number of subscriptions and registrations, for each way to match. Messages carry a payload
that is kept as raw bytes, as the serializers hand it in. What a figure includes is said beside it;
the best of several rounds is shown, because other programs only ever add time.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wampedge.router import Admission, RealmSettings, Router, RouterSession, SessionLimits
from wampedge.wamp.messages import (
    Call,
    Hello,
    Invocation,
    Message,
    Publish,
    Register,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Yield,
)
from wampedge.wamp.payload import Payload

__all__ = ["main"]

_ROLES: dict[str, Any] = {"caller": {}, "callee": {}, "publisher": {}, "subscriber": {}}
_TAIL = b"x" * 256
_SIZES = (10, 100, 1_000, 10_000)
_URI_BY_MATCH = {
    "exact": ("bench.e{entry}", "bench.e{entry}"),
    "prefix": ("bench.e{entry}.", "bench.e{entry}.n{number}"),
    "wildcard": ("bench..e{entry}", "bench.n{number}.e{entry}"),
}
"""For each way to match the pattern of an entry, and a URI that only this entry matches."""


class _Codec:
    """A codec whose tail is never looked at."""

    name = "bench"

    def decode_tail(self, tail: bytes) -> Sequence[Any]:
        raise AssertionError("the router decoded a payload")

    def encode_tail(self, elements: Sequence[Any], *, is_checked: bool) -> bytes:
        raise AssertionError("the router encoded a payload")


_PAYLOAD = Payload.raw(_Codec(), _TAIL, ([],))
Operation = Callable[[int], object]


class Site:
    """A router with one realm and sessions that have joined it."""

    def __init__(self) -> None:
        ids = itertools.count(1)
        limits = SessionLimits(subscriptions=_SIZES[-1] + 1, registrations=_SIZES[-1] + 1)
        settings = RealmSettings("bench", limits=limits)
        self.router = Router([settings], random_id=lambda: next(ids), monotonic_s=time.monotonic)

    def join(self) -> RouterSession:
        """Attach a session and let it join."""
        session = self.router.attach(transport={}, auth=Admission("bench"))
        self.router.receive(session, Hello("bench", {"roles": _ROLES}))
        return session

    def receive(self, session: RouterSession, message: Message) -> None:
        """Let the router react to a message of the set-up."""
        self.router.receive(session, message)


def call_and_yield() -> Operation:
    """CALL -> INVOCATION and YIELD -> RESULT; makes the CALL and the YIELD as well."""
    site = Site()
    caller, callee = site.join(), site.join()
    site.receive(callee, Register(1, {}, "bench.echo"))
    receive = site.router.receive

    def operation(number: int) -> object:
        (send,) = receive(caller, Call(number, {}, "bench.echo", _PAYLOAD))
        assert type(send.message) is Invocation, "the call was routed"
        return receive(callee, Yield(send.message.request_id, {}, _PAYLOAD))

    return operation


def publish_to(subscribers: int) -> Operation:
    """PUBLISH -> EVENT for a number of subscribers; makes the PUBLISH as well."""
    site = Site()
    publisher = site.join()
    for _ in range(subscribers):
        site.receive(site.join(), Subscribe(1, {}, "bench.topic"))
    receive = site.router.receive

    def operation(number: int) -> object:
        return receive(publisher, Publish(number, {}, "bench.topic", _PAYLOAD))

    return operation


def acknowledged_publish() -> Operation:
    """PUBLISH with acknowledge -> EVENT and PUBLISHED."""
    site = Site()
    publisher = site.join()
    site.receive(site.join(), Subscribe(1, {}, "bench.topic"))
    receive = site.router.receive

    def operation(number: int) -> object:
        return receive(publisher, Publish(number, {"acknowledge": True}, "bench.topic", _PAYLOAD))

    return operation


def join_and_leave() -> Operation:
    """attach, HELLO -> WELCOME, detach."""
    site = Site()

    def operation(_number: int) -> object:
        return site.router.detach(site.join())

    return operation


def messages_only() -> Operation:
    """Make the four messages of a call and do nothing with them: the floor of call_and_yield."""

    def operation(number: int) -> object:
        Call(number, {}, "bench.echo", _PAYLOAD)
        Invocation(number, 1, {}, _PAYLOAD)
        Yield(number, {}, _PAYLOAD)
        return Yield(number, {}, _PAYLOAD)

    return operation


def uris_among(match: str, size: int, *, is_new: bool) -> Callable[[int], str]:
    """Return what gives the URI of an operation: always the same, or each time another one."""
    uri = _URI_BY_MATCH[match][1]
    if not is_new:
        known = uri.format(entry=size // 2, number=0)
        return lambda _number: known
    return lambda number: uri.format(entry=number % size, number=number)


def publish_among(match: str, size: int, *, is_new: bool) -> Operation:
    """PUBLISH -> EVENT for one of many subscriptions; makes the topic and the PUBLISH as well."""
    site = Site()
    publisher, subscriber = site.join(), site.join()
    for entry in range(size):
        topic = _URI_BY_MATCH[match][0].format(entry=entry)
        site.receive(subscriber, Subscribe(entry + 1, {"match": match}, topic))
    topic_of, receive = uris_among(match, size, is_new=is_new), site.router.receive

    def operation(number: int) -> object:
        (send,) = receive(publisher, Publish(number, {}, topic_of(number), _PAYLOAD))
        return send

    return operation


def call_among(match: str, size: int, *, is_new: bool) -> Operation:
    """CALL -> INVOCATION and YIELD -> RESULT at one of many registrations."""
    site = Site()
    caller, callee = site.join(), site.join()
    for entry in range(size):
        procedure = _URI_BY_MATCH[match][0].format(entry=entry)
        site.receive(callee, Register(entry + 1, {"match": match}, procedure))
    procedure_of, receive = uris_among(match, size, is_new=is_new), site.router.receive

    def operation(number: int) -> object:
        (send,) = receive(caller, Call(number, {}, procedure_of(number), _PAYLOAD))
        assert type(send.message) is Invocation, "the call was routed"
        return receive(callee, Yield(send.message.request_id, {}, _PAYLOAD))

    return operation


def come_and_go_among(match: str, size: int) -> Operation:
    """SUBSCRIBE -> SUBSCRIBED and UNSUBSCRIBE -> UNSUBSCRIBED beside many subscriptions."""
    site = Site()
    subscriber = site.join()
    for entry in range(size):
        topic = _URI_BY_MATCH[match][0].format(entry=entry)
        site.receive(subscriber, Subscribe(entry + 1, {"match": match}, topic))
    receive, last = site.router.receive, _URI_BY_MATCH[match][0].format(entry=size)

    def operation(number: int) -> object:
        (send,) = receive(subscriber, Subscribe(number, {"match": match}, last))
        assert type(send.message) is Subscribed, "the subscription was taken"
        return receive(subscriber, Unsubscribe(number, send.message.subscription_id))

    return operation


CURVES: Mapping[str, Callable[[str, int], Operation]] = {
    "publish, same topic": lambda match, size: publish_among(match, size, is_new=False),
    "publish, another each time": lambda match, size: publish_among(match, size, is_new=True),
    "call, same procedure": lambda match, size: call_among(match, size, is_new=False),
    "call, another each time": lambda match, size: call_among(match, size, is_new=True),
    "subscribe and unsubscribe": come_and_go_among,
}

OPERATIONS: Mapping[str, Callable[[], Operation]] = {
    "call and yield": call_and_yield,
    "  of it: making 4 messages": messages_only,
    "publish to 0": lambda: publish_to(0),
    "publish to 1": lambda: publish_to(1),
    "publish to 1, acknowledged": acknowledged_publish,
    "publish to 100 (one Send)": lambda: publish_to(100),
    "join and leave": join_and_leave,
}


def cpu_us(operation: Operation, *, count: int, rounds: int) -> float:
    """Return the CPU time of one *operation* in microseconds, of the best round."""
    best = float("inf")
    numbers = itertools.count(1)
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(count):
            operation(next(numbers))
        best = min(best, time.process_time() - started)
    return best / count * 1e6


def show_operations(*, count: int, rounds: int) -> None:
    """Print one line per operation."""
    for name, make in OPERATIONS.items():
        figure = cpu_us(make(), count=count, rounds=rounds)
        print(f"{name:28} {figure:7.2f} us CPU")


def show_curves(*, count: int, rounds: int) -> None:
    """Print one line per operation and way to match, one column per number of entries."""
    print(f"{'us CPU, with entries:':37}" + "".join(f"{size:8,}" for size in _SIZES))
    for name, make in CURVES.items():
        for match in _URI_BY_MATCH:
            figures = [cpu_us(make(match, size), count=count, rounds=rounds) for size in _SIZES]
            print(f"{name:28}{match:9}" + "".join(f"{figure:8.2f}" for figure in figures))


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=20_000, help="operations in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--curve", action="store_true", help="cost by number of entries")
    options = parser.parse_args()
    show = show_curves if options.curve else show_operations
    show(count=options.count, rounds=options.rounds)


if __name__ == "__main__":
    main()
