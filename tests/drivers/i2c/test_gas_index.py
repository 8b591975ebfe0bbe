"""The VOC index, against what Sensirion's own program (version 3.2.0, in C) makes of a signal."""

from __future__ import annotations

import pytest

from wampedge_drivers.i2c._gas_index import VocIndex

HOUR_S = 3600


def signal(second: int) -> int:
    """Usual air at 30,000 ± 40 ticks; cooking at 4 h for 20 min, bad air from 8 h to 13 h."""
    usual = 30_000
    if 4 * HOUR_S <= second < 4 * HOUR_S + 1200:
        usual = 28_500
    if 8 * HOUR_S <= second < 13 * HOUR_S:
        usual = 27_000
    return usual + abs(second % 400 - 200) * 2 // 5 - 40


OF_SENSIRION = {
    46: (0.5, 10021.0, 50.0),
    100: (94.446, 10007.02, 49.969),
    600: (103.915, 9967.61, 49.688),
    3600: (96.080, 9999.38, 42.683),
    14400: (98.380, 9999.40, 33.443),
    14410: (250.712, 9999.06, 40.159),
    14500: (496.472, 9998.77, 45.265),
    15599: (499.490, 9998.77, 45.265),
    16000: (86.172, 9998.77, 45.112),
    28830: (406.264, 9997.63, 75.179),
    39600: (500.0, 9997.63, 75.187),
    40000: (499.969, 9978.92, 247.761),
    46799: (426.276, 9625.99, 1038.088),
    46900: (71.308, 9626.91, 1037.054),
    50399: (70.303, 9655.86, 1000.930),
}
"""Second to index, mean above 20,000 ticks and deviation, in Sensirion's single precision."""


def test_a_day_is_as_sensirions_program_has_it() -> None:
    """Quick and slow learning, the gate of bad air, and its end after three hours."""
    index, found = VocIndex(), {}

    for second in range(14 * HOUR_S):
        value = index.feed(signal(second), 1.0)
        if second in OF_SENSIRION:
            found[second] = (value, index.mean, index.deviation)

    for second, (value, mean, deviation) in OF_SENSIRION.items():
        assert found[second][0] == pytest.approx(value, abs=0.01), second
        assert found[second][1] == pytest.approx(mean, abs=0.02), second
        assert found[second][2] == pytest.approx(deviation, abs=0.1), second


def test_signals_beyond_the_range_are_as_sensirions_program_has_them() -> None:
    """Ticks count from 20,001 to 52,767."""
    index = VocIndex()
    for _second in range(46):
        assert index.feed(30_000, 1.0) is None

    found = [index.feed(ticks, 1.0) for ticks in (19_000, 60_000, 21_337, 52_767, 52_768, 64_999)]

    assert found == pytest.approx([99.701, 99.236, 99.423, 98.931, 97.918, 96.130], abs=0.002)
    assert index.mean == pytest.approx(5801.10, abs=0.02)


def test_constant_air_is_100() -> None:
    """As the test of Sensirion's package for Python says: after 200 samples."""
    index = VocIndex()
    for _second in range(200):
        index.feed(1337, 1.0)

    assert round(index.feed(1337, 1.0) or 0) == 100


def test_there_is_no_index_in_the_first_45_seconds() -> None:
    index = VocIndex()

    assert [index.feed(30_000, 10.0) is None for _sample in range(6)] == [True] * 5 + [False]


@pytest.mark.parametrize("period_s", [0.5, 2.0, 5.0])
def test_another_period_gives_about_the_same_index(period_s: float) -> None:
    """Two hours, and two minutes of gas at their end, sampled more or less often."""

    def at_the_end(period_s: float) -> float | None:
        index, end = VocIndex(), None
        for sample in range(int((2 * HOUR_S + 120) / period_s)):
            ticks = 30_000 if sample * period_s < 2 * HOUR_S else 29_600
            end = index.feed(ticks, period_s)
        return end

    expected = at_the_end(1.0)

    assert expected is not None
    assert 250 < expected < 450
    assert at_the_end(period_s) == pytest.approx(expected, abs=6)


def test_what_was_learned_is_taken_up_again() -> None:
    """A signal one deviation and its bonus below the mean is a gas of 230, which is 264.

    500 / (1 + e^(-0.0065 · (230 - 213))) = 500 / (1 + e^-0.1105) = 263.8.
    """
    index = VocIndex()
    index.resume(mean=10_000.0, deviation=80.0)
    for _second in range(46):
        index.feed(30_000, 1.0)

    assert index.feed(29_700, 1.0) == pytest.approx(263.8, abs=0.05)
