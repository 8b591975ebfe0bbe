"""Checks of ``[router.roles.*]``, and of procedures that decide: who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.declarations import ROLE_FIELDS
from wampedge.config.model import RoleConfig, RoleLimitsConfig
from wampedge.config.problems import Findings
from wampedge.devices.fields import convert_table

__all__ = ["check_authenticator", "check_roles"]

_NODE_ROLE: Final = "trusted"


def check_roles(roles: Any, findings: Findings) -> dict[str, RoleConfig]:
    """Return the roles of the table *roles* that are right; told already is what one kind says."""
    configs: dict[str, RoleConfig] = {}
    for name, raw in _tables(roles):
        if name == _NODE_ROLE:
            path = ("router", "roles", name)
            findings.add(path, "is the role of the node itself", "choose another name", on="key")
        values = convert_table(raw, ROLE_FIELDS)[0]
        limits = values.get("limits")
        if "allow" in values:
            configs[name] = RoleConfig(
                **values["allow"],
                authorizer=values.get("authorizer"),
                on_overflow=values.get("on_overflow"),
                trustlevel=values.get("trustlevel"),
                disclose=values.get("disclose", "asked"),
                relay=values.get("relay", False),
                limits=RoleLimitsConfig(**limits) if limits else None,
            )
    _check_authorizers(configs, findings)
    return configs


def check_authenticator(
    procedure: str | None, roles: Mapping[str, RoleConfig], findings: Findings
) -> None:
    """Refuse a procedure that says who everybody is where no rule names who offers it.

    A rule for more than the procedure is not meant for it.
    """
    if procedure is None or findings.is_any_lost(("router", "roles")):
        return
    if not any(procedure in role.register for role in roles.values()):
        findings.add(
            ("router", "authenticator"),
            f"names {procedure}, which no role may register",
            "list it in full under register in the allow table of the role that offers it",
        )


def _check_authorizers(roles: Mapping[str, RoleConfig], findings: Findings) -> None:
    """Refuse a procedure that decides for others where no rule says who offers it."""
    asking = {name: role.authorizer for name, role in roles.items() if role.authorizer}
    if not asking or findings.is_any_lost(("router", "roles")):
        return
    from wampedge.router.rules import Rules  # noqa: PLC0415 # few files need it, and it loads much

    for name, procedure in asking.items():
        if not any(Rules(other.register).cover(procedure) for other in roles.values()):
            findings.add(
                ("router", "roles", name, "authorizer"),
                f"names {procedure}, which no role may register",
                "list it under register in the allow table of the role that offers it",
            )


def _tables(table: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return the tables in *table*; what is none was told already."""
    if not isinstance(table, dict):
        return []
    return [(name, raw) for name, raw in table.items() if isinstance(raw, dict)]
