"""What a witness makes of what it sees: lost, late, twice, or fine; and what is granted."""

from __future__ import annotations

from wampedge.simulation.fleet.books import EventBook, GrantBook, NodeBook
from wampedge.wamp.messages import (
    Event,
    Publish,
    Register,
    Registered,
    Unregister,
    Unregistered,
)
from wampedge.wamp.payload import Payload


class Book(EventBook):
    def __init__(self) -> None:
        self.wrongs: list[str] = []
        super().__init__(self.wrongs.append)

    def send(self, *topics: str) -> None:
        for topic in topics:
            self.sent(topic, Payload((topic,)))

    def come(self, *topics: str) -> None:
        for topic in topics:
            self.came(topic, Payload((topic,)))


def test_events_in_order_are_fine() -> None:
    book = Book()

    book.send("a", "b", "a")
    book.come("a", "b", "a")

    assert (book.wrongs, book.arrived, book.waiting) == ([], 3, 0)


def test_event_that_is_overtaken_is_lost() -> None:
    book = Book()

    book.send("a", "b", "c")
    book.come("c")

    assert book.wrongs == ["lost before one of c: 2, the first of a"]
    assert book.waiting == 0


def test_event_that_comes_twice_is_wrong() -> None:
    book = Book()

    book.send("a")
    book.come("a", "a")

    assert book.wrongs == ["an event of a came twice, late or from nowhere"]


def test_event_with_another_content_is_another_event() -> None:
    book = Book()

    book.sent("a", Payload((1,), {"seq": 1}))
    book.came("a", Payload((1,), {"seq": 2}))

    assert len(book.wrongs) == 1
    assert (book.waiting, book.first_waiting()) == (1, "a")


def test_events_on_a_connection_that_was_lost_may_come_or_not() -> None:
    book = Book()

    book.send("a", "b", "c")
    book.connection_lost()
    book.send("d")
    book.come("b", "d")

    assert book.wrongs == []
    assert book.waiting == 0


def test_nothing_is_sure_while_the_witness_is_away() -> None:
    book = Book()

    book.is_blind = True
    book.send("a", "b")
    book.is_blind = False
    book.send("c")
    book.come("b", "c")

    assert book.wrongs == []


def test_unsure_events_are_bounded() -> None:
    book = Book()

    book.is_blind = True
    book.send(*["a"] * 10_001, "b")

    assert len(book._maybe) == 10_000


def test_procedures_are_granted_one_by_one() -> None:
    book = GrantBook()

    book.asked(1, "p")
    book.asked(2, "q")
    book.granted(2, 20)
    book.granted(9, 90)

    assert len(book) == 1
    assert book.missing(["p", "q"]) == ["p"]


def test_grants_end_with_the_connection_or_one_by_one() -> None:
    book = GrantBook()
    for number, name in enumerate("pqr"):
        book.asked(number, name)
        book.granted(number, 10 + number)

    book.gone(11)
    book.gone(None)
    assert book.missing("pqr") == ["q"]
    book.connection_lost()
    assert book.missing("pqr") == ["p", "q", "r"]


def test_node_book_reads_what_passes_on_the_link() -> None:
    wrongs: list[str] = []
    looks: list[int] = []
    book = NodeBook("edge.n.", wrongs.append, lambda: looks.append(len(book.grants)))

    book.said(Register(1, {}, "edge.n.a"))
    book.said(Register(2, {}, "edge.n.b"))
    book.heard(Registered(1, 11))
    book.heard(Registered(2, 12))
    book.said(Unregister(3, 11))
    book.heard(Unregistered(0, {"registration": 12}))

    assert looks == [1, 2]
    assert len(book.grants) == 0


def test_node_book_knows_which_events_have_to_come() -> None:
    wrongs: list[str] = []
    book = NodeBook("edge.n.", wrongs.append, lambda: None)

    book.said(Publish(1, {"retain": True}, "edge.n.a"))
    book.said(Publish(2, {"eligible": [5]}, "edge.n.b"))
    book.said(Publish(3, {}, "edge.other.a"))
    book.heard(Event(1, 1, {}))

    assert book.events.waiting == 1
    book.broken()
    assert book.events.waiting == 0
