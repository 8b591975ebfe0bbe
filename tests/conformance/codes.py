"""Message types of the specification, "Message Codes and Direction"."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ABORT",
    "AUTHENTICATE",
    "CALL",
    "CANCEL",
    "CHALLENGE",
    "ERROR",
    "EVENT",
    "GOODBYE",
    "HELLO",
    "INTERRUPT",
    "INVOCATION",
    "PUBLISH",
    "PUBLISHED",
    "REGISTER",
    "REGISTERED",
    "RESULT",
    "SUBSCRIBE",
    "SUBSCRIBED",
    "UNREGISTER",
    "UNREGISTERED",
    "UNSUBSCRIBE",
    "UNSUBSCRIBED",
    "WELCOME",
    "YIELD",
]

HELLO: Final = 1
WELCOME: Final = 2
ABORT: Final = 3
CHALLENGE: Final = 4
AUTHENTICATE: Final = 5
GOODBYE: Final = 6
ERROR: Final = 8
PUBLISH: Final = 16
PUBLISHED: Final = 17
SUBSCRIBE: Final = 32
SUBSCRIBED: Final = 33
UNSUBSCRIBE: Final = 34
UNSUBSCRIBED: Final = 35
EVENT: Final = 36
CALL: Final = 48
CANCEL: Final = 49
RESULT: Final = 50
REGISTER: Final = 64
REGISTERED: Final = 65
UNREGISTER: Final = 66
UNREGISTERED: Final = 67
INVOCATION: Final = 68
INTERRUPT: Final = 69
YIELD: Final = 70
