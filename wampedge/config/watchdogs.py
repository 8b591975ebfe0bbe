"""The table ``watchdog`` of ``[node]``."""

from __future__ import annotations

from typing import Final

from wampedge.config.kinds import Expandable
from wampedge.devices.fields import Boolean, Table, Text

__all__ = ["WATCHDOG"]

WATCHDOG: Final = Table(
    {
        "systemd": Boolean(default=True, doc="tell systemd, where the unit has WatchdogSec"),
        "hardware": Expandable(
            Text(pattern="/[^{}]{1,255}", wanted='a device node such as "/dev/watchdog"'),
            default=None,
            doc="watchdog that resets the board when the node hangs; on hardware only",
        ),
    },
    default=None,
    doc="who is told that the node is alive",
)
