"""What is fuzzed: each target takes any bytes and raises only if something is wrong with us.

A target may meet the errors it names, which are the answer to bad input; whatever else it raises
is a finding, and so is an AssertionError of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.fuzz.connection import say_anything
from tests.fuzz.proofs import prove_anything
from tests.fuzz.refusal import check_refusal
from tests.fuzz.router import route_anything
from tests.fuzz.web import give_any_cookie, read_any_batch, request_anything
from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.transports.compression import Compression
from wampedge.transports.websocket import BINARY, WebSocketFraming
from wampedge.transports.websocket_server import ServerAnswer
from wampedge.transports.websocket_server import ServerHandshake as HttpHandshake
from wampedge.wamp.framing import FrameSplitter, ServerHandshake
from wampedge.wamp.messages import Message
from wampedge.wamp.options import check_options
from wampedge.wamp.serializers import SERIALIZERS, Serializer

__all__ = ["TARGETS", "Target"]

Target = Callable[[bytes], None]

_MAX_FRAME = 4_096


def decode(serializer: Serializer, data: bytes) -> Message | None:
    """Decode what may be a message; see that a refusal is short and can be printed."""
    try:
        return serializer.decode(data)
    except RemoteProtocolError as error:
        check_refusal(str(error))
        return None


def _carried(message: Message, serializer: Serializer) -> bytes | None:
    """Encode a message that came in, for a receiver that may use another serializer."""
    try:
        return serializer.encode(message)
    except LocalProtocolError:
        return None


def _serializer_target(serializer: Serializer) -> Target:
    def target(data: bytes) -> None:
        message = decode(serializer, data)
        if message is None:
            return
        try:
            check_options(message)
        except RemoteProtocolError:
            return
        once = _carried(message, serializer)
        assert once is not None, "what came in can go out the same way"
        again = serializer.decode(once)
        assert type(again) is type(message)
        assert serializer.encode(again) == once, "passing a message on twice changes it"
        for other in SERIALIZERS.values():
            converted = _carried(message, other)
            if converted is not None:
                other.decode(converted)

    return target


def _rawsocket(data: bytes) -> None:
    """Feed a handshake and the frames after it, whole and in two pieces: one outcome."""
    at = data[-1] % (len(data) + 1) if data else 0
    outcomes = []
    for pieces in ([data], [data[:at], data[at:]]):
        handshake = ServerHandshake((1, 2), 65_536)
        outcome: list[object] = []
        try:
            rest = b""
            splitter: FrameSplitter | None = None
            for piece in pieces:
                if splitter is None:
                    agreement = handshake.feed(piece)
                    if agreement is None:
                        continue
                    splitter, rest = FrameSplitter(_MAX_FRAME), agreement.rest
                    outcome.append((agreement.serializer_id, agreement.max_outgoing_bytes))
                else:
                    rest = piece
                outcome.extend(splitter.feed(rest))
        except RemoteProtocolError as error:
            outcome.append(str(error))
        outcomes.append((outcome, handshake.reply))
    assert outcomes[0] == outcomes[1], "the outcome depends on how the bytes arrive"


def _http(data: bytes) -> None:
    """Feed a request head, whole and in two pieces: one outcome."""
    at = data[-1] % (len(data) + 1) if data else 0
    outcomes: list[tuple[object, bool, bytes] | None] = []
    for pieces in ([data], [data[:at], data[at:]]):
        handshake, rest = HttpHandshake(), b""
        answer: ServerAnswer | None = None
        for piece in pieces:
            if answer is not None:
                rest += piece
            elif piece and (answer := handshake.receive(piece)) is not None:
                rest = answer.leftover
        if answer is None:
            outcomes.append(None)
        else:
            assert answer.data or answer.plain is not None, "a request without an answer"
            is_refused = bool(answer.refusal)
            outcomes.append((answer.subprotocol, is_refused, b"" if is_refused else rest))
    first, second = outcomes
    if first is not None and second is not None and not (first[1] or second[1]):
        assert first == second, "the outcome depends on how the bytes arrive"


def _websocket(data: bytes, compression: Compression | None = None) -> None:
    """Feed frames of a client, whole and in two pieces: the same comes of it."""
    at = data[-1] % (len(data) + 1) if data else 0
    outcomes = []
    for pieces in ([data], [data[:at], data[at:]]):
        framing = WebSocketFraming(
            is_server=True,
            opcode=BINARY,
            max_message_bytes=_MAX_FRAME,
            compression=compression,
        )
        bodies = [body for piece in pieces for body in framing.receive(piece)]
        ending = framing.ending and framing.ending.text
        outcomes.append((bodies, framing.replies, ending, str(framing.bad_message)))
        assert all(len(body) <= _MAX_FRAME for body in bodies), "a message that is too long"
    assert outcomes[0] == outcomes[1], "the outcome depends on how the bytes arrive"


def _deflate(data: bytes) -> None:
    """Feed frames of a client that may compress them."""
    _websocket(data, Compression())


TARGETS: Mapping[str, Target] = {
    **{name: _serializer_target(serializer) for name, serializer in SERIALIZERS.items()},
    "rawsocket": _rawsocket,
    "http": _http,
    "websocket": _websocket,
    "deflate": _deflate,
    "batches": read_any_batch,
    "requests": request_anything,
    "cookies": give_any_cookie,
    "proofs": prove_anything,
    "connection": say_anything,
    "router": route_anything,
}
"""All targets by name."""
