"""Marked events: each comes once and in order, over connections and lives of the node."""

from __future__ import annotations

from typing import Any

from wampedge.simulation.fleet.books import EventBook
from wampedge.simulation.fleet.marked_events import MarkedEvent, marked_in
from wampedge.wamp.messages import Call, Publish
from wampedge.wamp.payload import Payload


class Book(EventBook):
    def __init__(self) -> None:
        self.wrongs: list[str] = []
        super().__init__(self.wrongs.append)

    def say(self, *seqs: int, epoch: int = 1, **kwargs: Any) -> None:
        for seq in seqs:
            mark = {"epoch": epoch, "lane": 0, "seq": seq}
            payload = Payload((seq,), kwargs)
            self.said(Publish(1, {"x_wampedge": mark}, f"t{seq}", payload))

    def come(self, *seqs: int) -> None:
        for seq in seqs:
            self.came(f"t{seq}", Payload((seq,)))


def test_an_event_that_is_said_again_comes_once() -> None:
    book = Book()

    book.say(1, 2)
    book.connection_lost()
    book.say(1, 2, 3, historical=True)
    book.come(1, 2, 3)

    assert (book.wrongs, book.waiting) == ([], 0)


def test_what_was_said_and_does_not_come_waits_over_connections() -> None:
    book = Book()

    book.say(1, 2)
    book.connection_lost()
    book.come(1)

    assert (book.waiting, book.first_waiting()) == (1, "t2")


def test_an_event_that_is_overtaken_is_lost() -> None:
    book = Book()

    book.say(1, 2, 3)
    book.come(3)

    assert book.wrongs == ["lost before one of t3: 2, the first of t1"]
    assert book.waiting == 0


def test_an_event_comes_twice_only_where_it_was_said_again_after_it_came() -> None:
    book = Book()

    book.say(1)
    book.come(1)
    book.say(1)
    book.come(1, 1)

    assert book.wrongs == ["an event of t1 came twice, late or from nowhere"]


def test_another_life_of_the_node_may_have_lost_what_the_former_said() -> None:
    book = Book()

    book.say(1, 2)
    book.say(3, epoch=2)
    book.come(3)

    assert (book.wrongs, book.waiting) == ([], 0)


def test_a_witness_that_was_away_may_have_missed_what_was_said() -> None:
    book = Book()

    book.say(1)
    book.witness_lost()
    book.is_blind = True
    book.say(2)
    book.is_blind = False
    book.say(3)
    book.come(2, 3)

    assert (book.wrongs, book.waiting) == ([], 0)


def test_a_batch_brings_the_events_of_its_entries() -> None:
    entries = [
        [7, "a", 0.0, 1, {}, [1], {"unit": "V"}],
        [8, "b", 0.0, 1, {"ppt_scheme": "x_own"}, b"\x01", None],
    ]
    call = Call(1, {}, "wampedge.ingest", Payload(["n1", 5, 0, entries]))

    assert list(marked_in(call)) == [
        MarkedEvent(5, 0, 7, "a", Payload([1], {"unit": "V"})),
        MarkedEvent(5, 0, 8, "b", Payload.sealed(b"\x01")),
    ]


def test_other_messages_bring_none() -> None:
    assert list(marked_in(Call(1, {}, "edge.n1.get", Payload([1, 2, 3, []])))) == []
    assert list(marked_in(Call(1, {}, "wampedge.ingest"))) == []
    assert list(marked_in(Publish(1, {}, "edge.n1.air"))) == []
