"""What comes over HTTP besides WAMP itself: batches, requests of pages and long-poll, cookies."""

from __future__ import annotations

from typing import Final

from tests.fuzz.refusal import check_refusal
from wampedge.errors import RemoteProtocolError
from wampedge.transports.batches import join_batch, split_batch
from wampedge.transports.client_cookies import ClientCookies
from wampedge.transports.cookies import CookieMint
from wampedge.transports.http.files import path_parts
from wampedge.transports.http.origins import OriginRule
from wampedge.transports.http.requests import BadRequestError, parse_head
from wampedge.transports.http.responses import Response, encode_head
from wampedge.transports.http.website import Website
from wampedge.transports.limits import TransportLimits
from wampedge.transports.longpoll_paths import LongPolls
from wampedge.transports.websocket import BINARY, TEXT
from wampedge.transports.websocket_batched import BatchedFraming

__all__ = ["give_any_cookie", "read_any_batch", "request_anything"]

_MAX_FRAME: Final = 4_096
_ORIGINS: Final = OriginRule(["https://a.example"], own_names=["gh1"])


def read_any_batch(data: bytes) -> None:
    """Split a batch and join it again; the first byte tells its kind. Feed it in frames as well."""
    is_binary, batch = bool(data[:1] > b"\x7f"), data[1:]
    _check_frames(batch, is_binary=is_binary)
    try:
        bodies = split_batch(batch, is_binary=is_binary)
    except RemoteProtocolError:
        return
    wanted = batch if is_binary else batch.replace(b"\x18", b"\x1e")
    assert join_batch(bodies, is_binary=is_binary) == wanted
    if not (is_binary or _is_text(batch)):
        return  # no frame may carry it
    sender = _framing(is_server=True, is_binary=is_binary)
    receiver = _framing(is_server=False, is_binary=is_binary)
    frames = sender.seal([sender.frame(body) for body in bodies])
    assert receiver.receive(frames) == bodies, "a batch does not arrive as it was sent"


def _check_frames(data: bytes, *, is_binary: bool) -> None:
    at = data[-1] % (len(data) + 1) if data else 0
    outcomes = []
    for pieces in ([data], [data[:at], data[at:]]):
        framing = _framing(is_server=True, is_binary=is_binary)
        bodies = [body for piece in pieces for body in framing.receive(piece)]
        ending = framing.ending and framing.ending.text
        outcomes.append((bodies, framing.replies, ending, str(framing.bad_message)))
    assert outcomes[0] == outcomes[1], "the outcome depends on how the bytes arrive"


def _is_text(data: bytes) -> bool:
    return data.decode(errors="ignore").encode() == data


def _framing(*, is_server: bool, is_binary: bool) -> BatchedFraming:
    opcode = BINARY if is_binary else TEXT
    return BatchedFraming(is_server=is_server, opcode=opcode, max_message_bytes=_MAX_FRAME)


def _open_nothing(_transport: object, _exchange: object) -> str:
    raise AssertionError("only heads are read here")


def request_anything(data: bytes) -> None:
    """Read the head of a request and find who answers it."""
    longpoll = LongPolls("/lp", _ORIGINS, TransportLimits(), _open_nothing)
    try:
        head = parse_head(data)
    except BadRequestError as error:
        check_refusal(str(error))
        return
    for part in path_parts(head.path) or ():
        assert part not in {"", ".", ".."}, "a path that leads elsewhere"
        assert not {"/", "\\", "\0"} & set(part)
    found = Website(_ORIGINS, longpoll=longpoll).find(head)
    if isinstance(found, Response):
        _check_answer(found)


def _check_answer(answer: Response) -> None:
    lines = encode_head(answer, body_bytes=len(answer.body), is_last=True).split(b"\r\n")
    assert lines[-2:] == [b"", b""]
    assert not any(b"\r" in line or b"\n" in line for line in lines), "a header within a header"
    assert len(answer.body) < 1_000


def give_any_cookie(data: bytes) -> None:
    """Read cookies at the router, and those a router gives at the client."""
    headers = data.decode("latin-1").split("\n")
    mint = CookieMint(60.0, bytes, is_known="crumb".__eq__)
    found = mint.find(headers)
    assert found in {None, "crumb"}
    cookies = ClientCookies()
    for _twice in range(2):
        cookies.take(headers)
    assert len(cookies) <= len(headers)
    header = cookies.header(is_encrypted=True)
    assert len(cookies.header(is_encrypted=False)) <= len(header)
