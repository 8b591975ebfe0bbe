"""What one connection still has to write: a queue for one turn, and a backlog for a slow peer.

What is sent goes to the system when the batch that caused it ends. Once the system takes no more,
further messages wait in the ``Backlog``, where some of them may make room for others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from wampedge.transports.backlog import Backlog
from wampedge.transports.limits import TransportLimits
from wampedge.wamp.messages import Message

__all__ = ["Outgoing", "OutgoingOwner"]

# Queued frames are handed to the system early above this, so that a batch cannot pile up memory.
_EARLY_FLUSH_BYTES = 64 * 1024


class OutgoingOwner(Protocol):
    """The transport whose messages these are."""

    def on_backed_up(self) -> None:
        """Hear that ``is_backed_up`` has changed."""
        ...

    def on_overrun(self, text: str) -> None:
        """Hear that more has to wait than may; the connection is to be cut."""
        ...


class Outgoing:
    """The frames to be written on one connection.

    States::

        flowing ──system holds too much──▶ congested ──peer has read all──▶ flowing
           └────────────stop()──────────────┴──▶ stopped

    Belongs to one transport; speed decides its shape as it does the transport's.

    Args:
        owner: the transport.
        limits: bounds.
        backlog: where messages wait while the connection is congested.
    """

    __slots__ = ("_is_aside", "_is_stopped", "_limits", "_loop", "_owner", "_queue",
                 "_queued_bytes", "_wire", "_written_bytes", "backlog", "is_backed_up",
                 "is_congested", "is_dirty", "is_overrun", "on_caught_up", "on_dirty",
                 "seal")  # fmt: skip

    def __init__(self, owner: OutgoingOwner, limits: TransportLimits, backlog: Backlog) -> None:
        self.backlog = backlog
        self.is_congested = False
        """The system takes no more; what is sent waits in ``backlog``."""
        self.is_backed_up = False
        """Messages wait that must not be dropped: who sends more of them should wait as well."""
        self.is_overrun = False
        """The connection was cut because too much waited."""
        self.is_dirty = False
        """``flush`` will be called before the turn of the event loop ends."""
        self.on_dirty: Callable[[Outgoing], None] = Outgoing._flush_soon
        """Called instead of a flush at the end of the loop's turn; the server collects there what
        to flush when its batch ends."""
        self.on_caught_up: Callable[[], None] | None = None
        """Called when a peer that fell behind has caught up."""
        self.seal: Callable[[list[bytes]], bytes] | None = None
        """Joins what one flush writes, where plain joining will not do."""
        self._owner = owner
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._wire: asyncio.Transport | None = None
        self._queue: list[bytes] = []
        self._queued_bytes = 0
        self._written_bytes = 0
        self._is_stopped = False
        # What is sent must not simply be written: stopped, congested, or a loss is to be told.
        self._is_aside = False

    def open(self, wire: asyncio.Transport) -> None:
        """Write to *wire* from now on; ``pause`` and ``resume`` are to be called as it says."""
        self._wire = wire
        wire.set_write_buffer_limits(high=self._limits.high_water_bytes)

    @property
    def progress(self) -> tuple[int, int]:
        """How many bytes the system took off our hands so far, and how many it still holds."""
        waiting = self._wire.get_write_buffer_size() if self._wire is not None else 0
        return self._written_bytes - waiting, waiting

    def put(self, frame: bytes, message: Message | None = None) -> None:
        """Queue one message.

        Args:
            frame: the message as it is written.
            message: the same; without it the message is none that may be dropped.
        """
        if self._is_aside:
            self._put_aside(frame, message)
            return
        self._queue.append(frame)
        self._queued_bytes += len(frame)
        if not self.is_dirty:
            self.is_dirty = True
            self.on_dirty(self)
        elif self._queued_bytes > _EARLY_FLUSH_BYTES:
            self._write_queue()

    def flush(self) -> None:
        """Hand what is queued to the system."""
        self.is_dirty = False
        if self._queue:
            self._write_queue()

    def write_ahead(self, control_frames: list[bytes]) -> None:
        """Write *control_frames* now, before all messages that are queued or wait."""
        self._queue[:0] = control_frames
        self._write_queue()

    def pause(self) -> None:
        """Hear that the system holds enough."""
        self.is_congested = self._is_aside = True

    def resume(self) -> None:
        """Hear that the system has little left, and give it what waits."""
        self.is_congested = False
        backlog = self.backlog
        while len(backlog) and not self.is_congested:
            data = backlog.take(self._limits.high_water_bytes)
            self._write(data if self.seal is None else self.seal([data]))
        if self.is_backed_up and not backlog.kept_count:
            self.is_backed_up = False
            self._owner.on_backed_up()
        if not self.is_congested:
            self._update_aside()
            if self.on_caught_up is not None:
                self.on_caught_up()

    def finish(self, last_frame: bytes) -> None:
        """Write all that is queued and waits, then *last_frame*, and no more."""
        self.stop()
        backlog = self.backlog
        self._queue += (backlog.take(backlog.size_bytes), last_frame)
        self._write_queue()

    def stop(self) -> None:
        """Take no more messages."""
        self._is_stopped = self._is_aside = True

    def drop(self) -> None:
        """Take no more messages, and forget those that were not written."""
        self.stop()
        self._queue.clear()
        self.backlog.clear()

    def _put_aside(self, frame: bytes, message: Message | None) -> None:
        """Take a message that cannot simply be written."""
        if self._is_stopped:
            return
        backlog = self.backlog
        if not self.is_congested:
            frame = backlog.tell_losses(frame, message)
            self._is_aside = False
            self.put(frame)
            self._update_aside()
            return
        kept = backlog.kept_count
        room = self._limits.max_outgoing_bytes - self.progress[1]
        if not backlog.add(frame, message, room_bytes=room):
            self._overrun()
        elif backlog.kept_count != kept:
            if not self.is_backed_up:
                self.is_backed_up = True
                self._owner.on_backed_up()
            if not self.is_dirty:
                self.is_dirty = True
                self.on_dirty(self)

    def _update_aside(self) -> None:
        self._is_aside = self._is_stopped or self.is_congested or self.backlog.has_losses_to_tell

    def _flush_soon(self) -> None:
        self._loop.call_soon(self.flush)

    def _write_queue(self) -> None:
        queue = self._queue
        if self.seal is not None:
            data = self.seal(queue)
        else:
            data = queue[0] if len(queue) == 1 else b"".join(queue)
        queue.clear()
        self._queued_bytes = 0
        self._write(data)

    def _write(self, data: bytes) -> None:
        wire = self._wire
        if wire is None or wire.is_closing():
            return
        self._written_bytes += len(data)
        wire.write(data)
        if (
            self.is_congested
            and not self._is_stopped
            and wire.get_write_buffer_size() > self._limits.max_outgoing_bytes
        ):
            self._overrun()

    def _overrun(self) -> None:
        self.is_overrun = True
        limit = self._limits.max_outgoing_bytes
        self._owner.on_overrun(f"more than {limit} bytes are waiting for the peer to read")
