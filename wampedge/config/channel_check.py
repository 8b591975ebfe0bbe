"""Checks of the ``channels`` table of one device against what its driver offers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wampedge.config.alarms import alarm_of
from wampedge.config.declarations import MAX_CHANNELS, channel_fields, publish_table
from wampedge.config.filters import Shape, shape_of
from wampedge.config.keeping import history_of
from wampedge.config.kinds import name_mistake
from wampedge.config.layout import KeyPath
from wampedge.config.model import ChannelConfig
from wampedge.config.output_policy import access_of
from wampedge.config.policies import PolicyLayers, delta_in, is_numeric, policy_of
from wampedge.config.problems import Findings
from wampedge.devices.driver import ChannelSpec, DriverSpec
from wampedge.devices.fields import FieldError, convert_table, shown
from wampedge.devices.publishing import PublishPolicy
from wampedge.devices.spelling import nearest, one_of
from wampedge.records import Record

__all__ = ["ChannelCheck", "ChannelTables", "read_channel_tables"]


class ChannelTables(Record):
    """The ``channels`` table of a device after the first look.

    Attributes:
        path: where it is.
        tables: by the driver's channel name: every key, converted, absent ones as default.
        is_sound: nothing was wrong with it.
    """

    path: KeyPath
    tables: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    is_sound: bool = True

    def for_driver(self, spec: DriverSpec) -> dict[str, dict[str, Any]]:
        """Return what the driver is asked with: its own keys, and the unit where one is given."""
        return {
            name: {
                key: value
                for key, value in table.items()
                if key in spec.channel_fields or (key == "unit" and value is not None)
            }
            for name, table in self.tables.items()
        }


def read_channel_tables(
    raw: Any, spec: DriverSpec, path: KeyPath, findings: Findings
) -> ChannelTables:
    """Check each ``channels.<name>`` for itself."""
    if raw is None:
        return ChannelTables(path)
    if not isinstance(raw, dict):
        findings.add(path, f"must be a table, got {shown(raw)}", "write channels.NAME = { ... }")
        return ChannelTables(path, is_sound=False)
    if len(raw) > MAX_CHANNELS:
        text = f"may hold {MAX_CHANNELS} channels, and has {len(raw)}"
        findings.add(path, text, code="limit", on="key")
        return ChannelTables(path, is_sound=False)
    before = len(findings)
    fields = channel_fields(spec)
    tables: dict[str, dict[str, Any]] = {}
    for name, table in raw.items():
        mistake = name_mistake(name) if spec.has_open_channels else None
        if mistake:
            findings.add((*path, name), mistake[0], mistake[1], code="name", on="key")
        elif not isinstance(table, dict):
            hint = f"write channels.{name} = {{ ... }}"
            findings.add((*path, name), f"must be a table, got {shown(table)}", hint)
        else:
            tables[name], errors = convert_table(table, fields)
            tables[name]["publish"] = publish_table(table.get("publish"))
            for error in errors:
                findings.add_field_error((*path, name), error)
    return ChannelTables(path, tables, is_sound=len(findings) == before)


class ChannelCheck(Record):
    """Makes the channels of one device from what its driver offers and what the file says.

    Attributes:
        driver: what the driver declares.
        given: the ``channels`` table.
        default_publish: the ``publish`` table of ``[defaults]``.
        device_publish: the ``publish`` table of the device.
        findings: where mistakes go.
        history_s: how long the channels are kept that say nothing themselves; None, 0: not at all.
    """

    driver: DriverSpec
    given: ChannelTables
    default_publish: Mapping[str, Any]
    device_publish: Mapping[str, Any]
    findings: Findings
    history_s: float | None = None

    def build(self, specs: Mapping[str, ChannelSpec]) -> dict[str, ChannelConfig]:
        """Return the channels *specs*, which the driver offers, by public name."""
        self._check_known(specs)
        channels: dict[str, ChannelConfig] = {}
        for source, spec in specs.items():
            channel = self._channel(source, spec)
            taken = channels.get(channel.name)
            if taken is not None:
                self._tell_twice(channel, taken)
            channels[channel.name] = channel
        self._check_device_delta(channels)
        return channels

    def _channel(self, source: str, spec: ChannelSpec) -> ChannelConfig:
        table = self.given.tables.get(source, {})
        at = (*self.given.path, source)
        shape = self._shape(spec, table, at)
        unit = shape.unit
        layers = PolicyLayers(self.default_publish, self.device_publish, table.get("publish") or {})
        try:
            policy = policy_of(spec, unit, layers)
        except FieldError as error:
            self.findings.add_field_error((*at, "publish"), error)
            policy = PublishPolicy()
        limits = table.get("range")
        if limits is not None and not is_numeric(spec):
            self.findings.add((*at, "range"), "is for numbers, and this channel has none")
        options = {key: table[key] for key in self.driver.channel_fields if key in table}
        name = table.get("name") or source
        access = access_of(table.get("access"))
        return ChannelConfig(
            name,
            source,
            spec,
            policy,
            limits,
            unit,
            shape.scale,
            options,
            access,
            shape.offset,
            shape.filters,
            self._alarm(spec, unit, table, at),
            history_of(table.get("history"), self.history_s),
        )

    def _shape(self, spec: ChannelSpec, table: Mapping[str, Any], at: KeyPath) -> Shape:
        """Return the public unit, the way to it, and the filters."""
        is_open = self.driver.has_open_channels and (
            not spec.unit or "unit" in self.driver.channel_fields
        )
        try:
            unit, filters, name = table.get("unit"), table.get("filters") or (), str(at[-1])
            return shape_of(spec, unit, filters, name=name, is_open=is_open)
        except FieldError as error:
            self.findings.add_field_error(at, error)
            return Shape(spec.unit)

    def _alarm(self, spec: ChannelSpec, unit: str, table: Mapping[str, Any], at: KeyPath) -> Any:
        try:
            return alarm_of(table.get("alarm"), spec, unit)
        except FieldError as error:
            self.findings.add_field_error((*at, "alarm"), error)
            return None

    def _check_known(self, specs: Mapping[str, ChannelSpec]) -> None:
        for source in self.given.tables:
            if source not in specs:
                near = nearest(source, specs)
                known = f"channels: {', '.join(specs)}"
                hint = f"did you mean {one_of(near[:2])}?" if near else known
                path = (*self.given.path, source)
                text = f"is no channel of {self.driver.name}"
                self.findings.add(path, text, hint, code="unknown-key", on="key")

    def _tell_twice(self, channel: ChannelConfig, taken: ChannelConfig) -> None:
        path, name = self.given.path, channel.name
        # The caret goes to where the file names one of the two.
        new, old = (channel, taken) if channel.name != channel.source else (taken, channel)
        related = [((*path, old.source), f"{old.source} is called so")]
        self.findings.add_text(
            (*path, new.source, "name"),
            f"two channels of {path[-2]} are called {name}: {old.source} and {new.source}",
            "give one of them another name",
            code="channel-twice",
            related=related if old.source in self.given.tables else (),
        )

    def _check_device_delta(self, channels: Mapping[str, ChannelConfig]) -> None:
        """Refuse a delta of the device that fits none of its channels."""
        delta = self.device_publish.get("delta")
        if delta is None or not channels:
            return
        hint = ""
        for channel in channels.values():
            try:
                delta_in(delta, channel.spec, channel.unit)
            except FieldError as error:
                hint = error.hint or f"delta {error.text}"
            else:
                return
        if len(channels) > 1:
            hint = "say it at the channel it is for"
        path = (*self.given.path[:-1], "publish", "delta")
        self.findings.add(path, "fits none of its channels", hint)
