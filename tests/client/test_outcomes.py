"""The table from exceptions of endpoints to errors of WAMP."""

from __future__ import annotations

import asyncio

import pytest

from wampedge.client.outcomes import describe_failure, misfit_of
from wampedge.errors import (
    ApplicationError,
    BadReadingError,
    BusBusyError,
    BusError,
    BusTimeoutError,
    CallTimeoutError,
    ConnectionLostError,
    ExpiredError,
    HardwareError,
    InterlockError,
    InvalidValueError,
    LimitError,
    NotJoinedError,
    NotReadyError,
    RangeError,
    ReadOnlyError,
    SafetyError,
    UnsupportedError,
    WrongChipError,
)
from wampedge.wamp.payload import Payload


@pytest.mark.parametrize(
    ("error", "uri"),
    [
        (InvalidValueError("x", field="value"), "wamp.error.invalid_argument"),
        (BusTimeoutError("x"), "wampedge.error.timeout"),
        (BusBusyError("x"), "wampedge.error.busy"),
        (BusError("x"), "wampedge.error.bus"),
        (WrongChipError("x"), "wampedge.error.not_ready"),
        (BadReadingError("x"), "wampedge.error.not_ready"),
        (HardwareError("x"), "wampedge.error.not_ready"),
        (InterlockError("x"), "wampedge.error.interlock"),
        (LimitError("x"), "wampedge.error.limit"),
        (SafetyError("x"), "wampedge.error.safety"),
        (ExpiredError("x", why="late"), "wampedge.error.expired"),
        (NotReadyError("x"), "wampedge.error.not_ready"),
        (ReadOnlyError("x"), "wampedge.error.read_only"),
        (RangeError("x"), "wampedge.error.range"),
        (UnsupportedError("x"), "wampedge.error.unsupported"),
        (CallTimeoutError("call to a.b", 1), "wamp.error.timeout"),
        (NotJoinedError("x"), "wampedge.error.offline"),
        (ConnectionLostError("x"), "wampedge.error.offline"),
        (asyncio.CancelledError(), "wamp.error.canceled"),
        (ApplicationError("edge.error.x"), "edge.error.x"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_errors_on_purpose_have_a_uri(error: BaseException, uri: str) -> None:
    failure = describe_failure(error)

    assert failure is not None
    assert failure[0] == uri


@pytest.mark.parametrize("error", [KeyError("x"), TimeoutError(), OSError(5, "x"), SystemExit()])
def test_all_others_are_bugs(error: BaseException) -> None:
    assert describe_failure(error) is None


def test_device_errors_tell_which_device_and_why() -> None:
    failure = describe_failure(BusError("no answer at 0x76", device="air", errno=121))

    facts = {"device": "air", "reason": "no answer at 0x76"}
    assert failure == ("wampedge.error.bus", Payload(("air: no answer at 0x76",), facts))


def test_unknown_device_is_left_out() -> None:
    failure = describe_failure(BusBusyError("queue is full"))

    assert failure is not None
    assert failure[1] == Payload(("queue is full",), {"reason": "queue is full"})


def test_cancelled_has_no_text() -> None:
    assert describe_failure(asyncio.CancelledError()) == ("wamp.error.canceled", Payload())


def test_fitting_arguments_are_no_misfit() -> None:
    assert misfit_of(lambda x, y=1: None, Payload((1,), {"y": 2})) is None


def test_functions_without_a_signature_never_misfit() -> None:
    assert misfit_of(type, Payload((1, 2, 3, 4))) is None


def test_a_refused_order_tells_when_to_come_back() -> None:
    failure = describe_failure(LimitError("was on", device="pump", retry_after_s=2.5))

    assert failure is not None
    assert failure[1].kwargs == {"device": "pump", "reason": "was on", "retry_after": 2.5}


def test_a_refused_order_for_which_waiting_does_not_help_names_no_time() -> None:
    failure = describe_failure(ReadOnlyError("is read only"))

    assert failure is not None
    assert failure[1].kwargs == {"reason": "is read only"}
