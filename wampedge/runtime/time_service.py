"""What this machine knows of its own clock: whether a time server, or its own battery, set it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

__all__ = ["is_clock_set", "kernel_clock_status"]

_STA_UNSYNC: Final = 0x0040
_TIMEX_BYTES: Final = 512
"""More than any ``struct timex`` has."""

_TIMESYNCD: Final = "run/systemd/timesync"
"""A folder that is there while systemd asks time servers; ``synchronized`` in it says the rest."""
_OTHERS: Final = ("run/chrony", "run/chronyd.pid", "run/ntpd.pid")
"""What is there while somebody else does, of whom only the kernel knows how it goes."""
_BATTERY_CLOCKS: Final = "sys/class/rtc"


def is_clock_set(
    earliest_s: float,
    *,
    root: Path = Path("/"),
    kernel_status: Callable[[], int | None] | None = None,
) -> bool | None:
    """Tell whether something has set the clock of this machine since it started.

    Args:
        earliest_s: a clock with a battery that says less lost it.
        root: of the file system.
        kernel_status: gives the status bits of adjtimex(2), None where there are none.

    Returns:
        None where nobody can tell: no time server is asked, and there is no clock with a battery.
    """
    is_set = None
    if (root / _TIMESYNCD).exists():
        is_set = (root / _TIMESYNCD / "synchronized").exists()
    elif any((root / other).exists() for other in _OTHERS):
        status = (kernel_status or kernel_clock_status)()
        is_set = None if status is None else not status & _STA_UNSYNC
    return is_set or _battery_time_s(root / _BATTERY_CLOCKS) >= earliest_s or is_set


def kernel_clock_status() -> int | None:
    """Return the status bits of adjtimex(2), which changes nothing here; None where it fails."""
    import ctypes  # noqa: PLC0415 # a megabyte, for a few machines

    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        answer = ctypes.CDLL(None).adjtimex(timex)
    except (AttributeError, OSError):
        return None
    if answer < 0:
        return None
    # It stands behind ``modes``, which is padded to a long, and four longs.
    return ctypes.c_int.from_buffer(timex, 5 * ctypes.sizeof(ctypes.c_long)).value


def _battery_time_s(folder: Path) -> float:
    """Return the time of the clock that the kernel set its own from at the start, 0 without."""
    try:
        for clock in sorted(folder.iterdir()):
            if (clock / "hctosys").read_text("ascii").strip() == "1":
                return float((clock / "since_epoch").read_text("ascii"))
    except (OSError, ValueError):
        pass
    return 0.0
