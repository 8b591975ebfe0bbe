from __future__ import annotations

import re

import pytest

from wampedge.devices.units import (
    DURATION_PATTERN,
    UnitError,
    conversion_factor,
    duration_text,
    parse_duration,
    parse_quantity,
    symbols_like,
    unit_of,
)


@pytest.mark.parametrize(
    ("text", "symbol", "dimension", "factor"),
    [
        ("V", "V", "voltage", 1.0),
        ("mohm", "mΩ", "resistance", 1e-3),
        ("hPa", "hPa", "pressure", 100.0),
        ("uA", "µA", "current", 1e-6),
        ("µA", "µA", "current", 1e-6),
        ("μA", "µA", "current", 1e-6),  # Greek mu, as keyboards give it
        ("kWh", "kWh", "energy", 3_600_000.0),
        ("min", "min", "time", 60.0),
        ("degC", "°C", "temperature", 1.0),
        ("L/min", "L/min", "volume/time", 0.001 / 60),
        ("ug/m3", "µg/m³", "mass/volume", 1e-9),
        ("1/s", "1/s", "1/time", 1.0),
        ("/s", "1/s", "1/time", 1.0),
        ("m/s2", "m/s²", "length/time²", 1.0),
    ],
)
def test_a_unit_is_read_in_every_usual_spelling(
    text: str, symbol: str, dimension: str, factor: float
) -> None:
    unit = unit_of(text)

    assert (unit.symbol, unit.dimension) == (symbol, dimension)
    assert unit.factor == pytest.approx(factor)


@pytest.mark.parametrize("text", ["", "x", "kmin", "MRH", "V/", "/", "V/x", "h%", "\x1b[31m"])
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(UnitError, match="unknown unit"):
        unit_of(text)


def test_a_misspelt_unit_gets_a_suggestion() -> None:
    with pytest.raises(UnitError, match=re.escape('did you mean "ohm"?')):
        unit_of("ohn")


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [
        ("Pa", "hPa", 0.01),
        ("V", "mV", 1000.0),
        ("kWh", "J", 3_600_000.0),
        ("m/s", "km/h", 3.6),
        ("%RH", "%", 1.0),
        ("Pa", "mbar", 0.01),
        ("furlong", "furlong", 1.0),
    ],
)
def test_units_of_one_dimension_convert_by_a_factor(
    source: str, target: str, factor: float
) -> None:
    assert conversion_factor(source, target) == factor


def test_units_of_two_dimensions_do_not_convert() -> None:
    with pytest.raises(UnitError) as caught:
        conversion_factor("V", "%")

    assert caught.value.text == "V cannot be converted to %"
    assert caught.value.hint == "units that fit: V, nV, µV, mV, kV, MV"


def test_temperatures_with_an_offset_do_not_convert() -> None:
    with pytest.raises(UnitError, match="°C cannot be converted to °F"):
        conversion_factor("°C", "°F")


def test_symbols_like_lists_prefixes_and_spellings() -> None:
    assert {"ohm", "mohm", "Ω", "kΩ", "uohm", "µΩ"} <= set(symbols_like("ohm"))
    assert symbols_like("L/min") == []
    assert all(unit_of(symbol).dimension == "resistance" for symbol in symbols_like("ohm"))


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("2mohm", "ohm", 0.002),
        ("25W", "W", 25.0),
        ("1%", "%", 1.0),
        ("0.5kW", "W", 500.0),
        ("-0.4°C", "°C", -0.4),
        ("+1e3Hz", "kHz", 1.0),
        (".5V", "V", 0.5),
        ("5.V", "V", 5.0),
        ("10L/min", "L/min", 10.0),
        ("2/s", "1/s", 2.0),
        ("100uA", "A", 0.0001),
    ],
)
def test_a_quantity_is_read_into_the_wanted_unit(text: str, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("25", 'must carry its unit (write "25W")'),
        ("25 W", 'must have no space before the unit (write "25W")'),
        ("W", 'must be a number with its unit, such as "10W"'),
        ("", 'must be a number with its unit, such as "10W"'),
        (
            "25V",
            "must be in W or alike, V is something else (units that fit: W, nW, µW, mW, kW, MW)",
        ),
        ("25Watt", "must be in W or alike (units: W, nW, µW, mW, kW, MW)"),
        ("25kw", 'must be in W or alike (did you mean "25kW"?)'),
        ("nanW", 'must be a number with its unit, such as "10W"'),
        ("1e999W", "must be a finite number"),
        ("٣W", 'must be a number with its unit, such as "10W"'),
    ],
)
def test_what_is_no_such_quantity_is_refused_with_the_fix(text: str, complaint: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_quantity(text, "W")

    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30.0),
        ("700ms", 0.7),
        ("20m", 1200.0),
        ("20min", 1200.0),
        ("1h", 3600.0),
        ("7d", 604_800.0),
        ("1.5h", 5400.0),
        ("250us", 0.00025),
        ("0s", 0.0),
    ],
)
def test_a_duration_is_read_into_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds
    assert re.fullmatch(DURATION_PATTERN, text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("30", 'must be a duration such as "30s" (write "30s")'),
        ("1 s", 'must be a duration such as "30s" (write "1s")'),
        ("30 seconds", 'must be a duration such as "30s" (write "30s")'),
        ("5 Minutes", 'must be a duration such as "30s" (write "5m")'),
        ("-1s", "must not be negative"),
        ("1x", 'must be a duration, "x" is no unit of time (units of time: us, ms, s, m, h, d)'),
        ("", 'must be a duration such as "30s" or "700ms"'),
        ("1e-9s", 'must be a duration such as "30s" or "700ms"'),
        ("nan", 'must be a duration such as "30s" or "700ms"'),
        ("1h30m", 'must be a duration such as "30s" or "700ms"'),
    ],
)
def test_what_is_no_duration_is_refused_with_the_fix(text: str, complaint: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_duration(text)

    assert str(caught.value) == complaint
    assert not re.fullmatch(DURATION_PATTERN, text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (30.0, "30s"),
        (0.7, "700ms"),
        (90.0, "90s"),
        (1200.0, "20m"),
        (604_800.0, "7d"),
        (0.00025, "250us"),
        (1.5e-7, "1.5e-07s"),
    ],
)
def test_a_duration_is_written_in_the_largest_unit_that_fits(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
