"""The outbox of each link: what waits for its router, for as long as the node runs and longer.

An outbox belongs to a link by its name. It stays what it is when a reload changes the address or
the policies of that link. What waits for a link that a reload has taken away stays on the disk, and
goes up when there is a link of that name again; what is too old by then is dropped, and counted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wampedge.config.model import SiteConfig, UpstreamConfig
from wampedge.devices.contracts import Clock
from wampedge.errors import WampedgeError

if TYPE_CHECKING:
    from wampedge.client import Connection
    from wampedge.runtime.clock_state import ClockState
    from wampedge.store.outbox import Outbox
    from wampedge.store.store import Store
    from wampedge.uplink.once import Once
    from wampedge.uplink.sending import Sending

__all__ = ["Outboxes", "boot_id"]

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Outboxes:
    """Owned by the node; made before its store is opened.

    Args:
        store: where events wait, not opened yet.
        config: the device file the node starts with.
        clock: the node's clock.
        state: of that clock.
    """

    def __init__(self, store: Store, config: SiteConfig, clock: Clock, state: ClockState) -> None:
        self._store, self._node, self._clock, self._state = store, config.node, clock, state
        self._outbox_by_link: dict[str, Outbox] = {}
        self._went_up_by_link: dict[str, Once] = {}
        for name, link in _links(config).items():
            if (outbox := self._made(name, link)) is not None:
                store.join(outbox)

    async def follow(self, config: SiteConfig) -> None:
        """Make those that *config*, another device file, needs; the store is open."""
        for name, link in _links(config).items():
            if (outbox := self._made(name, link)) is not None:
                with contextlib.suppress(WampedgeError):  # the store tells of it, and tries again
                    await self._store.add(outbox)

    def of(self, name: str) -> Outbox | None:
        """Return the outbox of a link; None where nothing waits for it."""
        return self._outbox_by_link.get(name)

    def sending(self, name: str, config: UpstreamConfig) -> Callable[[Connection], Sending]:
        """Return what makes the sending side of the link *name*."""
        from wampedge.uplink.once import Once  # noqa: PLC0415 # only where there is a link
        from wampedge.uplink.sending import Sending  # noqa: PLC0415 # as above

        outbox = self.of(name) if config.buffer.stores_anything else None
        went_up = self._went_up_by_link.setdefault(name, Once())
        return lambda connection: Sending(
            connection,
            config.buffer,
            outbox,
            node=self._node.name,
            clock=self._clock,
            is_lasting=lambda: self._store.is_lasting,
            went_up=went_up,
        )

    def finish(self) -> None:
        """Let nothing wait any more: the store is about to be closed."""
        for outbox in self._outbox_by_link.values():
            outbox.finish()

    def _made(self, name: str, config: UpstreamConfig) -> Outbox | None:
        """Return a new outbox where one is needed."""
        if name in self._outbox_by_link or not config.buffer.stores_anything:
            return None
        from wampedge.store.outbox import Outbox, OutboxLimits  # noqa: PLC0415 # as above

        buffer, state = config.buffer, self._state
        policies = (buffer.policy, *(each.policy for each in buffer.topics))
        outbox = self._outbox_by_link[name] = Outbox(
            self._store,
            name,
            self._clock,
            gap_topic=f"{self._node.uri_prefix}.sys.gap",
            limits=OutboxLimits(
                max_bytes=max(policy.max_bytes for policy in policies), policies=policies
            ),
            is_synced=lambda: state.is_synced,
            boot=boot_id() if self._store.is_lasting else "",
        )
        state.on_step(lambda _: outbox.redate())
        return outbox


def _links(config: SiteConfig) -> Mapping[str, UpstreamConfig]:
    """Return the routers to join, by the name of the link."""
    return config.links


def boot_id() -> str:
    """Return what the kernel calls this boot; empty where it does not tell."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""
