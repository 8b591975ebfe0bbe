"""For tests of WAMP programs: a real router in the test's own process, with connections to cut.

``pytest_plugins = ["wampedge.testing.pytest"]`` gives a test the fixture ``router``; elsewhere
``with TestRouter() as router`` does the same. Nothing is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wampedge.testing.links import Cut
    from wampedge.testing.router import SessionFacts, TestRouter

__all__ = ["Cut", "SessionFacts", "TestRouter"]


def __getattr__(name: str) -> Any:
    """Import what is asked for: a test run that uses no router does not pay for one."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from wampedge.testing import links, router  # noqa: PLC0415 - see above

    return getattr(links if name == "Cut" else router, name)
