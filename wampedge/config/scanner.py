"""Where every key and value of a TOML text stands, and which statements are broken.

tomli gives values without positions and stops at the first mistake. The scanner reads the same
grammar for its shape alone: it notes the span of each key and value, finds tables and keys defined
twice, skips what it cannot read and goes on. What it skips or finds twice is blanked out of
``Scan.text``, so that tomli can read the rest and one run reports all mistakes.

Its limits on nesting, key parts and plain values hold before any parser sees the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from wampedge.config.layout import KeyPath, Place, Scan, Span, Statement, SyntaxMistake
from wampedge.config.statements import (
    END_OF_LINE,
    FILLER,
    KEY_PART,
    MAX_DEPTH,
    MAX_KEY_PARTS,
    MAX_MISTAKES,
    MAX_PLACES,
    MAX_SCALAR,
    PLAIN_VALUE,
    SCALAR,
    STRINGS,
    statement_start,
    unquoted,
)
from wampedge.devices.fields import dotted

__all__ = ["scan"]

_SPACE: Final = re.compile(r"[ \t]*")


def scan(text: str) -> Scan:
    """Scan *text*, whose lines end in a plain line feed; never raises."""
    return _Scanner(text).run()


class _Broken(Exception):  # noqa: N818 # never leaves this file
    def __init__(self, mistake: SyntaxMistake, *, is_fatal: bool = False) -> None:
        super().__init__(mistake.text)
        self.mistake = mistake
        self.is_fatal = is_fatal


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found = Scan(text)
        self._new: dict[KeyPath, Place] = {}
        self._prefix: KeyPath = ()
        self._is_dropping = False
        self._tables: dict[KeyPath, Span] = {}
        self._values: dict[KeyPath, Span] = {}
        self._last_index: dict[KeyPath, int] = {}
        self._blanks: list[Span] = []
        self._path: KeyPath = ()
        self._statement_start = 0

    def run(self) -> Scan:
        self._skip(FILLER)
        while self._at < len(self._text):
            start = self._at
            self._new, self._path, self._statement_start = {}, (), start
            try:
                if self._statement():
                    self._keep(start)
                else:
                    self._blank(start)
            except _Broken as broken:
                self._give_up(start, broken)
            if len(self._found.mistakes) >= MAX_MISTAKES:
                self._stop()
            self._skip(FILLER)
        self._found.text = _blanked(self._text, self._blanks)
        return self._found

    def _keep(self, start: int) -> None:
        self._found.places.update(self._new)
        is_header = self._text[start] == "["
        statement = Statement(start, self._at, self._path, is_header)
        self._found.statements.append(statement)

    def _stop(self) -> None:
        """Leave the rest of the text unread."""
        self._blank(self._at, len(self._text))
        self._at = len(self._text)
        self._found.is_complete = False

    def _statement(self) -> bool:
        """Read one statement; return whether it counts."""
        is_header = self._text.startswith("[", self._at)
        if is_header:
            is_kept = self._header()
        else:
            is_kept = self._entry(self._prefix, 0) and not self._is_dropping
        line_end = END_OF_LINE.match(self._text, self._at)
        if not line_end:
            self._skip(_SPACE)
            raise self._unexpected("the end of the line", "write one key per line")
        return is_kept

    def _header(self) -> bool:
        """Read ``[a.b]`` or ``[[a.b]]``; what follows belongs to it."""
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        self._is_dropping = True  # until the header is known to be right
        self._prefix = ()
        self._skip(_SPACE)
        parts = self._key_parts()
        path = self._resolved([part for part, _ in parts[:-1]])
        name, span = parts[-1]
        self._path = (*path, name)
        if not self._text.startswith("]" * brackets, self._at):
            raise self._unexpected("]" * brackets, "")
        self._at += brackets
        self._note_parents(parts)
        if brackets == 2:
            return self._open_list_item((*path, name), span)
        return self._open_table((*path, name), span)

    def _open_table(self, path: KeyPath, span: Span) -> bool:
        if self._is_complete(path, span):
            return False
        first = self._tables.get(path) or self._values.get(path)
        if first is not None:
            kind = "table" if path in self._tables else "key"
            self._mistake_twice(path, span, first, kind)
            return False
        self._tables[path] = span
        self._is_dropping = False
        self._prefix = path
        self._note(path, span, span)
        return True

    def _open_list_item(self, path: KeyPath, span: Span) -> bool:
        if self._is_complete(path, span):
            return False
        index = self._last_index.get(path, -1) + 1
        self._last_index[path] = index
        self._is_dropping = False
        self._prefix = (*path, index)
        self._note(path, span, span)
        self._note(self._prefix, span, span)
        return True

    def _entry(self, prefix: KeyPath, depth: int) -> bool:
        """Read ``a.b = value``; return False for a key that is there already."""
        parts = self._key_parts()
        path = (*prefix, *(part for part, _ in parts))
        span = parts[-1][1]
        if not depth:
            self._path = path
        if not self._text.startswith("=", self._at):
            raise self._unexpected('"=" after the key', "")
        self._at += 1
        self._skip(_SPACE)
        start = self._at
        self._value(path, depth)
        if self._is_dropping:
            return False
        if self._is_complete(path, span):
            return False
        first = self._values.get(path) or self._tables.get(path)
        if first is not None:
            self._mistake_twice(path, span, first, "key")
            return False
        for count in range(1, len(parts)):
            self._note((*prefix, *(part for part, _ in parts[:count])), parts[count - 1][1])
        self._values[path] = span
        self._note(path, span, Span(start, self._at))
        return True

    def _key_parts(self) -> list[tuple[str, Span]]:
        parts: list[tuple[str, Span]] = []
        start = self._at
        while True:
            match = KEY_PART.match(self._text, self._at)
            if not match:
                raise self._unexpected("a key" if not parts else "a key after the dot", "")
            name = unquoted(match[0])
            if name is None:
                text = "key has an escape that means nothing"
                raise _Broken(SyntaxMistake(Span(*match.span()), text))
            parts.append((name, Span(*match.span())))
            self._at = match.end()
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return parts
            if len(parts) == MAX_KEY_PARTS:
                text = f"key has more than {MAX_KEY_PARTS} parts"
                raise _Broken(SyntaxMistake(Span(start, self._at), text, code="limit"))
            self._at += 1
            self._skip(_SPACE)

    def _value(self, path: KeyPath, depth: int) -> None:
        if depth > MAX_DEPTH:
            text = f"values are nested deeper than {MAX_DEPTH} levels"
            mistake = SyntaxMistake(Span(self._at, self._at + 1), text, code="limit")
            raise _Broken(mistake, is_fatal=True)
        opening = self._text[self._at : self._at + 1]
        if opening == "[":
            self._list(path, depth)
        elif opening == "{":
            self._inline_table(path, depth)
        elif opening in ('"', "'"):
            self._string()
        else:
            self._scalar()

    def _list(self, path: KeyPath, depth: int) -> None:
        opened = self._at
        self._at += 1
        index = 0
        while not self._closes("]", opened, "list"):
            start = self._at
            self._value((*path, index), depth + 1)
            self._note((*path, index), Span(start, self._at), Span(start, self._at))
            index += 1
            if not self._separated("]", opened, "list"):
                return

    def _inline_table(self, path: KeyPath, depth: int) -> None:
        opened = self._at
        self._at += 1
        while not self._closes("}", opened, "table"):
            if not self._entry(path, depth + 1) and not self._is_dropping:
                raise _Broken(self._found.mistakes.pop())
            if not self._separated("}", opened, "table"):
                return

    def _closes(self, bracket: str, opened: int, kind: str) -> bool:
        """Skip to the next item; return whether the bracket closes instead."""
        before = self._at
        self._skip(FILLER)
        if self._at >= len(self._text):
            raise _unclosed(opened, kind, bracket)
        if self._text.startswith(bracket, self._at):
            self._at += 1
            return True
        if kind == "list" and self._is_at_statement(before) and self._text[self._at] != "[":
            raise _unclosed(opened, kind, bracket)
        return False

    def _is_at_statement(self, before: int) -> bool:
        """Say whether a new line since *before* begins like a statement."""
        line_start = self._text.rfind("\n", before, self._at) + 1
        return line_start > 0 and statement_start().match(self._text, line_start) is not None

    def _separated(self, bracket: str, opened: int, kind: str) -> bool:
        """Read a comma (True: there may be more) or the closing bracket."""
        ended = self._at
        if self._closes(bracket, opened, kind):
            return False
        if self._text.startswith(",", self._at):
            self._at += 1
            return True
        if self._is_at_statement(ended):
            raise _unclosed(opened, kind, bracket)
        raise self._unexpected(f'"," or "{bracket}"', "")

    def _string(self) -> None:
        for opening, pattern in STRINGS:
            if self._text.startswith(opening, self._at):
                match = pattern.match(self._text, self._at)
                if match:
                    self._at = match.end()
                    return
                span = Span(self._at, _line_end(self._text, self._at))
                if len(opening) == 3:
                    self._at = span.end + 1
                raise _Broken(SyntaxMistake(span, "text is not closed", f"end it with {opening}"))

    def _scalar(self) -> None:
        match = SCALAR.match(self._text, self._at)
        if not match:
            raise self._unexpected("a value", "")
        span = Span(*match.span())
        if span.end - span.start > MAX_SCALAR:
            text = f"value is longer than {MAX_SCALAR} characters"
            raise _Broken(SyntaxMistake(span, text, code="limit"))
        if not PLAIN_VALUE.fullmatch(match[0]):
            hint = f'texts need quotes: write "{match[0]}"' if match[0][0].isalpha() else ""
            raise _Broken(SyntaxMistake(span, f"{match[0]} is no value", hint))
        self._at = span.end

    def _resolved(self, parts: Sequence[str]) -> KeyPath:
        """Return the path of a header's parent; a list of tables stands for its last item."""
        path: KeyPath = ()
        for part in parts:
            path = (*path, part)
            if path in self._last_index:
                path = (*path, self._last_index[path])
        return path

    def _note_parents(self, parts: Sequence[tuple[str, Span]]) -> None:
        names = [name for name, _ in parts]
        for count in range(1, len(parts)):
            path = self._resolved(names[:count])
            self._note(path, parts[count - 1][1])

    def _note(self, path: KeyPath, key: Span, value: Span | None = None) -> None:
        """Remember where *path* is; a table's own header beats an earlier mention of its name."""
        if len(self._found.places) + len(self._new) >= MAX_PLACES:
            text = f"file holds more than {MAX_PLACES} keys and values"
            raise _Broken(SyntaxMistake(key, text, code="limit"), is_fatal=True)
        if value is None:
            if path not in self._found.places:
                self._new.setdefault(path, Place(key, key))
        else:
            self._new[path] = Place(key, value)

    def _is_complete(self, path: KeyPath, span: Span) -> bool:
        """Say, and note as a mistake, whether *path* leads into a value that is there already."""
        for count in range(1, len(path)):
            first = self._values.get(path[:count])
            if first is not None and first.start < self._statement_start:
                text = f"{dotted(path[:count])} has a value already and takes no keys"
                mistake = SyntaxMistake(span, text, "", "defined-twice", first)
                self._found.mistakes.append(mistake)
                return True
        return False

    def _mistake_twice(self, path: KeyPath, span: Span, first: Span, kind: str) -> None:
        text = f"{dotted(path)} is defined twice"
        hint = f"a second {kind} of this name; rename or remove one"
        self._found.mistakes.append(SyntaxMistake(span, text, hint, "defined-twice", first))

    def _give_up(self, start: int, broken: _Broken) -> None:
        """Note the mistake, then find where the next statement may begin."""
        mistake = broken.mistake
        self._found.mistakes.append(mistake)
        if self._path:
            self._found.lost.add(self._path)
        self._at = self._next_start(start, max(mistake.span.start, self._at))
        self._blank(start)
        if broken.is_fatal:
            self._stop()

    def _next_start(self, start: int, reached: int) -> int:
        """Return where to go on after the statement from *start* broke at *reached*.

        One that broke on its first line ends with that line. A longer one has swallowed an unknown
        number of lines: go on at the next line that looks like a statement.
        """
        first_line_end = _line_end(self._text, start)
        line_start = self._text.rfind("\n", 0, reached) + 1
        if line_start <= first_line_end:
            return first_line_end
        following = statement_start().search(self._text, line_start)
        return following.start() if following else len(self._text)

    def _blank(self, start: int, end: int | None = None) -> None:
        self._blanks.append(Span(start, self._at if end is None else end))

    def _unexpected(self, wanted: str, hint: str) -> _Broken:
        text, at = self._text, min(self._at, len(self._text))
        if at >= len(text) or text[at] == "\n":
            return _Broken(
                SyntaxMistake(Span(at, at), f"expected {wanted}, but the line ends", hint)
            )
        end = at + len(re.match(r"\w+|.", text[at:], re.DOTALL)[0])  # type: ignore[index] # any character matches
        found = "".join(
            c if c.isprintable() else repr(c)[1:-1] for c in text[at : min(end, at + 20)]
        )
        return _Broken(SyntaxMistake(Span(at, end), f'expected {wanted}, found "{found}"', hint))

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at


def _unclosed(opened: int, kind: str, bracket: str) -> _Broken:
    return _Broken(
        SyntaxMistake(Span(opened, opened + 1), f"{kind} is not closed", f"add {bracket}")
    )


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _blanked(text: str, blanks: Sequence[Span]) -> str:
    """Overwrite *blanks* with spaces; lines and columns of all else stay."""
    pieces, at = [], 0
    for start, end in blanks:
        pieces += [text[at:start], re.sub(r"[^\n]", " ", text[start:end])]
        at = end
    return "".join(pieces) + text[at:]
