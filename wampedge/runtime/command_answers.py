"""What commands with a key were answered, for callers who ask a second time."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from wampedge.client.outcomes import describe_failure
from wampedge.errors import ApplicationError, BusBusyError, InvalidValueError, RefusedError
from wampedge.runtime.punctuality import Ticket
from wampedge.wamp.payload import Payload

__all__ = [
    "KEPT_S",
    "MAX_KEYS",
    "MAX_KEYS_EACH",
    "MAX_TOTAL_CHARACTERS",
    "Answer",
    "Answers",
    "Key",
]

KEPT_S: Final = 600.0
"""How long an answer is known once it was given."""
MAX_KEYS_EACH: Final = 256
"""Answers known of one procedure for one caller; the oldest goes first."""
MAX_KEYS: Final = 4096
"""Answers known in all."""
MAX_TOTAL_CHARACTERS: Final = 1_048_576
"""What all of them hold, written out."""

_HARMLESS: Final = (RefusedError, InvalidValueError, BusBusyError)
"""Failures that left the part alone: the order may be given again with the same key."""
_BUG: Final = "wamp.error.runtime_error"


class Key(NamedTuple):
    """Whose order, and which."""

    procedure: str
    caller: str
    key: str


class Answer:
    """One order with a key, from when it comes until its answer is forgotten.

    Attributes:
        arguments: what it was given with, written out.
        ended_s: monotonic time of its answer; None while it runs.
        size: characters of the answer.
        is_withdrawn: nobody waited for it any more before it began; it never will.
    """

    def __init__(self, arguments: str, ticket: Ticket) -> None:
        self.arguments = arguments
        self.ended_s: float | None = None
        self.size = 0
        self.is_withdrawn = False
        self._ticket = ticket
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._value: Any = None
        self._failure: tuple[str, Payload] | None = None
        self._bug: BaseException | None = None

    def start(self, work: Any, on_end: Callable[[bool], None]) -> None:
        """Carry *work* out in a task of its own; *on_end* hears whether to keep the answer."""
        self._task = asyncio.ensure_future(self._carry_out(work, on_end))
        # One that is cancelled before its first step would leave the coroutine unawaited.
        self._task.add_done_callback(lambda _: work.close())

    async def wait(self) -> Any:
        """Wait for the answer, and give it.

        When the last who waits is cancelled the order is withdrawn, unless it has begun: then it
        goes on to its end, so that a second try hears what became of it.
        """
        task = self._task
        if task is not None:
            self._waiting += 1
            try:
                await asyncio.shield(task)
            finally:
                self._waiting -= 1
                if not self._waiting and not task.done() and self._ticket.withdraw():
                    self.is_withdrawn = True
                    task.cancel()
        bug, self._bug = self._bug, None
        if bug is not None:
            raise bug
        if self._failure is not None:
            uri, payload = self._failure
            raise ApplicationError(uri, payload.args, payload.kwargs)
        return self._value

    def give_up(self) -> None:
        """Wait for the end of the order no more."""
        if self._task is not None:
            self._task.cancel()

    async def _carry_out(self, work: Any, on_end: Callable[[bool], None]) -> None:
        is_kept = False
        try:
            with self._ticket.shown():
                self._value = await work
            is_kept = True
        except asyncio.CancelledError:
            self._failure = "wamp.error.canceled", Payload()
            raise
        except Exception as error:  # noqa: BLE001 # told to whoever waits, as the session would
            is_kept = self._ticket.has_begun and not isinstance(error, _HARMLESS)
            self._failure = describe_failure(error)
            if self._failure is None:
                self._failure = _BUG, Payload((f"failed with {type(error).__name__}",))
                self._bug = error
        finally:
            self._task = None
            self.size = len(repr(self._value)) + len(repr(self._failure))
            on_end(is_kept)


class Answers:
    """Bounded table of answers; owned by the commands of a node.

    Args:
        monotonic_s: the time.
    """

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._count_by_caller: Counter[tuple[str, str]] = Counter()
        self._size = 0

    def __len__(self) -> int:
        return len(self._answers)

    def find(self, key: Key) -> Answer | None:
        """Return the order of this key; None when there was none, or it is too long ago."""
        answer = self._answers.get(key)
        if answer is not None and (answer.is_withdrawn or self._is_over(answer)):
            self._forget(key)
            return None
        return answer

    def begin(self, key: Key, answer: Answer, work: Any) -> None:
        """Let *answer* carry out *work*, which no other order of this key does."""
        self._answers[key] = answer
        self._count_by_caller[key[:2]] += 1

        def on_end(is_kept: bool) -> None:
            if self._answers.get(key) is not answer:
                return
            answer.ended_s = self._monotonic_s()
            self._size += answer.size
            if not is_kept:
                self._forget(key)

        answer.start(work, on_end)
        self._make_room(key)

    def close(self) -> None:
        """Give up what still runs; the node ends."""
        for answer in list(self._answers.values()):
            answer.give_up()

    def _make_room(self, newest: Key) -> None:
        while self._is_over(self._answers[oldest := next(iter(self._answers))]):
            self._forget(oldest)
        if self._count_by_caller[newest[:2]] > MAX_KEYS_EACH:
            self._forget_oldest(newest[:2])
        while len(self._answers) > MAX_KEYS or self._size > MAX_TOTAL_CHARACTERS:
            if not self._forget_oldest():
                return

    def _forget_oldest(self, caller: tuple[str, str] | None = None) -> bool:
        """Forget the oldest answer; an order that runs is never forgotten."""
        for key, answer in self._answers.items():
            if answer.ended_s is not None and caller in (None, key[:2]):
                self._forget(key)
                return True
        return False

    def _forget(self, key: Key) -> None:
        answer = self._answers.pop(key, None)
        if answer is None:
            return
        if answer.ended_s is not None:
            self._size -= answer.size
        self._count_by_caller[key[:2]] -= 1
        if not self._count_by_caller[key[:2]]:
            del self._count_by_caller[key[:2]]

    def _is_over(self, answer: Answer) -> bool:
        return answer.ended_s is not None and self._monotonic_s() - answer.ended_s > KEPT_S
