from __future__ import annotations

from typing import Any

import pytest

from wampedge.wamp.features import CLIENT_ROLES, ROUTER_ROLES, has_feature


def test_a_client_has_all_four_roles() -> None:
    assert set(CLIENT_ROLES) == {"caller", "callee", "publisher", "subscriber"}


def test_the_router_is_broker_and_dealer() -> None:
    assert set(ROUTER_ROLES) == {"broker", "dealer"}


def test_an_announced_feature_is_found() -> None:
    roles = {"callee": {"features": {"call_canceling": True, "shared_registration": False}}}

    assert has_feature(roles, "callee", "call_canceling")
    assert not has_feature(roles, "callee", "shared_registration")
    assert not has_feature(roles, "callee", "call_timeout")
    assert not has_feature(roles, "caller", "call_canceling")


@pytest.mark.parametrize(
    "roles",
    [
        None,
        [],
        {"callee": None},
        {"callee": {}},
        {"callee": {"features": None}},
        {"callee": {"features": ["call_canceling"]}},
        {"callee": {"features": {"call_canceling": "yes"}}},
    ],
)
def test_roles_of_any_shape_are_taken_for_no_feature(roles: Any) -> None:
    assert not has_feature(roles, "callee", "call_canceling")
