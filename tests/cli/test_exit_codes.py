"""Each kind of error has the exit code the manual promises."""

import pytest

from wampedge.cli import exit_codes
from wampedge.errors import (
    AbortError,
    ApplicationError,
    BusTimeoutError,
    CallTimeoutError,
    ConfigError,
    ConnectError,
    ConnectionLostError,
    HardwareError,
    RemoteProtocolError,
    WampedgeError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ApplicationError("wamp.error.no_such_procedure"), 1),
        (RemoteProtocolError("what"), 1),
        (ConfigError("no such scheme"), 2),
        (ConnectError("refused"), 3),
        (ConnectionLostError("gone"), 3),
        (AbortError("wamp.error.no_such_realm"), 4),
        (CallTimeoutError("call", 1.0), 5),
        (BusTimeoutError("late"), 5),
        (HardwareError("no such bus"), 6),
    ],
)
def test_code_of_error(error: WampedgeError, code: int) -> None:
    assert exit_codes.of_error(error) == code
