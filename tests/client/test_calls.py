"""The options of calls: time limits, and what a router must have announced."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.scripted_router import ScriptedRouter
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.client import Passthru
from wampedge.errors import ApplicationError, CallTimeoutError
from wampedge.wamp.messages import Call, Error, Publish, Result
from wampedge.wamp.payload import Payload

TIMEOUT = Error(48, 1, {}, "wamp.error.timeout", Payload(("too late",)))


def roles(**features: list[str]) -> dict[str, Any]:
    """Return the roles of a router with these features."""
    return {
        role: {"features": dict.fromkeys(features.get(role, ()), True)}
        for role in ("broker", "dealer")
    }


@pytest.mark.parametrize(("timeout_s", "timeout_ms"), [(2.5, 2500), (0.0004, 1)])
@virtual
async def test_time_limit_is_told_to_a_router_that_enforces_it(
    timeout_s: float, timeout_ms: int
) -> None:
    """Call Timeouts: CALL.Options.timeout in milliseconds."""
    router = ScriptedRouter(roles(dealer=["call_timeout"]))
    router.answers[Call] = lambda call: [Result(1, {})]
    async with await router.session() as session:
        await session.call("a.b", timeout_s=timeout_s)

    assert (await router.receive(Call)).options == {"timeout": timeout_ms}


@virtual
async def test_time_limit_is_kept_to_ourselves_where_the_router_has_none() -> None:
    router = ScriptedRouter()
    router.answers[Call] = lambda call: [Result(1, {})]
    async with await router.session() as session:
        await session.call("a.b", timeout_s=2.5)

    assert (await router.receive(Call)).options == {}


@pytest.mark.parametrize("limit", [{"timeout_s": 5}, {"options": {"timeout": 5000}}])
@virtual
async def test_timeout_found_by_the_router_is_the_same_error_as_ours(limit: Any) -> None:
    """Call Timeouts: the dealer answers with ``wamp.error.timeout``."""
    router = ScriptedRouter(roles(dealer=["call_timeout"]))
    router.answers[Call] = lambda call: [TIMEOUT]
    async with await router.session() as session:
        with pytest.raises(CallTimeoutError, match=r"call to a\.b: no answer within 5 s") as caught:
            await session.call("a.b", **limit)

    assert isinstance(caught.value.__cause__, ApplicationError)


@virtual
async def test_timeout_of_a_call_without_a_limit_is_the_callees_own_error() -> None:
    router = ScriptedRouter()
    router.answers[Call] = lambda call: [TIMEOUT]
    async with await router.session() as session:
        with pytest.raises(ApplicationError, match=r"wamp\.error\.timeout: too late"):
            await session.call("a.b")


@virtual
async def test_packed_arguments_and_how_they_are_packed_go_out_and_come_in() -> None:
    """Payload Passthru Mode: ``ppt_*`` in CALL.Options and RESULT.Details, one item as args."""
    router = ScriptedRouter(roles(dealer=["payload_passthru_mode"]))
    router.answers[Call] = lambda call: [
        Result(1, {"ppt_scheme": "mqtt", "ppt_serializer": 5}, Payload((b"\x02",)))
    ]
    packed = Passthru("x_my_ppt", serializer="cbor", cipher="aes256gcm", keyid="k1")
    async with await router.session() as session:
        result = await session.call("a.b", b"\x01", options=packed.options)

    call = await router.receive(Call)
    assert call.options == {
        "ppt_scheme": "x_my_ppt",
        "ppt_serializer": "cbor",
        "ppt_cipher": "aes256gcm",
        "ppt_keyid": "k1",
    }
    assert call.payload == Payload((b"\x01",))
    assert (result.value, result.passthru) == (b"\x02", Passthru("mqtt"))


@virtual
async def test_plain_result_is_not_packed() -> None:
    router = ScriptedRouter()
    router.answers[Call] = lambda call: [Result(1, {"ppt_scheme": ""})]
    async with await router.session() as session:
        assert (await session.call("a.b")).passthru is None


@virtual
async def test_router_without_passthru_is_sent_no_packed_arguments() -> None:
    """Payload Passthru Mode: such a CALL or PUBLISH would be a protocol violation."""
    router = ScriptedRouter()
    options = Passthru("mqtt").options
    async with await router.session() as session:
        for attempt in (
            session.call("a.b", b"", options=options),
            session.publish("a.b", b"", options=options),
            session.publish("a.b", b"", options=options, acknowledge=True),
        ):
            with pytest.raises(ApplicationError, match=r"feature_not_supported: .* payload_passt"):
                await attempt
        await turns()

    assert not router.has_received(Call)
    assert not router.has_received(Publish)
