"""For tests of WAMP programs: a real router in the test's own process, with connections to cut.

``pytest_plugins = ["wampedge.testing.pytest"]`` gives a test the fixture ``router``; elsewhere
``with TestRouter() as router`` does the same. Nothing is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wampedge.lazy_names import lazy_names

if TYPE_CHECKING:
    from wampedge.testing.links import Cut
    from wampedge.testing.router import SessionFacts, TestRouter

__all__ = ["Cut", "SessionFacts", "TestRouter"]

__getattr__ = lazy_names(
    __name__,
    {
        "Cut": "links",
        "SessionFacts": "router",
        "TestRouter": "router",
    },
)
