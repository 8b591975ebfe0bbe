"""``wamp.subscription.get_events``: what to find in the history of a subscription, and the answer.

Specification, "Event History", "Receiving Event History". All filters of the specification are
understood, and each narrows what the others leave. An answer is one message, so it holds no more
than fits: ``is_limit_reached`` tells whether there is more, which ``after_publication`` (or
``before_publication`` with ``reverse``) goes on with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from wampedge.errors import ApplicationError
from wampedge.router.names import INVALID_ARGUMENT
from wampedge.router.publication import Publication
from wampedge.wamp.ids import is_id
from wampedge.wamp.validation import shown

__all__ = ["HistoryQuery", "timestamp"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-]\d\d:\d\d))", re.ASCII
)
_MAX_ANSWER_BYTES = 128 * 1024
"""Half of what clients take as one message by default: JSON may need more room than the bytes."""
_HEAD_BYTES = 200
"""What an event of the answer takes besides its payload."""


class HistoryQuery:
    """Which of the events of a subscription a caller wants.

    Args:
        filters: the keyword arguments of the call; those nobody knows and nulls are ignored.

    Raises:
        ApplicationError: with the URI ``wamp.error.invalid_argument``, naming the filter.
    """

    def __init__(self, filters: Mapping[str, Any]) -> None:
        given = {name: value for name, value in filters.items() if value is not None}
        self._is_reverse = _checked(given, "reverse", _is_bool, "a boolean") or False
        self._limit = _checked(given, "limit", is_id, "a whole number above 0")
        self._topic = _checked(given, "topic", _is_str, "a string")
        self._from_us = _time_us(given, "from_time")
        self._after_us = _time_us(given, "after_time")
        self._before_us = _time_us(given, "before_time")
        self._until_us = _time_us(given, "until_time")
        self._from_id, self._after_id, self._before_id, self._until_id = (
            _checked(given, f"{side}_publication", is_id, "an id")
            for side in ("from", "after", "before", "until")
        )

    def select(self, publications: Sequence[Publication]) -> tuple[list[Publication], bool]:
        """Return those wanted of *publications*, in the order wanted, and whether there are more.

        Args:
            publications: what the caller may see, the oldest first.
        """
        wanted = [
            each for each in self._between_publications(publications) if self._is_wanted(each)
        ]
        if self._is_reverse:
            wanted.reverse()
        selected: list[Publication] = []
        room_bytes = _MAX_ANSWER_BYTES
        for publication in wanted[: self._limit]:
            room_bytes -= publication.payload.size_bytes + _HEAD_BYTES
            if selected and room_bytes < 0:
                break
            selected.append(publication)
        return selected, len(selected) < len(wanted)

    def _between_publications(self, publications: Sequence[Publication]) -> Iterable[Publication]:
        """Cut off what lies before and after the events that are named.

        One that is not there any more has nothing before or after it.
        """
        place_by_id = {each.id: place for place, each in enumerate(publications)}
        first, end = 0, len(publications)
        for first_id, offset in ((self._from_id, 0), (self._after_id, 1)):
            if first_id is not None:
                first = max(first, place_by_id.get(first_id, end) + offset)
        for last_id, offset in ((self._before_id, 0), (self._until_id, 1)):
            if last_id is not None:
                end = min(end, place_by_id.get(last_id, -1) + offset)
        return publications[first : max(end, 0)]

    def _is_wanted(self, publication: Publication) -> bool:
        time_us = publication.time_ms * 1_000
        return (
            (self._topic is None or publication.topic == self._topic)
            and (self._from_us is None or time_us >= self._from_us)
            and (self._after_us is None or time_us > self._after_us)
            and (self._before_us is None or time_us < self._before_us)
            and (self._until_us is None or time_us <= self._until_us)
        )


def timestamp(time_ms: int) -> str:
    """Write a time as the history tells it: RFC 3339, in UTC, with milliseconds.

    Args:
        time_ms: milliseconds since 1970.
    """
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _checked(
    filters: Mapping[str, Any], name: str, accepts: Callable[[Any], bool], wanted: str
) -> Any:
    """Return the filter *name*, or None where it is not given."""
    value = filters.get(name)
    if value is not None and not accepts(value):
        raise _wrong(name, wanted, value)
    return value


def _time_us(filters: Mapping[str, Any], name: str) -> int | None:
    """Return a time in microseconds since 1970, or None where it is not given."""
    wanted = "a time such as 2026-05-01T06:00:00.000Z"
    text = _checked(filters, name, _is_str, wanted)
    if text is None:
        return None
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise _wrong(name, wanted, text)
    day, time, fraction, offset = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time}{offset or '+00:00'}")
    except ValueError as error:
        raise _wrong(name, wanted, text) from error
    microseconds = int((fraction or "0")[:6].ljust(6, "0"))
    return (moment - _EPOCH) // timedelta(microseconds=1) + microseconds


def _wrong(name: str, wanted: str, value: Any) -> ApplicationError:
    return ApplicationError(INVALID_ARGUMENT, [f"{name} must be {wanted}, got {shown(value)}"])


def _is_bool(value: Any) -> bool:
    return type(value) is bool


def _is_str(value: Any) -> bool:
    return type(value) is str
