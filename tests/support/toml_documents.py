"""Hypothesis strategy for valid TOML documents, odd spellings included."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["documents"]

_PLAIN = st.text("abcXYZ019_-", min_size=1, max_size=4)
_CHARACTERS = st.characters(blacklist_categories=["Cs", "Cc"])
_TEXTS = st.text(_CHARACTERS, max_size=6)
_SPACE = st.sampled_from(["", " ", "\t", "  "])
_FILLER = st.sampled_from(["", " ", "\n", "\n  ", " # a ] comment }\n"])


def _basic(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "") + "'"


def _long_basic(text: str) -> str:
    return '"""' + text.replace("\\", "\\\\").replace('"', '\\"') + '\n"" x\\\n  end"""'


def _long_literal(text: str) -> str:
    return "'''\n" + text.replace("'", "") + "\n'' ='''"


_NAMES = _PLAIN | _TEXTS.map(_basic) | _TEXTS.map(_literal) | st.just('"\\u0061\\n"')
_SCALARS = st.one_of(
    st.just("1979-05-27 07:32:00Z"),
    st.integers(-(10**12), 10**12).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr).filter(lambda t: "e" not in t),
    st.sampled_from(["true", "false", "inf", "-inf", "+1", "0xff", "0o17", "0b1_0", "1_000"]),
    st.sampled_from(["1e10", "-2.5E-3", "1979-05-27", "07:32:00", "1979-05-27T07:32:00.5-07:00"]),
    _TEXTS.map(_basic),
    _TEXTS.map(_literal),
    _TEXTS.map(_long_basic),
    _TEXTS.map(_long_literal),
)


@st.composite
def _lists(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    items: list[str] = draw(st.lists(values, max_size=3))
    pieces = [f"{draw(_FILLER)}{item}{draw(_FILLER)}" for item in items]
    ends_in_comma = draw(st.booleans())
    comma = "," if items and ends_in_comma else ""
    return f"[{','.join(pieces)}{comma}{draw(_FILLER)}]"


@st.composite
def _inline_tables(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    names = draw(st.lists(_PLAIN, max_size=3, unique=True))
    return "{" + ", ".join(f"{name}{draw(_SPACE)}= {draw(values)}" for name in names) + "}"


_VALUES = st.recursive(_SCALARS, lambda inner: _lists(inner) | _inline_tables(inner), max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw a document whose tables and keys are all different, so that tomli takes it."""
    lines = []
    for number in range(draw(st.integers(0, 4))):
        space = draw(_SPACE)
        if number:
            kind = draw(st.sampled_from(["[{}]", "[ {} ]", "[[{}]]", "[{}.sub]"]))
            lines.append(space + kind.format(f"t{number}") + draw(_SPACE) + "# [a] = {")
        for index in range(draw(st.integers(0, 3))):
            name = draw(_NAMES)
            dotted = draw(st.sampled_from(["k{i}.{n}", 'k{i} . {n}."x.y"', "k{i}"]))
            key = dotted.format(i=index, n=name)
            lines.append(f"{space}{key}{draw(_SPACE)}={draw(_SPACE)}{draw(_VALUES)}{draw(_SPACE)}")
        lines.append(draw(st.sampled_from(["", "   ", "# comment = [", "\t"])))
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)
