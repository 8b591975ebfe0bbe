"""What holds for every refusal, whatever was refused."""

from __future__ import annotations

from typing import Final

__all__ = ["check_refusal"]

_MAX_TEXT: Final = 1_000
"""A refusal carries no more than this of what the peer sent."""


def check_refusal(text: str) -> None:
    """See that *text* is short and can be written anywhere."""
    assert len(text) <= _MAX_TEXT, f"a refusal of {len(text)} characters"
    text.encode()
