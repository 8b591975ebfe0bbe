"""The publications of a session."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from wampedge.client.calls import require_feature
from wampedge.client.conversation import Conversation
from wampedge.client.grants import Grants
from wampedge.transports.stream import StreamTransport
from wampedge.wamp.payload import Payload

__all__ = ["Publications"]

Options = Mapping[str, Any]


class Publications:
    """Owned by one ``Session``, lives as long.

    Args:
        conversation: the session's.
        grants: what its router grants; waits for the acknowledgements.
    """

    def __init__(self, conversation: Conversation, grants: Grants) -> None:
        self._conversation = conversation
        self._protocol = conversation.protocol
        self._grants = grants
        self._loop = asyncio.get_running_loop()

    def send(self, topic: str, payload: Payload, options: Options) -> None:
        """Publish without waiting for anything; see ``Session.publish``."""
        if "ppt_scheme" in options:
            require_feature(self._protocol.router_supports, "broker", "payload_passthru_mode")
        self._conversation.send(self._protocol.publish(topic, payload, options=options))

    @property
    def is_congested(self) -> bool:
        """Whether the router takes what was sent too slowly; see ``wait_writable``."""
        transport = self._conversation.transport
        return isinstance(transport, StreamTransport) and transport.outgoing.is_congested

    async def wait_writable(self) -> None:
        """Wait while the router takes what was sent too slowly; else done at once."""
        await self._conversation.wait_writable()

    def write(self, payload: Payload) -> None:
        """Write *payload* as it will be sent, ahead of time; raises LocalProtocolError."""
        serializer = self._conversation.transport.serializer
        if serializer is not None:
            payload.tail(serializer)

    def begin(self, topic: str, payload: Payload, options: Options) -> asyncio.Future[Any]:
        """Publish, and return what is done when the router has taken it, for who sends many.

        Raises:
            NotJoinedError, LocalProtocolError: nothing was sent.
        """
        answer = self._loop.create_future()
        message = self._protocol.publish_acknowledged(topic, payload, answer, options=options)
        self._conversation.start(message)
        return answer

    async def send_acknowledged(self, topic: str, payload: Payload, options: Options) -> int:
        """Publish, wait until the router has taken it, and return its id of the publication."""
        if "ppt_scheme" in options:
            require_feature(self._protocol.router_supports, "broker", "payload_passthru_mode")
        answer = self._loop.create_future()
        message = self._protocol.publish_acknowledged(topic, payload, answer, options=options)
        published = await self._grants.request(message, answer, f"publication to {topic}")
        publication_id: int = published.publication_id
        return publication_id
