"""What waits until its time has come."""

from __future__ import annotations

from wampedge.router.deadlines import Deadlines
from wampedge.router.sends import Send
from wampedge.wamp.messages import Goodbye


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def _say(reason: str) -> Send:
    return Send((), Goodbye({}, reason))


def _reasons(deadlines: Deadlines) -> list[str]:
    return [send.message.reason for send in deadlines.collect()]  # type: ignore[union-attr] # only GOODBYE is sent here


def test_nothing_waits_at_first() -> None:
    deadlines = Deadlines(Clock())

    assert (deadlines.next_due_s, len(deadlines), list(deadlines.collect())) == (None, 0, [])


def test_what_is_due_is_done_in_the_order_of_its_time() -> None:
    clock = Clock()
    deadlines = Deadlines(clock)
    deadlines.after(2.0, lambda: [_say("later")])
    deadlines.after(1.0, lambda: [_say("sooner")])
    deadlines.after(1.0, lambda: [_say("sooner, too")])
    deadlines.after(2.5, lambda: [_say("not yet")])
    clock.now_s = 102.0

    assert _reasons(deadlines) == ["sooner", "sooner, too", "later"]
    assert (deadlines.next_due_s, len(deadlines)) == (102.5, 1)


def test_what_is_cancelled_is_not_done() -> None:
    clock = Clock()
    deadlines = Deadlines(clock)
    first = deadlines.after(1.0, lambda: [_say("first")])
    deadlines.after(2.0, lambda: [_say("second")])
    first.cancel()
    first.cancel()
    due_s = deadlines.next_due_s
    clock.now_s = 103.0

    assert due_s == 102.0
    assert _reasons(deadlines) == ["second"]


def test_cancelling_what_is_done_changes_nothing() -> None:
    clock = Clock()
    deadlines = Deadlines(clock)
    deadline = deadlines.after(0.0, list)
    deadlines.collect()
    deadline.cancel()

    assert (deadlines.next_due_s, len(deadlines)) == (None, 0)


def test_something_earlier_than_all_else_is_told() -> None:
    told: list[float] = []
    deadlines = Deadlines(Clock())
    deadlines.on_earlier = told.append
    deadlines.after(5.0, list)
    deadlines.after(6.0, list)
    deadlines.after(4.0, list)

    assert told == [105.0, 104.0]


def test_cancelled_deadlines_do_not_pile_up() -> None:
    deadlines = Deadlines(Clock())
    kept = deadlines.after(1_000.0, list)
    for _ in range(1_000):
        deadlines.after(60.0, list).cancel()

    assert len(deadlines) == 1
    assert len(deadlines._heap) <= 64
    assert deadlines.next_due_s == kept.due_s
