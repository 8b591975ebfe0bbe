"""What a CircuitPython driver says of itself, read from its source without running it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

from wampedge.records import Record

__all__ = ["PREFIX", "DriverClass", "classes_of", "distribution_of", "find_source", "is_package"]

PREFIX: Final = "adafruit_"
"""What the names of all these modules begin with."""

_BUS_ARGUMENTS: Final = {"i2c": "i2c", "i2c_bus": "i2c", "spi": "spi", "spi_bus": "spi", "uart": "serial"}  # fmt: skip # noqa: E501 # one table, one line
_MAX_SOURCE_BYTES: Final = 1_000_000


class DriverClass(Record):
    """One class of a driver that can be put on a bus.

    Attributes:
        name: of the class.
        bus: ``i2c``, ``spi`` or ``serial``: what its constructor takes first.
        arguments: the names of what its constructor takes.
        attributes: what it has, as far as the source tells.
        is_known_whole: the source of all its bases was found, so it has no other attributes.
    """

    name: str
    bus: str
    arguments: Sequence[str]
    attributes: Sequence[str]
    is_known_whole: bool


class _Seen(Record):
    """A class statement, and in which module it stands."""

    module: str
    node: ast.ClassDef


def distribution_of(name: str) -> str:
    """Return what ``pip install`` calls the package of the driver *name*."""
    return f"adafruit-circuitpython-{name.partition('.')[0].replace('_', '-')}"


def find_source(module: str, path: Sequence[str] | None = None) -> Path | None:
    """Return the file of *module* (dotted); None where it is not installed as source.

    Args:
        module: such as ``adafruit_bme280.basic``.
        path: folders to look in; those Python looks in when it is None.
    """
    spec = None
    for name in _parents(module):
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or ())
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin)


def is_package(file: Path) -> bool:
    """Return whether *file* is the head of a package."""
    return file.name == "__init__.py"


@cache
def classes_of(module: str) -> tuple[DriverClass, ...]:
    """Return the classes of *module* that can be put on a bus, in the order of its source."""
    found = []
    for name, node in _class_nodes(module).items():
        arguments, attributes, is_known_whole = _look_at(module, node, depth=0)
        buses = [_BUS_ARGUMENTS[each] for each in arguments if each in _BUS_ARGUMENTS]
        if buses and not name.startswith("_"):
            found.append(DriverClass(name, buses[0], arguments, attributes, is_known_whole))
    return tuple(found)


def _parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        yield ".".join(parts[:end])


def _class_nodes(module: str) -> dict[str, ast.ClassDef]:
    tree = _tree(module)
    if tree is None:
        return {}
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


@cache
def _tree(module: str) -> ast.Module | None:
    file = find_source(module, sys.path)
    if file is None or file.stat().st_size > _MAX_SOURCE_BYTES:
        return None
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return None


def _look_at(
    module: str, node: ast.ClassDef, depth: int
) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Return arguments of the constructor, attributes, and whether these are all there are."""
    own_arguments = _constructor_arguments(node)
    attributes = dict.fromkeys(_own_attributes(node))
    inherited: tuple[str, ...] = ()
    is_known_whole = True
    for base in node.bases:
        seen = None if depth > 8 else _class_named(module, ast.unparse(base))
        if seen is None:
            is_known_whole &= ast.unparse(base) == "object"
            continue
        arguments, more, is_whole = _look_at(seen.module, seen.node, depth + 1)
        inherited = inherited or arguments
        attributes.update(dict.fromkeys(more))
        is_known_whole &= is_whole
    return own_arguments or inherited, tuple(attributes), is_known_whole


def _class_named(module: str, name: str) -> _Seen | None:
    """Return the class that *name* means in *module*, looking through its imports."""
    if name in (own := _class_nodes(module)):
        return _Seen(module, own[name])
    tree = _tree(module)
    for node in ast.walk(tree) if tree is not None else ():
        if not isinstance(node, ast.ImportFrom) or not any(a.name == name for a in node.names):
            continue
        source = _absolute(module, node)
        if source.startswith(PREFIX) and name in (there := _class_nodes(source)):
            return _Seen(source, there[name])
    return None


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    file = find_source(module, sys.path)
    parts = module.split(".")
    keep = len(parts) - node.level + (1 if file is not None and is_package(file) else 0)
    return ".".join([*parts[:keep], *([node.module] if node.module else [])])


def _constructor_arguments(node: ast.ClassDef) -> tuple[str, ...]:
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            declared = [*each.args.posonlyargs, *each.args.args, *each.args.kwonlyargs]
            return tuple(argument.arg for argument in declared[1:])
    return ()


def _own_attributes(node: ast.ClassDef) -> Iterator[str]:
    for each in node.body:
        if isinstance(each, ast.FunctionDef):
            yield each.name
            yield from re.findall(r"\bself\.([A-Za-z]\w*)\s*(?::[^=]+)?=", ast.unparse(each))
        elif isinstance(each, ast.Assign):
            yield from (target.id for target in each.targets if isinstance(target, ast.Name))
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            yield each.target.id
