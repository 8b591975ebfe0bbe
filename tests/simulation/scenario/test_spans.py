import pytest

from wampedge.devices.fields import FieldError
from wampedge.simulation.scenario.spans import Span

WEEK = Span(7 * 86_400.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90.0), ("3d1m", 259_260.0), ("1d 12h", 129_600.0), ("1m500ms", 60.5), ("0s", 0.0)],
)
def test_parts_of_a_span_are_added(text: str, seconds: float) -> None:
    assert WEEK.convert(text) == seconds


@pytest.mark.parametrize("text", ["1m3d", "1h1h", "1d x", 5, "3d 5"])
def test_parts_out_of_order_and_other_things_are_refused(text: object) -> None:
    with pytest.raises(FieldError):
        WEEK.convert(text)


def test_sum_beyond_the_limit_is_refused() -> None:
    with pytest.raises(FieldError, match='"7d" or shorter'):
        WEEK.convert("6d24h1s")
