"""What the writes and reads of a register map mean to the part behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from wampedge.devices.registermap.model import BoundMap, RegisterMap
from wampedge.devices.registermap.traffic import BoundRead, BoundStep, Query, Step

__all__ = ["Roles"]


class Roles:
    """The traffic of one map, by the bytes that are written.

    Args:
        compiled: the map.
        bound: the map with the parameters of the device.
    """

    def __init__(self, compiled: RegisterMap, bound: BoundMap) -> None:
        self.reads: Sequence[BoundRead] = bound.reads
        self.begun = _by_message(bound.reads, _beginnings)
        """The reads whose conversion a message begins."""
        self.asked = _by_message(bound.reads, _questions)
        """The reads whose bytes a read gets when a message was the last one."""
        self.polled = _by_message(bound.reads, _polls)
        """The reads whose poll a read gets when a message was the last one."""
        self.init = frozenset(_messages(bound.init))
        self.identities = {each.query.command: each for each in compiled.identities}
        self.register_size = compiled.register_size
        queries = self._queries(compiled)
        self.has_registers = any(
            len(query.command) == self.register_size and not query.begins for query in queries
        )
        self.written = {
            step.data[: self.register_size]
            for step in (*bound.init, *_starts(bound.reads))
            if len(step.data) > self.register_size
        }
        self._prefixes = self._known(compiled, bound, queries)

    def accepts(self, received: bytes) -> bool:
        """Say whether the part acknowledges the last byte of *received*.

        A part with registers takes everything; one with commands knows its own.
        """
        if self.has_registers:
            return True
        return any(
            len(received) <= longest and prefix[: len(received)] == received[: len(prefix)]
            for prefix, longest in self._prefixes
        )

    def _queries(self, compiled: RegisterMap) -> list[Query]:
        queries = [read.query for read in compiled.reads]
        queries += [read.poll.query for read in compiled.reads if read.poll is not None]
        return queries + [identity.query for identity in compiled.identities]

    def _known(
        self, compiled: RegisterMap, bound: BoundMap, queries: Sequence[Query]
    ) -> list[tuple[bytes, int]]:
        """Return how each message begins, and how long it may be."""
        steps = [*bound.wake, *bound.init, *bound.stop, *_starts(bound.reads)]
        open_steps = [
            step
            for group in (
                *(steps for _, steps in compiled.commands.values()),
                *(setting.steps for setting in compiled.settings.values()),
            )
            for step in group
        ]
        known = [(step.data, len(step.data) + 1) for step in steps]
        known += [(step.data, len(step.data) + _value_size(step)) for step in open_steps]
        return known + [(query.command, len(query.command)) for query in queries]


def _by_message(
    reads: Iterable[BoundRead], messages_of: Callable[[BoundRead], Iterable[bytes]]
) -> dict[bytes, list[BoundRead]]:
    """Return *reads* in their order, under each message that *messages_of* gives for them."""
    found: dict[bytes, list[BoundRead]] = {}
    for bound in reads:
        for message in dict.fromkeys(messages_of(bound)):
            found.setdefault(message, []).append(bound)
    return found


def _beginnings(bound: BoundRead) -> Iterator[bytes]:
    if bound.read.query.begins:
        yield bound.read.query.command
    if bound.start is not None:
        yield bound.start.data


def _questions(bound: BoundRead) -> Iterator[bytes]:
    if bound.read.query.command:
        yield bound.read.query.command
    elif bound.start is not None:
        yield bound.start.data


def _polls(bound: BoundRead) -> Iterator[bytes]:
    if bound.read.poll is not None and bound.read.poll.query.command:
        yield bound.read.poll.query.command


def _starts(reads: Iterable[BoundRead]) -> list[BoundStep]:
    return [step for read in reads for step in (read.start, read.then) if step is not None]


def _messages(steps: Iterable[BoundStep]) -> list[bytes]:
    return [step.data for step in steps if step.data]


def _value_size(step: Step) -> int:
    """Return the bytes behind the beginning of a step, checksums included."""
    if step.value is None:
        return 1
    return step.size * 2 + 1
