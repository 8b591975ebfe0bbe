"""When a reading is worth an event: delta, heartbeat and on-change policies of one channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wampedge.records import Record

if TYPE_CHECKING:
    from wampedge.devices.readings import Reading

__all__ = ["Bundle", "PublishGate", "PublishPolicy"]


class Bundle(Record):
    """``publish = { batch, group }`` of a device: one event on ``P.D`` for several readings.

    Attributes:
        batch: so many samples an event, each with its time; 1: no batches.
        group: one event a sample, with the values of all channels.
    """

    batch: int = 1
    group: bool = False

    @property
    def is_used(self) -> bool:
        """Whether readings are told on ``P.D`` and not each on a topic of its own."""
        return self.group or self.batch > 1


class PublishPolicy(Record):
    """``publish = { delta, heartbeat, on_change }`` of the device file.

    Attributes:
        delta: least change worth an event, in the unit of the channel, or in percent of the last
            published value; None publishes every sample.
        delta_is_percent: *delta* is in percent.
        heartbeat_s: publish at least this often, in seconds; None: never for time alone.
        on_change: publish only when the value differs from the last one.
    """

    delta: float | None = None
    delta_is_percent: bool = False
    heartbeat_s: float | None = None
    on_change: bool = False


class PublishGate:
    """Decides for one channel; remembers the last reading that went out."""

    __slots__ = ("_last", "_policy")

    def __init__(self, policy: PublishPolicy) -> None:
        self._policy = policy
        self._last: Reading | None = None

    def passes(self, reading: Reading) -> bool:
        """Say whether *reading* is published, and remember it when it is."""
        if not self._is_worth_it(reading):
            return False
        self._last = reading
        return True

    def _is_worth_it(self, reading: Reading) -> bool:
        last, policy = self._last, self._policy
        if last is None or reading.quality != last.quality:
            return True
        # A clock that is set back must not silence the channel until it has caught up again.
        if policy.heartbeat_s and not 0 <= reading.time - last.time < policy.heartbeat_s:
            return True
        if policy.delta is None:
            return not policy.on_change or reading.value != last.value
        return _differs(reading, last, policy)


def _differs(reading: Reading, last: Reading, policy: PublishPolicy) -> bool:
    """Say whether the value moved by the policy's delta or more; texts and flags by equality."""
    assert policy.delta is not None, "asked only for a policy with a delta"
    new, old = reading.value, last.value
    if not isinstance(new, (int, float)) or not isinstance(old, (int, float)):
        return new != old
    least = abs(old) * policy.delta / 100 if policy.delta_is_percent else policy.delta
    return new != old and abs(new - old) >= least
