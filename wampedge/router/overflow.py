"""Which role loses what when it reads too slowly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wampedge.errors import ConfigError
from wampedge.wamp.overflow import DISCONNECT, OVERFLOW_POLICIES

__all__ = ["OverflowRules"]


@dataclass(frozen=True, slots=True)
class OverflowRules:
    """What happens to the events of slow sessions of one realm.

    The names are those of ``wampedge.wamp.overflow``. A subscriber's own choice goes before.

    Args:
        default: for roles that are not named.
        by_role: for sessions of a role.

    Raises:
        ConfigError: there is no such policy.
    """

    default: str = DISCONNECT
    by_role: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for policy in (self.default, *self.by_role.values()):
            if policy not in OVERFLOW_POLICIES:
                wanted = ", ".join(OVERFLOW_POLICIES)
                raise ConfigError(f"overflow policy must be one of {wanted}, got {policy!r}")

    def policy_of(self, role: str) -> str:
        """Return the policy for sessions of *role*."""
        return self.by_role.get(role, self.default)
