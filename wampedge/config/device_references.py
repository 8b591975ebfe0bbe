"""Checks of devices that name other devices: there is one, it can do what is wanted, no loops."""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.config.device_check import DeviceDraft
from wampedge.config.problems import Findings
from wampedge.devices.driver import DriverSpec
from wampedge.devices.peers import DeviceName, references_of
from wampedge.devices.spelling import nearest, one_of

__all__ = ["check_device_references"]


def check_device_references(drafts: Mapping[str, DeviceDraft], findings: Findings) -> None:
    """Refuse names of devices that are not there, cannot do what is wanted, or need each other."""
    for draft in drafts.values():
        if draft.spec is None:
            continue
        named = references_of(draft.spec, draft.params)
        for key, name in named.items():
            _check_one(draft, key, name, _field(draft.spec, key), drafts, findings)
        keys = [key for key in named if not _field(draft.spec, key).may_be_named_twice]
        if len({named[key] for key in keys}) < len(keys):
            text = f"must be another device than {keys[0]}"
            findings.add((*draft.path, keys[-1]), text, code="device-twice")
    for name in drafts:
        _check_loop(name, drafts, findings)


def _check_one(
    draft: DeviceDraft,
    key: str,
    name: str,
    field: DeviceName,
    drafts: Mapping[str, DeviceDraft],
    findings: Findings,
) -> None:
    path = (*draft.path, key)
    other = drafts.get(name)
    if other is None:
        if findings.is_any_lost(("devices", name)):
            return
        fitting = [n for n, each in drafts.items() if n != draft.name and not _lack(each, field)]
        near = nearest(name, fitting)
        hint = f"did you mean {one_of(near)}?" if near else _known(fitting)
        findings.add(path, f'names "{name[:40]}", which is no device', hint, code="unknown-device")
    elif other.spec is not None and (lack := _lack(other, field)):
        text = f"names {name}, a {other.spec.name}, which has no {lack}"
        related = [(other.path, "declared here")]
        findings.add(path, text, code="wrong-device", related=related)


def _field(spec: DriverSpec, key: str) -> DeviceName:
    field = spec.params[key]
    assert isinstance(field, DeviceName), "what references_of returns"
    return field


def _lack(draft: DeviceDraft, field: DeviceName) -> str:
    """Return what the device lacks that *field* wants; "" for one that is wrong, too."""
    if draft.spec is None:
        return ""
    commands = draft.config.commands if draft.config is not None else draft.spec.commands
    if not all(command in commands for command in field.commands):
        wanted = field.commands
        return f"commands {one_of(wanted) if len(wanted) == 1 else ' and '.join(wanted)}"
    if draft.config is not None:
        units = {name: channel.unit for name, channel in draft.config.channels.items()}
    else:
        units = {name: channel.unit for name, channel in draft.spec.channels.items()}
    for channel, unit in field.readings.items():
        if units.get(channel) != unit:
            return f'channel "{channel}" in {unit}'
    return ""


def _known(names: list[str]) -> str:
    return f"devices that fit: {', '.join(names[:8])}" if names else "the file has none that fits"


def _check_loop(name: str, drafts: Mapping[str, DeviceDraft], findings: Findings) -> None:
    """Refuse a device that needs itself, told once for each loop."""
    trail = [name]
    while True:
        draft = drafts.get(trail[-1])
        named = references_of(draft.spec, draft.params) if draft and draft.spec else {}
        following = [each for each in named.values() if each in drafts]
        back = [key for key, each in named.items() if each == name]
        if back:
            if name == min(trail):
                chain = " needs ".join([*trail, name])
                text = f"devices need each other: {chain}"
                findings.add_text(("devices", trail[-1], back[0]), text, code="loop")
            return
        following = [each for each in following if each not in trail]
        if not following:
            return
        trail.append(following[0])
