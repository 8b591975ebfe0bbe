"""Simulated chips on I2C buses of this kernel, from a test that runs under it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Self

__all__ = ["Bridge", "OrderError"]


class OrderError(Exception):
    """The bridge refused an order."""


class Bridge:
    """The process that plays the chips; a context manager.

    Args:
        chips: each as `wampedge_simulator.kernel` takes it, such as ``room=lm75@0x48``.

    Attributes:
        nodes: bus name to its device node.
    """

    nodes: Mapping[str, str]

    def __init__(self, *chips: str) -> None:
        self._chips = chips

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "wampedge_simulator.kernel", *self._chips],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.nodes = self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Unplug the adapters; the kernel waits until nobody has them open."""
        self._process.communicate(timeout=30)

    def order(self, verb: str, *arguments: Any) -> Any:
        """Let the bridge do something; returns its answer, raises OrderError."""
        assert self._process.stdin is not None, "opened with a pipe"
        self._process.stdin.write(json.dumps([verb, *arguments]) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise OrderError(answer["error"])
        return answer["ok"]

    def _answer(self) -> Any:
        assert self._process.stdout is not None, "opened with a pipe"
        line = self._process.stdout.readline()
        if not line:
            raise OrderError("the bridge has ended")
        return json.loads(line)
