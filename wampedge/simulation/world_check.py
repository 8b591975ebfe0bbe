"""Checks the tables of a world file, one by one and against each other and the devices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wampedge.config.layout import KeyPath
from wampedge.config.model import SiteConfig
from wampedge.config.problems import Findings
from wampedge.devices.fields import NAME_PATTERN, FieldError, convert_table, dotted, shown
from wampedge.devices.spelling import nearest, one_of
from wampedge.simulation.world_devices import WorldDevice, devices_of
from wampedge.simulation.world_fields import MAX_MODELS, WIRING, WIRING_FIELDS, SenseText, keys_of
from wampedge.simulation.world_senses import sense_plan
from wampedge_simulator.physics.fields import ModelName
from wampedge_simulator.physics.model import Model
from wampedge_simulator.physics.plan import ModelPlan, SensePlan, WorldPlan
from wampedge_simulator.physics.registry import MODELS
from wampedge_simulator.wiring import PinNote

__all__ = ["check_tables"]


def check_tables(
    values: Mapping[str, Any], findings: Findings, config: SiteConfig, at: KeyPath = ()
) -> WorldPlan:
    """Return what the tables say, as far as it is right; mistakes are noted in *findings*.

    Args:
        values: the tables, by name.
        findings: gets every mistake.
        config: the devices they are about.
        at: where the tables are, if not at the root of the file.
    """
    return _WorldCheck(values, findings, config, at).plan()


class _WorldCheck:
    """One check that is under way."""

    def __init__(
        self, values: Mapping[str, Any], findings: Findings, config: SiteConfig, at: KeyPath
    ) -> None:
        self._values = values
        self._findings = findings
        self._config = config
        self._at = at
        self._devices = devices_of(config)
        self._kinds = {name: kind for name in values if (kind := self._kind_of(name)) is not None}
        self._taken: dict[str, KeyPath] = {}

    def plan(self) -> WorldPlan:
        """Return what is right; the mistakes are noted."""
        names = [name for name in self._values if name != WIRING]
        if not self._values and not len(self._findings):
            hint = 'begin with [room] and, under it, model = "thermal"'
            self._findings.add_text(self._at, "file is empty: no models", hint, code="no-models")
        if len(names) > MAX_MODELS:
            text = f"a world may have {MAX_MODELS} models, and this one has {len(names)}"
            self._findings.add_text((*self._at, names[MAX_MODELS]), text, code="limit", on="key")
        found = [self._model(name) for name in names[:MAX_MODELS]]
        models = tuple(model for model in found if model is not None)
        self._check_circles(models)
        return WorldPlan(models, self._wiring())

    def _kind_of(self, name: str) -> type[Model] | None:
        table = self._values[name]
        kind = table.get("model") if isinstance(table, dict) else None
        return MODELS.get(kind) if isinstance(kind, str) else None

    def _model(self, name: str) -> ModelPlan | None:
        """Check one table."""
        path, raw = (*self._at, name), self._values[name]
        if not self._is_table(path, raw) or not self._is_name(path, name):
            return None
        kind = self._kinds.get(name)
        if kind is None:
            self._tell_unknown_kind(path, raw)
            return None
        keys = keys_of(kind)
        table, errors = convert_table(raw, keys)
        if all(key in table for key in kind.fields):
            errors.extend(kind.check(table))
        for error in errors:
            self._findings.add_field_error(path, error)
        self._check_inputs(name, kind, table)
        drives = {r: table[r] for r in kind.drives if table.get(r) and self._drives(path, r, table)}
        contacts = {
            key: table[key]
            for key in kind.contacts
            if table.get(key) and self._moves(path, kind, key, table)
        }
        settings = {key: table[key] for key in kind.fields if key in table}
        senses = tuple(self._senses(path, kind, table.get("senses", [])))
        return ModelPlan(name, kind, settings, drives, contacts, senses)

    def _is_table(self, path: KeyPath, raw: Any) -> bool:
        if isinstance(raw, dict):
            return True
        hint = f"write [{dotted(path)}] and its keys under it"
        self._findings.add(path, f"must be a table, got {shown(raw)}", hint)
        return False

    def _is_name(self, path: KeyPath, name: str) -> bool:
        if re.fullmatch(NAME_PATTERN, name):
            return True
        self._findings.add(path, "is no name: use a-z, 0-9 and _", code="name", on="key")
        return False

    def _tell_unknown_kind(self, path: KeyPath, raw: Mapping[str, Any]) -> None:
        known = f"models: {', '.join(MODELS)}"
        where = (*path, "model")
        if "model" not in raw:
            if not self._findings.is_lost(where):
                self._findings.add(where, "is missing", known, code="missing-key", on="key")
            return
        given = raw["model"]
        near = nearest(given, MODELS, limit=1) if isinstance(given, str) else []
        hint = f'did you mean "{near[0]}"?' if near else known
        self._findings.add(where, f"is no model: {shown(given)}", hint, code="unknown-model")

    def _check_inputs(self, name: str, kind: type[Model], table: Mapping[str, Any]) -> None:
        """Check settings that name another model."""
        for key in kind.fields:
            given = table.get(key)
            if not isinstance(given, ModelName):
                continue
            givers = [n for n, k in self._kinds.items() if key in k.outputs and n != name]
            if given in givers or (given in self._values and given not in self._kinds):
                continue
            near = nearest(given, givers, limit=1)
            hint = f'did you mean "{near[0]}"?' if near else f"models: {', '.join(givers)}"
            text = f"must be a number, or a model that gives {key}, got {shown(str(given))}"
            self._findings.add((*self._at, name, key), text, hint if givers else "")

    def _drives(self, path: KeyPath, role: str, table: Mapping[str, Any]) -> bool:
        """Say whether what *role* names can drive a model; note why not."""
        name, device = table[role], self._devices.get(table[role])
        kind = self._kinds.get(name)
        is_model = kind is not None and kind.is_actuator
        if (device is not None and device.is_actuator) or is_model:
            return True
        if name in self._values and name not in self._kinds and device is None:
            return False  # what is wrong with that model is told there
        able = [name for name, each in self._devices.items() if each.is_actuator]
        able += [name for name, each in self._kinds.items() if each.is_actuator]
        text = f"names {name}, which drives nothing"
        if device is not None:
            text += f": a {device.config.driver.name} is no output"
        elif kind is not None:
            text += f": it is a model of kind {kind.kind}"
        else:
            text = f"names {name}, and there is no such device or model"
        self._findings.add((*path, role), text, _offer(name, able), code="unknown-name")
        return False

    def _moves(self, path: KeyPath, kind: type[Model], key: str, table: Mapping[str, Any]) -> bool:
        """Say whether the device that *key* names can be moved; note why not."""
        name, wanted = table[key], kind.contacts[key].kind
        device, where = self._devices.get(name), (*path, key)
        able = [n for n, each in self._devices.items() if each.moved_as == wanted]
        if device is None:
            text = f"names {name}, and there is no such device"
            self._findings.add(where, text, _offer(name, able), code="unknown-name")
            return False
        if device.moved_as != wanted:
            what = "encoder" if wanted == "encoder" else "contact"
            text = f"names {name}, and a {device.config.driver.name} has no {what}"
            self._findings.add(where, text, _offer(name, able), code="unknown-name")
            return False
        if not self._take(name, where, f"moves {name}, which another model moves already"):
            return False
        if all(setting in table for setting in kind.fields):
            for error in kind.check_contact(table, key, device.config.params):
                self._findings.add_field_error(path, error)
        return True

    def _senses(self, path: KeyPath, kind: type[Model], raw: list[Any]) -> Iterator[SensePlan]:
        for index, entry in enumerate(raw):
            where = (*path, "senses", index)
            try:
                sensed = SenseText().convert(entry)
                plan = sense_plan(sensed, kind, self._devices)
            except FieldError as error:
                self._findings.add_field_error(where, error)
                continue
            channel = f"{plan.device}.{plan.channel}"
            if self._take(channel, where, f"senses {channel}, which another model leads already"):
                yield plan

    def _take(self, what: str, where: KeyPath, text: str) -> bool:
        """Note that a model has *what* for itself; say whether it is the first."""
        first = self._taken.setdefault(what, where)
        if first is where:
            return True
        related = [(first, "by this one")]
        self._findings.add(where, text, "remove one", code="taken", related=related)
        return False

    def _check_circles(self, models: tuple[ModelPlan, ...]) -> None:
        """Note models that drive each other in a circle."""
        by_model = {
            model.name: {n: role for role, n in model.drives.items() if self._is_model(n)}
            for model in models
        }
        for name in by_model:
            if (role := _way_back(name, by_model)) is not None:
                text = "closes a circle: each of these models waits for the other"
                self._findings.add((*self._at, name, role), text, "remove one", code="circle")
                return

    def _is_model(self, name: str) -> bool:
        """Say whether what drives is a model: of two things of one name it is the device."""
        device = self._devices.get(name)
        return name in self._kinds and not (device is not None and device.is_actuator)

    def _wiring(self) -> dict[str, PinNote]:
        """Check the table of wires."""
        raw, path = self._values.get(WIRING, {}), (*self._at, WIRING)
        if not self._is_table(path, raw):
            return {}
        notes = {}
        for name, table in raw.items():
            where = (*path, name)
            if not self._is_wired(where, name) or not self._is_table(where, table):
                continue
            converted, errors = convert_table(table, WIRING_FIELDS)
            for error in errors:
                self._findings.add_field_error(where, error)
            if converted.get("adapter") is not None and name in self._devices:
                text = f"is for I2C buses, and {name} is a device"
                self._findings.add((*where, "adapter"), text, on="key")
            elif not errors:
                pull, volts, direct = converted["pull"], converted["volts"], converted["direct"]
                notes[name] = PinNote(pull, volts, direct, converted["adapter"])
        return notes

    def _is_wired(self, where: KeyPath, name: str) -> bool:
        """Say whether *name* has wires of its own; note why not."""
        device: WorldDevice | None = self._devices.get(name)
        if device is not None and device.config.pins:
            return True
        buses = [bus.name for bus in self._config.buses.values() if bus.type == "i2c"]
        if device is None and name in buses:
            return True
        known = [n for n, each in self._devices.items() if each.config.pins] + buses
        text = "is no device with pins, and no I2C bus"
        self._findings.add(where, text, _offer(name, known), code="unknown-name", on="key")
        return False


def _offer(name: str, known: list[str]) -> str:
    near = nearest(name, known)
    if near:
        return f"did you mean {one_of(near[:2])}?"
    return f"possible: {', '.join(known[:8])}" if known else "there is none"


def _way_back(start: str, sources: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return the role by which *start* is driven by itself in the end, None if it is not."""
    for first, role in sources[start].items():
        seen, ahead = set[str](), [first]
        while ahead:
            name = ahead.pop()
            if name == start:
                return role
            if name not in seen:
                seen.add(name)
                ahead.extend(sources.get(name, {}))
    return None
