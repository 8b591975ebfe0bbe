"""Where each key of a device file stands: in which of its files, and behind which template.

A device file may be several files (``include``), and a key of a device may be written in a
template. Checks name keys by their path; this map leads the path to the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Literal

from wampedge.config.layout import KeyPath, Place, Scan, Span

__all__ = ["FileText", "SourceMap"]


class FileText:
    """One file: its name as the user knows it, and its scan."""

    def __init__(self, name: str, scan: Scan) -> None:
        self.name = name
        self.scan = scan
        self._line_starts = [0, *(feed.end() for feed in re.finditer("\n", scan.source))]

    def columns(self, span: Span) -> tuple[int, int, int]:
        """Return line, column and end column; a span over several lines ends with its first."""
        source = self.scan.source
        line = bisect_right(self._line_starts, min(span.start, len(source)))
        line_start = self._line_starts[line - 1]
        line_end = source.find("\n", line_start)
        line_end = len(source) if line_end < 0 else line_end
        end = max(min(span.end, line_end), span.start + 1)
        return line, span.start - line_start + 1, end - line_start + 1


class SourceMap:
    """The files of one device file; owned by the findings of the check that is under way.

    Attributes:
        texts: the files, in the order they were read.
        is_partial: a file is missing or cannot be read, so what is absent may be there.
    """

    def __init__(self, main: FileText) -> None:
        self.texts = [main]
        self.is_partial = False
        self._origins: dict[KeyPath, KeyPath] = {}

    def include(self, text: FileText) -> None:
        """Add a further file."""
        self.texts.append(text)

    def derive(self, path: KeyPath, origin: KeyPath) -> None:
        """Note that what is at *path*, and all below it, is written at *origin*."""
        self._origins[path] = origin

    def origin(self, path: KeyPath) -> KeyPath:
        """Return where the value of *path* is written."""
        for count in range(len(path), 0, -1) if self._origins else ():
            origin = self._origins.get(path[:count])
            if origin is not None:
                return (*origin, *path[count:])
        return path

    def find(
        self, path: KeyPath, on: Literal["key", "value"], inside: FileText | None = None
    ) -> tuple[FileText, Span]:
        """Return where *path* is written; for a missing key the name of its table.

        Args:
            path: as ``origin`` returns it.
            on: the key, or its value.
            inside: look only in this file.
        """
        found = self._place(path, inside)
        if found is not None:
            text, place = found
            return text, place.key if on == "key" else place.value
        while path:
            path = path[:-1]
            found = self._place(path, inside)
            if found is not None:
                return found[0], found[1].key
        return inside or self.texts[0], Span(0, 0)

    def is_lost(self, path: KeyPath) -> bool:
        """Say whether *path* stood in a statement that could not be read: reported already."""
        heads = [path[:count] for count in range(1, len(path) + 1)]
        return self.is_partial or any(head in t.scan.lost for t in self.texts for head in heads)

    def is_any_lost(self, path: KeyPath) -> bool:
        """Say whether *path* or anything below it stood in a statement that could not be read."""
        return self.is_partial or any(
            lost[: len(path)] == path for text in self.texts for lost in text.scan.lost
        )

    def _place(self, path: KeyPath, inside: FileText | None) -> tuple[FileText, Place] | None:
        for text in self.texts if inside is None else (inside,):
            place = text.scan.places.get(path)
            if place is not None:
                return text, place
        return None
