"""Messages and values for property tests: everything both serializers can carry."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from wampedge.wamp.ids import MAX_ID
from wampedge.wamp.messages import (
    Abort,
    Authenticate,
    Call,
    Cancel,
    Challenge,
    Error,
    Event,
    EventReceived,
    Goodbye,
    Hello,
    Interrupt,
    Invocation,
    Message,
    Publish,
    Published,
    Register,
    Registered,
    Result,
    Subscribe,
    Subscribed,
    Unregister,
    Unregistered,
    Unsubscribe,
    Unsubscribed,
    Welcome,
    Yield,
)
from wampedge.wamp.payload import Payload
from wampedge.wamp.validation import REQUEST_TYPES

__all__ = ["MAKERS", "ids", "messages", "payloads", "routed_messages", "texts", "values"]

ids = st.integers(1, MAX_ID)
# A text that starts with NUL stands for bytes in JSON, so only MessagePack can carry it.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(
    lambda text: not text.startswith("\0")
)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.binary(max_size=40)
)
values: st.SearchStrategy[Any] = st.recursive(
    _scalars,
    lambda children: st.lists(children, max_size=5) | st.dictionaries(texts, children, max_size=5),
    max_leaves=12,
)
options = st.dictionaries(texts, values, max_size=3)
payloads = st.builds(
    Payload, st.lists(values, max_size=4), st.dictionaries(texts, values, max_size=4)
)
_roles = st.dictionaries(
    st.sampled_from(["caller", "callee", "publisher", "subscriber"]), options, min_size=1
)
_details_with_roles = st.builds(lambda details, roles: {**details, "roles": roles}, options, _roles)
_request_types = st.sampled_from(sorted(REQUEST_TYPES))

MAKERS: dict[type[Message], st.SearchStrategy[Message]] = {
    Hello: st.builds(Hello, texts, _details_with_roles),
    Welcome: st.builds(Welcome, ids, _details_with_roles),
    Abort: st.builds(Abort, options, texts, payloads),
    Challenge: st.builds(Challenge, texts, options),
    Authenticate: st.builds(Authenticate, texts, options),
    Goodbye: st.builds(Goodbye, options, texts),
    Error: st.builds(Error, _request_types, ids, options, texts, payloads),
    Publish: st.builds(Publish, ids, options, texts, payloads),
    Published: st.builds(Published, ids, ids),
    Subscribe: st.builds(Subscribe, ids, options, texts),
    Subscribed: st.builds(Subscribed, ids, ids),
    Unsubscribe: st.builds(Unsubscribe, ids, ids),
    Unsubscribed: st.builds(Unsubscribed, st.just(0) | ids, options),
    Event: st.builds(Event, ids, ids, options, payloads),
    EventReceived: st.builds(EventReceived, ids, options),
    Call: st.builds(Call, ids, options, texts, payloads),
    Cancel: st.builds(Cancel, ids, options),
    Result: st.builds(Result, ids, options, payloads),
    Register: st.builds(Register, ids, options, texts),
    Registered: st.builds(Registered, ids, ids),
    Unregister: st.builds(Unregister, ids, ids),
    Unregistered: st.builds(Unregistered, st.just(0) | ids, options),
    Invocation: st.builds(Invocation, ids, ids, options, payloads),
    Interrupt: st.builds(Interrupt, ids, options),
    Yield: st.builds(Yield, ids, options, payloads),
}
"""A strategy for each message type."""

messages: st.SearchStrategy[Message] = st.one_of(list(MAKERS.values()))

_ROUTED: tuple[type[Message], ...] = (Call, Publish, Yield, Result, Event, Invocation, Error)
routed_messages: st.SearchStrategy[Message] = st.one_of([MAKERS[kind] for kind in _ROUTED])
"""The messages whose arguments are kept as bytes."""
