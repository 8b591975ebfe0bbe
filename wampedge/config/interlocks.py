"""``[interlocks.*]`` and ``[sessions]``, and what output policies need of several tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from wampedge.config.kinds import name_mistake
from wampedge.config.layout import KeyPath
from wampedge.config.output_policy import check_output_policy
from wampedge.config.problems import Findings
from wampedge.devices.driver import DriverSpec
from wampedge.devices.fields import Choice, Duration, Field, ListOf, Text, convert_table, shown
from wampedge.devices.output_policy import Interlock, SafetySessions
from wampedge.devices.spelling import nearest, one_of

__all__ = [
    "INTERLOCK_FIELDS",
    "MAX_INTERLOCKS",
    "SESSIONS_FIELDS",
    "PolicyDraft",
    "check_interlocks",
    "check_policies",
    "check_sessions",
]

MAX_INTERLOCKS: Final = 64

INTERLOCK_FIELDS: Final[Mapping[str, Field]] = {
    "members": ListOf(
        Text(minimum_length=1, maximum_length=64),
        2,
        64,
        doc="names of the output devices of which at most one may be on",
    ),
    "dead_time": Duration(
        minimum_s=0.0, maximum_s=3600.0, default=0.0, doc="how long all rest before the next is on"
    ),
    "policy": Choice(
        ("refuse", "release_first"),
        default="refuse",
        doc="refuse an order while another member is on, or switch that one off first",
    ),
}

SESSIONS_FIELDS: Final[Mapping[str, Field]] = {
    "safety": Duration(
        minimum_s=0.05,
        maximum_s=3600.0,
        default=2.0,
        doc="how long the session that controls a device with safety may be silent",
    ),
}


class PolicyDraft(Protocol):
    """What is known of a device, right or wrong."""

    name: str
    spec: DriverSpec | None
    values: Mapping[str, Any]

    @property
    def path(self) -> KeyPath:
        """Where the device is in the file."""
        ...


def check_interlocks(
    raw: Any, drafts: Mapping[str, PolicyDraft], findings: Findings
) -> dict[str, Interlock]:
    """Return the interlocks that are right, by name."""
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        hint = "write [interlocks.NAME]"
        findings.add(("interlocks",), f"must be a table, got {shown(raw)}", hint)
        return {}
    if len(raw) > MAX_INTERLOCKS:
        text = f"may hold {MAX_INTERLOCKS} groups, and has {len(raw)}"
        findings.add(("interlocks",), text, code="limit", on="key")
    found = {}
    for name, table in list(raw.items())[:MAX_INTERLOCKS]:
        group = _group(name, table, drafts, findings)
        if group is not None:
            found[name] = group
    return found


def check_sessions(raw: Any, findings: Findings) -> SafetySessions:
    """Return what is expected of controlling sessions."""
    if raw is None:
        return SafetySessions()
    if not isinstance(raw, dict):
        findings.add(("sessions",), f"must be a table, got {shown(raw)}", "write [sessions]")
        return SafetySessions()
    values, errors = convert_table(raw, SESSIONS_FIELDS)
    for error in errors:
        findings.add_field_error(("sessions",), error)
    return SafetySessions(values.get("safety", 2.0))


def check_policies(
    drafts: Iterable[PolicyDraft], *, has_upstream: bool, findings: Findings
) -> None:
    """Refuse output policies that cannot be held."""
    for draft in drafts:
        check_output_policy(draft.values, draft.path, findings)
        if draft.values.get("on_disconnect") and not has_upstream:
            findings.add(
                (*draft.path, "on_disconnect"),
                "waits for the loss of a link that the file does not have",
                "write [upstream], or remove it",
            )


def _group(
    name: str, table: Any, drafts: Mapping[str, PolicyDraft], findings: Findings
) -> Interlock | None:
    path = ("interlocks", name)
    before = len(findings)
    mistake = name_mistake(name)
    if mistake:
        findings.add(path, mistake[0], mistake[1], code="name", on="key")
    if not isinstance(table, dict):
        findings.add(path, f"must be a table, got {shown(table)}", f"write [interlocks.{name}]")
        return None
    values, errors = convert_table(table, INTERLOCK_FIELDS)
    for error in errors:
        findings.add_field_error(path, error)
    if "members" in values:
        _check_members(values["members"], path, drafts, findings)
    if len(findings) > before:
        return None
    return Interlock(
        name,
        values["members"],
        dead_time_s=values["dead_time"],
        releases_first=values["policy"] == "release_first",
    )


def _check_members(
    members: Sequence[str],
    path: KeyPath,
    drafts: Mapping[str, PolicyDraft],
    findings: Findings,
) -> None:
    for index, member in enumerate(members):
        at = (*path, "members", index)
        draft = drafts.get(member)
        if member in members[:index]:
            text = f"names {member} twice"
            findings.add(at, text, "name each device once", code="member-twice")
        elif draft is None:
            if not findings.is_any_lost(("devices", member)):
                near = nearest(member, drafts)
                hint = f"did you mean {one_of(near[:2])}?" if near else "declare the device"
                findings.add(
                    at, f"must be a device, got {shown(member)}", hint, code="unknown-device"
                )
        elif draft.spec is not None and not draft.spec.is_output:
            related = [(draft.path, "declared here")]
            text = f"names {member}, which is a {draft.spec.name} and no output"
            findings.add(at, text, code="no-output", related=related)
    for key in ("on_start", "on_stop", "on_disconnect"):
        _check_one_on(key, members, path, drafts, findings)


def _check_one_on(
    key: str,
    members: Sequence[str],
    path: KeyPath,
    drafts: Mapping[str, PolicyDraft],
    findings: Findings,
) -> None:
    """Refuse two members that are told to be on at the same moment."""
    on: list[tuple[KeyPath, str]] = []
    for member in dict.fromkeys(members):
        draft = drafts.get(member)
        wanted = None if draft is None else draft.values.get(key)
        wanted = wanted["do"] if isinstance(wanted, dict) else wanted
        is_value = isinstance(wanted, int | float) and not isinstance(wanted, bool)
        if wanted == "on" or (is_value and wanted != 0):
            on.append((("devices", member, key), f"{member} is on"))
    if len(on) > 1:
        text = f"says on for {len(on)} members of one interlock"
        findings.add(on[1][0], text, f"at most one of {path[-1]} may be on", related=on[:1])
