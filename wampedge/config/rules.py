"""``[rules.*]``: what the node does by itself when a condition holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from wampedge.config.kinds import name_mistake
from wampedge.config.layout import KeyPath
from wampedge.config.model import ChannelConfig, DeviceConfig
from wampedge.config.problems import Findings
from wampedge.config.terms import TERM, DeviceNames, Names
from wampedge.devices.fields import (
    Choice,
    Duration,
    Field,
    FieldError,
    ListOf,
    Text,
    convert_table,
    shown,
)
from wampedge.devices.spelling import nearest, one_of

if TYPE_CHECKING:
    from wampedge.devices.logic import RuleSpec
    from wampedge.devices.orders import Order

__all__ = ["MAX_RULES", "RULE_FIELDS", "check_rules"]

MAX_RULES: Final = 256
_ORDERS: Final = ListOf(Text(minimum_length=1, maximum_length=200), 1, 32)

RULE_FIELDS: Final[Mapping[str, Field]] = {
    "when": TERM.but(doc='condition, such as "air.temperature > 30"'),
    "for": Duration(
        minimum_s=0.0, maximum_s=604_800.0, default=0.0, doc="how long the condition has to hold"
    ),
    "do": _ORDERS.but(doc='orders, such as ["vent.open", "pump.set(0.5)"]'),
    "otherwise": _ORDERS.but(default=(), doc="orders for when it was done and holds no more"),
    "priority": Choice(
        ("normal", "safety"),
        default="normal",
        doc="safety: the devices it orders refuse other orders while the condition holds",
    ),
    "pause": Duration(
        minimum_s=0.05,
        maximum_s=86_400.0,
        default=None,
        doc="how long after it was done it is not done again; 1 s, for safety 100 ms",
    ),
}


def check_rules(
    raw: Any, drafts: Mapping[str, DeviceNames], names: Names, findings: Findings
) -> dict[str, RuleSpec]:
    """Return the rules that are right, by name."""
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        findings.add(("rules",), f"must be a table, got {shown(raw)}", "write [rules.NAME]")
        return {}
    if len(raw) > MAX_RULES:
        text = f"may hold {MAX_RULES} rules, and has {len(raw)}"
        findings.add(("rules",), text, code="limit", on="key")
    found = {}
    for name, table in list(raw.items())[:MAX_RULES]:
        rule = _rule(name, table, drafts, names, findings)
        if rule is not None:
            found[name] = rule
    return found


def _rule(
    name: str,
    table: Any,
    drafts: Mapping[str, DeviceNames],
    names: Names,
    findings: Findings,
) -> RuleSpec | None:
    from wampedge.devices.logic import RuleSpec  # noqa: PLC0415 # only files that have rules

    path: KeyPath = ("rules", name)
    before = len(findings)
    mistake = name_mistake(name)
    if mistake:
        findings.add(path, mistake[0], mistake[1], code="name", on="key")
    if not isinstance(table, dict):
        findings.add(path, f"must be a table, got {shown(table)}", f"write [rules.{name}]")
        return None
    values, errors = convert_table(table, RULE_FIELDS)
    for error in errors:
        findings.add_field_error(path, error)
    when = names.term(values.get("when"), (*path, "when"), findings)
    orders = _orders(values.get("do") or (), (*path, "do"), drafts, findings)
    others = _orders(values.get("otherwise") or (), (*path, "otherwise"), drafts, findings)
    # Keys whose text could not be expanded were told before, and are not there.
    if len(findings) > before or values.keys() != RULE_FIELDS.keys():
        return None
    if when is None or len(orders) != len(values["do"]):
        return None
    is_safety = values["priority"] == "safety"
    pause_s = values["pause"] or (0.1 if is_safety else 1.0)
    return RuleSpec(name, when, values["for"], orders, others, is_safety, pause_s)


def _orders(
    texts: Sequence[str], path: KeyPath, drafts: Mapping[str, DeviceNames], findings: Findings
) -> tuple[Order, ...]:
    from wampedge.devices.expressions import ExpressionError  # noqa: PLC0415 # only with rules
    from wampedge.devices.orders import parse_order  # noqa: PLC0415 # only files that have rules

    orders = []
    for index, text in enumerate(texts):
        at = (*path, index)
        try:
            order = parse_order(text)
        except ExpressionError as error:
            findings.add(at, str(error), code="order")
            continue
        draft = drafts.get(order.device)
        if draft is None:
            near = nearest(order.device, drafts)
            hint = f"did you mean {one_of(near[:2])}?" if near else "declare the device"
            reason = f"orders {order.device}, which is no device"
            findings.add(at, reason, hint, code="unknown-device")
        elif draft.config is not None:
            _check_order(order, draft.config, at, findings)
            orders.append(order)
    return tuple(orders)


def _check_order(order: Order, device: DeviceConfig, at: KeyPath, findings: Findings) -> None:
    settable = {n: c for n, c in device.channels.items() if c.spec.is_settable}
    if order.command != "set":
        command = device.commands.get(order.command)
        if command is None:
            known = [*device.commands, *(["set"] if settable else [])]
            near = nearest(order.command, known)
            hint = f"commands: {', '.join(known)}" if known else "it takes no orders"
            hint = f"did you mean {one_of(near[:2])}?" if near else hint
            text = f"orders {order.command}, which {device.name} cannot do"
            findings.add(at, text, hint, code="unknown-command")
            return
        _check_arguments(order, command.arguments, at, findings)
        return
    channel = order.channel or (next(iter(settable)) if len(settable) == 1 else "")
    if channel not in settable:
        hint = f"channels that can be set: {', '.join(settable)}" if settable else ""
        text = f"sets {channel or device.name}, which cannot be set"
        findings.add(at, text, hint, code="unknown-command")
        return
    fields = {"value": _InDriverUnit(settable[channel]), "for_": Duration(default=None)}
    _check_arguments(order, fields, at, findings)


def _check_arguments(
    order: Order, declared: Mapping[str, Field], at: KeyPath, findings: Findings
) -> None:
    given = dict(zip(declared, order.args, strict=False)) | dict(order.kwargs)
    unknown = [name for name in given if name not in declared]
    if len(order.args) > len(declared) or unknown:
        known = f"takes {', '.join(declared)}" if declared else "takes no arguments"
        what = f"{unknown[0]} is none of them" if unknown else f"got {len(order.args)}"
        findings.add(at, f"{order.command} {known}: {what}", code="argument")
        return
    for name, field in declared.items():
        if name in given:
            try:
                field.convert(given[name])
            except FieldError as error:
                findings.add(at, f"argument {name} {error.text}", error.hint, code="argument")
        elif field.is_required:
            findings.add(at, f"{order.command} needs {name}", code="argument")


class _InDriverUnit(Field):
    """What a channel can be set to, in its public unit."""

    channel: ChannelConfig

    def convert(self, value: Any) -> Any:
        """Check *value* as the driver would get it; raises FieldError."""
        channel = self.channel
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and (channel.scale != 1.0 or channel.offset != 0.0):
            value = (value - channel.offset) / channel.scale
        return channel.spec.field.convert(value)
