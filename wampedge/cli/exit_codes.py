"""What the exit code of ``wampedge`` means; scripts and service managers rely on these."""

from __future__ import annotations

from wampedge.errors import (
    AbortError,
    AddressInUseError,
    ApplicationError,
    BusTimeoutError,
    CallTimeoutError,
    ConfigError,
    DeviceError,
    TransportError,
    WampedgeError,
)

__all__ = [
    "BAD_FILE",
    "BUSY",
    "FINDINGS",
    "HARDWARE",
    "INTERRUPTED",
    "NO_CONNECTION",
    "OK",
    "REFUSED",
    "TIMEOUT",
    "USAGE",
    "of_error",
]

OK = 0
FINDINGS = 1
"""A check found something, or a call or publication ended with a WAMP error."""
USAGE = 2
NO_CONNECTION = 3
REFUSED = 4
"""The router refused the session (realm, credentials, rights)."""
TIMEOUT = 5
HARDWARE = 6
"""A bus, a port or the GPIO header cannot be opened."""
BUSY = 75
"""Another node has the folder, or another program the address (``EX_TEMPFAIL``): try again."""
BAD_FILE = 78
"""The device file cannot be used (``EX_CONFIG``); restarting does not help."""
INTERRUPTED = 130
"""Ctrl-C ended a command that was still waiting."""

_CODE_BY_ERROR: tuple[tuple[type[WampedgeError], int], ...] = (
    (CallTimeoutError, TIMEOUT),
    (BusTimeoutError, TIMEOUT),
    (ApplicationError, FINDINGS),
    (AbortError, REFUSED),
    (TransportError, NO_CONNECTION),
    (AddressInUseError, BUSY),
    (ConfigError, USAGE),
    (DeviceError, HARDWARE),
)


def of_error(error: WampedgeError) -> int:
    """Return the exit code that tells *error*."""
    return next((code for kind, code in _CODE_BY_ERROR if isinstance(error, kind)), FINDINGS)
