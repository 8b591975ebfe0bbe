from __future__ import annotations

import pytest

from wampedge.errors import ConfigError
from wampedge.router import RealmSettings, SessionLimits


@pytest.mark.parametrize("name", ["", "two words", "a..b", "x" * 256])
def test_a_realm_name_must_be_a_uri(name: str) -> None:
    with pytest.raises(ConfigError, match="realm name must be a URI"):
        RealmSettings(name)


def test_the_limits_are_those_of_the_security_rules() -> None:
    """ROBUSTNESS section 4."""
    limits = SessionLimits()

    assert (limits.subscriptions, limits.registrations) == (1_000, 1_000)
