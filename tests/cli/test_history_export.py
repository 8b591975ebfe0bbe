"""A history as CSV and Parquet, read back by programs that nobody here wrote."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wampedge.cli.history_export import CsvFile, load_pyarrow, write_parquet
from wampedge.cli.history_table import Found
from wampedge.errors import ConfigError

ROWS = Found(
    "edge.gh1.air.temperature",
    "°C",
    None,
    [[1_770_000_000.125, 21.5, "good"], [1_770_000_010.0, None, "bad"]],
)
BUCKETS = Found("edge.gh1.air.temperature", "°C", 60.0, [[1_770_000_000.0, 20, 21.5, 23, 6]])


def write_csv(found: Found, name: str) -> None:
    with CsvFile(name) as file:
        file.write(found)


def test_rows_as_csv(tmp_path: Path) -> None:
    write_csv(ROWS, str(tmp_path / "t.csv"))

    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["time", "value [°C]", "quality"],
            ["2026-02-02T02:40:00.125Z", "21.5", "good"],
            ["2026-02-02T02:40:10.000Z", "", "bad"],
        ]


def test_buckets_as_csv_on_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(BUCKETS, "-")

    assert capsys.readouterr().out == (
        "time,min [°C],mean [°C],max [°C],count\n2026-02-02T02:40:00.000Z,20,21.5,23,6\n"
    )


def test_flags_are_words_in_csv(capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(Found("edge.gh1.lamp.state", "", None, [[0.0, True, "good"]]), "-")

    assert capsys.readouterr().out.splitlines()[1] == "1970-01-01T00:00:00.000Z,true,good"


def table_of(found: Found, folder: Path) -> Any:
    """Return what a Parquet file of *found* says when it is read back."""
    parquet = pytest.importorskip("pyarrow.parquet")
    write_parquet(found, str(folder / "t.parquet"))
    return parquet.read_table(folder / "t.parquet")


def test_rows_as_parquet(tmp_path: Path) -> None:
    table = table_of(ROWS, tmp_path)

    assert table.to_pydict() == {
        "time": [
            datetime(2026, 2, 2, 2, 40, 0, 125_000, UTC),
            datetime(2026, 2, 2, 2, 40, 10, 0, UTC),
        ],
        "value": [21.5, None],
        "quality": ["good", "bad"],
    }
    assert table.schema.metadata[b"unit"].decode() == "°C"
    assert table.schema.metadata[b"channel"] == b"edge.gh1.air.temperature"


def test_buckets_as_parquet(tmp_path: Path) -> None:
    row = table_of(BUCKETS, tmp_path).to_pylist()[0]

    assert (row["min"], row["mean"], row["max"], row["count"]) == (20.0, 21.5, 23.0, 6)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([1, 2.5], [1.0, 2.5]),
        ([True, False], [True, False]),
        (["open", None], ["open", None]),
        ([1, "open"], ["1.0", "open"]),
    ],
)
def test_each_kind_of_channel_has_a_type(
    tmp_path: Path, values: list[Any], wanted: list[Any]
) -> None:
    rows = [[float(number), value, "good"] for number, value in enumerate(values)]

    table = table_of(Found("a.b.c", "", None, rows), tmp_path)

    assert table.to_pydict()["value"] == wanted


def test_an_empty_history_is_an_empty_file(tmp_path: Path) -> None:
    assert table_of(Found("a.b.c", "", None, []), tmp_path).num_rows == 0


def test_without_the_library_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    with pytest.raises(ConfigError) as caught:
        load_pyarrow()

    assert str(caught.value) == (
        "writing Parquet needs pyarrow (pip install 'wampedge[parquet]'); --csv needs nothing"
    )
