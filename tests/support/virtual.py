"""Asynchronous tests on virtual time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from wampedge_simulator.clock import run_virtual

__all__ = ["virtual"]

_Parameters = ParamSpec("_Parameters")


def virtual(
    test: Callable[_Parameters, Coroutine[Any, Any, None]],
) -> Callable[_Parameters, None]:
    """Run an ``async`` test on the virtual-time loop, so that whatever waits costs no time."""

    @functools.wraps(test)
    def run(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> None:
        run_virtual(test(*args, **kwargs))

    return run
