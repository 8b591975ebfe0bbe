"""The way between one node and the router upstream, which can be cut in the ways of a real network.

::

    node's uplink ── NearEnd ── Wire ── far transport ── router (in the process, or a real one)
                                 ▲
                             FleetLink: cut, heal

Messages pass as objects, in order, and arrive in a later turn of the event loop. What a ping finds
out on a real connection is found out here after the time a ping takes, without the pings.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Context
from typing import Any, Final, Literal, Protocol, get_args

from wampedge.errors import ConnectError, ConnectionLostError, RemoteProtocolError, TransportError
from wampedge.transports.base import MessageSink, Transport
from wampedge.transports.limits import TransportLimits
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.messages import Message
from wampedge.wamp.serializers import Serializer

__all__ = ["LINK_CUTS", "FleetLink", "LinkCut", "LinkObserver"]

LinkCut = Literal["reset", "stall", "ghost"]
"""How a link is cut.

- ``reset``: both ends see the connection reset, and new ones are refused.
- ``stall``: nothing passes any more and nobody notices, until it heals or a ping finds it.
- ``ghost``: the node is cut off and the router does not notice before its ping does; whoever
  connects meanwhile gets no answer.
"""

LINK_CUTS: Final[tuple[LinkCut, ...]] = get_args(LinkCut)
_MOST_HELD: Final = 10_000
"""Messages a stalled connection holds; a real one has a bound in bytes."""

FarOpener = Callable[[], Awaitable[Transport]]
"""Opens a connection to the router; raises ConnectError."""


class LinkObserver(Protocol):
    """Who is told of all that passes on a link."""

    def said(self, message: Message) -> None:
        """Hear that the node sent *message* over a connection that it holds for open."""
        ...

    def heard(self, message: Message) -> None:
        """Hear that *message* of the router has come to the node."""
        ...

    def broken(self) -> None:
        """Hear that the node's connection is gone, and maybe what was on its way."""
        ...


class FleetLink:
    """Belongs to one node from start to end; ``dial`` is what the node connects with.

    Args:
        open_far: opens a connection to the router.
        observer: told of all that passes.
        context: of the node: what comes for it is given to it there.
        random_draw: draws a float from 0 (included) to 1 (excluded): when pings find what they do.
        limits: of the connections that are simulated.
    """

    def __init__(
        self,
        open_far: FarOpener,
        observer: LinkObserver,
        *,
        context: Context,
        random_draw: Callable[[], float] = random.random,
        limits: TransportLimits | None = None,
    ) -> None:
        self.observer, self.context = observer, context
        self.limits = limits or TransportLimits()
        self._open_far = open_far
        self._random_draw = random_draw
        self._cut: LinkCut | None = None
        self._healed = asyncio.Event()
        self._healed.set()
        self._wire: Wire | None = None
        self._wires: set[Wire] = set()
        """All with an open end: where the node has lost its own, the router may not know."""

    @property
    def is_cut(self) -> bool:
        """Whether something keeps messages from passing now."""
        return self._cut is not None

    async def dial(self, _config: object = None) -> Transport:
        """Open a connection to the router; raises ConnectError."""
        if self._cut == "reset":
            raise ConnectError("network is unreachable") from OSError("network is unreachable")
        if self._cut is not None:
            limit_s = self.limits.open_timeout_s
            try:
                async with asyncio.timeout(limit_s):
                    await self._healed.wait()
            except TimeoutError as error:
                raise ConnectError(f"no answer within {limit_s:g} s") from error
        far = await self._open_far()
        wire = self._wire = Wire(self, far)
        self._wires.add(wire)
        return wire.near

    def cut(self, how: LinkCut) -> None:
        """Cut it; one that is cut already is cut in this way from now on."""
        self._cut = how
        self._healed.clear()
        wire = self._wire
        if wire is None:
            return
        if how == "reset":
            wire.reset("connection reset by peer")
        elif how == "ghost":
            self._lose(wire, "the network is gone")
        else:
            wire.stall()
            self._find_out(wire.near_finds)
            self._find_out(wire.far_finds)

    def heal(self) -> None:
        """Let everything pass again; does nothing where it does."""
        self._cut = None
        self._healed.set()
        for wire in tuple(self._wires):
            wire.heal()

    def drop_dead(self) -> None:
        """Cut the node off without a word to the router, as when its power fails."""
        if self._wire is not None:
            self._lose(self._wire, "the power is gone")

    def router_died(self) -> None:
        """Reset every connection: the router is gone, and its machine says so."""
        for wire in tuple(self._wires):
            wire.reset("connection reset by peer")

    def forget(self, wire: Wire) -> None:
        """Hear that *wire* has no open end any more."""
        self._wires.discard(wire)

    def near_lost(self, wire: Wire) -> None:
        """Hear that the node has lost *wire*."""
        if self._wire is wire:
            self._wire = None
            self.observer.broken()

    def _lose(self, wire: Wire, text: str) -> None:
        wire.stall()
        wire.near_finds(text)
        self._find_out(wire.far_finds)

    def _find_out(self, found: Callable[[], None]) -> None:
        """Call *found* when a ping would have gone unanswered for long enough."""
        limits = self.limits
        asyncio.get_running_loop().call_later(
            limits.pong_timeout_s + limits.ping_interval_s * self._random_draw(), found
        )


class Wire:
    """One connection: the node's end, and the transport to the router it leads to.

    A ``MessageSink`` of the far transport. Forgotten by its link when both ends are closed.
    """

    def __init__(self, link: FleetLink, far: Transport) -> None:
        self.near = NearEnd(self, link.context, far)
        self.is_stalled = False
        self._link, self._far = link, far
        self._observer = link.observer
        self._up: deque[Message] = deque()
        self._down: deque[Message] = deque()
        self._is_far_open = True
        far.sink = self

    def carry_up(self, message: Message) -> None:
        """Take one message of the node."""
        self._observer.said(message)
        if self.is_stalled:
            self._hold(self._up, message)
        else:
            self._far.send(message)

    def on_message(self, message: Message) -> None:
        """Take one message of the router."""
        if self.near.is_closed:
            return
        if self.is_stalled:
            self._hold(self._down, message)
        else:
            self._observer.heard(message)
            self.near.take(message)

    def on_bad_message(self, error: RemoteProtocolError) -> None:
        """Pass on that the router sent no message."""
        if self.near.sink is not None:
            self.near.sink.on_bad_message(error)

    def on_batch_end(self) -> None:
        """Do nothing: what has come is handed on by itself."""

    def on_closed(self, error: TransportError | None) -> None:
        """Hear that the router, or the way to it, has closed the connection."""
        self._is_far_open = False
        if not self.is_stalled and not self.near.is_closed:
            self._lose_near(error)
        self._forget_when_over()

    def near_closed(self, *, is_abort: bool) -> None:
        """Hear that the node has closed its end; the router hears of it if anything passes."""
        self._link.near_lost(self)
        if not self.is_stalled:
            self._close_far(is_abort=is_abort)
        self._forget_when_over()

    def reset(self, text: str) -> None:
        """Close both ends at once."""
        self.is_stalled = False
        self._lose_near(ConnectionLostError(text))
        self._close_far(is_abort=True)
        self._forget_when_over()

    def stall(self) -> None:
        """Let nothing pass any more."""
        self.is_stalled = True

    def heal(self) -> None:
        """Let pass what is held, if both ends are still there; else the other end finds out."""
        if not self.is_stalled:
            return
        self.is_stalled = False
        if self.near.is_closed or not self._is_far_open:
            self.reset("connection reset by peer")
            return
        while self._up:
            self._far.send(self._up.popleft())
        while self._down:
            self.on_message(self._down.popleft())

    def near_finds(self, text: str = "no answer to a ping") -> None:
        """Let the node find that nothing comes any more; does nothing where it does."""
        if self.is_stalled and not self.near.is_closed:
            self._lose_near(ConnectionLostError(text))
            self._forget_when_over()

    def far_finds(self) -> None:
        """Let the router find that nothing comes any more; does nothing where it does."""
        if self.is_stalled:
            self._close_far(is_abort=True)
            self._forget_when_over()

    def _hold(self, held: deque[Message], message: Message) -> None:
        held.append(message)
        if len(held) > _MOST_HELD:
            self.reset("the peer reads too slowly")

    def _lose_near(self, error: TransportError | None) -> None:
        if not self.near.is_closed:
            self.near.lose(error)
            self._link.near_lost(self)

    def _close_far(self, *, is_abort: bool) -> None:
        if not self._is_far_open:
            return
        self._is_far_open = False
        self._far.abort() if is_abort else self._far.close()

    def _forget_when_over(self) -> None:
        if self.near.is_closed and not self._is_far_open:
            self._up.clear()
            self._down.clear()
            self._link.forget(self)


class NearEnd:
    """The node's end of a wire; a ``Transport``."""

    evidence: Evidence = NO_EVIDENCE

    def __init__(self, wire: Wire, context: Context, far: Transport) -> None:
        self.serializer: Serializer | None = far.serializer
        self.description: Mapping[str, Any] = far.description
        self.is_closed = False
        self._wire, self._context = wire, context
        self._loop = asyncio.get_running_loop()
        self._sink: MessageSink | None = None
        self._inbox: deque[Message] = deque()
        self._end: list[TransportError | None] = []
        self._is_delivery_due = False
        self._is_paused = False

    @property
    def sink(self) -> MessageSink | None:
        """Who takes the messages; delivery starts when it is set."""
        return self._sink

    @sink.setter
    def sink(self, sink: MessageSink) -> None:
        self._sink = sink
        self._deliver_soon()

    def send(self, message: Message) -> None:
        """Hand one message over."""
        if not self.is_closed:
            self._wire.carry_up(message)

    def send_encoded(self, body: bytes) -> None:
        """Refuse: messages pass as objects."""
        raise TypeError("a simulated link carries messages, not bytes")

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close, after what was sent."""
        self._close(is_abort=False)

    def abort(self) -> None:
        """Close at once."""
        self._inbox.clear()
        self._close(is_abort=True)

    def pause_reading(self) -> None:
        """Take no more messages until ``resume_reading``."""
        self._is_paused = True

    def resume_reading(self) -> None:
        """Take messages again."""
        self._is_paused = False
        self._deliver_soon()

    def take(self, message: Message) -> None:
        """Take one message for the node."""
        self._inbox.append(message)
        self._deliver_soon()

    def lose(self, error: TransportError | None) -> None:
        """Be gone; what has come before is still handed over."""
        self.is_closed = True
        self._end.append(error)
        self._deliver_soon()

    def _close(self, *, is_abort: bool) -> None:
        if not self.is_closed:
            self.lose(None)
            self._wire.near_closed(is_abort=is_abort)

    def _deliver_soon(self) -> None:
        if not self._is_delivery_due:
            self._is_delivery_due = True
            # In the node's own context: what it opens from there is on its own board.
            self._loop.call_soon(self._deliver, context=self._context)

    def _deliver(self) -> None:
        self._is_delivery_due = False
        sink, inbox = self._sink, self._inbox
        if sink is None:
            return
        for _ in range(len(inbox)):  # only what is here now
            if self._is_paused or not inbox:
                break
            sink.on_message(inbox.popleft())
        sink.on_batch_end()
        if inbox and not self._is_paused:
            self._deliver_soon()
        elif not inbox and self._end:
            error, self._end = self._end[0], []
            sink.on_closed(error)
