from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config.model import ProcedureLimitConfig, RoleConfig, RoleLimitsConfig

ROLE = "[router.roles.guest]\nallow = {}\n"


def test_a_role_may_be_limited_and_trusted() -> None:
    """Issue 3, line 6, and specification, "Call Trust Levels"."""
    text = site(f"{ROLE}trustlevel = 3\nlimits = {{ calls_per_s = 0.5, pending_calls = 20 }}\n")

    assert config_of(text).router.roles["guest"] == RoleConfig(
        trustlevel=3, limits=RoleLimitsConfig(calls_per_s=0.5, pending_calls=20)
    )


def test_a_role_is_not_limited_unless_the_file_says_so() -> None:
    role = config_of(site(ROLE)).router.roles["guest"]

    assert (role.trustlevel, role.limits) == (None, None)


def test_procedures_may_be_limited_for_all() -> None:
    text = site(
        '[[router.limits]]\nprocedure = "edge.${node.name}.pump."\nconcurrency = 1\n'
        '[[router.limits]]\nprocedure = "edge..lamp.on"\ncalls_per_s = 2\n'
    )

    assert config_of(text).router.limits == (
        ProcedureLimitConfig("edge.gh1.pump.", None, 1),
        ProcedureLimitConfig("edge..lamp.on", 2, None),
    )


@pytest.mark.parametrize(
    ("limit", "complaint"),
    [
        (
            'procedure = "edge.p"',
            "router.limits[0] limits nothing (write calls_per_s, concurrency, or both)",
        ),
        (
            'procedure = "edge.{authid}."\nconcurrency = 1',
            (
                "router.limits[0].procedure is for all users together, and cannot name one of"
                " them (leave {authid} out: two dots stand for any)"
            ),
        ),
        (
            'procedure = "edge.p"\ncalls_per_s = 0',
            "router.limits[0].calls_per_s must be 0.001 to 1000000, got 0",
        ),
        ("concurrency = 1", "router.limits[0].procedure is missing"),
    ],
)
def test_mistakes_in_limits_are_told(limit: str, complaint: str) -> None:
    (told,) = complaints(site(f"[[router.limits]]\n{limit}\n"))

    assert complaint in told
