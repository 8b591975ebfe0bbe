"""What outlives the node: retained events of clients, last values of its own, and history.

Clients' events are retained again before anybody can join. The last values of channels are the
``last`` of stale readings, until there is a sample. What the node says of states is not taken over:
it is not known to be true any more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from wampedge.config.model import SiteConfig
from wampedge.devices.contracts import Clock
from wampedge.devices.readings import Reading
from wampedge.errors import WampedgeError
from wampedge.router import Router

if TYPE_CHECKING:
    from wampedge.runtime.announcer import Announcer
    from wampedge.runtime.clock_state import ClockState
    from wampedge.runtime.history import History, Pace
    from wampedge.runtime.site import Site
    from wampedge.store.marks import StreamMarks
    from wampedge.store.orders import OrderLog
    from wampedge.store.retained import RetainedEvents
    from wampedge.store.retained_readings import RetainedReadings
    from wampedge.store.store import Store

__all__ = ["Keeping"]


class Keeping:
    """Owned by the node; made before its router, closed as the last of what has a file.

    Args:
        config: the device file the node starts with.
        store: where things are kept, not opened yet.
        clock: the node's clock.
    """

    def __init__(self, config: SiteConfig, store: Store, clock: Clock) -> None:
        self.log: RetainedEvents | None = None
        """What the router writes retained events to; None where they end with it."""
        self._readings: RetainedReadings | None = None
        self.marks: StreamMarks | None = None
        """What the router writes to which marked events came; None where it forgets them."""
        self._orders: OrderLog | None = None
        self._config, self._store = config, store
        self._is_starting = True
        self._pace: Pace | None = None
        self._clock = clock
        self._history = self._history_of(config)
        if self._history is not None:
            store.join(self._history.table)
        if store.is_lasting:
            from wampedge.store.marks import StreamMarks  # noqa: PLC0415 # as below

            self.marks = StreamMarks(store)
            store.join(self.marks)
            from wampedge.store.orders import OrderLog  # noqa: PLC0415 # as below

            self._orders = OrderLog(store)
            store.join(self._orders)
        retained = config.router.retained
        if not (retained.is_on_disk and store.is_lasting):
            return
        # Imported here: tests and fleets run nodes that keep nothing.
        from wampedge.store.retained import RetainedEvents  # noqa: PLC0415 # see above
        from wampedge.store.retained_readings import RetainedReadings  # noqa: PLC0415 # see above

        self.log = RetainedEvents(store, retained.commit_s)
        self._readings = RetainedReadings(store, retained.readings_commit_s)
        store.join(self.log)
        store.join(self._readings)

    def open(self, router: Router, announcer: Announcer, state: ClockState, pace: Pace) -> None:
        """Open the store, and let the router retain again what it did.

        Args:
            router: retains what its log has written.
            announcer: tells what is kept.
            state: of the node's clock.
            pace: waits until a caller has taken results.

        Raises:
            AddressInUseError: another node has the file.
        """
        self._store.open()
        self._pace = pace
        if self._history is not None:
            self._history.pace = pace
        announcer.history = self._history
        if self.marks is not None:
            router.deduplication(self._config.router.realm).restore(self.marks.restored())
        if self._history is not None:
            self._history.follow_clock(state)
        if self._readings is not None:
            announcer.keeper = self._readings.note
            devices = self._config.devices.values()
            self._readings.keep_only((d.name, channel) for d in devices for channel in d.channels)
        if self.log is not None:
            retention = router.retention(self._config.router.realm)
            retention.restore(self.log.restored())
            self.log.everything = lambda: retention.matching("prefix", "")

    def last_of(self, device: str) -> Mapping[str, Reading]:
        """Return the last readings of *device*, by channel; none once the node has started."""
        return self._readings.of(device) if self._readings and self._is_starting else {}

    def announce(self, site: Site, announcer: Announcer) -> None:
        """Tell what was known before the restart: orders, and what was not sampled yet."""
        self._is_starting = False
        if self._orders is not None:
            site.commands.answers.resume(self._orders, self._clock.time)
        if self._readings is None:
            return
        for device in site.devices.values():
            for channel in device.config.channels.values():
                reading = device.reading_of(channel)
                if reading.quality == "stale" and not reading.seq:
                    announcer.on_reading(device, channel, reading)

    async def follow(self, config: SiteConfig, announcer: Announcer) -> None:
        """Keep the history that *config*, another device file, says."""
        if self._history is not None:
            self._history.follow(config)
            return
        self._history = self._history_of(config)
        if self._history is not None:
            if self._pace is not None:
                self._history.pace = self._pace
            announcer.history = self._history
            with contextlib.suppress(WampedgeError):  # the store tells of it, and tries again
                await self._store.add(self._history.table)

    async def close(self) -> None:
        """Write all that is not safe yet, and let go of the file."""
        if self._readings is not None:
            self._readings.finish()
        if self.marks is not None:
            self.marks.finish()
        if self._history is not None:
            self._history.table.finish()
        await self._store.close()

    def _history_of(self, config: SiteConfig) -> History | None:
        devices = [channel for d in config.devices.values() for channel in d.channels.values()]
        derived = [each.channel for each in config.derived.values()]
        if all(channel.history_s is None for channel in (*devices, *derived)):
            return None
        from wampedge.runtime.history import History  # noqa: PLC0415 # only files that have one

        return History(self._store, config, self._clock)
