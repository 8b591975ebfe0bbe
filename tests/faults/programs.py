"""What runs on the machines of the ghost tests: a router, boards of ours, and a foreign client.

``python -m tests.faults.programs router | board URL USER FORCED | foreign HOST PORT``. Each says
what happens in lines of JSON, with the time on the monotonic clock, which all of a machine share.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from typing import Any

from wampedge.client import Connection, Session
from wampedge.client.status import ConnectionState, ConnectionStatus
from wampedge.errors import WampedgeError
from wampedge.router import RealmSettings, Router, User
from wampedge.server import Server, random_ids
from wampedge.server.listeners import Protection
from wampedge.wamp.auth import identity_from
from wampedge.wamp.auth_proofs import TicketProof

__all__ = ["PORT", "TICKET"]

PORT = 8080
TICKET = "tomato"
_REALM = "faults"
_NAMES = 20


def _tell(what: str, **facts: Any) -> None:
    sys.stdout.write(json.dumps({"what": what, "at": time.monotonic(), **facts}) + "\n")
    sys.stdout.flush()


async def _lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _be_router() -> None:
    """Serve, tell who leaves, and call what standard input says."""
    users = tuple(User(name, "board", TicketProof(TICKET)) for name in ("ws", "rs", "third"))
    router = Router(
        [RealmSettings(_REALM, users=users)],
        random_id=random_ids().__next__,
        monotonic_s=time.monotonic,
        time_s=time.time,
    )
    server = Server(router, [f"ws://0.0.0.0:{PORT}/ws"], protection=Protection(is_insecure=True))
    await server.start()
    local = await Session.over(server.attach_local("node"), _REALM)

    async def call(procedure: str) -> None:
        try:
            result = await local.call(procedure, timeout_s=60.0)
            _tell("answered", procedure=procedure, result=result.args)
        except WampedgeError as error:
            _tell("failed", procedure=procedure, error=str(error))

    await local.subscribe("wamp.session.on_leave", lambda *left: _tell("left", authid=left[1]))
    _tell("listening")
    lines, calls = await _lines(), set()
    while line := await lines.readline():
        calls.add(asyncio.create_task(call(json.loads(line))))


async def _be_board(url: str, user: str, *, is_forced: bool) -> None:
    """Offer names, and tell when the router has them all."""
    connection = Connection(url, _REALM, identity_from(user, ticket=TICKET, secret=None))
    wishes = [
        connection.register(f"{user}.n{number}", lambda: user, is_forced=is_forced)
        for number in range(_NAMES)
    ]
    wishes.append(connection.register(f"{user}.hang", _hang, is_forced=is_forced))
    joined: asyncio.Queue[None] = asyncio.Queue()

    def on_status(status: ConnectionStatus) -> None:
        _tell(status.state.value)
        if status.state is ConnectionState.JOINED:
            joined.put_nowait(None)

    connection.on_status(on_status)
    async with connection:
        while True:
            await joined.get()
            await connection.wait_restored()
            _tell("restored")


async def _hang() -> None:
    await asyncio.Event().wait()


def _be_foreign(host: str, port: int) -> None:
    """Offer one name over a raw socket, and never send or answer a ping."""
    with socket.create_connection((host, port)) as wire:
        wire.sendall(b"\x7f\xf1\0\0")
        assert wire.recv(4)[:1] == b"\x7f"
        for message in (
            [1, _REALM, {"roles": {"callee": {}}}],
            [64, 1, {}, "foreign.hang"],
        ):
            body = json.dumps(message).encode()
            wire.sendall(len(body).to_bytes(4, "big") + body)
            assert wire.recv(65536)
        _tell("restored")
        while wire.recv(65536):
            pass


def main() -> None:
    """Be what the first argument says."""
    role, *arguments = sys.argv[1:]
    if role == "router":
        asyncio.run(_be_router())
    elif role == "board":
        url, user, forced = arguments
        asyncio.run(_be_board(url, user, is_forced=forced == "forced"))
    else:
        _be_foreign(arguments[0], int(arguments[1]))


if __name__ == "__main__":
    main()
