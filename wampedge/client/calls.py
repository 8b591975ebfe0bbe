"""The calls of a session: their options, their time limits, and how their answers come back."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Coroutine, Mapping
from typing import Any

from wampedge.client.conversation import Conversation, OnProgress
from wampedge.client.results import CallResult
from wampedge.errors import ApplicationError, CallTimeoutError
from wampedge.wamp.payload import Payload

__all__ = ["Calls", "require_feature"]

_TIMEOUT = "wamp.error.timeout"
_FEATURE_NOT_SUPPORTED = "wamp.error.feature_not_supported"

Options = Mapping[str, Any]
Rest = Coroutine[Any, Any, CallResult]


class Calls:
    """Owned by one ``Session``, lives as long.

    Args:
        conversation: the session's.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._protocol = conversation.protocol
        self._loop = asyncio.get_running_loop()

    def begin(
        self,
        procedure: str,
        payload: Payload,
        *,
        options: Options,
        timeout_s: float | None,
        on_progress: OnProgress | None,
    ) -> tuple[int, Rest]:
        """Send a CALL; returns its id, and what is to be awaited for its result.

        Raises:
            ApplicationError: the router has not announced what the options need.
            NotJoinedError, LocalProtocolError: as ``Session.call``.
        """
        limit_s = timeout_s
        if options or timeout_s is not None:
            options, limit_s = self._with_limit(options, timeout_s)
        answer = self._loop.create_future()
        message = self._protocol.call(
            procedure, payload, answer, options=options, wants_progress=on_progress is not None
        )
        request_id = self._conversation.start(message, on_progress)
        wait = self._conversation.wait(
            request_id, answer, f"call to {procedure}", timeout_s=timeout_s
        )
        if limit_s is None:
            return request_id, _result(wait)
        return request_id, _result_in_time(wait, f"call to {procedure}", limit_s)

    def send_on(self, request_id: int, payload: Payload, *, is_last: bool) -> bool:
        """Send more input for a call; returns whether anybody still wants it.

        Raises:
            NotJoinedError, LocalProtocolError: as ``Session.call``.
        """
        message = self._protocol.call_on(request_id, payload, is_last=is_last)
        if message is None:
            return False
        self._conversation.send(message)
        return True

    async def wait_writable(self) -> None:
        """Wait until the router has taken most of what was sent."""
        await self._conversation.wait_writable()

    def _with_limit(
        self, options: Options, timeout_s: float | None
    ) -> tuple[Options, float | None]:
        """Return the options with the time limit in them, and the limit in either place."""
        protocol = self._protocol
        if "ppt_scheme" in options:
            require_feature(protocol.router_supports, "dealer", "payload_passthru_mode")
        if options.get("progress"):
            require_feature(protocol.router_supports, "dealer", "progressive_call_invocations")
        if timeout_s is None:
            timeout_ms = options.get("timeout")
            return options, timeout_ms / 1000 if timeout_ms else None
        if "timeout" not in options and protocol.router_supports("dealer", "call_timeout"):
            options = {**options, "timeout": max(1, math.ceil(timeout_s * 1000))}
        return options, timeout_s


async def _result(wait: Awaitable[Any]) -> CallResult:
    result = await wait
    return CallResult(result.payload, result.details)


async def _result_in_time(wait: Awaitable[Any], what: str, limit_s: float) -> CallResult:
    """Like ``_result``; the clock of the router, or of the callee, may be ahead of ours."""
    try:
        return await _result(wait)
    except ApplicationError as error:
        if error.uri == _TIMEOUT:
            raise CallTimeoutError(what, limit_s) from error
        raise


def require_feature(supports: Any, role: str, feature: str) -> None:
    """Refuse what would make the router abort the session.

    Args:
        supports: tells whether the router announced a feature for a role.
        role: ``broker`` or ``dealer``.
        feature: what is needed.

    Raises:
        ApplicationError: ``wamp.error.feature_not_supported``, as a router says it of a callee.
    """
    if not supports(role, feature):
        raise ApplicationError(_FEATURE_NOT_SUPPORTED, [f"the router has no {feature}"])
