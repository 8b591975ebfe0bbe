"""A history as a file: CSV for spreadsheets, Parquet for data frames."""

from __future__ import annotations

import csv
import importlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TextIO

from wampedge.cli.history_table import Found
from wampedge.errors import ConfigError

__all__ = ["load_pyarrow", "write_csv", "write_parquet"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def write_csv(found: Found, name: str) -> None:
    """Write *found* to the file *name*, ``-`` for the standard output; raises OSError.

    Times are UTC, as RFC 3339 has them; what has no value is an empty field.
    """
    if name == "-":
        _write_lines(found, sys.stdout, "\n")
    else:
        with Path(name).open("w", encoding="utf-8", newline="") as file:
            _write_lines(found, file, "\r\n")


def _write_lines(found: Found, file: TextIO, end: str) -> None:
    writer = csv.writer(file, lineterminator=end)
    writer.writerow(_titles(found))
    for time, *values in found.rows:
        moment = _EPOCH + timedelta(milliseconds=round(time * 1_000))
        text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        writer.writerow([text, *map(_field, values)])


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
