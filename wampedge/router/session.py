"""One peer of the router and what the router keeps about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from wampedge.wamp.features import has_feature
from wampedge.wamp.ids import RequestIds

if TYPE_CHECKING:
    from wampedge.router.broker import Subscription
    from wampedge.router.call_input import EndedInputs
    from wampedge.router.dynamic import Verdict
    from wampedge.router.parking import Parked
    from wampedge.router.pending_call import PendingCall
    from wampedge.router.permissions import Permissions
    from wampedge.router.realm import Realm
    from wampedge.router.registration import Registration
    from wampedge.router.sends import Sends
    from wampedge.router.settings import Admission
    from wampedge.wamp.messages import Authenticate

__all__ = ["Reactions", "RouterSession", "SessionState"]

Reactions = Mapping[type[Any], Callable[["RouterSession", Any], "Sends"]]
"""What a router does with each type of message; a type that is missing breaks the protocol."""


class SessionState(Enum):
    """Where a session of the router stands.

    ::

        JOINING ──WELCOME──▶ ESTABLISHED ──our GOODBYE──▶ CLOSING
         │    │                ▲    │                        │
         │ CHALLENGE           │    │                        │
         │    ▼                │    │                        │
         │ PROVING ──WELCOME───┘    │                        │
         │    │                     │                        │
         └────┴──ABORT──────────────┴─ABORT, GOODBYE answered┴──▶ CLOSED
    """

    JOINING = "joining"
    PROVING = "proving who it is"
    ESTABLISHED = "established"
    CLOSING = "closing"
    CLOSED = "closed"


class RouterSession:
    """One connection of a peer and, once it has joined, its session in a realm.

    Made by ``Router.attach``, ended by ``Router.detach``. Identity is what tells two sessions
    apart. Only the router writes its attributes: the broker *subscriptions*, the dealer
    *registrations*, *calls*, *ended_inputs*, *invocations* and *invocation_ids*, the authorizers
    *permissions* and *verdicts*, the router all others.

    Args:
        transport: what carries the messages, for display (``{"type": "websocket", ...}``).
        admission: how the peer may join.
        reactions: what the router does with each message in the first state.
    """

    __slots__ = (
        "__weakref__",
        "admission",
        "authid",
        "authmethod",
        "authprovider",
        "authrole",
        "calls",
        "ended_inputs",
        "ending",
        "id",
        "invocation_ids",
        "invocations",
        "is_silent",
        "is_trusted",
        "on_parked",
        "parked",
        "permissions",
        "probe",
        "prove",
        "reactions",
        "realm",
        "registrations",
        "roles",
        "state",
        "subscriptions",
        "transport",
        "verdicts",
    )

    def __init__(
        self, *, transport: Mapping[str, Any], admission: Admission, reactions: Reactions
    ) -> None:
        self.transport = transport
        self.admission = admission
        self.reactions = reactions
        self.state = SessionState.JOINING
        self.is_trusted = admission.is_trusted
        self.ending = "closed"
        """How it ended, once it has: ``goodbye``, ``ended`` (by the router), ``aborted``,
        ``closed`` (its connection, without a word) or ``silent`` (no sign of life)."""
        self.realm: Realm | None = None
        self.id = 0
        self.authid = ""
        self.authrole = ""
        self.authmethod = ""
        self.authprovider = "static"
        self.prove: Callable[[Authenticate], Sends] | None = None
        """Takes the answer to the CHALLENGE that is open; None while there is none."""
        self.permissions: Permissions | None = None
        self.verdicts: dict[tuple[str, str, str], Verdict] = {}
        """What a dynamic authorizer said, by action, URI and way to match."""
        self.parked: Parked | None = None
        """What waits until a decision is made; None for a session that goes on."""
        self.on_parked: Callable[[bool], None] | None = None
        """Told, where it is set, when the session is parked and when it goes on."""
        self.probe: Callable[[float], bool] | None = None
        """Asks the peer for a sign of life; the session is detached if none comes within as many
        seconds. False, or None where it is not set: there is no way to find out."""
        self.is_silent: Callable[[], bool] | None = None
        """Whether a probe is out that nothing has come back for."""
        self.roles: Mapping[str, Any] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.registrations: dict[int, Registration] = {}
        self.calls: dict[int, PendingCall] = {}
        self.ended_inputs: EndedInputs | None = None
        """Calls that ended before all of their arguments had come; None while there is none."""
        self.invocations: dict[int, PendingCall] = {}
        self.invocation_ids = RequestIds()

    @property
    def is_closed(self) -> bool:
        """No message will come of this session any more: flush, then close the connection."""
        return self.state is SessionState.CLOSED

    @property
    def is_established(self) -> bool:
        """The peer has joined a realm and has not left it."""
        return self.state is SessionState.ESTABLISHED

    def supports(self, role: str, feature: str) -> bool:
        """Tell whether the peer announced *feature* for *role* when it joined."""
        return has_feature(self.roles, role, feature)

    def __repr__(self) -> str:
        return f"<RouterSession {self.id} {self.authid!r} {self.state.value}>"
