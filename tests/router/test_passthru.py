from __future__ import annotations

from typing import Any

import pytest

from tests.router.pair import Pair, roles_of_callee
from tests.router.site import ALL_ROLES, PLAIN_ROLES, Site, payload_text
from wampedge.wamp.messages import (
    Call,
    Error,
    Event,
    Invocation,
    Publish,
    Register,
    Result,
    Subscribe,
    Yield,
)
from wampedge.wamp.payload import Payload

SEAL = {
    "ppt_scheme": "wamp.eth",
    "ppt_serializer": "cbor",
    "ppt_cipher": "xsalsa20poly1305",
    "ppt_keyid": "GTtQ37XGJO2O4R8Dvx4AUo8pe61D9evIWpKGQAPdOh0=",
}
SEALED = Payload([b"\x00\xff sealed"])
VIOLATION = "wamp.error.protocol_violation"
UNSUPPORTED = "wamp.error.feature_not_supported"


@pytest.mark.parametrize(
    "seal", [SEAL, {"ppt_scheme": "mqtt", "ppt_serializer": "mqtt"}, {"ppt_scheme": "x_mine"}]
)
def test_a_sealed_call_and_its_result_arrive_as_they_were_sent(seal: dict[str, Any]) -> None:
    """Specification, "Payload Passthru Mode", "Message Attributes"."""
    pair = Pair(with_call=False)
    pair.caller.send(Call(7, seal, "edge.add", SEALED))

    invocation = pair.callee.read_one()
    pair.callee.send(Yield(1, seal, SEALED))

    result = pair.caller.read_one()
    assert invocation == Invocation(1, pair.registration_id, seal, SEALED)
    assert invocation.payload is SEALED
    assert result == Result(7, seal, SEALED)
    assert result.payload is SEALED


def test_a_sealed_error_arrives_as_it_was_sent() -> None:
    """Specification, "Payload Passthru Mode": ERROR carries the attributes too."""
    pair = Pair()

    pair.callee.send(Error(Invocation.TYPE, 1, SEAL, "edge.error.secret", SEALED))

    assert pair.caller.read_one() == Error(Call.TYPE, 7, SEAL, "edge.error.secret", SEALED)


def test_parts_of_a_result_may_be_sealed() -> None:
    """Specification, "Payload Passthru Mode", with "Progressive Call Results"."""
    pair = Pair(with_call=False)
    pair.call(7, receive_progress=True)

    pair.callee.send(Yield(1, {"progress": True, **SEAL}, SEALED))

    assert pair.caller.read_one() == Result(7, {"progress": True, **SEAL}, SEALED)
    assert 7 in pair.caller.session.calls


def test_a_sealed_event_arrives_as_it_was_published() -> None:
    """Specification, "Payload Passthru Mode"; who does not support it gets it all the same."""
    site = Site()
    publisher, one, two = site.join(), site.join(), site.join(roles=PLAIN_ROLES)
    one.ask(Subscribe(1, {}, "edge.t"))
    two.ask(Subscribe(1, {}, "edge.t"))

    publisher.send(Publish(1, SEAL, "edge.t", SEALED))

    for event in (one.read_one(), two.read_one()):
        assert isinstance(event, Event)
        assert event.details == SEAL
        assert event.payload is SEALED


def test_who_did_not_announce_sealed_payloads_may_not_send_them() -> None:
    """Specification, "Payload Passthru Mode": protocol errors."""
    site = Site()
    site.join().ask(Register(1, {}, "edge.p"))

    def plain() -> Any:
        return site.join(roles=PLAIN_ROLES)

    assert plain().aborted(Call(1, SEAL, "edge.p", SEALED)) == VIOLATION
    assert plain().aborted(Publish(1, SEAL, "edge.t", SEALED)) == VIOLATION
    assert plain().aborted(Yield(1, SEAL, SEALED)) == VIOLATION
    assert plain().aborted(Error(Invocation.TYPE, 1, SEAL, "edge.e", SEALED)) == VIOLATION


def test_a_sealed_call_to_a_callee_that_cannot_read_it_is_refused() -> None:
    """Specification, "Payload Passthru Mode": an application error."""
    pair = Pair(callee_roles=roles_of_callee(), with_call=False)

    assert pair.caller.refused(Call(7, SEAL, "edge.add", SEALED)) == UNSUPPORTED
    assert pair.callee.read() == []
    assert pair.call(8).request_id == 1


def test_a_sealed_result_for_a_caller_that_cannot_read_it_fails_the_call() -> None:
    """Specification, "Payload Passthru Mode"; the callee is not told, see decision 17."""
    site = Site()
    callee, caller = site.join(), site.join(roles=PLAIN_ROLES)
    callee.ask(Register(1, {}, "edge.p"))
    caller.send(Call(7, {}, "edge.p"))
    callee.read()

    callee.send(Yield(1, SEAL, SEALED))

    assert caller.read_one().error == UNSUPPORTED
    assert callee.read() == []
    assert callee.session.invocations == {}


def test_a_callee_that_would_send_more_sealed_parts_is_told_to_stop() -> None:
    roles = {**ALL_ROLES, "caller": {}}
    site = Site()
    callee, caller = site.join(), site.join(roles=roles)
    callee.ask(Register(1, {}, "edge.p"))
    caller.send(Call(7, {"receive_progress": True}, "edge.p"))
    callee.read()

    callee.send(Yield(1, {"progress": True, **SEAL}, SEALED))

    assert caller.read_one().error == UNSUPPORTED
    assert callee.read_one().options["mode"] == "killnowait"


def test_a_sealed_error_for_a_caller_that_cannot_read_it_loses_its_arguments_only() -> None:
    site = Site()
    callee, caller = site.join(), site.join(roles=PLAIN_ROLES)
    callee.ask(Register(1, {}, "edge.p"))
    caller.send(Call(7, {}, "edge.p"))

    callee.send(Error(Invocation.TYPE, 1, SEAL, "edge.error.secret", SEALED))

    error = caller.read_one()
    assert (error.error, error.details) == ("edge.error.secret", {})
    assert payload_text(error) == "the arguments are sealed, which was not announced"


def test_null_attributes_are_not_passed_on() -> None:
    """PEERS: wampy.js sends what is not set as null."""
    pair = Pair(with_call=False)
    pair.caller.send(Call(7, {"ppt_scheme": "x_mine", "ppt_keyid": None}, "edge.add", SEALED))

    assert pair.callee.read_one().details == {"ppt_scheme": "x_mine"}
