"""Checks of one ``[devices.<name>]`` table: driver, parameters, pins, bus, channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from wampedge.config.availability import availability_of, check_stale_after
from wampedge.config.bus_check import BusDraft
from wampedge.config.buses import place_of
from wampedge.config.channel_check import ChannelCheck, ChannelTables, read_channel_tables
from wampedge.config.declarations import device_fields, publish_table
from wampedge.config.keeping import history_of
from wampedge.config.kinds import name_mistake
from wampedge.config.layout import KeyPath
from wampedge.config.model import (
    DEFAULT_EVERY_S,
    ChannelConfig,
    DeviceConfig,
    PinRef,
)
from wampedge.config.output_policy import (
    OUTPUT_KEYS,
    access_of,
    check_states_in_range,
    policy_of,
)
from wampedge.config.pin_fields import PinPlace, pin_places
from wampedge.config.policies import bundle_of
from wampedge.config.problems import Findings
from wampedge.config.sections import Defaults
from wampedge.devices.catalog import UnknownDriverError, driver_names, find_driver
from wampedge.devices.driver import ChannelSpec, CommandSpec, DriverSpec
from wampedge.devices.fields import FieldError, convert_table, shown
from wampedge.devices.spelling import nearest, one_of
from wampedge.errors import WampedgeError

__all__ = ["DeviceDraft", "check_device", "check_template"]

_NODE_PROCEDURES: Final = frozenset({"get", "set", "describe", "health"})
"""Procedures every device has, so no command of the file is called so."""

_OTHER_WORDS: Final = {
    "interval": "every",
    "period": "every",
    "update_interval": "every",
    "gpio": "pin",
    "platform": "driver",
    "type": "driver",
}
"""What other programs call our keys."""

_NO_POLICY: Final = "that is for outputs, and this driver drives none"
_NO_OUTPUT: Final = {
    "modbus": "registers take no output policy: use the time-out of the unit itself, or a relay"
}
"""Why a device takes no keys of outputs, by kind of bus."""

LocalDrivers = Mapping[str, DriverSpec | None]
"""What ``[drivers.*]`` declares, by name; None for one that is wrong."""


class DeviceDraft:
    """What is known of a device, right or wrong, for the checks across devices.

    Attributes:
        name: its name.
        spec: its driver; None when that is wrong.
        values: the keys that are right, converted.
        config: the device; None when anything is wrong with it.
    """

    def __init__(
        self, name: str, spec: DriverSpec | None = None, values: Mapping[str, Any] | None = None
    ) -> None:
        self.name = name
        self.spec = spec
        self.values = values or {}
        self.config: DeviceConfig | None = None

    @property
    def path(self) -> KeyPath:
        """Where the device is in the file."""
        return ("devices", self.name)

    @property
    def pins(self) -> dict[str, PinRef]:
        """The lines it uses, by role."""
        return {role: place.ref for role, place in self.pin_places.items()}

    @property
    def pin_places(self) -> dict[str, PinPlace]:
        """The lines it uses and where the file names them, by role."""
        return pin_places(self.values, self.spec) if self.spec else {}

    def pin_path(self, role: str) -> KeyPath:
        """Return where the file names the line of *role*."""
        return (*self.path, *self.pin_places[role].keys)

    @property
    def params(self) -> dict[str, Any]:
        """The driver parameters that are right."""
        names = self.spec.params if self.spec else {}
        return {name: self.values[name] for name in names if name in self.values}


def check_device(
    name: str,
    raw: Any,
    buses: Mapping[str, BusDraft],
    defaults: Defaults,
    findings: Findings,
    local: LocalDrivers = MappingProxyType({}),
) -> DeviceDraft:
    """Check one device for itself; every mistake goes to *findings*. *local*: ``[drivers.*]``."""
    path = ("devices", name)
    before = len(findings)
    mistake = name_mistake(name)
    if mistake:
        findings.add(path, mistake[0], mistake[1], code="name", on="key")
    if not isinstance(raw, dict):
        findings.add(path, f"must be a table, got {shown(raw)}", f"write [devices.{name}]")
        return DeviceDraft(name)
    spec = _driver(raw, path, findings, local)
    if spec is None:
        return DeviceDraft(name)
    values = _values(raw, spec, path, findings)
    draft = DeviceDraft(name, spec, values)
    _check_bus(draft, buses, findings)
    given = read_channel_tables(values.get("channels"), spec, (*path, "channels"), findings)
    is_sound = given.is_sound and all(key in values for key in spec.params)
    is_sound &= _fits_together(draft, spec, findings)
    specs, commands = _offered(spec, draft.params, given, findings) if is_sound else (None, None)
    if specs is None and not spec.has_open_channels:
        specs = spec.channels
    device_publish = publish_table(raw.get("publish"))
    history_s = history_of(values.get("history"), defaults.history_s)
    checked = ChannelCheck(
        spec, given, defaults.publish, device_publish, findings, history_s=history_s
    )
    channels = checked.build(specs) if specs is not None else {}
    check_states_in_range(values, channels.values(), path, findings)
    if len(findings) == before and commands is not None and not findings.is_any_lost(path):
        draft.config = _config(draft, spec, channels, commands, defaults)
        check_stale_after(path, draft.config.stale_after_s, draft.config.every_s, findings)
    return draft


def check_template(
    name: str,
    own: Mapping[str, Any],
    spec: DriverSpec | None,
    findings: Findings,
    local: LocalDrivers = MappingProxyType({}),
) -> None:
    """Check what a template itself says, even where every device says something else.

    Args:
        name: of the template.
        own: its keys.
        spec: driver of a device that extends it; None for a template nobody extends.
        findings: gets every mistake, where it is written.
        local: the drivers of ``[drivers.*]``.
    """
    path = ("templates", name)
    if spec is None and "driver" in own:
        spec = _driver(own, path, findings, local)
    if spec is None:
        return
    for error in convert_table(own, device_fields(spec))[1]:
        if error.code != "missing-key":
            findings.add_field_error(path, _explained(error, spec))


def _config(
    draft: DeviceDraft,
    spec: DriverSpec,
    channels: Mapping[str, ChannelConfig],
    commands: Mapping[str, CommandSpec],
    defaults: Defaults,
) -> DeviceConfig:
    values = draft.values
    every_s = None
    if spec.is_polled:
        # [defaults] is for readings; a port expander without any keeps the pace it needs.
        usual_s = defaults.every_s if channels else None
        own_s = spec.driver_class.usual_period_s(draft.pins)
        every_s = values["every"] or usual_s or own_s or DEFAULT_EVERY_S
    return DeviceConfig(
        draft.name,
        spec,
        **place_of(spec, values),
        **availability_of(values),
        pins=draft.pins,
        params=draft.params,
        channels=channels,
        commands=commands,
        every_s=every_s,
        labels=values["labels"],
        output=policy_of(values),
        access=access_of(values["access"]),
        bundle=bundle_of(values.get("publish")),
        pulls={role: place.pull for role, place in draft.pin_places.items() if place.pull},
    )


def _driver(
    raw: Mapping[str, Any], path: KeyPath, findings: Findings, local: LocalDrivers
) -> DriverSpec | None:
    name = raw.get("driver")
    if name is None:
        if not findings.is_lost((*path, "driver")):
            hint = 'write driver = "NAME"; `wampedge drivers` lists them'
            findings.add((*path, "driver"), "is missing", hint, code="missing-key", on="key")
        return None
    if not isinstance(name, str):
        findings.add((*path, "driver"), f"must be a text, got {shown(name)}")
        return None
    if name in local:
        return local[name]  # None for one that is wrong: told where it is declared
    try:
        return find_driver(name)
    except UnknownDriverError:
        near = nearest(name, driver_names())
        hint = f"did you mean {one_of(near)}?" if near else "`wampedge drivers` lists them"
        text = f"must be the name of a driver, got {shown(name)}"
        findings.add((*path, "driver"), text, hint, code="unknown-driver")
    except WampedgeError as error:
        findings.add((*path, "driver"), f"cannot be used: {error}", code="broken-driver")
    return None


def _values(
    raw: Mapping[str, Any], spec: DriverSpec, path: KeyPath, findings: Findings
) -> dict[str, Any]:
    values, errors = convert_table(raw, device_fields(spec))
    for error in errors:
        findings.add_field_error(path, _explained(error, spec))
    return values


def _explained(error: FieldError, spec: DriverSpec) -> FieldError:
    """Say why a key that other devices have is wrong here."""
    if error.code != "unknown-key" or len(error.path) != 1:
        return error
    reasons = {
        "bus": f"{spec.name} is on no bus",
        "address": f"{spec.name} has no I2C address",
        "every": f"{spec.name} is not sampled; it tells by itself what changes",
        "pin": f"{spec.name} takes no pin",
    }
    if not spec.is_output:
        reasons |= dict.fromkeys(OUTPUT_KEYS, _NO_OUTPUT.get(spec.bus or "", _NO_POLICY))
    key = str(error.path[0])
    reason = reasons.get(key)
    if reason is None and error.hint.startswith("did you mean"):
        return error
    if reason is None:
        meant = [_OTHER_WORDS[word] for word in nearest(key, _OTHER_WORDS, limit=1)]
        if not meant or meant[0] not in device_fields(spec):
            return error
        reason = f"did you mean {meant[0]}?"
    return FieldError(error.text, reason, error.path, code=error.code)


def _check_bus(draft: DeviceDraft, buses: Mapping[str, BusDraft], findings: Findings) -> None:
    name, spec = draft.values.get("bus"), draft.spec
    if spec is None or spec.bus is None or not isinstance(name, str):
        return
    path = (*draft.path, "bus")
    fitting = [other for other, bus in buses.items() if bus.type == spec.bus]
    if name in buses:
        kind = buses[name].type
        if kind is not None and kind != spec.bus:
            text = f"must be of type {spec.bus}, and {name} is of type {kind}"
            hint = f"{spec.bus} buses: {', '.join(fitting)}" if fitting else ""
            related = [(("buses", name), "declared here")]
            findings.add(path, text, hint, code="wrong-bus", related=related)
    elif not findings.is_any_lost(("buses", name)):
        near = nearest(name, fitting)
        if near:
            hint = f"did you mean {near[0]}?"
        else:
            hint = (
                f"{spec.bus} buses: {', '.join(fitting)}" if fitting else f"declare [buses.{name}]"
            )
        findings.add(path, f"must be a declared bus, got {shown(name)}", hint, code="unknown-bus")


def _fits_together(draft: DeviceDraft, spec: DriverSpec, findings: Findings) -> bool:
    """Ask the driver whether the keys of a device fit together."""
    values = {**dict.fromkeys((*device_fields(spec), *spec.pins)), **draft.values, **draft.pins}
    return not _tell(spec.driver_class.check_table(values), draft.path, findings)


def _tell(mistakes: Sequence[tuple[Sequence[str], str]], path: KeyPath, findings: Findings) -> bool:
    """Note what a driver says of the table at *path*; return whether it said anything."""
    for keys, text in mistakes:
        where = (*path, *keys)
        findings.add_text(where, f"{'.'.join(str(key) for key in where)}: {text}")
    return bool(mistakes)


def _offered(
    spec: DriverSpec, params: Mapping[str, Any], given: ChannelTables, findings: Findings
) -> tuple[Mapping[str, ChannelSpec] | None, Mapping[str, CommandSpec] | None]:
    """Ask the driver what it offers with these parameters; (None, None) when they do not fit."""
    path, channels = given.path[:-1], given.for_driver(spec)
    mistakes = spec.driver_class.check_params(params, channels)
    if _tell(mistakes, path, findings):
        return None, None
    commands = spec.driver_class.commands_for(params, channels)
    for name in commands:
        if name in _NODE_PROCEDURES:
            hint = "every device has a procedure of this name"
            findings.add((*path, "commands", name), "must have another name", hint, code="name")
    return spec.driver_class.channels_for(params, channels), commands
