"""The small checked expression language of register maps, derived values and rules.

An expression is parsed once, its tree is checked against a list of what is allowed, and only that
checked tree is compiled. There are no attributes, no subscripts, no texts, no calls but of the
functions in `FUNCTIONS`; a name with a dot, such as ``air.temperature``, is a name like any other
where it was declared. Evaluation is bounded: the text is short, numbers cannot grow beyond
`MAX_BITS`, and a result is always a finite number.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import index
from typing import Any, Final

from wampedge.errors import WampedgeError

__all__ = [
    "FUNCTIONS",
    "MAX_BITS",
    "MAX_LENGTH",
    "Expression",
    "ExpressionError",
    "UnknownNameError",
]

MAX_LENGTH: Final = 500
"""Characters of one expression."""
MAX_DEPTH: Final = 24
"""Nesting of one expression."""
MAX_BITS: Final = 1024
"""Size of a whole number that a power or a shift may give; floats end there as well."""


class ExpressionError(WampedgeError, ValueError):
    """An expression is not allowed, or has no finite value for the numbers it was given."""


class UnknownNameError(ExpressionError):
    """An expression uses a name that nobody declared; *name* is that."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class Expression:
    """One compiled expression; immutable, usable from any thread.

    Args:
        text: such as ``int(0.04096 / (lsb * shunt))``.
        names: the names it may use.
        has_dots: names have the form ``device.channel``, though there may be none.

    Raises:
        ExpressionError: it uses anything that is not allowed.
    """

    __slots__ = ("_body", "_function", "names", "text")

    def __init__(self, text: str, names: Collection[str], *, has_dots: bool = False) -> None:
        self.text = text
        tree = _parse(text)
        checker = _Checker(frozenset(names), has_dots=has_dots)
        self._body: ast.expr | None = checker.visit(tree.body)
        self.names: Sequence[str] = tuple(sorted(checker.used))
        self._function: Callable[..., float] = self._compiled

    def evaluate(self, values: Mapping[str, float]) -> float:
        """Return the value for *values*, which hold every name in ``names``.

        Returns:
            A finite number; a whole number stays one, and a comparison gives True or False.

        Raises:
            ExpressionError: there is no finite value (division by zero, overflow, log of -1...).
        """
        return self(*[values[name] for name in self.names])

    def __call__(self, *arguments: float) -> float:
        """Return the value for *arguments*, one for each of ``names`` in their order."""
        try:
            value = self._function(*arguments)
            if math.isfinite(value):
                return value
        except ExpressionError:
            raise
        except (ArithmeticError, ValueError, TypeError) as error:
            raise ExpressionError(f"{self.text!r} has no value here: {error}") from error
        raise ExpressionError(f"{self.text!r} is not finite here")

    def _compiled(self, *arguments: float) -> float:
        """Compile at the first use: who checks a device file uses none."""
        body = self._body
        if body is not None:  # another thread may have been quicker
            self._function, self._body = _compile(body, self.names), None
        return self._function(*arguments)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def _parse(text: str) -> ast.Expression:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"expression is longer than {MAX_LENGTH} characters")
    try:
        return ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it cannot be read"
        raise ExpressionError(f"{text[:80]!r} is no expression: {reason}") from error


def _compile(body: ast.expr, names: Sequence[str]) -> Callable[..., float]:
    """Turn the checked tree into a function of *names*."""
    arguments = [ast.arg(arg=_inner(name)) for name in names]
    function = ast.Lambda(
        args=ast.arguments(
            posonlyargs=[], args=arguments, kwonlyargs=[], kw_defaults=[], defaults=[]
        ),
        body=body,
    )
    tree = ast.fix_missing_locations(ast.Expression(function))
    code = compile(tree, "<expression>", "eval")
    compiled: Callable[..., float] = eval(code, dict(_GLOBALS))  # noqa: S307 # only the checked tree, never a text
    return compiled


class _Checker(ast.NodeTransformer):
    """Copies what is allowed and refuses the rest; operators that grow become bounded functions."""

    def __init__(self, names: frozenset[str], *, has_dots: bool) -> None:
        self.used: set[str] = set()
        self._names = names
        self._has_dots = has_dots or any("." in name for name in names)
        self._depth = 0

    def visit(self, node: ast.AST) -> Any:
        """Check one node and all below it."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"expression is nested deeper than {MAX_DEPTH} levels")
        if not isinstance(node, _ALLOWED) and not self._is_dotted(node):
            raise ExpressionError(f"{_title(node)} is not allowed in an expression")
        checked = super().visit(node)
        self._depth -= 1
        return checked

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """Allow finite numbers and flags."""
        if not isinstance(node.value, (int, float)):
            raise ExpressionError(f"{node.value!r} is not a number")
        if not _is_usual(node.value):
            raise ExpressionError("a number in the expression is too large")
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Allow the names that were declared."""
        return self._name(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.Name:
        """Allow the names with one dot that were declared."""
        assert isinstance(node.value, ast.Name), "checked before"
        return self._name(f"{node.value.id}.{node.attr}")

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Allow the functions of the language, with plain arguments."""
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            raise ExpressionError(f"only these can be called: {', '.join(sorted(FUNCTIONS))}")
        if node.keywords:
            raise ExpressionError(f"{node.func.id} takes no keyword arguments")
        arguments = [self.visit(argument) for argument in node.args]
        return ast.Call(ast.Name(_FUNCTION_PREFIX + node.func.id, ast.Load()), arguments, [])

    def _is_dotted(self, node: ast.AST) -> bool:
        is_plain = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        return is_plain and self._has_dots

    def _name(self, name: str) -> ast.Name:
        if name not in self._names:
            known = ", ".join(sorted(self._names)) or "none"
            raise UnknownNameError(name, f"{name!r} is not known here (known: {known})")
        self.used.add(name)
        return ast.Name(_inner(name), ast.Load())

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Allow arithmetic; powers and left shifts through functions that bound their result."""
        left, right = self.visit(node.left), self.visit(node.right)
        bounded = _BOUNDED.get(type(node.op))
        if bounded is not None:
            return ast.Call(ast.Name(bounded, ast.Load()), [left, right], [])
        self.visit(node.op)
        return ast.BinOp(left, node.op, right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """Allow signs, ``not`` and bitwise inversion, which is that of a number for a flag too."""
        operand = self.visit(node.operand)
        if isinstance(node.op, ast.Invert):
            return ast.Call(ast.Name("invert", ast.Load()), [operand], [])
        self.visit(node.op)
        return ast.UnaryOp(node.op, operand)


_ALLOWED = (
    ast.Constant, ast.Name, ast.Load, ast.Call,
    ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow,
    ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor,
    ast.UnaryOp, ast.UAdd, ast.USub, ast.Not, ast.Invert,
    ast.BoolOp, ast.And, ast.Or, ast.IfExp,
    ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
)  # fmt: skip
_TITLES = {
    ast.Attribute: "a dot", ast.Subscript: "[ ]", ast.Lambda: "lambda", ast.NamedExpr: ":=",
    ast.List: "a list", ast.Tuple: "a comma", ast.Dict: "{ }", ast.Set: "{ }",
    ast.JoinedStr: "a text", ast.Starred: "*", ast.MatMult: "@", ast.In: "in", ast.Is: "is",
}  # fmt: skip


def _inner(name: str) -> str:
    """Return what a name is called in the compiled code; no other name is called so."""
    return _PREFIX + name.replace(".", "\N{MIDDLE DOT}")


def _title(node: ast.AST) -> str:
    return _TITLES.get(type(node), type(node).__name__.lower())


def _is_usual(value: float) -> bool:
    if isinstance(value, int):
        return value.bit_length() <= MAX_BITS
    return math.isfinite(value)


def _power(base: float, exponent: float) -> float:
    """Return a power whose size is known before it is computed."""
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if base.bit_length() * exponent > MAX_BITS:
            raise ExpressionError("a power is too large")
        return int(base**exponent)
    result = float(base) ** float(exponent)
    if isinstance(result, complex):
        raise ExpressionError("a fractional power of a negative number has no value")
    return float(result)


def _shift_left(value: int, count: int) -> int:
    whole, places = index(value), index(count)
    if places > MAX_BITS or whole.bit_length() + places > MAX_BITS:
        raise ExpressionError("a shift is too large")
    return whole << places


def _invert(value: int) -> int:
    # Python is about to drop the inversion of a flag, which is that of its number.
    return ~int(index(value))


def _round(value: float, digits: int = 0) -> float:
    if not -15 <= digits <= 15:
        raise ExpressionError("round takes -15 to 15 digits")
    return round(value, digits) if digits else round(value)


FUNCTIONS: Final[Mapping[str, Callable[..., float]]] = {
    "abs": abs,
    "exp": math.exp,
    "int": int,
    "log": math.log,
    "max": max,
    "min": min,
    "round": _round,
    "sqrt": math.sqrt,
}
"""What an expression can call."""

# Prefixes keep a parameter called ``int`` or ``__builtins__`` from meaning anything but itself.
_PREFIX = "v_"
_FUNCTION_PREFIX = "f_"
_BOUNDED: Final[Mapping[type[ast.operator], str]] = {ast.Pow: "power", ast.LShift: "shift_left"}
_GLOBALS: Final[Mapping[str, Any]] = {
    "__builtins__": {},
    "invert": _invert,
    "power": _power,
    "shift_left": _shift_left,
    **{_FUNCTION_PREFIX + name: function for name, function in FUNCTIONS.items()},
}
