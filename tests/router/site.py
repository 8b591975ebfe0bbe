"""A router with peers joined to it by a fake wire, which every test of this folder starts from.

The wire carries what the router returns to the inbox of each recipient, in order, and checks what
holds for every send: somebody gets it, nobody twice, and nothing comes after the end.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wampedge.router import Admission, RealmSettings, Router, RouterSession, Sends
from wampedge.wamp.messages import Abort, Error, Goodbye, Hello, Message, Welcome
from wampedge.wamp.payload import Payload

__all__ = ["ALL_ROLES", "HELLO", "PLAIN_ROLES", "Peer", "Site", "payload_text"]

ALL_ROLES: Mapping[str, Any] = {
    "caller": {
        "features": {
            "call_canceling": True,
            "payload_passthru_mode": True,
            "progressive_call_invocations": True,
            "progressive_call_results": True,
        }
    },
    "callee": {
        "features": {
            "call_canceling": True,
            "payload_passthru_mode": True,
            "progressive_call_invocations": True,
            "progressive_call_results": True,
            "registration_revocation": True,
        }
    },
    "publisher": {"features": {"payload_passthru_mode": True}},
    "subscriber": {"features": {"payload_passthru_mode": True}},
}
PLAIN_ROLES: Mapping[str, Any] = {"caller": {}, "callee": {}, "publisher": {}, "subscriber": {}}
HELLO = Hello("edge", {"roles": ALL_ROLES})


class Site:
    """A router and its peers; ids are 1, 2, 3, ... so that tests can name them.

    Args:
        realms: settings of the realms; one realm ``edge`` unless given.
        random_id: gives ids of the global scope.
        time_s: tells the time since 1970, which stands still unless given.
    """

    def __init__(
        self,
        realms: Sequence[RealmSettings] = (RealmSettings("edge"),),
        *,
        random_id: Callable[[], int] | None = None,
        time_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        ids = itertools.count(1)
        self.now_s = 1_000.0
        self.router = Router(
            realms,
            random_id=random_id or (lambda: next(ids)),
            time_s=time_s,
            monotonic_s=lambda: self.now_s,
        )
        self.peer_by_session: dict[RouterSession, Peer] = {}

    def connect(self, admission: Admission = Admission("anonymous")) -> Peer:  # noqa: B008  # frozen
        """Attach a peer that has not joined."""
        peer = Peer(self, self.router.attach(transport={"type": "fake"}, auth=admission))
        self.peer_by_session[peer.session] = peer
        return peer

    def join(
        self,
        *,
        realm: str = "edge",
        roles: Mapping[str, Any] = ALL_ROLES,
        authid: str | None = None,
        authrole: str = "anonymous",
        is_trusted: bool = False,
    ) -> Peer:
        """Attach a peer and let it join."""
        peer = self.connect(Admission(authrole, authid=authid, is_trusted=is_trusted))
        assert isinstance(peer.ask(Hello(realm, {"roles": roles})), Welcome)
        return peer

    def wait(self, delay_s: float) -> None:
        """Let time pass, and the router do what is due."""
        self.now_s += delay_s
        self.deliver(self.router.wake())

    def deliver(self, sends: Sends) -> None:
        """Put what the router returned into the inboxes."""
        for send in sends:
            assert send.recipients, "a send without recipients"
            assert len(set(send.recipients)) == len(send.recipients), "a recipient twice"
            for session in send.recipients:
                self.peer_by_session[session].take_in(send.message)


class Peer:
    """One connection: its session in the router, and what the router sent to it."""

    def __init__(self, site: Site, session: RouterSession) -> None:
        self.session = session
        self._site = site
        self._inbox: list[Message] = []
        self._is_over = False

    def take_in(self, message: Message) -> None:
        """Receive a message of the router."""
        assert not self._is_over, f"{message} after the session was over"
        self._is_over = isinstance(message, Abort | Goodbye)
        self._inbox.append(message)

    def send(self, message: Message) -> None:
        """Send *message* to the router; what comes of it arrives in the inboxes."""
        self._site.deliver(self._site.router.receive(self.session, message))

    def read(self) -> list[Message]:
        """Return what arrived since the last look, and forget it."""
        arrived, self._inbox = self._inbox, []
        return arrived

    def read_one(self) -> Any:
        """Return the only message that arrived since the last look."""
        (message,) = self.read()
        return message

    def ask(self, message: Message) -> Any:
        """Send *message* and return the only message that came back to this peer."""
        self.send(message)
        return self.read_one()

    def refused(self, request: Any) -> str:
        """Send *request*, see that it is answered with ERROR, and return its URI."""
        error = self.ask(request)
        assert isinstance(error, Error)
        assert (error.request_type, error.request_id) == (request.TYPE, request.request_id)
        assert not self.session.is_closed
        return error.error

    def aborted(self, message: Message) -> str:
        """Send *message*, see that the session ends with ABORT, and return its URI."""
        abort = self.ask(message)
        assert isinstance(abort, Abort)
        assert self.session.is_closed
        return abort.reason

    def lose(self) -> None:
        """Let the connection break."""
        self._site.deliver(self._site.router.detach(self.session))


def payload_text(message: Error) -> str:
    """Return the text for people an ERROR of the router carries."""
    payload: Payload = message.payload
    (text,) = payload.args
    assert isinstance(text, str)
    return text
