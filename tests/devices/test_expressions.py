"""The expression language: what it computes, what it refuses, and that nothing in it can hang."""

from __future__ import annotations

import ast
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.devices.expressions import FUNCTIONS, MAX_LENGTH, Expression, ExpressionError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("7 // 2 - 7 % 2", 2),
        ("7 / 2", 3.5),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("2 ** 0.5", math.sqrt(2)),
        ("1 << 4 | 3", 19),
        ("0xff >> 4 & 0b110 ^ 1", 7),
        ("~5 & 0xff", 250),
        ("~(1 < 2) & 3", 2),
        ("+3 if 2 > 1 else 4", 3),
        ("1 < 2 < 3", True),
        ("not (1 == 2 or 3 != 3) and 4 >= 4 and 4 <= 5", True),
        ("min(3, 1, 2) + max(1, 2) + abs(-1)", 4),
        ("round(2.567, 2)", 2.57),
        ("round(2.5)", 2),
        ("int(2.9) + log(1) + exp(0) + sqrt(9)", 6),
        ("  1 +\t1 ", 2),
    ],
)
def test_it_computes(text: str, value: float) -> None:
    assert Expression(text, ()).evaluate({}) == value


def test_names_stand_for_the_numbers_given() -> None:
    calibration = Expression("int(0.04096 / (lsb * shunt))", ["lsb", "shunt", "unused"])

    assert calibration.names == ("lsb", "shunt")
    assert calibration.evaluate({"lsb": 0.001, "shunt": 0.002, "unused": 1}) == 20480
    assert calibration(0.001, 0.002) == 20480


def test_a_name_may_be_a_word_of_python() -> None:
    names = ["int_", "power", "f_abs", "__builtins__"]

    assert Expression("int_ + power + f_abs + __builtins__", names)(1, 2, 3, 4) == 10


@pytest.mark.parametrize(
    "text",
    [
        "().__class__", "x.real", "x[0]", "[1]", "(1, 2)", "{1: 2}", "{1}", "'a'", "f'{x}'", "b'a'",
        "lambda: 1", "(lambda: 1)()", "x()", "open(1)", "__import__('os')", "abs(*[1])",
        "round(1, ndigits=1)", "[i for i in x]", "y := 1", "x = 1", "1; 2", "", " ", "1 +", "x\0",
        "None", "...", "1j", "1e999", "9" * 400, "x @ x", "x is x", "x in x", "await x", "yield",
        "-" * 40 + "1", "(" * 400, "x\nx", "import os", "1 if x",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        Expression(text, ["x"])


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(ExpressionError, match=r"'shnut' is not known here \(known: lsb, shunt\)"):
        Expression("shnut * lsb", ["lsb", "shunt"])


def test_an_expression_has_a_largest_length() -> None:
    with pytest.raises(ExpressionError, match="longer than 500 characters"):
        Expression("1+" * (MAX_LENGTH // 2) + "1", ())


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9", "x**x**x**x", "1 << 10**9", "1 << -1", "(2**1000)**1000", "round(1, 10**9)",
        "round(1, -10**9)", "1 / 0", "1 // 0", "1 % 0", "log(-1)", "log(0)", "sqrt(-1)",
        "exp(1000)", "(-8) ** 0.5", "0.0 ** -1", "10.0 ** 400", "1e308 * 10",
        "1e308 * 10 - 1e308 * 10",
        "1.5 & 1", "int(2**1000 * 1.0 * 2**1000)", "max()", "abs(1, 2)", "2**1023 * 2**1023 * 1.0",
    ],
)  # fmt: skip
def test_what_has_no_finite_value_or_grows_too_large_is_an_error_at_once(text: str) -> None:
    with pytest.raises(ExpressionError):
        Expression(text, ["x"]).evaluate({"x": 999})


_NUMBERS = st.one_of(
    st.integers(-(2**64), 2**64), st.floats(allow_nan=False, allow_infinity=False), st.booleans()
)
_LEAVES = st.one_of(
    st.sampled_from(["x", "y"]), st.integers(0, 10**6).map(str), st.floats(0, 1e6).map(repr)
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = ["+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "<", "==", "and"]
    return st.one_of(
        st.tuples(inner, st.sampled_from(operators), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.tuples(st.sampled_from(["-", "~", "not "]), inner).map(lambda t: f"({t[0]}{t[1]})"),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), inner).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
    )


@given(text=st.recursive(_LEAVES, _grown, max_leaves=20), x=_NUMBERS, y=_NUMBERS)
def test_any_formula_gives_a_finite_number_or_an_error(text: str, x: float, y: float) -> None:
    try:
        value = Expression(text, ["x", "y"]).evaluate({"x": x, "y": y})
    except ExpressionError:
        return
    assert isinstance(value, (int, float))
    assert math.isfinite(value)


@given(text=st.text(max_size=60))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    try:
        Expression(text, ["x"])
    except ExpressionError:
        return
    assert isinstance(ast.parse(text.strip(), mode="eval"), ast.Expression)


@given(
    text=st.recursive(st.sampled_from(["x", "3", "2"]), _grown, max_leaves=8), x=st.integers(-9, 9)
)
def test_small_formulas_agree_with_python(text: str, x: int) -> None:
    names = {"x": x, "y": 0, "log": math.log, "exp": math.exp, "sqrt": math.sqrt}
    try:
        ours = Expression(text, ["x"]).evaluate({"x": x})
    except ExpressionError:
        return
    assert ours == eval(text, {}, names)
