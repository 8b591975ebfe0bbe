"""Any messages in any order, sent to a router by a few peers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from wampedge.errors import RemoteProtocolError
from wampedge.router import Admission, RealmSettings, Router, RouterSession, Sends
from wampedge.wamp.messages import Hello
from wampedge.wamp.validation import from_wire

__all__ = ["Choices", "route_anything"]

_PEERS = 3
_MAX_STEPS = 64
_ROLES = {
    role: {"features": dict.fromkeys(features.split(), True)}
    for role, features in {
        "caller": "call_canceling progressive_call_results progressive_call_invocations",
        "callee": (
            "call_canceling progressive_call_results progressive_call_invocations"
            " registration_revocation shared_registration call_timeout"
        ),
        "publisher": "payload_passthru_mode",
        "subscriber": "payload_passthru_mode subscription_revocation",
    }.items()
}
_URIS = (
    "a",
    "a.b",
    "a.b.c",
    "a..c",
    "",
    "a b",
    "wamp.session.list",
    "wamp.session.kill_all",
    "wamp.session.add_testament",
    "wamp.subscription.get_events",
    "wamp.session.on_leave",
    "wampedge.router.stats",
)
_NUMBERS = (1, 2, 3, 4, 5, 6, 7, 8, 2**53)
_OPTIONS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("match", ("exact", "prefix", "wildcard", "regex")),
    ("invoke", ("single", "roundrobin", "random", "first", "last")),
    ("acknowledge", (True, False)),
    ("progress", (True, False)),
    ("receive_progress", (True,)),
    ("disclose_me", (True,)),
    ("exclude_me", (False,)),
    ("timeout", (0, 1, 5_000, 2**60)),
    ("mode", ("skip", "kill", "killnowait", "nope")),
    ("force_reregister", (True,)),
    ("concurrency", (1, 2, 0)),
    ("retain", (True,)),
    ("get_retained", (True,)),
    ("exclude", ([1, 2], 5)),
    ("eligible_authrole", (["anonymous"], [])),
    ("ppt_scheme", ("x_fuzz", 7)),
)
_CODES = (16, 16, 32, 34, 48, 48, 48, 49, 64, 64, 66, 70, 70, 8, 6, 1, 3, 5, 37)


class Choices:
    """Decisions read from bytes; when they are used up, every choice is the first.

    Args:
        data: one byte a decision.
    """

    def __init__(self, data: bytes) -> None:
        self._bytes = iter(data)
        self.is_over = not data

    def pick(self, among: Sequence[Any]) -> Any:
        """Choose one of *among*."""
        number = next(self._bytes, None)
        if number is None:
            self.is_over = True
            return among[0]
        return among[number % len(among)]


class _Stage:
    """A router on a clock that is moved by hand, and its peers."""

    def __init__(self) -> None:
        ids = itertools.count(1)
        self.now_s = 0.0
        self.router = Router(
            [RealmSettings("edge")], random_id=lambda: next(ids), monotonic_s=lambda: self.now_s
        )
        self.sessions = [self._join() for _peer in range(_PEERS)]

    def _join(self) -> RouterSession:
        session = self.router.attach(transport={"type": "fuzz"}, auth=Admission("anonymous"))
        self.check(self.router.receive(session, Hello("edge", {"roles": _ROLES})))
        return session

    def replace(self, index: int) -> None:
        """Let a peer be lost and another one come."""
        self.check(self.router.detach(self.sessions[index]))
        self.sessions[index] = self._join()

    def check(self, sends: Sends) -> None:
        """See that what is sent has somebody to get it."""
        for send in sends:
            assert send.recipients, "a message for nobody"
            assert len(set(send.recipients)) == len(send.recipients), "a message twice"


def route_anything(data: bytes) -> None:
    """Let the bytes decide which peer sends what; only the router may say it is wrong."""
    choices, stage = Choices(data), _Stage()
    for _step in range(_MAX_STEPS):
        if choices.is_over:
            break
        index = choices.pick(range(_PEERS))
        session = stage.sessions[index]
        action = choices.pick(range(16))
        if action == 0:
            stage.replace(index)
        elif action == 1:
            stage.now_s += choices.pick((0.001, 1.0, 60.0))
            stage.check(stage.router.wake())
        elif action == 2:
            stage.check(stage.router.close(session))
        else:
            try:
                message = from_wire(_message(choices))
            except RemoteProtocolError:
                continue
            stage.check(stage.router.receive(session, message))
        if session.is_closed:
            stage.replace(index)
    for session in stage.router.sessions:
        stage.check(stage.router.detach(session))
    stage.now_s += 1e9
    stage.check(stage.router.wake())
    assert not stage.router.sessions


def _message(choices: Choices) -> list[Any]:
    """Make up a message that is nearly right."""
    code = choices.pick(_CODES)
    number, options = choices.pick(_NUMBERS), _options(choices)
    uri = choices.pick(_URIS)
    arguments: list[Any] = choices.pick(
        ([], [[1]], [["a.b", [1], {}], {"scope": "detached"}], [[2], {"reason": "a.b"}])
    )
    if code in {16, 32, 48, 64}:
        tail = [number, options, uri, *(arguments if code in {16, 48} else ())]
    elif code in {34, 66}:
        tail = [number, choices.pick(_NUMBERS)]
    elif code == 8:
        tail = [68, number, options, uri, *arguments]
    elif code in {49, 70, 37}:
        tail = [number, options, *(arguments if code == 70 else ())]
    elif code == 5:
        tail = ["signature", {}]
    else:
        tail = [options, uri]
    return [code, *tail]


def _options(choices: Choices) -> dict[str, Any]:
    options = {}
    for _option in range(choices.pick(range(4))):
        name, values = choices.pick(_OPTIONS)
        options[name] = choices.pick(values)
    return options
