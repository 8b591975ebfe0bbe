"""Whole files: what is right gives a model, what is wrong a report, and nothing a traceback."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.device_file import HEAD, complaints, config_of, site
from tests.support.toml_documents import documents
from wampedge.config import check, load, render
from wampedge.errors import ConfigError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "devices.toml"


def test_the_example_file_is_right() -> None:
    config = load(EXAMPLE)

    assert config.path == EXAMPLE
    assert config.node.uri_prefix == "edge.gh1"
    assert len(config.devices) >= 10
    assert {bus.type for bus in config.buses.values()} == {"i2c", "serial"}


def test_the_smallest_file_has_a_format_a_name_and_a_device() -> None:
    config = config_of(site())

    assert list(config.devices) == ["lamp"]


def test_load_raises_the_whole_report(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text(site("[devices.a]\ndriver = 'led'\npin = 99\n"))

    with pytest.raises(ConfigError) as caught:
        load(path, {})

    assert str(caught.value).startswith("error: devices.a.pin must be GPIO0 to GPIO27, got 99")
    assert len(caught.value.problems) == 1


def test_load_looks_into_the_environment_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text(site(head='wampedge = 1\nnode.name = "${env:N}"\n'))

    assert load(path, {"N": "x"}).node.name == "x"


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "\ufeff", "\r\n"])
def test_an_empty_file_has_no_devices(text: str) -> None:
    assert complaints(text) == ['1:1 file is empty: no devices (begin with "wampedge = 1")']


@pytest.mark.parametrize("text", ["", "[devices]\n", "devices = {}\n"])
def test_a_file_without_devices_is_refused(text: str) -> None:
    (found,) = complaints(HEAD + text)

    assert found.endswith("no devices (write [devices.NAME] for each device)")


def test_devices_must_be_a_table() -> None:
    assert complaints(f"{HEAD}devices = []\n") == [
        "3:11 devices must be a table, got a list (write [devices.NAME])"
    ]


def test_byte_order_mark_and_crlf_are_fine() -> None:
    assert complaints("\ufeff" + site().replace("\n", "\r\n")) == []


def test_the_format_must_be_pinned() -> None:
    assert complaints(site(head='node.name = "a"\n')) == [
        (
            "1:1 wampedge is missing"
            ' (write "wampedge = 1" at the top: the version of the file format)'
        )
    ]


def test_unknown_tables_are_told_with_what_was_meant() -> None:
    first, second = complaints(site("[device.a]\n[xyzzy.x]\nwhen = 1\n"))

    assert first == "3:2 device is not a known key (did you mean devices?)"
    assert second.startswith("4:2 xyzzy is not a known key (tables: node, router, upstream,")


def test_control_characters_are_told_beside_all_else() -> None:
    assert complaints(site('[devices.a]\ndriver = "l\x00ed"\npin = 99\n')) == [
        '4:10 devices.a.driver must be the name of a driver, got "l ed" (did you mean led?)',
        (
            "4:12 control character NUL is not allowed"
            " (is the file saved as UTF-16? save it as UTF-8)"
        ),
    ]


def test_mistakes_of_all_stages_are_told_in_file_order() -> None:
    found = complaints(
        "wampedge = 2\nnode.name = 'A'\n[devices.a]\npin = x\n[devices.a]\n"
        "[devices.b]\ndriver = 'led'\npin = 99\nfoo = \"\\d\"\n"
    )

    places = [text.partition(" ")[0] for text in found]
    assert places == ["1:12", "2:13", "3:10", "4:7", "5:10", "8:7", "9:8"]


def test_there_are_not_endless_devices() -> None:
    text = "".join(f"[devices.d{n}]\n" for n in range(600))

    found = complaints(HEAD + text)

    assert "3:2 devices may hold 512 devices, and has 600" in found
    assert len(found) == 513


@pytest.mark.parametrize(
    "text",
    [
        "#" * 10_000_000,
        "°" * 150_000,
        "a = " + "[" * 100_000 + "]" * 100_000,
        ".".join("a" * 20_000) + " = 1",
        "[" + ".".join("a" * 20_000) + "]",
        "a." * 120_000 + "a = 1",
        "a = 1\n" * 40_000,
        "no toml\n" * 30_000,
        "secret" * 40_000,
        "a" * 250_000,
        "[devices.a]\n" + "".join(f"k{n} = 1\n" for n in range(25_000)),
        "[node]\n" + "".join(f"name{n} = 1\n" for n in range(19_000)),
        "".join(f"[devices.d{n}]\ndriver = 'x{n}'\n" for n in range(7_000)),
        "a = '''" + "x" * 250_000,
        "a = [" + "\n" * 250_000,
        "a = [" + "1," * 120_000 + "]",
        "a = {" + ",".join(f"k{n} = 1" for n in range(20_000)) + "}",
        'x = "' + "\\d" * 120_000 + '"',
        "".join(f'a{n} = "\\d"\n' for n in range(20_000)),
        "wampedge = " + "9" * 200_000,
        '[devices.tank]\ndriver = "line"\nmatch = "' + "(a" * 100_000 + '"',
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.cpu_time
def test_a_hostile_file_costs_less_than_a_second(text: str) -> None:
    start = time.process_time()
    config, problems = check(text, "f", {})
    report = render(problems, text)
    spent_s = time.process_time() - start

    assert config is None
    assert problems
    assert len(report) < 100_000
    assert spent_s < 1.0


@given(st.text() | documents())
def test_any_text_is_checked_without_a_traceback(text: str) -> None:
    config, problems = check(text, "f", {})

    assert (config is None) == bool(problems)
    report = render(problems, text)
    report.encode()
    assert "\x1b" not in report


MUTATED = EXAMPLE.read_text("utf-8")


@given(
    st.integers(0, len(MUTATED)),
    st.integers(0, 12),
    st.sampled_from(["", "x", "-1", '"', "'", "[", "{", "=", "\n", "nan", "1979-05-27", "[[a]]\n"]),
)
def test_a_damaged_example_is_checked_without_a_traceback(at: int, cut: int, put: str) -> None:
    text = MUTATED[:at] + put + MUTATED[at + cut :]

    config, problems = check(text, "f", {})

    assert (config is None) == bool(problems)
    render(problems, text)
