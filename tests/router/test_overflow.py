from __future__ import annotations

import pytest

from wampedge.errors import ConfigError
from wampedge.router.overflow import OverflowRules
from wampedge.wamp.overflow import DISCONNECT, DROP_OLDEST, LATEST_PER_TOPIC


def test_a_role_without_a_rule_of_its_own_has_the_default() -> None:
    rules = OverflowRules(DROP_OLDEST, {"panel": LATEST_PER_TOPIC})

    assert rules.policy_of("panel") == LATEST_PER_TOPIC
    assert rules.policy_of("other") == DROP_OLDEST
    assert OverflowRules().policy_of("other") == DISCONNECT


@pytest.mark.parametrize("rules", [("drop", {}), (DISCONNECT, {"panel": "latest"})])
def test_a_policy_must_be_one_of_three(rules: tuple[str, dict[str, str]]) -> None:
    with pytest.raises(ConfigError, match="must be one of disconnect, drop_oldest, latest_per"):
        OverflowRules(*rules)
