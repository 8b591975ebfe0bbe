"""How a session begins and ends: HELLO until WELCOME, GOODBYE until the connection is closed."""

from __future__ import annotations

import asyncio

from wampedge.client.conversation import Conversation
from wampedge.errors import CallTimeoutError, ConfigError
from wampedge.wamp.auth import Identity

__all__ = ["join", "leave"]

_LEAVE_TIMEOUT_S = 2.0


async def join(
    conversation: Conversation, realm: str, identity: Identity, *, timeout_s: float
) -> None:
    """Join *realm*; see ``Session.over`` for what it raises."""
    conversation.transport.sink = conversation
    protocol = conversation.protocol
    try:
        hello = protocol.join(
            realm,
            authid=identity.authid,
            authenticators=identity.authenticators,
            evidence=conversation.transport.evidence,
        )
    except ConfigError:
        conversation.joined.cancel()  # nobody will wait for it, and hear how it failed
        raise
    conversation.send(hello)
    try:
        async with asyncio.timeout(timeout_s):
            await conversation.joined
    except TimeoutError as error:
        raise CallTimeoutError(f"HELLO to realm {realm}", timeout_s) from error


async def leave(conversation: Conversation, reason: str) -> None:
    """Say GOODBYE, if there is a session, and close the connection in a few seconds at most."""
    goodbye = conversation.protocol.leave(reason)
    if goodbye is not None:
        conversation.send(goodbye)
        try:
            async with asyncio.timeout(_LEAVE_TIMEOUT_S):
                await conversation.gone.wait()
        except TimeoutError:
            conversation.transport.abort()
    conversation.transport.close()
