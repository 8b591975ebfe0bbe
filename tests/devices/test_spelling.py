from __future__ import annotations

import pytest

from wampedge.devices.spelling import nearest, one_of


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("intervall", ["interval"]),
        ("drvier", ["driver"]),
        ("adress", ["address"]),
        ("on-start", ["on_start"]),
        ("Baud", ["baud"]),
        ("temp", ["temperature"]),
        ("zzz", []),
        ("", []),
        ("x" * 100_000, []),
    ],
)
def test_the_name_that_was_meant_is_found(word: str, wanted: list[str]) -> None:
    known = ["interval", "driver", "address", "on_start", "baud", "temperature"]

    assert nearest(word, known) == wanted


def test_the_best_match_comes_first_and_only_so_many_are_given() -> None:
    assert nearest("bme28", ["bme680", "bme280", "bmp280", "sht3x"], limit=2) == [
        "bme280",
        "bme680",
    ]


def test_names_are_joined_into_a_phrase() -> None:
    assert one_of([]) == ""
    assert one_of(["a"]) == "a"
    assert one_of(["a", "b"]) == "a or b"
    assert one_of(["a", "b", "c"], "and") == "a, b and c"
