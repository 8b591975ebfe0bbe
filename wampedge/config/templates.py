"""``[templates.NAME]`` and ``extends``: keys that several devices share.

A device takes what it does not say itself from the templates it extends, the last one first; these
may extend others. Tables such as ``channels`` and ``publish`` are merged key by key, lists are
not. A mistake in a template is told where it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wampedge.config.kinds import name_mistake
from wampedge.config.layout import KeyPath
from wampedge.config.problems import Findings
from wampedge.devices.fields import Field, FieldError, ListOf, Text, shown
from wampedge.devices.spelling import nearest, one_of
from wampedge.records import Record

__all__ = ["EXTENDS", "MAX_TEMPLATES", "Extends", "Templates", "read_templates"]

MAX_TEMPLATES: Final = 128
_MAX_EXTENDED: Final = 8
_KEY: Final = "extends"

Origins = dict[KeyPath, KeyPath]
"""Where, from the root of the file, the parts of a merged table are written."""


class Extends(Field):
    """The name of a template, or a list of names."""

    def convert(self, value: Any) -> tuple[str, ...]:
        """Return the names; raises FieldError."""
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list):
            raise FieldError(f"must be the name of a template, or a list, got {shown(value)}")
        found: tuple[str, ...] = _NAMES.convert(names)
        return found

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a name or a list."""
        return {"anyOf": [_NAME.schema(), _NAMES.schema()]}


_NAME: Final = Text(minimum_length=1, maximum_length=64)
_NAMES: Final = ListOf(_NAME, 1, _MAX_EXTENDED)
EXTENDS: Final = Extends(
    default=(), doc="templates whose keys it takes where it has none; of two the last one wins"
)


class _Layers(Record):
    """One table in the making: what it says, where that is written, and the templates in it."""

    merged: dict[str, Any]
    origins: Origins
    seen: set[str]


class Templates:
    """The templates of one device file, while it is checked.

    Attributes:
        used: names that a device extends, directly or not.
    """

    def __init__(self, tables: Mapping[str, Any], findings: Findings) -> None:
        self.used: set[str] = set()
        self._tables = tables
        self._findings = findings
        self._loops: set[frozenset[str]] = set()

    def apply(self, section: str, name: str, raw: Any) -> Any:
        """Return the table *raw* of *section* with what its templates say, as a new table."""
        if not isinstance(raw, dict) or _KEY not in raw:
            return raw
        path = (section, name)
        merged: dict[str, Any] = {}
        origins: Origins = {}
        self._layer_all(_Layers(merged, origins, set()), raw, path, ())
        for rest, origin in origins.items():
            if (*path, *rest) != origin or len(rest) > 1:
                self._findings.sources.derive((*path, *rest), origin)
        return merged

    def names(self) -> list[str]:
        """Return the names of all templates that are tables."""
        return [name for name, table in self._tables.items() if isinstance(table, dict)]

    def check_unused(self) -> list[str]:
        """Return the templates that no device extends; note what is wrong with their links."""
        unused = [name for name in self.names() if name not in self.used]
        for name in unused:
            if self._tables[name].get(_KEY) is not None:
                layers = _Layers({}, {}, {name})
                self._layer_all(layers, self._tables[name], ("templates", name), (name,))
        return unused

    def own_keys(self, name: str) -> dict[str, Any]:
        """Return what template *name* itself says."""
        return {key: value for key, value in self._tables[name].items() if key != _KEY}

    def of(self, raw: Any) -> list[str]:
        """Return the templates that the table *raw* of a device extends, directly or not."""
        found: list[str] = []
        waiting = list(_extended(raw)) if isinstance(raw, dict) else []
        while waiting:
            name = waiting.pop()
            if name not in found and isinstance(self._tables.get(name), dict):
                found.append(name)
                waiting += _extended(self._tables[name])
        return found

    def _layer_all(
        self, layers: _Layers, table: Mapping[str, Any], path: KeyPath, chain: tuple[str, ...]
    ) -> None:
        """Lay what *table* extends, each template once, then *table* itself, over the others."""
        for name in self._parents(table, path, chain):
            if name not in layers.seen:
                layers.seen.add(name)
                self.used.add(name)
                parent = ("templates", name)
                self._layer_all(layers, self._tables[name], parent, (*chain, name))
        own = {key: value for key, value in table.items() if key != _KEY}
        _layer(layers.merged, layers.origins, own, path, ())

    def _parents(self, table: Mapping[str, Any], path: KeyPath, chain: Sequence[str]) -> list[str]:
        """Return the templates *table* extends that can be used; others are noted."""
        raw = table.get(_KEY, [])
        try:
            names = EXTENDS.convert(raw) if _KEY in table else ()
        except FieldError as error:
            self._findings.add_field_error((*path, _KEY), error)
            return []
        found: list[str] = []
        for index, name in enumerate(names):
            at: KeyPath = (*path, _KEY, index) if isinstance(raw, list) else (*path, _KEY)
            if name in chain:
                self._tell_loop((*chain[chain.index(name) :], name), at)
            elif len(chain) >= _MAX_EXTENDED:
                text = f"is nested deeper than {_MAX_EXTENDED} templates"
                self._findings.add(at, text, code="limit")
            elif name not in self._tables:
                self._tell_unknown(name, at)
            elif isinstance(self._tables[name], dict):
                found.append(name)
        return found

    def _tell_loop(self, loop: Sequence[str], at: KeyPath) -> None:
        if frozenset(loop) not in self._loops:
            self._loops.add(frozenset(loop))
            text = f"makes a loop: {' extends '.join(loop)}"
            self._findings.add(at, text, "remove one of them", code="loop")

    def _tell_unknown(self, name: str, at: KeyPath) -> None:
        if self._findings.is_any_lost(("templates", name)):
            return
        near = nearest(name, self._tables)
        known = f"templates: {', '.join(self._tables)}" if self._tables else "the file has none"
        hint = f"did you mean {one_of(near[:2])}?" if near else known
        text = f"must be a template, got {shown(name)}"
        self._findings.add(at, text, hint, code="unknown-template")


def read_templates(values: Mapping[str, Any], findings: Findings) -> Templates:
    """Return the templates of the file; what is wrong with them by itself is noted."""
    tables = values.get("templates", {})
    if not isinstance(tables, dict):
        hint = "write [templates.NAME]"
        findings.add(("templates",), f"must be a table, got {shown(tables)}", hint)
        return Templates({}, findings)
    if len(tables) > MAX_TEMPLATES:
        text = f"may hold {MAX_TEMPLATES} templates, and has {len(tables)}"
        findings.add(("templates",), text, code="limit", on="key")
        tables = dict(list(tables.items())[:MAX_TEMPLATES])
    for name, table in tables.items():
        mistake = name_mistake(name)
        if mistake:
            findings.add(("templates", name), mistake[0], mistake[1], code="name", on="key")
        if not isinstance(table, dict):
            text = f"must be a table, got {shown(table)}"
            findings.add(("templates", name), text, f"write [templates.{name}]")
    return Templates(tables, findings)


def _extended(table: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        names: tuple[str, ...] = EXTENDS.convert(table[_KEY]) if _KEY in table else ()
    except FieldError:
        return ()
    return names


def _layer(
    merged: dict[str, Any],
    origins: Origins,
    table: Mapping[str, Any],
    source: KeyPath,
    at: KeyPath,
) -> None:
    """Lay *table*, which is written at *source*, over *merged*."""
    for key, value in table.items():
        here, there = (*at, key), (*source, key)
        under = merged.get(key)
        if isinstance(value, dict) and isinstance(under, dict):
            _layer(under, origins, value, there, here)
            continue
        for old in [path for path in origins if path[: len(here)] == here]:
            del origins[old]
        merged[key] = _copied(value)
        origins[here] = there


def _copied(value: Any) -> Any:
    """Return *value* with tables of its own, so that what is laid over it stays with one device."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return value
