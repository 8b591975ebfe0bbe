"""The table of bad inputs as data: what is said, and what is owed for it."""

from __future__ import annotations

import logging
from typing import Any

import cbor2
import msgpack
import pytest

from tests.wire.rig import WELCOMING_HELLO

__all__ = [
    "AFTER_HELLO",
    "ANSWERED",
    "BEFORE_HELLO",
    "CBOR_VIOLATIONS",
    "INVALID_ARGUMENT",
    "INVALID_URI",
    "MSGPACK_VIOLATIONS",
    "VIOLATION",
    "check_log",
]

VIOLATION = "wamp.error.protocol_violation"
INVALID_URI = "wamp.error.invalid_uri"
INVALID_ARGUMENT = "wamp.error.invalid_argument"

_MAX_LINE = 700


def check_log(caplog: pytest.LogCaptureFixture, lines: int) -> None:
    """See that there are so many warnings, all short, and no traceback."""
    assert not [record for record in caplog.records if record.exc_info]
    warnings = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert len(warnings) == lines, warnings
    assert all(len(line) < _MAX_LINE for line in warnings)


BEFORE_HELLO: list[tuple[str, Any]] = [
    ("P1 publish before hello", [16, 1, {}, "com.a"]),
    ("P2 dict", {}),
    ("P3 empty list", []),
    ("P4 type 999", [999]),
    ("P4 type is a text", ["HELLO", "realm1", {}]),
    ("P4 type is true", [True, "realm1", {}]),
    ("P7 no roles", [1, "realm1", {}]),
    ("P9 realm is a number", [1, 5, {"roles": {"caller": {}}}]),
]

AFTER_HELLO: list[tuple[str, Any]] = [
    ("P10 second hello", WELCOMING_HELLO),
    ("P11 welcome", [2, 1, {}]),
    ("P11 event", [36, 1, 1, {}]),
    ("P11 invocation", [68, 1, 1, {}]),
    ("P12 goodbye without reason", [6, {}]),
    ("P13 request 0", [48, 0, {}, "com.a"]),
    ("P13 request -1", [48, -1, {}, "com.a"]),
    ("P14 request 2**53+1", [48, 2**53 + 1, {}, "com.a"]),
    ("P14 request 1.5", [48, 1.5, {}, "com.a"]),
    ("P21 options are a list", [48, 1, [], "com.a"]),
    ("P24 args are a dict", [48, 1, {}, "com.a", {}]),
    ("P24 kwargs are a list", [48, 1, {}, "com.a", [], []]),
    ("P24 twelve elements", [48, 1, {}, "com.a", [], {}, 1, 2, 3, 4, 5, 6]),
]

ANSWERED: list[tuple[str, list[Any], str]] = [
    ("P16", [16, 1, {"acknowledge": True}, "wamp.session.on_join"], INVALID_URI),
    ("P17 wamp.", [64, 1, {}, "wamp.x"], INVALID_URI),
    ("P17 wampedge.", [64, 1, {}, "wampedge.x"], INVALID_URI),
    ("P18 empty", [48, 1, {}, ""], INVALID_URI),
    ("P18 space", [48, 1, {}, "a b"], INVALID_URI),
    ("P18 hash", [48, 1, {}, "a#b"], INVALID_URI),
    ("P18 a..b", [48, 1, {}, "a..b"], INVALID_URI),
    ("P19 NUL", [48, 1, {}, "a\0b"], INVALID_URI),
    ("P20 long", [48, 1, {}, "a" * 200_000], INVALID_URI),
    ("P22 match", [32, 1, {"match": "regex"}, "com.a"], INVALID_ARGUMENT),
    ("P22 invoke", [64, 1, {"invoke": "nope"}, "com.a"], INVALID_ARGUMENT),
    ("P23 exclude", [16, 1, {"exclude": 5, "acknowledge": True}, "com.a"], INVALID_ARGUMENT),
    ("P26 unregister", [66, 1, 5], "wamp.error.no_such_registration"),
    ("P26 unsubscribe", [34, 1, 5], "wamp.error.no_such_subscription"),
]

MSGPACK_VIOLATIONS = [
    pytest.param(bytes.fromhex("ddffffffff"), id="P39 array of 4 G"),
    pytest.param(bytes.fromhex("93c7010000"), id="P39 ext type"),
    pytest.param(msgpack.packb([48, 1, {5: 1}, "com.a"]), id="P39 int key"),
    pytest.param(msgpack.packb([48, 1, {}, "com.a"]) + b"\x00", id="P39 trailing byte"),
    pytest.param(b"\x91" * 2000 + b"\x00", id="P39 2000 deep"),
    pytest.param(bytes.fromhex("943001 80a2fffe"), id="P39 bad utf-8"),
    pytest.param(b"", id="P39 nothing"),
]

CBOR_VIOLATIONS = [
    pytest.param(bytes.fromhex("9bffffffffffffffff"), id="P39 array of 2**64"),
    pytest.param(bytes.fromhex("86183001a065636f6d2e61819affffffff"), id="P39 argument of 4 G"),
    pytest.param(bytes.fromhex("83c101a0"), id="P39 tag"),
    pytest.param(bytes.fromhex("85183001a065636f6d2e6181c2410a"), id="P39 big number"),
    pytest.param(cbor2.dumps([48, 1, {5: 1}, "com.a"]), id="P39 int key"),
    pytest.param(bytes.fromhex("84183001a2617801617802656" + "36f6d2e61"), id="P39 key twice"),
    pytest.param(cbor2.dumps([48, 1, {}, "com.a"]) + b"\x00", id="P39 trailing byte"),
    pytest.param(b"\x81" * 2000 + b"\x00", id="P39 2000 deep"),
    pytest.param(b"\x9f" * 2000, id="P39 2000 deep without an end"),
    pytest.param(bytes.fromhex("84183001a062fffe"), id="P39 bad utf-8"),
    pytest.param(bytes.fromhex("84183001a063eda080"), id="P30 lone surrogate"),
    pytest.param(b"", id="P39 nothing"),
]
