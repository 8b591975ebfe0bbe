"""The history of what channels published: noted as it goes out, answered as ``P.D.C.history``."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from wampedge.client import CallDetails, CallResult
from wampedge.config.model import ChannelConfig, SiteConfig
from wampedge.config.policies import is_numeric
from wampedge.devices.contracts import Clock
from wampedge.devices.fields import Boolean, Duration, Field, FieldError, Integer, shown
from wampedge.devices.logic import DERIVED
from wampedge.devices.units import DURATION_PATTERN
from wampedge.errors import ApplicationError, DeviceError, InvalidValueError, WampedgeError
from wampedge.records import Record
from wampedge.runtime.history_pages import Page, most_rows, page_of_buckets, page_of_rows
from wampedge.runtime.procedures import Endpoint, endpoint
from wampedge.store.history import HistoryTable
from wampedge.store.history_query import Span, first_ms, read_buckets, read_rows

if TYPE_CHECKING:
    from wampedge.devices.readings import Reading
    from wampedge.runtime.clock_state import ClockState
    from wampedge.store.store import Store

__all__ = ["HISTORY", "History"]

log = logging.getLogger(__name__)

T = TypeVar("T")

BUSY: Final = "wampedge.error.busy"
_MAX_ASKED: Final = 8
"""Queries that wait for their turn at most; each takes the thread of the store for a while."""
_MAX_WINDOW: Final = 10_000
"""Buckets that are looked at for the newest ones: some may be empty."""
_END_MS: Final = 2**53

Pace = Callable[[CallDetails], Awaitable[None]]
"""Waits until a caller has taken what it was sent."""


class _Moment(Field):
    """A time: Unix seconds, or how long ago as a duration (``"24h"``), negative inside."""

    def convert(self, value: Any) -> float:
        """Return Unix seconds, or minus the seconds back; raises FieldError."""
        if isinstance(value, str) and re.fullmatch(DURATION_PATTERN, value):
            return -Duration(maximum_s=1e11).convert(value)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value < 1e11:
            wanted = 'must be Unix seconds, or how long ago, such as "24h"'
            raise FieldError(f"{wanted}, got {shown(value)}")
        return float(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a moment."""
        return {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": f"^{DURATION_PATTERN}$"},
            ]
        }


HISTORY: Final[Mapping[str, Field]] = {
    "since": _Moment(
        default=None, doc='from when on: Unix seconds, or how long ago, such as "24h"'
    ),
    "until": _Moment(default=None, doc="until when, which is not included; the newest if left out"),
    "every": Duration(
        minimum_s=0.001,
        maximum_s=31_622_400.0,
        default=None,
        doc="sum up in buckets of this length: least, mean, most, count",
    ),
    "limit": Integer(
        1, 1_000_000_000, default=1_000, doc="how many rows or buckets at most, in all messages"
    ),
    "qualities": Boolean(default=False, doc="tell the quality of each row as well"),
}
"""What every ``history`` takes."""


class _Question(Record):
    """What is asked for."""

    name: str
    since: float | None
    until: float | None
    every_ms: int | None
    qualities: bool
    is_flag: bool


class History:
    """Owned by the node, from the first device file that keeps something; never closed itself.

    Args:
        store: where it is kept.
        config: the device file.
        clock: the node's clock.
    """

    def __init__(self, store: Store, config: SiteConfig, clock: Clock) -> None:
        self._clock = clock
        bounds = config.store
        self.table = HistoryTable(
            store,
            max_bytes=bounds.history_max_bytes,
            within_s=bounds.history_commit_s,
            time_s=clock.time,
        )
        self._asked = 0
        self.pace: Pace = _at_once
        """Set by the node."""
        self.follow(config)

    def follow(self, config: SiteConfig) -> None:
        """Keep what *config* says from now on."""
        self.table.keep(dict(_kept_channels(config)))

    def follow_clock(self, state: ClockState) -> None:
        """Date rows anew when a clock that nobody has set yet is set."""
        if not state.is_synced:
            self.table.distrust_clock()
            state.on_step(lambda step_s: self.table.redate(step_s, is_set=state.is_synced))

    def note(self, device: str, channel: ChannelConfig, reading: Reading) -> None:
        """Keep a published *reading* of a channel that has a history."""
        if reading.seq:  # what is from before the restart is there already
            name = f"{device}.{channel.name}"
            self.table.note(name, reading.time, reading.value, reading.quality)

    def endpoint(self, name: str, channel_now: Callable[[], ChannelConfig]) -> Endpoint:
        """Return ``P.D.C.history``.

        Args:
            name: of the channel, ``device.channel``.
            channel_now: returns what the device file says of it; a reload may change that.
        """

        async def history(*, limit: int, details: CallDetails, **asked: Any) -> CallResult:
            channel = channel_now()
            question = _question(name, channel, **asked)
            page = await self._page(question, limit)
            while details.wants_progress and question.since is not None and page.following:
                limit -= len(page.rows)
                if not limit:
                    break
                details.progress(page.rows)
                await self.pace(details)
                question = question.but(**page.following)
                page = await self._page(question, limit)
            told = {"next": page.following} if page.following else {}
            has_more = bool(page.following)
            return CallResult.of(page.rows, unit=channel.unit, is_limit_reached=has_more, **told)

        return endpoint(HISTORY, history, wants_caller=True)

    async def _page(self, question: _Question, limit: int) -> Page:
        """Return the first page of what is asked for; the newest rows without ``since``."""
        span = self._span(question)
        if question.every_ms is not None:
            limit = min(limit, _MAX_WINDOW if question.since is None else most_rows(members=5))
            return await self._summed(question, span, question.every_ms, limit)
        limit = min(limit, most_rows(members=3 if question.qualities else 2))
        is_newest = question.since is None
        work = read_rows(self.table, question.name, span, limit, is_newest=is_newest)
        rows, has_more = await self._ask(work)
        return page_of_rows(
            rows,
            is_flag=question.is_flag,
            qualities=question.qualities,
            has_more=has_more,
            is_newest=is_newest,
        )

    async def _summed(self, question: _Question, span: Span, every_ms: int, limit: int) -> Page:
        """Return buckets: the first, or without ``since`` those up to the newest."""
        is_cut, earliest_ms = False, None
        if question.since is None:
            newest_ms = min(span.end_ms - 1, int(self._clock.time() * 1_000))
            earliest_ms = newest_ms - newest_ms % every_ms - (limit - 1) * every_ms
            if earliest_ms > span.start_ms:
                found = await self._ask(first_ms(self.table, question.name))
                is_cut = found is not None and found < earliest_ms
                span = Span(earliest_ms, span.end_ms)
        work = read_buckets(self.table, question.name, span, every_ms, limit)
        buckets, has_more = await self._ask(work)
        return page_of_buckets(
            buckets, every_ms, has_more=has_more or is_cut, earliest_ms=earliest_ms
        )

    async def _ask(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the answer of the store; raises ApplicationError and DeviceError."""
        if self._asked >= _MAX_ASKED:
            work.close()
            raise ApplicationError(BUSY, ["too many ask for a history at once: ask again"])
        self._asked += 1
        try:
            return await work
        except WampedgeError as error:
            log.warning("a history cannot be read: %s", error)
            raise DeviceError("the history cannot be read: the disk does not give it") from error
        finally:
            self._asked -= 1

    def _span(self, question: _Question) -> Span:
        """Return what is asked for and is not too old; raises InvalidValueError."""
        now_s, since, until = self._clock.time(), question.since, question.until
        oldest_ms = max(self.table.oldest_ms(question.name), 0)
        start_ms = 0 if since is None else _milliseconds(since, now_s)
        end_ms = _END_MS if until is None else _milliseconds(until, now_s)
        if since is not None and start_ms >= end_ms:
            raise InvalidValueError("since: must be before until", field="since")
        return Span(max(start_ms, oldest_ms), end_ms)


async def _at_once(_: CallDetails) -> None:
    """Wait for nobody."""


def _question(
    name: str,
    channel: ChannelConfig,
    *,
    since: float | None,
    until: float | None,
    every: float | None,
    qualities: bool,
) -> _Question:
    """Return what is asked for; raises InvalidValueError."""
    is_flag = isinstance(channel.spec.field, Boolean)
    if every is not None:
        if not (is_flag or is_numeric(channel.spec)):
            raise InvalidValueError("every: the channel has no numbers", field="every")
        if qualities:
            raise InvalidValueError("qualities: buckets have none", field="qualities")
    every_ms = None if every is None else max(round(every * 1_000), 1)
    return _Question(name, since, until, every_ms, qualities, is_flag)


def _kept_channels(config: SiteConfig) -> Iterator[tuple[str, float]]:
    """Yield each channel that has a history, and for how many seconds."""
    for device in config.devices.values():
        for channel in device.channels.values():
            if channel.history_s is not None:
                yield f"{device.name}.{channel.name}", channel.history_s
    for derived in config.derived.values():
        if derived.channel.history_s is not None:
            yield f"{DERIVED}.{derived.channel.name}", derived.channel.history_s


def _milliseconds(moment: float, now_s: float) -> int:
    """Return a moment as ``_Moment`` has it in milliseconds since 1970."""
    return round((now_s + moment if moment < 0 else moment) * 1_000)
