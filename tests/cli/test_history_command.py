"""``wampedge history`` as a user types it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import wampedge
from tests.support.node_process import NodeProcess
from wampedge.cli import exit_codes, history_command, main

SITE = """\
wampedge = 1
[node]
name = "n1"
[defaults]
history = "1d"
[devices.lamp]
driver = "led"
pin = 17
[devices.drip]
driver = "relay"
pin = 27
history = false
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """A node whose lamp was off, on and off."""
    path = tmp_path_factory.mktemp("history") / "devices.toml"
    path.write_text(SITE, encoding="utf-8")
    with NodeProcess(path) as node:
        for command in ("on", "off"):
            wampedge("call", f"edge.n1.lamp.{command}", environ=node.client_environment)
        yield node


def history(node: NodeProcess, *arguments: str) -> str:
    done = wampedge("history", *arguments, environ=node.client_environment | {"COLUMNS": "80"})
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_rows_are_a_table_in_local_time(kept: NodeProcess) -> None:
    lines = history(kept, "lamp.state").splitlines()

    assert [line.split()[2] for line in lines] == ["false", "true", "false"]
    assert all(len(line.split()[0]) == len("2026-05-01") for line in lines)


def test_json_is_a_line_for_each_row(kept: NodeProcess) -> None:
    rows = [json.loads(line) for line in history(kept, "lamp.state", "--json").splitlines()]

    assert [row["value"] for row in rows] == [False, True, False]
    assert {row["quality"] for row in rows} == {"good"}


def test_buckets_have_least_mean_most_and_count(kept: NodeProcess) -> None:
    head, row = history(kept, "lamp.state", "--every", "365d").splitlines()

    assert head.split() == ["time", "min", "mean", "max", "count"]
    assert row.split()[2:] == ["0", "0.333333", "1", "3"]


def test_a_plot_has_axes_and_fits_in_80_columns_when_piped(kept: NodeProcess) -> None:
    lines = history(kept, "lamp.state", "--plot").splitlines()

    assert lines[0].startswith("edge.n1.lamp.state  min 0  mean 0.333333  max 1  (3 values)")
    assert max(map(len, lines)) <= 80
    assert lines[1].lstrip().startswith("1.00 ")
    assert any("└" in line or "+" in line for line in lines)


def test_csv_goes_to_a_file_or_the_standard_output(kept: NodeProcess, tmp_path: Path) -> None:
    out = history(kept, "lamp.state", "--csv", "-")
    assert history(kept, "lamp.state", "--csv", str(tmp_path / "lamp.csv")) == ""

    rows = list(csv.reader(out.splitlines()))
    assert rows[0] == ["time", "value", "quality"]
    assert [row[1] for row in rows[1:]] == ["false", "true", "false"]
    assert (tmp_path / "lamp.csv").read_text("utf-8") == out


def test_a_history_of_many_pages_is_written_whole(
    kept: NodeProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_command, "_PAGE", 1)
    for name, value in kept.client_environment.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "lamp.csv"

    assert main(["history", "lamp.state", "--csv", str(path)]) == 0

    head, *rows = csv.reader(path.read_text("utf-8").splitlines())
    assert head == ["time", "value", "quality"]
    assert [row[1] for row in rows] == ["false", "true", "false"]


def test_what_cannot_be_held_at_once_is_refused(
    kept: NodeProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(history_command, "_PAGE", 1)
    monkeypatch.setattr(history_command, "_MAX_ROWS", 2)
    for name, value in kept.client_environment.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "lamp.parquet"

    assert main(["history", "lamp.state", "--parquet", str(path)]) == exit_codes.USAGE

    assert "more than 2 rows: ask for less with --since" in capsys.readouterr().err
    assert not path.exists()


def test_parquet_goes_to_a_file(kept: NodeProcess, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")

    history(kept, "lamp.state", "--parquet", str(tmp_path / "lamp.parquet"))

    table = parquet.read_table(tmp_path / "lamp.parquet")
    assert table.to_pydict()["value"] == [False, True, False]


def test_a_whole_name_and_a_url_reach_a_node_elsewhere(kept: NodeProcess) -> None:
    flags = ("--url", kept.url("ws"), "--json")

    done = wampedge("history", "edge.n1.lamp.state", *flags)

    assert (done.returncode, len(done.stdout.splitlines())) == (0, 3), done.stderr


def test_where_a_router_is_named_the_whole_name_is_wanted(kept: NodeProcess) -> None:
    done = wampedge("history", "lamp.state", "--url", kept.url("ws"))

    assert done.returncode == 3
    assert "name the whole of it, such as edge.gh1.air.temperature" in done.stderr


def test_nothing_in_the_time_is_said(kept: NodeProcess) -> None:
    arguments = ("lamp.state", "--since", "2001-01-01", "--until", "2001-01-02 12:00")

    done = wampedge("history", *arguments, environ=kept.client_environment)

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "edge.n1.lamp.state: nothing in this time\n"


def test_a_channel_without_history_is_an_error(kept: NodeProcess) -> None:
    done = wampedge("history", "drip.state", environ=kept.client_environment)

    assert done.returncode == 1
    assert done.stderr == (
        "wampedge history: wamp.error.no_such_procedure: no channel edge.n1.drip.state has a"
        ' history; history = "30d" in the device file gives it one\n'
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("lamp",), "must be DEVICE.CHANNEL, got 'lamp'"),
        (("lamp.state", "--since", "yesterday"), "must be how long ago (24h), a date"),
        (("lamp.state", "--every", "often"), "must be a duration such as 5m, got 'often'"),
        (("lamp.state", "--csv", "-", "--json"), "not allowed with argument"),
    ],
)
def test_a_wrong_command_line_says_what_is_wanted(arguments: tuple[str, ...], text: str) -> None:
    done = wampedge("history", *arguments)

    assert done.returncode == 2
    assert text in done.stderr


def test_a_file_that_cannot_be_written_is_one_line(kept: NodeProcess, tmp_path: Path) -> None:
    done = wampedge(
        "history", "lamp.state", "--csv", str(tmp_path), environ=kept.client_environment
    )

    assert done.returncode == 2
    assert done.stderr.strip() == f"wampedge history: {tmp_path} cannot be written: Is a directory"
