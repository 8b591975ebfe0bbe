"""A history in pages that fit into messages, and where the next page begins."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from wampedge.records import Record
from wampedge.store.history import QUALITIES
from wampedge.store.history_query import Bucket, Sample
from wampedge.wamp.values import MAX_ELEMENTS

__all__ = ["Page", "most_rows", "page_of_buckets", "page_of_rows"]

_MAX_BYTES: Final = 200 * 1024
"""Of an answer: clients take 256 KiB as one message, and JSON may need more than is reckoned."""
_MAX_ANSWER_ELEMENTS: Final = MAX_ELEMENTS - 100
"""Of an answer: routers of ours pass no argument with more, each list counting as one as well."""
_DIGITS: Final = 9
"""Significant digits of a mean, which has no more than its parts; all would double the answer."""


class Page(Record):
    """What one message holds.

    Attributes:
        rows: as they are answered, oldest first.
        following: the argument that brings the next page; empty where there is none.
    """

    rows: list[list[Any]]
    following: dict[str, float]


def most_rows(*, members: int) -> int:
    """Return how many rows of *members* values each a message can hold."""
    return _MAX_ANSWER_ELEMENTS // (members + 1)


def page_of_rows(
    samples: Sequence[Sample], *, is_flag: bool, qualities: bool, has_more: bool, is_newest: bool
) -> Page:
    """Return as much of *samples* as fits.

    Args:
        samples: oldest first.
        is_flag: values are true and false.
        qualities: tell them as well.
        has_more: there are more than these.
        is_newest: what is left out are the oldest.
    """
    rows = [_row(sample, is_flag=is_flag, qualities=qualities) for sample in samples]
    kept = _fitting(rows, is_newest=is_newest)
    if not (has_more or len(kept) < len(rows)):
        return Page(kept, {})
    if is_newest:
        return Page(kept, {"until": kept[0][0]})
    return Page(kept, {"since": (samples[len(kept) - 1].time_ms + 1) / 1_000})


def page_of_buckets(
    buckets: Sequence[Bucket], every_ms: int, *, has_more: bool, earliest_ms: int | None
) -> Page:
    """Return as many of *buckets* as fit.

    Args:
        buckets: oldest first.
        every_ms: how long one is.
        has_more: there are more than these.
        earliest_ms: where the oldest would begin, if the oldest are left out; None: the newest.
    """
    rows = [_summary(bucket) for bucket in buckets]
    kept = _fitting(rows, is_newest=earliest_ms is not None)
    is_cut = len(kept) < len(rows)
    if not (has_more or is_cut):
        return Page(kept, {})
    if earliest_ms is not None:
        return Page(kept, {"until": kept[0][0] if is_cut else earliest_ms / 1_000})
    return Page(kept, {"since": (buckets[len(kept) - 1].time_ms + every_ms) / 1_000})


def _row(row: Sample, *, is_flag: bool, qualities: bool) -> list[Any]:
    value = bool(row.value) if is_flag and row.value is not None else row.value
    told = [row.time_ms / 1_000, value]
    return [*told, QUALITIES[row.quality]] if qualities else told


def _summary(bucket: Bucket) -> list[float]:
    mean = float(f"{bucket.total / bucket.numbers:.{_DIGITS}g}")
    return [bucket.time_ms / 1_000, bucket.least, mean, bucket.most, bucket.numbers]


def _fitting(answer: list[list[Any]], *, is_newest: bool) -> list[list[Any]]:
    """Return as much of *answer* as fits in a message."""
    if not answer:
        return answer
    most = most_rows(members=len(answer[0]))
    size = len(json.dumps(answer))
    if size > _MAX_BYTES:
        most = min(most, max(len(answer) * _MAX_BYTES // size, 1))
    return answer[-most:] if is_newest else answer[:most]
