"""What is told where nobody watches a realm."""

from __future__ import annotations

from tests.router.site import Site
from wampedge.router.observer import Unobserved
from wampedge.wamp.messages import Register, Registered, Subscribe, Subscribed


def test_where_nobody_watches_only_those_who_ask_are_answered() -> None:
    site = Site()
    watcher = site.join()
    for number, name in enumerate(("session.on_join", "subscription.on_create"), 1):
        watcher.ask(Subscribe(number, {}, f"wamp.{name}"))
    realm = watcher.session.realm
    assert realm is not None
    realm.observe(Unobserved())
    peer = site.join()

    assert isinstance(peer.ask(Subscribe(1, {}, "edge.state")), Subscribed)
    assert isinstance(peer.ask(Register(2, {}, "edge.add")), Registered)
    peer.lose()
    assert watcher.read() == []
