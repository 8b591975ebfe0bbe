"""Gaps: which become one, how many there may be, and when one may be delivered."""

from __future__ import annotations

from wampedge.store.outbox_gaps import MAX_GAPS, Gap, Gaps, Reason


def gap(seq: int, reason: Reason = "full", *, rule: str = "", count: int = 1) -> Gap:
    return Gap(seq, rule, reason, "t", count, 10 * count, seq, float(seq), float(seq), True)


def counts(gaps: Gaps) -> list[tuple[int, int]]:
    return [(seq, gaps[seq].count) for seq in gaps.between(0, float("inf"))]


def test_a_gap_takes_those_of_its_kind_before_it_along() -> None:
    gaps = Gaps()

    gaps.put(gap(3), after_seq=0)
    gaps.put(gap(4, "age"), after_seq=0)
    gaps.put(gap(5), after_seq=0)
    gaps.put(gap(7, rule="r."), after_seq=0)

    assert counts(gaps) == [(4, 1), (5, 2), (7, 1)]
    assert gaps[5].content == {
        "topic": "t", "count": 2, "bytes": 20, "first_seq": 3, "since": 3.0, "until": 5.0,
        "reason": "full",
    }  # fmt: skip


def test_a_gap_of_several_topics_tells_its_rule() -> None:
    gaps = Gaps()

    gaps.put(gap(1, rule="air."), after_seq=0)
    gaps.put(gap(2, rule="air.").but(topic="u"), after_seq=0)

    assert gaps[2].content["topic"] == "air."


def test_what_was_handed_out_stays_as_it_is() -> None:
    gaps = Gaps()
    gaps.put(gap(3), after_seq=0)

    gaps.put(gap(5), after_seq=3)

    assert counts(gaps) == [(3, 1), (5, 1)]
    assert not gaps.extend(gap(6), above_seq=5, after_seq=5)


def test_there_are_never_too_many() -> None:
    gaps = Gaps()

    for seq in range(1, MAX_GAPS + 101):  # others were accepted between any two
        if not gaps.extend(gap(seq), above_seq=seq - 1, after_seq=0):
            gaps.put(gap(seq), after_seq=seq - 1)
    assert len(gaps) == MAX_GAPS
    assert gaps[MAX_GAPS].count == 101
    gaps.put(gap(5_000, "age"), after_seq=0)

    assert len(gaps) == MAX_GAPS
    assert counts(gaps)[0] == (2, 2), "the two oldest of a kind are one"


def test_a_gap_is_delivered_once_the_disk_has_forgotten_what_it_counts() -> None:
    gaps = Gaps()
    gaps.put(gap(3), after_seq=0, is_settled=False)
    assert not gaps.is_settled(3)

    written, deleted = gaps.take()
    gaps.note_written(written, deleted)

    assert (written, deleted) == ([gap(3)], [])
    assert gaps.is_settled(3)


def test_a_gap_that_grew_meanwhile_is_written_again_first() -> None:
    gaps = Gaps()
    gaps.put(gap(3), after_seq=0, is_settled=False)
    written, deleted = gaps.take()

    assert gaps.extend(gap(9), above_seq=0, after_seq=0)
    gaps.note_written(written, deleted)

    assert not gaps.is_settled(3)
    written, deleted = gaps.take()
    gaps.note_written(written, deleted)
    assert (counts(gaps), gaps.is_settled(3)) == ([(3, 2)], True)


def test_gaps_that_joined_another_are_deleted_from_the_disk() -> None:
    gaps = Gaps()
    gaps.restore(gap(3))

    gaps.put(gap(5), after_seq=0)

    assert not gaps.is_settled(5), "the disk tells of the first one"
    written, deleted = gaps.take()
    assert ([each.seq for each in written], deleted) == ([5], [3])


def test_gaps_of_events_in_memory_are_not_written() -> None:
    gaps = Gaps()

    gaps.put(gap(3).but(is_lasting=False), after_seq=0, is_settled=False)

    assert gaps.is_settled(3)
    assert gaps.take() == ([], [])


def test_acknowledged_gaps_are_gone() -> None:
    gaps = Gaps()
    gaps.put(gap(3), after_seq=0)
    gaps.put(gap(5, "age"), after_seq=0)
    gaps.take()

    gaps.acknowledge(4)

    assert counts(gaps) == [(5, 1)]
    assert gaps.take() == ([], [3])
