"""The page of physical models, made from their declarations."""

from __future__ import annotations

from typing import Any

from wampedge.devices.fields import Duration, Field
from wampedge.devices.units import duration_text, number_text
from wampedge_simulator.physics.fields import Measure, Wave, WaveField
from wampedge_simulator.physics.model import Model
from wampedge_simulator.physics.registry import MODELS

__all__ = ["models_page"]

_HEAD = """\
# Physical models

Made from the models themselves by `python -m tests.docs.generate`.
[World files](world-file.md) tell what they are for.
A number without a unit is in the unit of its row; times of day count from midnight UTC.
"""


def models_page() -> str:
    """Return the text of the page."""
    return "\n".join([_HEAD, *(_section(kind) for kind in MODELS.values())])


def _section(kind: type[Model]) -> str:
    lines = [f"## {kind.kind}", "", *_about(kind), ""]
    lines += ["| key | unit | default | means |", "|---|---|---|---|"]
    lines += [
        f"| `{key}` | {_unit(field)} | {_default(field)} | {field.doc} |"
        for key, field in kind.fields.items()
    ]
    lines += [f"| `{key}` | a device or model | none | {doc} |" for key, doc in kind.drives.items()]
    lines += [
        f"| `{key}` | a device | none | {contact.doc} |" for key, contact in kind.contacts.items()
    ]
    lines += ["", "| output | unit | means |", "|---|---|---|"]
    lines += [f"| `{name}` | {o.unit or '-'} | {o.doc} |" for name, o in kind.outputs.items()]
    return "\n".join([*lines, ""])


def _about(kind: type[Model]) -> list[str]:
    """Return what the module of the model says of it, one sentence a line."""
    module = __import__(kind.__module__, fromlist=["__doc__"])
    paragraphs = (module.__doc__ or "").strip().split("\n\n")
    text = [" ".join(paragraph.split()).replace("``", "`") for paragraph in paragraphs]
    if kind.is_actuator:
        text.append("It can drive other models.")
    return "\n\n".join(text).split("\n")


def _unit(field: Field) -> str:
    if isinstance(field, Measure | WaveField):
        return field.unit or "-"
    return "a duration" if isinstance(field, Duration) else "-"


def _default(field: Field) -> str:
    if field.is_required:
        return "required"
    return "none" if field.default is None else f"`{_shown(field, field.default)}`"


def _shown(field: Field, value: Any) -> str:
    if isinstance(field, Duration):
        return f'"{duration_text(value)}"'
    if isinstance(value, Wave):
        return number_text(value.mean)
    if isinstance(value, tuple):
        return f"[{', '.join(_shown(field, each) for each in value)}]"
    if isinstance(value, str):
        return f'"{value}"'
    return number_text(value)
