"""Derived values in the device file."""

from __future__ import annotations

import pytest

from tests.config.lines_rig import complaint, config


def test_derived_values_come_after_those_they_are_made_of() -> None:
    text = '[derived.a]\nvalue = "derived.b + 1"\n[derived.b]\nvalue = "air.humidity"\n'

    assert list(config(text).derived) == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            '[derived.a]\nvalue = "air.temprature * 2"\n',
            ("derived.a.value uses air.temprature, which nothing is called"
            " (did you mean air.temperature?)"),
        ),
        (
            '[derived.a]\nvalue = "derived.b"\n[derived.b]\nvalue = "derived.a"\n',
            "derived.a.value is made of itself: a <- b <- a",
        ),
        (
            '[derived.a]\nvalue = "__import__(1)"\n',
            ("derived.a.value cannot be used: only these can be called:"
            " abs, exp, int, log, max, min, round, sqrt"),
        ),
        ('[derived.a]\nunit = "V"\n', ("derived.a.value is missing (expression, such as"
         ' "air.temperature - dew.temperature")')),
    ],
)  # fmt: skip
def test_mistakes_in_derived_values_are_told(text: str, wanted: str) -> None:
    assert complaint(text) == wanted
