"""Sessions that wait until it is decided what they may do."""

from __future__ import annotations

from collections.abc import Callable

from tests.router.site import Peer, Site
from wampedge.router import RealmSettings, RouterSession, Sends
from wampedge.router.parking import MAX_PARKED_MESSAGES, Undecided
from wampedge.router.permissions import Action
from wampedge.wamp.messages import Abort, Error, Goodbye, Publish, Subscribe, Subscribed
from wampedge.wamp.payload import Payload


class SlowAuthorizer:
    """Decides on topics that begin with ``slow`` when it is told to, on all others at once."""

    def __init__(self) -> None:
        self.verdicts: dict[str, bool] = {}
        self.waiting: list[tuple[str, Callable[[], Sends]]] = []

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        """Raise Undecided for what is not decided."""
        if not uri.startswith("slow") or session.is_trusted:
            return True
        if uri in self.verdicts:
            return self.verdicts[uri]

        def ask(go_on: Callable[[], Sends]) -> Sends:
            self.waiting.append((uri, go_on))
            return ()

        raise Undecided(ask)

    def decide(self, verdict: bool) -> Sends:
        """Answer the oldest question."""
        uri, go_on = self.waiting.pop(0)
        self.verdicts[uri] = verdict
        return go_on()


def _site() -> tuple[Site, SlowAuthorizer]:
    authorizer = SlowAuthorizer()
    return Site([RealmSettings("edge", authorizer=authorizer)]), authorizer


def _publish(peer: Peer, *texts: str) -> None:
    for text in texts:
        peer.send(Publish(1, {}, "news", Payload((text,))))


def test_a_parked_session_waits_and_all_others_go_on() -> None:
    site, authorizer = _site()
    slow, quick = site.join(), site.join()
    slow.send(Subscribe(1, {}, "slow.topic"))

    assert slow.read() == []
    assert isinstance(quick.ask(Subscribe(1, {}, "topic")), Subscribed)
    site.deliver(authorizer.decide(True))
    assert isinstance(slow.read_one(), Subscribed)


def test_what_comes_meanwhile_is_done_afterwards_in_order() -> None:
    site, authorizer = _site()
    reader, writer = site.join(), site.join()
    reader.ask(Subscribe(1, {}, "news"))
    writer.send(Subscribe(1, {}, "slow.topic"))
    _publish(writer, "one", "two")

    assert reader.read() == []
    site.deliver(authorizer.decide(False))
    error = writer.read_one()
    assert isinstance(error, Error)
    assert error.error == "wamp.error.not_authorized"
    assert [event.payload.args for event in reader.read()] == [["one"], ["two"]]  # type: ignore[union-attr] # only events come


def test_a_session_can_be_parked_again_by_what_it_sent_meanwhile() -> None:
    site, authorizer = _site()
    reader, writer = site.join(), site.join()
    reader.ask(Subscribe(1, {}, "news"))
    writer.send(Subscribe(1, {}, "slow.one"))
    _publish(writer, "first")
    writer.send(Subscribe(2, {}, "slow.two"))
    _publish(writer, "second")
    site.deliver(authorizer.decide(True))

    assert [event.payload.args for event in reader.read()] == [["first"]]  # type: ignore[union-attr] # only events come
    site.deliver(authorizer.decide(True))
    assert [event.payload.args for event in reader.read()] == [["second"]]  # type: ignore[union-attr] # only events come
    assert [type(message) for message in writer.read()] == [Subscribed, Subscribed]


def test_the_shell_is_told_when_a_session_waits_and_when_it_goes_on() -> None:
    site, authorizer = _site()
    peer, told = site.join(), list[bool]()
    peer.session.on_parked = told.append
    peer.send(Subscribe(1, {}, "slow.one"))
    peer.send(Subscribe(2, {}, "slow.two"))
    site.deliver(authorizer.decide(True))
    site.deliver(authorizer.decide(True))

    assert told == [True, True, False, False]


def test_a_decision_that_comes_after_the_end_of_the_session_changes_nothing() -> None:
    site, authorizer = _site()
    peer = site.join()
    peer.send(Subscribe(1, {}, "slow.one"))
    peer.lose()

    assert list(authorizer.decide(True)) == []
    assert peer.read() == []


def test_a_parked_session_can_be_closed() -> None:
    site, authorizer = _site()
    peer = site.join()
    peer.send(Subscribe(1, {}, "slow.one"))
    site.deliver(site.router.close(peer.session))

    assert isinstance(peer.read_one(), Goodbye)
    assert list(authorizer.decide(True)) == []
    peer.send(Goodbye({}, "wamp.close.goodbye_and_out"))
    assert peer.session.is_closed


def test_the_shell_is_told_that_a_parked_session_has_ended() -> None:
    """Else it would never read the GOODBYE it waits for."""
    site, authorizer = _site()
    peer, told = site.join(), list[bool]()
    peer.session.on_parked = told.append
    peer.send(Subscribe(1, {}, "slow.one"))
    site.deliver(site.router.close(peer.session))
    site.deliver(authorizer.decide(True))

    assert told == [True, False]


def test_what_a_parked_session_may_send_is_bounded() -> None:
    site, _authorizer = _site()
    peer = site.join()
    peer.send(Subscribe(1, {}, "slow.one"))
    for _ in range(MAX_PARKED_MESSAGES):
        peer.send(Publish(1, {}, "news"))

    abort = peer.read_one()
    assert isinstance(abort, Abort)
    assert abort.reason == "wampedge.error.limit"
