from __future__ import annotations

from typing import Any

import pytest

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.messages import (
    Call,
    Cancel,
    Error,
    Event,
    Hello,
    Interrupt,
    Invocation,
    Message,
    Publish,
    Published,
    Register,
    Result,
    Subscribe,
    Welcome,
    Yield,
)
from wampedge.wamp.options import check_options


def call(**options: Any) -> Message:
    return Call(1, options, "a.b")


def publish(**options: Any) -> Message:
    return Publish(1, options, "a.b")


def register(**options: Any) -> Message:
    return Register(1, options, "a.b")


@pytest.mark.parametrize(
    "message",
    [
        Published(1, 2),
        call(),
        call(timeout=0),
        call(timeout=1500, receive_progress=True, disclose_me=False),
        call(ppt_scheme="x_mine", ppt_serializer="native", ppt_cipher="c", ppt_keyid="k"),
        Cancel(1, {"mode": "killnowait"}),
        Interrupt(1, {"mode": "kill", "reason": "wamp.error.timeout"}),
        Result(1, {"progress": True}),
        Yield(1, {"progress": False}),
        Invocation(1, 2, {"caller": 5, "caller_authid": "a", "procedure": "p", "timeout": 5}),
        Hello("r", {"roles": {}, "authid": "", "authmethods": ["ticket"], "authextra": {}}),
        Welcome(1, {"authid": "a", "authmethod": "ticket", "authprovider": "static"}),
        register(invoke="roundrobin", match="wildcard", concurrency=1, force_reregister=True),
        publish(enc_algo="x_mine", enc_serializer="x_mine"),
        publish(forward_for=[{"session": 1, "authid": None, "authrole": None}]),
        Error(48, 1, {}, "a.b"),
    ],
)
def test_right_options_pass(message: Message) -> None:
    check_options(message)


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (call(timeout=-1), "timeout"),
        (call(timeout=1.5), "timeout"),
        (call(timeout=True), "timeout"),
        (call(receive_progress=1), "receive_progress"),
        (Cancel(1, {"mode": "now"}), "mode"),
        (Cancel(1, {"mode": ["kill"]}), "mode"),
        (Subscribe(1, {"match": "regex"}, "a"), "match"),
        (Subscribe(1, {"match": {}}, "a"), "match"),
        (register(invoke="nope"), "invoke"),
        (register(concurrency=0), "concurrency"),
        (register(concurrency=True), "concurrency"),
        (publish(exclude=5), "exclude"),
        (publish(exclude=[0]), "exclude"),
        (publish(exclude=[1, True]), "exclude"),
        (publish(eligible_authrole=["a", None]), "eligible_authrole"),
        (publish(forward_for=[5]), "forward_for"),
        (publish(forward_for=[{"session": "1"}]), "forward_for"),
        (publish(forward_for=[{"authid": 1}]), "forward_for"),
        (publish(forward_for=[{"authrole": 1}]), "forward_for"),
        (publish(enc_algo=5), "enc_algo"),
        (publish(enc_algo="rot13"), "enc_algo"),
        (Invocation(1, 2, {"caller": 0}), "caller"),
        (Hello("r", {"authmethods": "ticket"}), "authmethods"),
        (Hello("r", {"authextra": []}), "authextra"),
        (Event(1, 2, {"publisher": 1.0}), "publisher"),
        (Yield(1, {"progress": "yes"}), "progress"),
        (Error(48, 1, {"ppt_scheme": 1}, "a"), "ppt_scheme"),
    ],
)
def test_a_wrong_option_is_named(message: Message, name: str) -> None:
    """Rows P22 and P23."""
    with pytest.raises(RemoteProtocolError, match=f"^{name} must be .*, got "):
        check_options(message)


def test_null_counts_as_absent() -> None:
    check_options(publish(exclude=None, acknowledge=None))
    check_options(Subscribe(1, {"match": None}, "a"))


def test_unknown_options_are_ignored() -> None:
    check_options(publish(x_color="red", transient=[{}]))
