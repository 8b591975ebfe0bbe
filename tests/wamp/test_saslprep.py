"""SASLprep: the examples of RFC 4013 section 3, and each table once."""

from __future__ import annotations

import pytest

from wampedge.wamp.saslprep import saslprep


@pytest.mark.parametrize(
    ("typed", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("a\u3000b", "a b"),
        ("\u0627\u0031\u0628", "\u06271\u0628"),
        ("", ""),
    ],
)
def test_texts_that_look_alike_become_one(typed: str, prepared: str) -> None:
    assert saslprep(typed) == prepared


@pytest.mark.parametrize(
    "text",
    [
        "\u0007",  # C.2.1, the example of the RFC
        "\u0085",  # C.2.2
        "\ue000",  # C.3
        "\ufdd0",  # C.4
        chr(0xD800),  # C.5
        "\ufffd",  # C.6
        "\u2ff0",  # C.7
        "\u202e",  # C.8
        "\U000e0041",  # C.9
        "\u0221",  # A.1: unassigned in Unicode 3.2
    ],
    ids=ascii,
)
def test_characters_nobody_can_type_reliably_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not allowed in a name or password"):
        saslprep(f"a{text}")


def test_directions_of_writing_are_not_mixed() -> None:
    """RFC 3454 section 6."""
    with pytest.raises(ValueError, match="must not mix"):
        saslprep("\u0627a\u0628")


@pytest.mark.parametrize("text", ["\u06271", "1\u0627"])
def test_right_to_left_text_begins_and_ends_what_has_any(text: str) -> None:
    with pytest.raises(ValueError, match="must begin and end"):
        saslprep(text)
