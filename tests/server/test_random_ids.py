"""Ids of the global scope."""

from itertools import islice

from wampedge.server.random_ids import random_ids
from wampedge.wamp.ids import is_id


def test_ids_are_ids_and_differ_beyond_one_stock() -> None:
    ids = list(islice(random_ids(), 2000))

    assert all(is_id(one) for one in ids)
    assert len(set(ids)) == 2000


def test_ids_use_the_whole_range() -> None:
    ids = list(islice(random_ids(), 2000))

    assert min(ids) < 2**53 * 0.02
    assert max(ids) > 2**53 * 0.98
