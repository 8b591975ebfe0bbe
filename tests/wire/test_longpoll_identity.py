"""A client certificate on long-poll: it says who opened the session, and who may go on with it."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
from pathlib import Path
from typing import Any

from tests.support.certificates import Authority
from tests.wire.test_authentication import served, tls_of, with_certificates

HELLO = [1, "edge", {"roles": {"caller": {}}, "authmethods": ["tls"]}]


def context_of(authority: Authority, name: str | None) -> ssl.SSLContext:
    files = tls_of(authority, name)
    context = ssl.create_default_context(cafile=str(files.ca_file))
    if files.certificate is not None:
        context.load_cert_chain(files.certificate, files.key)
    return context


def play(port: int, own: ssl.SSLContext, others: list[ssl.SSLContext]) -> tuple[Any, list[int]]:
    """Join with a certificate, then try to poll the same session without it, and with another."""
    mine = http.client.HTTPSConnection("127.0.0.1", port, context=own, timeout=10)

    def post(
        connection: http.client.HTTPConnection, path: str, body: Any = ""
    ) -> tuple[int, bytes]:
        connection.request("POST", f"/lp/{path}", body and json.dumps(body))
        answer = connection.getresponse()
        return answer.status, answer.read()

    session = json.loads(post(mine, "open", {"protocols": ["wamp.2.json"]})[1])["transport"]
    assert post(mine, f"{session}/send", HELLO)[0] == 204
    statuses = []
    for other in others:
        theirs = http.client.HTTPSConnection("127.0.0.1", port, context=other, timeout=10)
        statuses.append(post(theirs, f"{session}/receive")[0])
        theirs.close()
    welcome = json.loads(post(mine, f"{session}/receive")[1])
    assert post(mine, f"{session}/close")[0] == 204
    mine.close()
    return welcome, statuses


async def test_who_opened_a_session_goes_on_with_it_and_nobody_else(tmp_path: Path) -> None:
    """The method ``tls``, over section "HTTP Longpoll Transport"."""
    authority = Authority(tmp_path)
    async with served("wss://127.0.0.1:0/ws", with_certificates(authority)) as url:
        port = int(url.split(":")[2].split("/")[0])
        own = context_of(authority, "panel")
        others = [context_of(authority, None), context_of(authority, "pump")]

        welcome, statuses = await asyncio.to_thread(play, port, own, others)

    assert (welcome[0], welcome[2]["authid"], welcome[2]["authmethod"]) == (2, "panel", "tls")
    assert statuses == [404, 404]
