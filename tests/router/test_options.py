from __future__ import annotations

from typing import Any

import pytest

from tests.router.site import Site, payload_text
from wampedge.wamp.messages import (
    Call,
    Error,
    Invocation,
    Publish,
    Published,
    Register,
    Registered,
    Subscribe,
    Subscribed,
    Yield,
)
from wampedge.wamp.payload import Payload

INVALID = "wamp.error.invalid_argument"


@pytest.mark.parametrize("match", ["regex", "", 5, []])
def test_a_way_to_match_that_is_not_known_is_refused(match: object) -> None:
    """ROBUSTNESS P22."""
    peer = Site().join()

    assert peer.refused(Subscribe(1, {"match": match}, "edge.t")) == INVALID
    assert peer.refused(Register(2, {"match": match}, "edge.p")) == INVALID


@pytest.mark.parametrize("invoke", ["nope", "", 1, {}])
def test_a_way_to_invoke_that_is_not_known_is_refused(invoke: object) -> None:
    """ROBUSTNESS P22."""
    assert Site().join().refused(Register(1, {"invoke": invoke}, "edge.p")) == INVALID


@pytest.mark.parametrize(
    "options",
    [
        {"exclude": 5},
        {"exclude": ["1"]},
        {"exclude": [True]},
        {"eligible": {}},
        {"eligible": [0]},
        {"exclude_authid": "joe"},
        {"exclude_authrole": [1]},
        {"eligible_authid": [None]},
        {"eligible_authrole": 1},
        {"exclude_me": 0},
        {"disclose_me": "yes"},
    ],
)
def test_a_publication_with_a_wrong_option_is_refused(options: dict[str, Any]) -> None:
    """ROBUSTNESS P23."""
    assert Site().join().refused(Publish(1, {"acknowledge": True, **options}, "t")) == INVALID


@pytest.mark.parametrize(
    "options",
    [
        {"receive_progress": 1},
        {"disclose_me": "yes"},
        {"progress": 1},
        {"timeout": -1},
        {"timeout": 1.5},
        {"ppt_scheme": 5},
        {"ppt_cipher": "aes256gcm"},
        {"ppt_scheme": "", "ppt_keyid": "1"},
    ],
)
def test_a_call_with_a_wrong_option_is_refused(options: dict[str, Any]) -> None:
    """Specification, "CALL": the options of several features."""
    site = Site()
    site.join().ask(Register(1, {}, "edge.p"))

    assert site.join().refused(Call(1, options, "edge.p")) == INVALID


def test_a_refusal_names_the_option() -> None:
    peer = Site().join()

    error = peer.ask(Register(1, {"match": "regex"}, "edge.t"))

    text = "option match must be one of exact, prefix, wildcard, got "
    assert payload_text(error).startswith(text)


def test_a_refusal_names_an_option_of_the_wrong_type() -> None:
    peer = Site().join()

    error = peer.ask(Publish(1, {"acknowledge": True, "exclude": 5}, "edge.t"))

    assert payload_text(error) == "option exclude must be a list of session ids, got 5"


def test_null_options_are_absent() -> None:
    """PEERS: wampy.js sends what is not set as null."""
    site = Site()
    peer, other = site.join(), site.join()
    nulls: dict[str, Any] = {"match": None, "invoke": None, "force_reregister": None}
    assert isinstance(peer.ask(Register(1, nulls, "edge.p")), Registered)
    assert isinstance(peer.ask(Subscribe(2, nulls, "edge.t")), Subscribed)

    other.send(Call(1, {"receive_progress": None, "disclose_me": None, "progress": None}, "edge.p"))
    lists = {"exclude": None, "eligible": None, "exclude_me": None, "disclose_me": None}
    other.send(Publish(2, {"acknowledge": None, **lists}, "edge.t"))

    invocation, event = peer.read()
    assert isinstance(invocation, Invocation)
    assert invocation.details == {}
    assert event.details == {}  # type: ignore[union-attr]  # an EVENT, by the order of the wire
    assert other.read() == []


def test_options_nobody_knows_are_ignored() -> None:
    """Specification, "Extensibility"."""
    peer = Site().join()

    assert isinstance(peer.ask(Subscribe(1, {"x_y": 1}, "edge.t")), Subscribed)
    assert isinstance(peer.ask(Publish(2, {"acknowledge": True, "x_y": 1}, "edge.t")), Published)


def test_a_payload_sealed_in_the_way_of_old_drafts_ends_the_session_that_sends_it() -> None:
    """Specification, "Payload Passthru Mode", has no ``enc_algo`` any more."""
    site = Site()
    site.join().ask(Register(1, {}, "edge.p"))
    options = {"enc_algo": "cryptobox"}
    violation = "wamp.error.protocol_violation"

    assert site.join().aborted(Publish(1, options, "edge.t", Payload.sealed(b"x"))) == violation
    assert site.join().aborted(Call(1, options, "edge.p", Payload.sealed(b"x"))) == violation
    assert site.join().aborted(Yield(1, options, Payload.sealed(b"x"))) == violation
    sealed_error = Error(Invocation.TYPE, 1, options, "edge.error", Payload.sealed(b"x"))
    assert site.join().aborted(sealed_error) == violation


def test_ppt_options_that_are_null_need_no_scheme() -> None:
    """PEERS: wampy.js sends what is not set as null."""
    site = Site()
    callee = site.join()
    callee.ask(Register(1, {}, "edge.p"))

    site.join().send(Call(1, {"ppt_serializer": None, "ppt_scheme": None}, "edge.p"))

    assert callee.read_one().details == {}
