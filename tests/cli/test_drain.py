import pytest

from wampedge.cli.drain import Drain


def test_nothing_is_known_after_one_look() -> None:
    drain = Drain()

    drain.take(0.0, 1_000, 0)

    assert (drain.rate, drain.left_s, drain.share) == (0.0, None, 0.0)


def test_rate_counts_what_went_up_and_time_left_counts_what_is_left() -> None:
    drain = Drain()

    drain.take(0.0, 1_000, 500)
    drain.take(2.0, 600, 1_100)  # 600 went up, 200 came

    assert (drain.rate, drain.left_s) == (300.0, 3.0)
    assert drain.share == pytest.approx(0.4)


def test_a_queue_that_grows_has_no_end() -> None:
    drain = Drain()

    drain.take(0.0, 100, 0)
    drain.take(1.0, 150, 20)

    assert (drain.rate, drain.left_s, drain.share) == (20.0, None, 0.0)


def test_a_jump_moves_the_rate_by_three_tenths() -> None:
    drain = Drain()
    for second, sent in ((0.0, 0), (1.0, 100), (2.0, 300)):
        drain.take(second, 1_000, sent)

    assert drain.rate == pytest.approx(130.0)


def test_an_empty_queue_is_done_and_the_next_one_begins_anew() -> None:
    drain = Drain()
    for second, depth in ((0.0, 50), (1.0, 0)):
        drain.take(second, depth, 0)
    assert drain.share == 1.0

    drain.take(2.0, 8, 0)

    assert (drain.peak, drain.share) == (8, 0.0)
