"""What a rule tells a device: ``vent.open``, ``pump.set(0.5)``, ``siren.pulse("2s")``.

The text has the shape of a call in the expression language, with constants as arguments. It is
parsed, never run.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Final

from wampedge.devices.expressions import ExpressionError
from wampedge.records import Record

__all__ = ["MAX_ORDER_LENGTH", "Order", "parse_order"]

MAX_ORDER_LENGTH: Final = 200
_FORM: Final = 'write "device.command", "device.set(0.5)" or "device.channel.set(0.5)"'
_WORDS: Final[Mapping[str, Any]] = {"true": True, "false": False, "True": True, "False": False}


class Order(Record):
    """One order to one device.

    Attributes:
        text: as the file has it.
        device: to whom.
        command: a command of the device, or ``set``.
        channel: which channel to set; None for a command, or for the only one that can be set.
        args: arguments by position.
        kwargs: arguments by name.
    """

    text: str
    device: str
    command: str
    channel: str | None = None
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()


def parse_order(text: str) -> Order:
    """Return the order *text*; raises ExpressionError when it has another shape."""
    if len(text) > MAX_ORDER_LENGTH:
        raise ExpressionError(f"is longer than {MAX_ORDER_LENGTH} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"is no order: {_FORM}") from error
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()
    if isinstance(tree, ast.Call):
        args = tuple(_constant(each) for each in tree.args)
        kwargs = tuple((each.arg or "", _constant(each.value)) for each in tree.keywords)
        if any(not name for name, _ in kwargs):
            raise ExpressionError(f"is no order: {_FORM}")
        tree = tree.func
    names = _names(tree)
    if len(names) == 2:
        return Order(text, names[0], names[1], None, args, kwargs)
    if len(names) == 3 and names[2] == "set":
        return Order(text, names[0], "set", names[1], args, kwargs)
    raise ExpressionError(f"is no order: {_FORM}")


def _names(node: ast.expr) -> list[str]:
    """Return the names between the dots."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return [node.id, *names] if isinstance(node, ast.Name) else []


def _constant(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
        return node.value
    if isinstance(node, ast.Name) and node.id in _WORDS:
        return _WORDS[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _constant(node.operand)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return -value
    raise ExpressionError("takes numbers, texts, true and false as arguments")
