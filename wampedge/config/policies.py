"""When a channel publishes: ``[defaults]``, device and channel merged, deltas in its unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wampedge.config.kinds import Delta
from wampedge.devices.driver import ChannelSpec
from wampedge.devices.fields import Boolean, Field, FieldError, Integer, Number
from wampedge.devices.publishing import Bundle, PublishPolicy
from wampedge.devices.units import UnitError, difference_factor, number_text
from wampedge.records import Record

__all__ = ["BUNDLE_FIELDS", "PolicyLayers", "bundle_of", "delta_in", "is_numeric", "policy_of"]

BUNDLE_FIELDS: Final[Mapping[str, Field]] = {
    "batch": Integer(2, 1000, default=None, doc="so many samples an event, on the device's topic"),
    "group": Boolean(default=None, doc="all channels in one event, on the device's topic"),
}
"""Keys of ``publish`` that only a device has."""


class PolicyLayers(Record):
    """The ``publish`` tables that shape one channel, each overriding those before it."""

    defaults: Mapping[str, Any]
    device: Mapping[str, Any]
    channel: Mapping[str, Any]

    def get(self, key: str) -> Any:
        """Return what the innermost table that has *key* says; None when none has."""
        for layer in (self.channel, self.device, self.defaults):
            if layer.get(key) is not None:
                return layer[key]
        return None


def policy_of(spec: ChannelSpec, unit: str, layers: PolicyLayers) -> PublishPolicy:
    """Return the policy of a channel whose public unit is *unit*.

    Flags and texts publish on change unless told otherwise. A delta of ``[defaults]`` or of the
    device that does not fit the channel is passed over.

    Raises:
        FieldError: the channel's own delta does not fit; its path is ``("delta",)``.
    """
    amount, is_percent = _merged_delta(spec, unit, layers)
    on_change = layers.get("on_change")
    if on_change is None:
        on_change = not is_numeric(spec)
    return PublishPolicy(amount, is_percent, layers.get("heartbeat"), on_change)


def bundle_of(publish: Mapping[str, Any] | None) -> Bundle:
    """Return how a device with this ``publish`` table bundles its readings."""
    table = publish or {}
    return Bundle(table.get("batch") or 1, bool(table.get("group")))


def is_numeric(spec: ChannelSpec) -> bool:
    """Say whether the channel carries numbers, which deltas and ranges are for."""
    return isinstance(spec.field, (Number, Integer))


def delta_in(delta: Delta, spec: ChannelSpec, unit: str) -> tuple[float, bool]:
    """Return *delta* in *unit* or, with True, in percent of the value; raises FieldError."""
    if not is_numeric(spec):
        raise FieldError("is for numbers, and this channel has none", path=("delta",))
    if delta.unit == "%":
        return delta.amount, True
    if delta.unit is None:
        if unit in ("", "%", "%RH"):
            return delta.amount, False
        fix = f'write "{number_text(delta.amount)}{unit}"'
        raise FieldError(f"must carry its unit, got {number_text(delta.amount)}", fix, ("delta",))
    try:
        return delta.amount * difference_factor(delta.unit, unit), False
    except UnitError as error:
        text = f"must be in percent or in {unit or 'plain numbers'}, got {number_text(delta.amount)}{delta.unit[:20]}"  # noqa: E501 # one text
        raise FieldError(text, error.hint, ("delta",)) from None


def _merged_delta(spec: ChannelSpec, unit: str, layers: PolicyLayers) -> tuple[float | None, bool]:
    own = layers.channel.get("delta")
    if own is not None:
        return delta_in(own, spec, unit)
    outer: Sequence[Delta | None] = (layers.device.get("delta"), layers.defaults.get("delta"))
    for delta in outer:
        if delta is not None:
            try:
                return delta_in(delta, spec, unit)
            except FieldError:
                continue
    return None, False
