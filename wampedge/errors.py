"""Every error wampedge raises, in one tree.

::

    WampedgeError
    ├── ConfigError             the device file (or a flag) is wrong; lists every problem found
    │   └── AddressInUseError   another program has it; it may go away
    ├── DeviceError             something about one device
    │   ├── BusError            a transaction on a bus failed (errno where the kernel gave one)
    │   │   ├── BusTimeoutError the transaction did not end before its deadline
    │   │   └── BusBusyError    the queue of the bus is full
    │   ├── WrongChipError      a chip answered, but it is not the one the device file names
    │   ├── BadReadingError     the part answered with bytes that are no measurement
    │   ├── InvalidValueError   a value given to a setting or command is not allowed
    │   ├── HardwareError       a pin, bus or port could not be opened
    │   └── RefusedError        the part could do it, but must or can not now
    │       ├── InterlockError  another output of its interlock is on, or was until just now
    │       ├── LimitError      too soon or too long: min_on, min_off, max_on
    │       ├── ExpiredError    the order came, or had its turn, after its deadline
    │       ├── SafetyError     a safety rule holds the device
    │       ├── NotReadyError   it is not set up yet, or is busy with another order
    │       ├── ReadOnlyError   the channel cannot be set
    │       ├── RangeError      the value is allowed, but not where the part is now
    │       └── UnsupportedError the part, or the pin it is on, cannot do this
    ├── ProtocolError
    │   ├── LocalProtocolError  we broke a rule of WAMP: a bug on this side
    │   │   └── TooLongForPeerError a message is longer than its receiver takes
    │   └── RemoteProtocolError the peer broke a rule of WAMP: abort the session, tell it why
    │       └── InvalidPayloadError only the arguments of one message are at fault: refuse those
    │           └── TooLongMessageError they are more than this side takes
    ├── TransportError          bytes cannot reach the peer
    │   ├── ConnectError        the connection was never made
    │   └── ConnectionLostError the connection was made and is gone
    ├── SessionError
    │   ├── AbortError          the router refused or ended the session (reason URI)
    │   └── NotJoinedError      the session is not, or no longer, joined to a realm
    ├── CallTimeoutError        no answer in time
    ├── WrongResultError        a call succeeded, but its result is not what was asked for
    └── ApplicationError        an error with a URI, as WAMP carries it

Every error holds its facts as attributes; its text is made from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "AbortError",
    "AddressInUseError",
    "ApplicationError",
    "BadReadingError",
    "BusBusyError",
    "BusError",
    "BusTimeoutError",
    "CallTimeoutError",
    "ConfigError",
    "ConnectError",
    "ConnectionLostError",
    "DeviceError",
    "ExpiredError",
    "HardwareError",
    "InterlockError",
    "InvalidPayloadError",
    "InvalidValueError",
    "LimitError",
    "LocalProtocolError",
    "NotJoinedError",
    "NotReadyError",
    "ProtocolError",
    "RangeError",
    "ReadOnlyError",
    "RefusedError",
    "RemoteProtocolError",
    "SafetyError",
    "SessionError",
    "TooLongForPeerError",
    "TooLongMessageError",
    "TransportError",
    "UnsupportedError",
    "WampedgeError",
    "WrongChipError",
    "WrongResultError",
]


class WampedgeError(Exception):
    """Root of every error raised on purpose by wampedge."""


class ConfigError(WampedgeError, ValueError):
    """A device file, or a value given on the command line, cannot be used.

    Args:
        text: what is wrong; for a device file the rendered list of all problems.
        problems: the single problems in file order (empty when *text* says it all).
    """

    def __init__(self, text: str, problems: Sequence[object] = ()) -> None:
        super().__init__(text)
        self.problems = tuple(problems)


class AddressInUseError(ConfigError):
    """Another program has an address or folder of ours; unlike other mistakes this may heal."""


class DeviceError(WampedgeError):
    """Something went wrong with one device.

    Args:
        reason: what went wrong, in lower case and without a full stop.
        device: name of the device, filled in by the runtime when a driver raised it.
    """

    def __init__(self, reason: str, *, device: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.device = device

    def __str__(self) -> str:
        return f"{self.device}: {self.reason}" if self.device else self.reason


class BusError(DeviceError):
    """A transaction on an I2C bus or a serial port failed.

    Args:
        reason, device: what the transaction was and how it failed, and whose it was, if known.
        errno: error number of the kernel, if it gave one (121 is a missing acknowledge on a Pi).
    """

    def __init__(self, reason: str, *, device: str | None = None, errno: int | None = None) -> None:
        super().__init__(reason, device=device)
        self.errno = errno


class BusTimeoutError(BusError, TimeoutError):
    """A transaction did not end before its deadline."""


class BusBusyError(BusError):
    """The bounded queue of a bus is full; the caller should come back later."""


class WrongChipError(DeviceError):
    """A chip answered at the address, but its identity is not the expected one."""


class BadReadingError(DeviceError, ValueError):
    """The part answered with bytes that are no measurement (checksum, reset pattern, range)."""


class InvalidValueError(DeviceError, ValueError):
    """A value given to a setting or a command is not allowed; nothing reached the bus.

    Args:
        reason, device: what was given and what is wanted, and by which device, if known.
        field: name of the argument at fault.
    """

    def __init__(self, reason: str, *, field: str, device: str | None = None) -> None:
        super().__init__(reason, device=device)
        self.field = field


class HardwareError(DeviceError):
    """A pin, bus or port could not be opened (missing node, missing right, held by another)."""


class RefusedError(DeviceError):
    """The order was understood, and the part was not touched.

    Args:
        reason: why not, in lower case and without a full stop.
        device: name of the device, if known.
        retry_after_s: in how many seconds it may be tried again; None where waiting does not help.
    """

    uri = "wampedge.error.refused"
    """The error URI a caller gets."""

    def __init__(
        self, reason: str, *, device: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(reason, device=device)
        self.retry_after_s = retry_after_s


class InterlockError(RefusedError):
    """Another member of an interlock is on, or was until its dead time ends.

    Args:
        reason, facts: as for every refusal: who is on, or how long all must rest.
        holder: name of the device that is on; None while all rest.
        group: name of the interlock.
    """

    uri = "wampedge.error.interlock"

    def __init__(
        self, reason: str, *, holder: str | None = None, group: str | None = None, **facts: Any
    ) -> None:
        super().__init__(reason, **facts)
        self.holder = holder
        self.group = group


class LimitError(RefusedError):
    """The order comes too soon after the last, as ``min_on``, ``min_off`` or ``max_on`` say."""

    uri = "wampedge.error.limit"


class ExpiredError(RefusedError):
    """The order is not carried out, because it would be after its deadline.

    Args:
        reason, why: ``late`` for *why*, or ``unsynced`` where the clock of the node is not set.
        late_by_s: by how many seconds; None where that cannot be known.
    """

    uri = "wampedge.error.expired"

    def __init__(self, reason: str, *, why: str, late_by_s: float | None = None) -> None:
        super().__init__(reason)
        self.why = why
        self.late_by_s = late_by_s


class SafetyError(RefusedError):
    """A safety rule, or a lost controlling session, holds the device in its safe state."""

    uri = "wampedge.error.safety"


class NotReadyError(RefusedError):
    """The device is not set up yet, or is busy with an order that excludes this one."""

    uri = "wampedge.error.not_ready"


class ReadOnlyError(RefusedError):
    """The channel cannot be set."""

    uri = "wampedge.error.read_only"


class RangeError(RefusedError):
    """The value is of the right kind, but out of reach of the part as it is set up."""

    uri = "wampedge.error.range"


class UnsupportedError(RefusedError):
    """The part, or the pin it sits on, cannot do this."""

    uri = "wampedge.error.unsupported"


class ProtocolError(WampedgeError):
    """A rule of the WAMP protocol was broken."""


class LocalProtocolError(ProtocolError):
    """This side tried something the protocol does not allow now; a bug on this side."""


class TooLongForPeerError(LocalProtocolError):
    """A message is longer than its receiver takes, as it said when it connected."""


class RemoteProtocolError(ProtocolError):
    """The peer broke a rule of the protocol.

    Args:
        text: what the peer sent and which rule it broke, at most 200 characters of peer data.
        reason: URI for the ABORT that answers it.
    """

    def __init__(self, text: str, reason: str = "wamp.error.protocol_violation") -> None:
        super().__init__(text)
        self.reason = reason


class InvalidPayloadError(RemoteProtocolError):
    """The arguments of one message cannot be taken (NaN in JSON); its head is sound.

    The session may live: ``wampedge.wamp.stand_ins`` tells what each side gets instead.

    Args:
        text: what is wrong with the arguments.
        message: the message (a ``wampedge.wamp`` one) without its arguments.
    """

    def __init__(self, text: str, message: Any = None) -> None:
        super().__init__(text, "wamp.error.invalid_argument")
        self.message = message


class TooLongMessageError(InvalidPayloadError):
    """A message is longer than this side takes; it was read over.

    Args:
        text: how long it is and how long it may be.
        message: the message without its arguments; None where its head could not be read.
    """

    def __init__(self, text: str, message: Any = None) -> None:
        super().__init__(text, message)
        self.reason = "wamp.error.payload_size_exceeded"


class TransportError(WampedgeError, ConnectionError):
    """Bytes cannot reach the peer."""


class ConnectError(TransportError):
    """The connection could not be made (refused, unknown host, handshake rejected)."""


class ConnectionLostError(TransportError):
    """An open connection is gone (closed by the peer, timed out, queue overrun)."""


class SessionError(WampedgeError):
    """The WAMP session cannot be used."""


class AbortError(SessionError):
    """The router refused the session, or ended it with ABORT or GOODBYE.

    Args:
        reason: the URI the router gave, such as ``wamp.error.no_such_realm``.
        message: text from the router, or None.
    """

    def __init__(self, reason: str, message: str | None = None) -> None:
        super().__init__(f"{reason}: {message}" if message else reason)
        self.reason = reason
        self.message = message


class NotJoinedError(SessionError):
    """The session has not joined a realm yet, or has left it."""


class CallTimeoutError(WampedgeError, TimeoutError):
    """No answer arrived in time.

    Args:
        what: what was waited for, such as ``call to edge.gh1.drip.on``.
        timeout_s: how long, in seconds.
    """

    def __init__(self, what: str, timeout_s: float) -> None:
        super().__init__(f"{what}: no answer within {timeout_s:g} s")
        self.timeout_s = timeout_s


class WrongResultError(WampedgeError, ValueError):
    """The result of a call is not of the type its caller asked for.

    Args:
        what: what was asked, such as ``call to edge.gh1.air.get``.
        place: where in the result, such as ``value[0].unit``.
        wanted: the type that was asked for there, for people.
        found: what is there instead, for people.
    """

    def __init__(self, what: str, *, place: str, wanted: str, found: str) -> None:
        super().__init__(f"{what}: {place} must be {wanted}, got {found}")
        self.place = place
        self.wanted = wanted
        self.found = found


class ApplicationError(WampedgeError):
    """An error as WAMP carries it: a URI with positional and keyword arguments.

    Raised at the caller when a call ends with ERROR; raised by a procedure to answer with one.

    Args:
        uri: error URI, such as ``wamp.error.no_such_procedure``.
        args: positional arguments; by convention ``args[0]`` is a text for people.
        kwargs: keyword arguments.
    """

    def __init__(
        self, uri: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(uri, *args)
        self.uri = uri
        self.arguments = list(args)
        self.keywords = dict(kwargs or {})

    def __str__(self) -> str:
        text = ", ".join(str(argument) for argument in self.arguments)
        return f"{self.uri}: {text}" if text else self.uri
