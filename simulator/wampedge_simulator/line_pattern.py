"""Texts that match a regular expression: what a line instrument says is made from its pattern."""

from __future__ import annotations

import importlib
import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol, TypeVar

__all__ = ["Chooser", "LinePattern"]

_Choice = TypeVar("_Choice")

# The parser behind ``re`` has no public name; writing a second one would give it a second meaning.
_parser: Any = importlib.import_module("re._parser")

_MOST_REPEATS = 3
_TRIES = 5
_MOST_DECIMALS = 6
_MOST_DIGITS = 9
_DEFAULT_ALPHABET = string.digits + string.ascii_letters + " .,;:+-"
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_SPACE": " ",
    "CATEGORY_WORD": string.ascii_lowercase,
    "CATEGORY_NOT_DIGIT": string.ascii_letters,
    "CATEGORY_NOT_SPACE": string.ascii_letters,
    "CATEGORY_NOT_WORD": " ",
}


class Chooser(Protocol):
    """What decides about all that a pattern leaves open; a ``Random`` is one."""

    def choice(self, seq: Sequence[_Choice], /) -> _Choice:
        """Return one of several."""
        ...

    def randint(self, a: int, b: int, /) -> int:
        """Return a number from *a* to *b*, both included."""
        ...


class LinePattern:
    """A pattern with named groups, turned round.

    Args:
        pattern: a regular expression that compiles.
    """

    def __init__(self, pattern: str) -> None:
        self._compiled = re.compile(pattern)
        self._tree = _parser.parse(pattern)
        self._name_by_group = {number: name for name, number in self._compiled.groupindex.items()}
        self._style_by_name: dict[str, _Style | None] = {}
        self._template = self._pieces()
        self.names = tuple(self._compiled.groupindex)

    def line(self, values: Mapping[str, object], random: Chooser) -> str | None:
        """Return a line that matches, with *values* in the groups of their names.

        Args:
            values: what a group should carry; a group that cannot carry its value gets another.
            random: decides what the pattern leaves open.

        Returns:
            The line, or None where the pattern can hardly be matched.
        """
        line = self._line_as_before(values, random)
        if line is not None:
            return line
        texts: dict[str, str] = {}
        line = self._sample(texts, random)
        for name, value in values.items():
            for style, text in self._texts(name, value):
                tried = self._sample({**texts, name: text}, random)
                if tried is not None:
                    self._style_by_name[name] = style
                    texts[name] = text
                    line = tried
                    break
        return line

    def _line_as_before(self, values: Mapping[str, object], random: Chooser) -> str | None:
        """Return a line with all *values* written as they were last; None where that is not known.

        An instrument says the same line with other numbers for hours: this finds it at once.
        """
        texts: dict[str, str] = {}
        for name, value in values.items():
            style = self._style_by_name.get(name)
            if style is None or isinstance(value, bool) or not isinstance(value, int | float):
                return None
            if not (style.is_rounding or style.decimals >= _decimals_of(value)):
                return None
            texts[name] = style.text(value)
        return self._sample(texts, random) if texts else None

    def can_carry(self, name: str, value: object) -> bool:
        """Return whether group *name* can have *value* in it."""
        random = Random(0)  # noqa: S311 # not for secrets
        return any(
            self._sample({name: text}, random) is not None for _, text in self._texts(name, value)
        )

    def _texts(self, name: str, value: object) -> Iterator[tuple[_Style | None, str]]:
        """Yield ways to write *value*: as this group was written last, then plain and exact."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield from ((None, text) for text in _words_of(value))
            return
        style = self._style_by_name.get(name)
        if style is not None and (style.is_rounding or style.decimals >= _decimals_of(value)):
            yield style, style.text(value)
        yield from ((style, style.text(value)) for style in _styles_of(value))

    def _pieces(self) -> list[tuple[str, bool]] | None:
        """Return the literals and the names of groups, which are marked, in their order.

        None where the pattern leaves more open than what is in its named groups.
        """
        pieces: list[tuple[str, bool]] = []
        for kind, argument in self._tree:
            match str(kind):
                case "LITERAL":
                    pieces.append((chr(argument), False))
                case "SUBPATTERN" if argument[0] in self._name_by_group:
                    pieces.append((self._name_by_group[argument[0]], True))
                case "AT":
                    pass
                case _:
                    return None
        return pieces

    def _filled(self, texts: Mapping[str, str]) -> str | None:
        """Return the line with *texts* where they are all that is open; None where not."""
        if self._template is None or texts.keys() != self._compiled.groupindex.keys():
            return None
        return "".join([texts[piece] if is_name else piece for piece, is_name in self._template])

    def _sample(self, texts: Mapping[str, str], random: Chooser) -> str | None:
        """Return a line with exactly *texts* in their groups, or None when none was found."""
        filled = self._filled(texts)
        for _ in range(_TRIES if filled is None else 1):
            line = filled or _Sampler(texts, self._name_by_group, random).text(self._tree)
            found = self._compiled.search(line)
            if found and all(found[name] == text for name, text in texts.items()):
                return line
        return None


class _Sampler:
    """Walks the tree of a pattern once and writes a text that should match."""

    def __init__(
        self, texts: Mapping[str, str], name_by_group: Mapping[int, str], random: Chooser
    ) -> None:
        self._texts = texts
        self._name_by_group = name_by_group
        self._random = random
        self._group_texts: dict[int, str] = {}

    def text(self, tree: Any) -> str:
        return "".join(self._node(str(kind), argument) for kind, argument in tree)

    def _node(self, kind: str, argument: Any) -> str:
        write = getattr(self, f"_{kind.lower()}", None)
        # Anchors, look-around and the like add nothing; a line that then fails is tried again.
        return "" if write is None else str(write(argument))

    def _literal(self, code: int) -> str:
        return chr(code)

    def _not_literal(self, code: int) -> str:
        return self._random.choice(_DEFAULT_ALPHABET.replace(chr(code), ""))

    def _any(self, _: None) -> str:
        return self._random.choice(_DEFAULT_ALPHABET)

    def _in(self, items: list[tuple[Any, Any]]) -> str:
        kinds = [str(kind) for kind, _ in items]
        allowed = "".join(_alphabet(str(kind), argument) for kind, argument in items)
        if "NEGATE" in kinds:
            allowed = "".join(sorted(set(_DEFAULT_ALPHABET) - set(allowed)))
        return self._random.choice(allowed) if allowed else ""

    def _branch(self, argument: tuple[None, list[Any]]) -> str:
        return self.text(self._random.choice(argument[1]))

    def _subpattern(self, argument: tuple[int | None, int, int, Any]) -> str:
        group, _, _, tree = argument
        given = self._texts.get(self._name_by_group.get(group or 0, ""))
        text = self.text(tree) if given is None else given
        if group is not None:
            self._group_texts[group] = text
        return text

    def _max_repeat(self, argument: tuple[int, int, Any]) -> str:
        low, high, tree = argument
        count = self._random.randint(low, min(int(high), low + _MOST_REPEATS))
        return "".join(self.text(tree) for _ in range(count))

    _min_repeat = _max_repeat
    _possessive_repeat = _max_repeat

    def _atomic_group(self, tree: Any) -> str:
        return self.text(tree)

    def _groupref(self, group: int) -> str:
        return self._group_texts.get(group, "")


def _alphabet(kind: str, argument: Any) -> str:
    """Return the characters one item of a ``[...]`` stands for."""
    readers: dict[str, Callable[[Any], str]] = {
        "LITERAL": chr,
        "RANGE": lambda ends: "".join(map(chr, range(ends[0], min(ends[1], ends[0] + 255) + 1))),
        "CATEGORY": lambda category: _CATEGORIES.get(str(category), ""),
    }
    return readers.get(kind, lambda _: "")(argument)


@dataclass(frozen=True, slots=True)
class _Style:
    """A way to write a number: *digits* before the point at least, *plus* before positive ones.

    It is *rounding* where no style with all decimals of the number fitted.
    """

    decimals: int
    digits: int
    plus: str
    is_rounding: bool

    def text(self, value: float) -> str:
        number = f"{abs(value):.{self.decimals}f}"
        width = self.digits + (self.decimals + 1 if self.decimals else 0)
        sign = "-" if value < 0 and float(number) else self.plus
        return sign + number.rjust(width, "0")


def _styles_of(value: float) -> Iterator[_Style]:
    exact = _decimals_of(value)
    for decimals in (*range(exact, _MOST_DECIMALS + 1), *range(exact - 1, -1, -1)):
        for digits in range(1, _MOST_DIGITS):
            yield _Style(decimals, digits, "", decimals < exact)
            yield _Style(decimals, digits, "+", decimals < exact)


def _decimals_of(value: float) -> int:
    return min(len(str(value).partition(".")[2]), _MOST_DECIMALS)


def _words_of(value: object) -> tuple[str, ...]:
    if isinstance(value, bool):
        return (("0", "off", "OFF", "false"), ("1", "on", "ON", "true"))[value]
    return (str(value),)
