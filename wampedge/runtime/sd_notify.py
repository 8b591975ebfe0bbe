"""Tell systemd how the node is: ready, reloading, alive, stopping (``sd_notify(3)``).

Without ``NOTIFY_SOCKET`` in the environment every call does nothing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

__all__ = ["notify", "watchdog_period_s"]


def notify(*assignments: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send *assignments* such as ``READY=1`` or ``STATUS=9 devices ok`` to the service manager.

    A service manager that does not listen is no reason to fail: errors are ignored.
    """
    address = environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.sendto("\n".join(assignments).encode(), address)
    except OSError:
        return


def watchdog_period_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """Return how often to send ``WATCHDOG=1``, in seconds: half the limit; None: no watchdog."""
    limit_us = environ.get("WATCHDOG_USEC", "")
    if not limit_us.isdecimal() or int(limit_us) == 0:
        return None
    owner = environ.get("WATCHDOG_PID")
    if owner and owner != str(os.getpid()):
        return None
    return int(limit_us) / 2_000_000
