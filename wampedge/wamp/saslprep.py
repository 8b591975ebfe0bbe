"""SASLprep (RFC 4013): one form for user names and passwords, however they were typed."""

from __future__ import annotations

__all__ = ["saslprep"]


def saslprep(text: str) -> str:
    """Return the prepared form of *text*.

    Raises:
        ValueError: the text has characters that no name or password may have, or mixes
            directions of writing in a way that cannot be told apart on paper.
    """
    if text.isascii() and text.isprintable():
        return text  # nothing in it is mapped, prohibited or written from right to left
    from wampedge.wamp.saslprep_unicode import prepare  # noqa: PLC0415 # tables of 1 MB that few need

    return prepare(text)
