"""``wampedge history``: what a channel published, as a table, a plot, CSV, JSON or Parquet."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from wampedge.cli import exit_codes
from wampedge.cli.connection import add_connection_flags, connect, local_prefix
from wampedge.cli.history_table import Found, RowPrinter, print_json
from wampedge.errors import ApplicationError, ConfigError, WampedgeError
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    from wampedge.client import Session

__all__ = ["add_flags", "run"]

_DEFAULT_SINCE: Final = "24h"
_PAGE: Final = 10_000
_MAX_ROWS: Final = 5_000_000
_DURATION: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?(us|ms|s|m|min|h|d)")
_SECONDS: Final = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
_ROUND_STEPS_S: Final = (
    0.01, 0.1, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600,
    43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000,
)  # fmt: skip
"""What a column of a plot stands for: whole parts of minutes, hours and days."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument(
        "channel", type=_channel, help="air.temperature of the node on this machine, or a whole "
        "name such as edge.gh1.air.temperature",
    )  # fmt: skip
    parser.add_argument(
        "--since", type=_moment, default=_DEFAULT_SINCE, metavar="WHEN",
        help='from when on: how long ago (24h, 30d), a date ("2026-05-01 06:00", local time), Unix '
        "seconds, or all (default: 24h)",
    )  # fmt: skip
    parser.add_argument("--until", type=_moment, metavar="WHEN", help="until when (default: now)")
    parser.add_argument(
        "--every", type=_duration, metavar="DURATION",
        help="sum up: least, mean, most and count of each 5m, 1h or 1d",
    )  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--plot", action="store_true", help="draw it, as wide as the terminal")
    form.add_argument("--json", action="store_true", help="print each row as a line of JSON")
    form.add_argument("--csv", metavar="FILE", help="write it as CSV; - is the standard output")
    form.add_argument(
        "--parquet", metavar="FILE", help="write it as Parquet (needs wampedge[parquet])"
    )
    add_connection_flags(parser)


def run(options: argparse.Namespace) -> int:
    """Ask for the history and show it."""
    if options.parquet:
        from wampedge.cli.history_export import load_pyarrow  # noqa: PLC0415 # only where wanted

        load_pyarrow()
    try:
        asyncio.run(_show(options, os.environ))
    except OSError as error:
        name = options.csv or options.parquet
        if not name or isinstance(error, BrokenPipeError | WampedgeError):
            raise
        raise ConfigError(f"{name} cannot be written: {error.strerror or error}") from error
    return exit_codes.OK


async def _show(options: argparse.Namespace, environ: Mapping[str, str]) -> None:
    """Print or write what there is, page by page where it need not be seen as a whole."""
    channel = options.channel
    if channel.count(".") == 1:
        channel = f"{local_prefix(options, environ)}.{channel}"
    async with await connect(options) as session:
        history = _History(session, channel, options.timeout)
        query: dict[str, Any] = {"since": options.since}
        if options.until is not None:
            query["until"] = options.until
        every = options.every
        if options.plot and every is None:
            every = await _every_for(history, query)
        query |= {"qualities": True} if every is None else {"every": every}
        pages = history.pages(query)
        if options.plot or options.parquet:
            found = await _whole(pages)
            _show_whole(options, found)
            has_any = bool(found.rows) or options.plot
        else:
            has_any = await _show_pages(options, pages)
    if not has_any:
        print(f"{channel}: nothing in this time", file=sys.stderr)


async def _whole(pages: AsyncIterator[Found]) -> Found:
    """Return all pages as one; raises ConfigError where they are too many to be held at once."""
    found = await anext(pages)
    rows = list(found.rows)
    async for page in pages:
        rows += page.rows
        if len(rows) > _MAX_ROWS:
            text = f"more than {_MAX_ROWS:,} rows: ask for less with --since and --until, sum up"
            raise ConfigError(f"{text} with --every, or write --csv, which has no limit")
    return found.but(rows=rows)


def _show_whole(options: argparse.Namespace, found: Found) -> None:
    """Draw it, or write it in columns."""
    if options.plot:
        from wampedge.cli.history_plot import plot  # noqa: PLC0415 # only where wanted

        print("\n".join(plot(found, width=_width(), is_plain=not _shows_dots())))
        return
    from wampedge.cli.history_export import write_parquet  # noqa: PLC0415 # only where wanted

    write_parquet(found, options.parquet)


async def _show_pages(options: argparse.Namespace, pages: AsyncIterator[Found]) -> bool:
    """Print or write each page as it comes; tell whether there was any row."""
    found = await anext(pages)
    has_any = bool(found.rows)
    with ExitStack() as stack:
        show: Callable[[Found], None]
        if options.csv:
            from wampedge.cli.history_export import CsvFile  # noqa: PLC0415 # only where wanted

            show = stack.enter_context(CsvFile(options.csv)).write
        else:
            show = print_json if options.json else RowPrinter().write
        show(found)
        async for page in pages:
            show(page)
    return has_any


class _History:
    """One ``history`` procedure."""

    def __init__(self, session: Session, channel: str, timeout_s: float) -> None:
        self._session, self._channel, self._timeout_s = session, channel, timeout_s

    async def page(self, query: Mapping[str, Any]) -> tuple[Found, Mapping[str, Any]]:
        """Return rows, and what has to be asked for the next ones; nothing where it is all."""
        try:
            result = await self._session.call_payload(
                f"{self._channel}.history", Payload((), query), timeout_s=self._timeout_s
            )
        except ApplicationError as error:
            if error.uri != "wamp.error.no_such_procedure":
                raise
            text = f'no channel {self._channel} has a history; history = "30d" in the device file'
            raise ApplicationError(error.uri, [f"{text} gives it one"]) from error
        every_s = _seconds(query["every"]) if "every" in query else None
        found = Found(self._channel, result.kwargs.get("unit", ""), every_s, list(result.value))
        return found, _following(found, result.kwargs)

    async def pages(self, query: Mapping[str, Any]) -> AsyncIterator[Found]:
        """Yield all of a span, one page at least; the node holds one page at a time."""
        following: Mapping[str, Any] = {"limit": _PAGE}
        while following:
            query = {**query, **following}
            found, following = await self.page(query)
            yield found


def _following(found: Found, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what asks for the next page; older nodes do not say it."""
    following = told.get("next")
    if isinstance(following, Mapping):
        return following
    if not told.get("is_limit_reached") or not found.rows:
        return {}
    step_s = 0.001 if found.every_s is None else found.every_s
    return {"since": round(found.rows[-1][0] + step_s, 3)}


async def _every_for(history: _History, query: Mapping[str, Any]) -> str:
    """Return what one column of dots of a plot stands for, so that the whole span fits."""
    from wampedge.cli.history_plot import dots_across  # noqa: PLC0415 # see above

    first, _ = await history.page({**query, "limit": 1})
    newest = {name: value for name, value in query.items() if name == "until"}
    last, _ = await history.page({**newest, "limit": 1})
    span_s = last.rows[0][0] - first.rows[0][0] if first.rows and last.rows else 0.0
    least_s = span_s / dots_across(_width())
    step_s = next((step for step in _ROUND_STEPS_S if step >= least_s), _ROUND_STEPS_S[-1])
    return f"{step_s:g}s"


def _channel(text: str) -> str:
    if not re.fullmatch(r"[^\s.#*]+(\.[^\s.#*]+)+", text):
        raise argparse.ArgumentTypeError(f"must be DEVICE.CHANNEL, got {text!r}")
    return text.removesuffix(".history") if text.count(".") > 1 else text


def _moment(text: str) -> float | str:
    """Return what the procedure takes: Unix seconds, or how long ago as a text."""
    if text == "all":
        return 0.0
    if _DURATION.fullmatch(text):
        return text
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = datetime.fromisoformat(text).timestamp()  # without a zone: local time
        except (ValueError, OverflowError, OSError):
            seconds = -1.0
    if not 0.0 <= seconds < 1e11:
        wanted = 'must be how long ago (24h), a date ("2026-05-01 06:00"), Unix seconds or all'
        raise argparse.ArgumentTypeError(f"{wanted}, got {text!r}")
    return seconds


def _duration(text: str) -> str:
    if not _DURATION.fullmatch(text) or not 0.001 <= _seconds(text) <= 31_622_400:
        raise argparse.ArgumentTypeError(f"must be a duration such as 5m, got {text!r}")
    return text


def _seconds(duration: str) -> float:
    match = _DURATION.fullmatch(duration)
    assert match is not None, "durations are checked when they are read"
    return float(duration[: match.start(1)]) * _SECONDS[match[1]]


def _width() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _shows_dots() -> bool:
    """Return whether the standard output can take braille characters."""
    try:
        "\u28ff\u2502".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
