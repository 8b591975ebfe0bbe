"""The history of what channels published: noted as it goes out, answered as ``P.D.C.history``."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from wampedge.client import CallResult
from wampedge.config.model import ChannelConfig, SiteConfig
from wampedge.config.policies import is_numeric
from wampedge.devices.contracts import Clock
from wampedge.devices.fields import Boolean, Duration, Field, FieldError, Integer, shown
from wampedge.devices.logic import DERIVED
from wampedge.devices.units import DURATION_PATTERN
from wampedge.errors import ApplicationError, DeviceError, InvalidValueError, WampedgeError
from wampedge.runtime.procedures import Endpoint, endpoint
from wampedge.store.history import QUALITIES, HistoryTable
from wampedge.store.history_query import Bucket, Sample, Span, first_ms, read_buckets, read_rows
from wampedge.wamp.values import MAX_ELEMENTS

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
_MAX_ANSWER_BYTES: Final = 200 * 1024
"""Of an answer: clients take 256 KiB as one message, and JSON may need more than is reckoned."""
_MAX_ANSWER_ELEMENTS: Final = MAX_ELEMENTS - 100
"""Of an answer: routers of ours pass no argument with more, each list counting as one as well."""
_END_MS: Final = 2**53
_DIGITS: Final = 9
"""Significant digits of a mean, which has no more than its parts; all would double the answer."""


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
    "limit": Integer(1, 10_000, default=1_000, doc="how many rows or buckets at most"),
    "qualities": Boolean(default=False, doc="tell the quality of each row as well"),
}
"""What every ``history`` takes."""


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

        async def history(
            *, since: float | None, until: float | None, limit: int, **how: Any
        ) -> CallResult:
            channel = channel_now()
            is_flag = isinstance(channel.spec.field, Boolean)
            every_s, qualities = how["every"], how["qualities"]
            span = self._span(name, since, until)
            if every_s is None:
                way = {"is_newest": since is None}
                rows, has_more = await self._ask(read_rows(self.table, name, span, limit, **way))
                answer = [_row(row, is_flag=is_flag, qualities=qualities) for row in rows]
            else:
                if not (is_flag or is_numeric(channel.spec)):
                    raise InvalidValueError("every: the channel has no numbers", field="every")
                if qualities:
                    raise InvalidValueError("qualities: buckets have none", field="qualities")
                every_ms = max(round(every_s * 1_000), 1)
                answer, has_more = await self._summed(name, span, every_ms, limit, since)
            fitting = _fitting(answer, is_newest=since is None)
            is_limit_reached = has_more or len(fitting) < len(answer)
            return CallResult.of(fitting, unit=channel.unit, is_limit_reached=is_limit_reached)

        return endpoint(HISTORY, history)

    async def _summed(
        self, name: str, span: Span, every_ms: int, limit: int, since: float | None
    ) -> tuple[list[list[float]], bool]:
        """Return buckets, and whether there are more: later ones, or earlier without *since*."""
        is_cut = False
        if since is None:
            newest_ms = min(span.end_ms - 1, int(self._clock.time() * 1_000))
            start_ms = newest_ms - newest_ms % every_ms - (limit - 1) * every_ms
            if start_ms > span.start_ms:
                found = await self._ask(first_ms(self.table, name))
                is_cut = found is not None and found < start_ms
                span = Span(start_ms, span.end_ms)
        work = read_buckets(self.table, name, span, every_ms, limit)
        buckets, has_more = await self._ask(work)
        return [_summary(bucket) for bucket in buckets], has_more or is_cut

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

    def _span(self, name: str, since: float | None, until: float | None) -> Span:
        """Return what is asked for and is not too old; raises InvalidValueError."""
        now_s = self._clock.time()
        oldest_ms = max(self.table.oldest_ms(name), 0)
        start_ms = 0 if since is None else _milliseconds(since, now_s)
        end_ms = _END_MS if until is None else _milliseconds(until, now_s)
        if since is not None and start_ms >= end_ms:
            raise InvalidValueError("since: must be before until", field="since")
        return Span(max(start_ms, oldest_ms), end_ms)


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
    most = _MAX_ANSWER_ELEMENTS // (len(answer[0]) + 1)
    size = len(json.dumps(answer))
    if size > _MAX_ANSWER_BYTES:
        most = min(most, max(len(answer) * _MAX_ANSWER_BYTES // size, 1))
    return answer[-most:] if is_newest else answer[:most]
