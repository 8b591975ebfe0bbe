from __future__ import annotations

import pytest

from wampedge.config.parsing import parse


def test_a_right_document_gives_its_values() -> None:
    values, found = parse("a = 1\n[b]\nc = true\n")

    assert values == {"a": 1, "b": {"c": True}}
    assert found.mistakes == []


@pytest.mark.parametrize(
    ("statement", "text", "hint"),
    [
        (
            'a = "\\d"',
            "a backslash in double quotes starts an escape, and this is none",
            "write the text in single quotes: they take a backslash as it is",
        ),
        ("a = 1979-02-30", "there is no such date", ""),
        ('a = "\\ud800"', "escaped character is not a Unicode scalar value", ""),
        ("[[z]]\n[z]", "z is defined twice", "rename or remove one"),
        ("q.r = 1\n[q]", "q is defined twice", "rename or remove one"),
        (
            "[t.u]\n[t]\nu.v = 1",
            "t.u is complete where it is defined first",
            "write all its keys there",
        ),
    ],
)
def test_what_only_tomli_finds_is_told_in_our_words(statement: str, text: str, hint: str) -> None:
    values, found = parse(f"first = 1\n{statement}\n[last]\nx = 2\n")

    assert [(m.text, m.hint) for m in found.mistakes] == [(text, hint)]
    assert values["first"] == 1
    assert values["last"] == {"x": 2}


def test_a_table_that_tomli_refuses_goes_with_its_keys() -> None:
    values, found = parse("a.b = 1\n[a]\nc = 2\nd = 3\n[e]\nf = 4\n")

    assert len(found.mistakes) == 1
    assert values == {"a": {"b": 1}, "e": {"f": 4}}
    assert ("a",) in found.lost


def test_mistakes_of_both_kinds_are_told_together() -> None:
    values, found = parse('a = "\\d"\nb = x\nc = "\\q"\nd = 4\n')

    assert len(found.mistakes) == 3
    assert values == {"d": 4}


def test_too_many_mistakes_that_only_tomli_finds_end_the_check() -> None:
    values, found = parse("".join(f'a{n} = "\\d"\n' for n in range(50)))

    assert values == {}
    assert not found.is_complete
    assert len(found.mistakes) == 20
