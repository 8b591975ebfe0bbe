"""Expressions of the device file: the names they may use, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from wampedge.config.layout import KeyPath
from wampedge.config.problems import Findings
from wampedge.devices.fields import Boolean, Integer, Number, Text
from wampedge.devices.spelling import nearest, one_of

if TYPE_CHECKING:
    from wampedge.config.model import DeviceConfig
    from wampedge.devices.logic import Term

__all__ = ["TERM", "DeviceNames", "Names", "table_names"]

TERM: Final = Text(minimum_length=1, maximum_length=500)
"""The text of an expression."""


class DeviceNames(Protocol):
    """What is known of a device, right or wrong."""

    config: DeviceConfig | None


class Names:
    """The names expressions may use: ``device.channel`` and ``derived.name``.

    Args:
        drafts: every device of the file.
        derived: names of derived values.
    """

    def __init__(self, drafts: Mapping[str, DeviceNames], derived: Iterable[str]) -> None:
        self._derived = [f"derived.{name}" for name in derived]
        self._broken = {name for name, draft in drafts.items() if draft.config is None}
        self._known = set(self._derived)
        self._texts: set[str] = set()
        for name, draft in drafts.items():
            for channel in draft.config.channels.values() if draft.config else ():
                is_number = isinstance(channel.spec.field, Number | Integer | Boolean)
                (self._known if is_number else self._texts).add(f"{name}.{channel.name}")

    def term(self, text: Any, path: KeyPath, findings: Findings) -> Term | None:
        """Return the expression *text*; None when something is wrong with it."""
        from wampedge.devices.expressions import (  # noqa: PLC0415 # only files that have them
            Expression,
            ExpressionError,
            UnknownNameError,
        )
        from wampedge.devices.logic import Term  # noqa: PLC0415 # only files that have them

        if not isinstance(text, str):
            return None
        try:
            return Term(text, tuple(Expression(text, self._known, has_dots=True).names))
        except UnknownNameError as error:
            self._tell_unknown(error.name, path, findings)
        except ExpressionError as error:
            findings.add(path, f"cannot be used: {error}", code="expression")
        return None

    def _tell_unknown(self, name: str, path: KeyPath, findings: Findings) -> None:
        device = name.partition(".")[0]
        if device in self._broken:
            return  # what is wrong with the device is told there
        if name in self._texts:
            text = f"uses {name}, which is a text: expressions are about numbers and flags"
            findings.add(path, text, code="unknown-name")
            return
        near = nearest(name, self._known)
        own = sorted(each for each in self._known if each.startswith(f"{device}."))
        if "." not in name:
            own = sorted(each for each in self._known if each.endswith(f".{name}")) or own
        if near:
            hint = f"did you mean {one_of(near[:2])}?"
        else:
            hint = f"known: {', '.join((own or sorted(self._known))[:8])}" if self._known else ""
        findings.add(path, f"uses {name}, which nothing is called", hint, code="unknown-name")


def table_names(raw: Any) -> list[str]:
    """Return the names of the tables in *raw*, whatever that is."""
    return list(raw) if isinstance(raw, dict) else []
