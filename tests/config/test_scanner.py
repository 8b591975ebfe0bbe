"""The scanner against tomli: the same keys, and every span leads to its value."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from tests.support.toml_documents import documents
from wampedge.config.layout import KeyPath, Scan
from wampedge.config.scanner import scan

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.toml"))
PYTHON_CORPUS = Path(tomllib.__file__).parent.parent / "test" / "test_tomllib" / "data"


def leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield every key path in *value* with what is there."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*path, key), item
        if isinstance(item, (dict, list)):
            yield from leaves(item, (*path, key))


def assert_agrees_with_tomli(text: str) -> None:
    text = text.replace("\r\n", "\n")
    found = scan(text)
    wanted = dict(leaves(tomli.loads(text)))

    assert found.mistakes == []
    assert found.text == text
    assert set(found.places) == set(wanted)
    for path, value in wanted.items():
        start, end = found.places[path].value
        if not isinstance(value, (dict, list)):
            assert repr(tomli.loads(f"k = {text[start:end]}")["k"]) == repr(value)
        if isinstance(path[-1], str):
            start, end = found.places[path].key
            assert tomli.loads(f"{text[start:end]} = 1") == {path[-1]: 1}


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_every_key_and_value_of_the_corpus_is_found(file: Path) -> None:
    assert_agrees_with_tomli(file.read_text("utf-8"))


@pytest.mark.skipif(not PYTHON_CORPUS.is_dir(), reason="this Python comes without its test data")
def test_every_key_and_value_of_the_corpus_of_python_is_found() -> None:
    files = sorted((PYTHON_CORPUS / "valid").rglob("*.toml"))

    assert files
    for file in files:
        assert_agrees_with_tomli(file.read_bytes().decode())


@pytest.mark.skipif(not PYTHON_CORPUS.is_dir(), reason="this Python comes without its test data")
def test_no_broken_file_of_the_corpus_of_python_breaks_the_scanner() -> None:
    for file in sorted((PYTHON_CORPUS / "invalid").rglob("*.toml")):
        text = file.read_bytes().decode(errors="replace").replace("\r\n", "\n")

        found = scan(text)

        assert len(found.text) == len(text)


@given(documents())
def test_every_key_and_value_of_any_document_is_found(text: str) -> None:
    assert_agrees_with_tomli(text)


@given(st.text() | st.text("[]{}=.,\"'#\n ab1-_\\"))
def test_any_text_is_scanned_and_keeps_its_lines(text: str) -> None:
    found = scan(text)

    assert len(found.text) == len(text)
    assert [line.end() for line in _feeds(found.text)] == [line.end() for line in _feeds(text)]


@given(documents(), st.integers(0, 10_000), st.sampled_from(list("[]{}=.,\"'# \nx7")))
def test_a_document_with_one_wrong_character_loses_few_statements(
    text: str, at: int, character: str
) -> None:
    at %= max(len(text), 1)

    found = scan(text[:at] + character + text[at:])

    assert found.is_complete


def _feeds(text: str) -> Any:
    import re

    return re.finditer("\n", text)


def mistakes(text: str) -> list[str]:
    found = scan(text)
    return [f"{text[m.span.start : m.span.end]!r} {m.text}" for m in found.mistakes]


def keys(found: Scan) -> list[str]:
    return [".".join(map(str, path)) for path in found.places]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("a b = 1", '\'b\' expected "=" after the key, found "b"'),
        ("= 1", "'=' expected a key, found \"=\""),
        ("a. = 1", "'=' expected a key after the dot, found \"=\""),
        ("a =", "'' expected a value, but the line ends"),
        ("a = 1 2", "'2' expected the end of the line, found \"2\""),
        ("a = on", "'on' on is no value"),
        ("a = 96OO", "'96OO' 96OO is no value"),
        ("a = 007", "'007' 007 is no value"),
        ('a = "x', "'\"x' text is not closed"),
        ("a = 'x", '"\'x" text is not closed'),
        ("a = [1", "'[' list is not closed"),
        ("a = [1 2]", '\'2\' expected "," or "]", found "2"'),
        ("a = {b = 1", "'{' table is not closed"),
        ("a = {b = 1 c = 2}", '\'c\' expected "," or "}", found "c"'),
        ("[a", "'' expected ], but the line ends"),
        ("[[a]", "']' expected ]], found \"]\""),
        ("[a]]", "']' expected the end of the line, found \"]\""),
        ('"\\q" = 1', "'\"\\\\q\"' key has an escape that means nothing"),
        ("a = 1\x1b", "'1\\x1b' 1\x1b is no value"),
    ],
)
def test_a_broken_statement_is_told_where_it_breaks(text: str, mistake: str) -> None:
    assert mistakes(f"{text}\nz = 1") == [mistake]


@pytest.mark.parametrize(
    "text",
    [
        "a b = 1\nz = 1",
        "a = [1,\n 2,\nz = 1",
        "a = [1,\n 2 3,\n]\nz = 1",
        'a = """text\nz = 1',
        "a = {b = 1,\nz = 1\n[y]\nx = 1",
        "[a\nb = 1\n[c]\nz = 1",
    ],
)
def test_the_scan_goes_on_behind_a_broken_statement(text: str) -> None:
    found = scan(text)

    assert len(found.mistakes) == 1
    assert any(key.endswith(("z", "x")) for key in keys(found))
    tomli.loads(found.text)


def test_every_broken_statement_is_told() -> None:
    assert len(mistakes("a b\nc d\ne = f\n[g\nh = 1\n[i]\nj = [")) == 5


def test_a_table_defined_twice_is_dropped_with_all_that_is_in_it() -> None:
    text = "[a.b]\nc = 1\n[a.b]\nd = 2\ne = x\n[f]\ng = 3\n"

    found = scan(text)

    assert mistakes(text) == ["'b' a.b is defined twice", "'x' x is no value"]
    first = found.mistakes[0].first
    assert first is not None
    assert first.start == text.index("b")
    assert tomli.loads(found.text) == {"a": {"b": {"c": 1}}, "f": {"g": 3}}


def test_a_key_defined_twice_keeps_its_first_value() -> None:
    found = scan("a = 1\na = 2\nb.c = 1\nb.c = 2\n")

    assert [m.text for m in found.mistakes] == ["a is defined twice", "b.c is defined twice"]
    assert tomli.loads(found.text) == {"a": 1, "b": {"c": 1}}


def test_a_key_defined_twice_in_an_inline_table_breaks_the_statement() -> None:
    found = scan("a = {b = 1, b = 2}\nc = 3\n")

    assert [m.text for m in found.mistakes] == ["a.b is defined twice"]
    assert tomli.loads(found.text) == {"c": 3}


@pytest.mark.parametrize("second", ["[a]\nc = 1", "[a.b]\nc = 1", "a.b.c = 1", "[[a.b]]\nc = 1"])
def test_a_value_takes_no_further_keys(second: str) -> None:
    found = scan(f"a = {{}}\n{second}\n[z]\n")

    assert len(found.mistakes) == 1
    assert tomli.loads(found.text) == {"a": {}, "z": {}}


def test_what_is_lost_is_remembered() -> None:
    found = scan("[a]\nb = x\n[c\nd = 1\n")

    assert {("a", "b"), ("c",)} <= found.lost


def test_lists_of_tables_are_numbered() -> None:
    found = scan("[[a]]\nb = 1\n[a.c]\nd = 1\n[[a]]\nb = 2\n[a.c]\n")

    assert keys(found) == ["a", "a.0", "a.0.b", "a.0.c", "a.0.c.d", "a.1", "a.1.b", "a.1.c"]


def test_the_own_header_of_a_table_is_its_place() -> None:
    text = "[a.b]\n[a]\n"

    assert scan(text).places[("a",)].key.start == text.rindex("a")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("a = " + "[" * 100_000 + "]" * 100_000, "values are nested deeper than 32 levels"),
        ("a = " + "{b = " * 50_000, "values are nested deeper than 32 levels"),
        (".".join("a" * 20_000) + " = 1", "key has more than 16 parts"),
        ("a = " + "9" * 5_000, "value is longer than 100 characters"),
    ],
)
def test_limits_hold_before_any_parser_sees_the_text(text: str, mistake: str) -> None:
    found = scan(f"{text}\nz = 1\n")

    assert [m.text for m in found.mistakes] == [mistake]
    assert found.mistakes[0].code == "limit"
    assert tomli.loads(found.text) == ({"z": 1} if found.is_complete else {})


def test_a_header_with_too_many_parts_is_dropped_with_its_table() -> None:
    found = scan("[" + ".".join("a" * 20_000) + "]\nz = 1\n[y]\n")

    assert [m.text for m in found.mistakes] == ["key has more than 16 parts"]
    assert tomli.loads(found.text) == {"y": {}}


def test_a_text_full_of_mistakes_is_given_up() -> None:
    found = scan("no toml\n" * 30_000)

    assert len(found.mistakes) == 100
    assert not found.is_complete
    assert found.text.strip() == ""
