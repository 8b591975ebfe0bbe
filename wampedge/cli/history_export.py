"""A history as a file: CSV for spreadsheets, Parquet for data frames."""

from __future__ import annotations

import csv
import importlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

from wampedge.cli.history_table import Found
from wampedge.errors import ConfigError

__all__ = ["CsvFile", "load_pyarrow", "write_parquet"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class CsvFile:
    """A file of rows; used with ``with``, written page by page.

    Times are UTC, as RFC 3339 has them; what has no value is an empty field.

    Args:
        name: of the file, ``-`` for the standard output; opening it raises OSError.
    """

    def __init__(self, name: str) -> None:
        is_own = name == "-"
        self._file = sys.stdout if is_own else Path(name).open("w", encoding="utf-8", newline="")  # noqa: SIM115 # closed in __exit__
        self._is_own, self._has_titles = is_own, False
        self._writer = csv.writer(self._file, lineterminator="\n" if is_own else "\r\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_own:
            self._file.close()

    def write(self, found: Found) -> None:
        """Write one page; raises OSError."""
        if not self._has_titles:
            self._has_titles = True
            self._writer.writerow(_titles(found))
        self._writer.writerows(_fields(row) for row in found.rows)


def _fields(row: Sequence[Any]) -> list[Any]:
    moment = _EPOCH + timedelta(milliseconds=round(row[0] * 1_000))
    text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [text, *map(_field, row[1:])]


def load_pyarrow() -> Any:
    """Return the library that writes Parquet; raises ConfigError saying how to get it."""
    try:
        importlib.import_module("pyarrow.parquet")
        return importlib.import_module("pyarrow")
    except ImportError as error:
        text = (
            "writing Parquet needs pyarrow (pip install 'wampedge[parquet]'); --csv needs nothing"
        )
        raise ConfigError(text) from error


def write_parquet(found: Found, name: str) -> None:
    """Write *found* to the file *name*; raises OSError and ConfigError.

    Times are milliseconds of UTC; the metadata of the file has ``channel`` and ``unit``.
    """
    pyarrow = load_pyarrow()
    columns = list(zip(*found.rows, strict=True)) or [()] * len(found.names)
    times = [round(time * 1_000) for time in columns[0]]
    arrays = [pyarrow.array(times, pyarrow.timestamp("ms", tz="UTC"))]
    for title, column in zip(found.names[1:], columns[1:], strict=True):
        values = [float(v) if type(v) is int and title != "count" else v for v in column]
        is_mixed = len({type(value) for value in values if value is not None}) > 1
        arrays.append(pyarrow.array(map(str, values) if is_mixed else values))
    metadata = {"channel": found.channel, "unit": found.unit}
    table = pyarrow.table(dict(zip(found.names, arrays, strict=True)))
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), name)


def _titles(found: Found) -> list[str]:
    """Return the names of the columns, the unit with those that have it."""
    unit = f" [{found.unit}]" if found.unit else ""
    plain = ("time", "quality", "count")
    return [name if name in plain else f"{name}{unit}" for name in found.names]


def _field(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
