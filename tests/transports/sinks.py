"""A ``MessageSink`` that writes down what it is told."""

from __future__ import annotations

from typing import Any

from wampedge.errors import RemoteProtocolError, TransportError

__all__ = ["RecordedSink"]


class RecordedSink:
    """Notes messages, and everything else as a text."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    @property
    def ends(self) -> list[str]:
        """How often and how the connection ended."""
        return [text for text in self.heard if isinstance(text, str) and text.startswith("closed")]

    def on_message(self, message: Any) -> None:
        """Note a message."""
        self.heard.append(message)

    def on_bad_message(self, error: RemoteProtocolError) -> None:
        """Note a message that is none."""
        self.heard.append(f"bad: {error}")

    def on_batch_end(self) -> None:
        """Note the end of a batch."""
        self.heard.append("batch end")

    def on_closed(self, error: TransportError | None) -> None:
        """Note the end of the connection."""
        self.heard.append(f"closed: {error}")
