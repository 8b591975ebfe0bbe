"""Fixtures for pytest: a router for each test, or with options of the test's own.

Switched on by ``pytest_plugins = ["wampedge.testing.pytest"]`` in ``conftest.py``. It is no
entry point on purpose: pytest would rewrite the assertions of all of wampedge in every project
that has it installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wampedge.testing.router import TestRouter

__all__ = ["router", "router_options"]


@pytest.fixture
def router_options() -> Mapping[str, Any]:
    """Return the arguments of ``TestRouter``; override it to set users, roles or the realm."""
    return {}


@pytest.fixture
def router(router_options: Mapping[str, Any]) -> Iterator[TestRouter]:
    """Serve a router of its own to the test: ``router.url``, ``router.realm``."""
    from wampedge.testing.router import TestRouter  # noqa: PLC0415 - only tests that use it pay

    with TestRouter(**router_options) as served:
        yield served
