"""Free an I2C bus whose data line is held low: clock the byte out that a part still sends.

A part that was interrupted in the middle of a byte holds SDA until it has seen the clocks it waits
for; nine are always enough (UM10204, 3.1.16). The controller of a Raspberry Pi cannot make them,
so its two lines become plain GPIO for a moment. ``pinctrl`` of Raspberry Pi OS does that, and gives
them back to the controller afterwards; without it, or on other boards, nothing is touched.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["clear_i2c"]

_LINES: Final = {"/dev/i2c-0": (0, 1), "/dev/i2c-1": (2, 3)}
"""SDA and SCL of the buses that always are where they are on the header."""
_PULSES: Final = 9
_TIMEOUT_S: Final = 1.0
_FUNCTION: Final = re.compile(r"^\s*\d+:\s+(a[0-8])\b")


def clear_i2c(path: str, run: Callable[[Sequence[str]], str] | None = None) -> str | None:
    """Send clock pulses until SDA is free, at most nine, then a stop condition.

    Args:
        path: device node of the bus.
        run: runs a command and returns what it prints; raises OSError.

    Returns:
        Why it could not be done, or None when it was done and SDA is free.
    """
    lines = _LINES.get(path)
    if lines is None:
        return f"it is not known on which lines of the header {path} is"
    try:
        return _clear(*lines, run or _run)
    except FileNotFoundError:
        return "the tool pinctrl is not installed (it is part of raspi-utils)"
    except OSError as error:
        return f"pinctrl failed: {error}"


def _clear(sda: int, scl: int, run: Callable[[Sequence[str]], str]) -> str | None:
    function = _FUNCTION.match(run(("pinctrl", "get", str(scl))))
    if function is None:
        return f"GPIO{scl} does not belong to an I2C controller now"
    try:
        _release(sda, run)
        for _ in range(_PULSES):
            if _is_high(sda, run):
                break
            _pull_low(scl, run)
            _release(scl, run)
        _pull_low(scl, run)
        _pull_low(sda, run)
        _release(scl, run)
        _release(sda, run)
        return None if _is_high(sda, run) else "SDA is still held low after nine clock pulses"
    finally:
        run(("pinctrl", "set", f"{sda},{scl}", function[1]))


def _pull_low(line: int, run: Callable[[Sequence[str]], str]) -> None:
    run(("pinctrl", "set", str(line), "op", "dl"))


def _release(line: int, run: Callable[[Sequence[str]], str]) -> None:
    """Let go of the line: the resistor pulls it high, as both ends of an I2C bus expect."""
    run(("pinctrl", "set", str(line), "ip"))


def _is_high(line: int, run: Callable[[Sequence[str]], str]) -> bool:
    return run(("pinctrl", "lev", str(line))).strip() == "1"


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 # a fixed command with numbers of lines
            command, capture_output=True, check=True, text=True, timeout=_TIMEOUT_S
        )
    except subprocess.SubprocessError as error:
        raise OSError(str(error)) from error
    return done.stdout
