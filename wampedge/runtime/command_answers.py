"""What commands with a key were answered, for callers who ask a second time.

With a log (``wampedge.store.orders``) they are known to the next run of the node, too: an order is
written down before it begins. What the log has without an answer may have been carried out.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from wampedge.client import CallResult
from wampedge.client.outcomes import describe_failure
from wampedge.errors import ApplicationError, BusBusyError, InvalidValueError, RefusedError
from wampedge.runtime.punctuality import Ticket
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    from wampedge.store.orders import OrderLog, WrittenOrder

__all__ = [
    "KEPT_S",
    "MAX_KEYS",
    "MAX_KEYS_EACH",
    "MAX_TOTAL_CHARACTERS",
    "SESSION",
    "UNKNOWN_OUTCOME",
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

SESSION: Final = "session "
"""What the name of a caller begins with that is known by its session alone."""
UNKNOWN_OUTCOME: Final = "wampedge.error.unknown_outcome"
_NOBODY_KNOWS: Final = (
    "the node ended while it carried the order out: look whether it was done, and take another key"
)
_HARMLESS: Final = (RefusedError, InvalidValueError, BusBusyError)
"""Failures that left the part alone: the order may be given again with the same key."""
_BUG: Final = "wamp.error.runtime_error"


class Key(NamedTuple):
    """Whose order, and which."""

    procedure: str
    caller: str
    key: str

    @property
    def is_lasting(self) -> bool:
        """Whether the caller has a name that another session has again."""
        return not self.caller.startswith(SESSION)


class Answer:
    """One order with a key, from when it comes until its answer is forgotten.

    Attributes:
        arguments: what it was given with, written out.
        ended_s: monotonic time of its answer; None while it runs.
        size: characters of the answer.
        is_withdrawn: nobody waited for it any more before it began; it never will.
        is_open: it had begun when the node gave it up.
    """

    def __init__(self, arguments: str, ticket: Ticket | None) -> None:
        self.arguments = arguments
        self.ended_s: float | None = None
        self.size = 0
        self.is_withdrawn = self.is_open = False
        self._ticket = ticket
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._value: Any = None
        self._failure: tuple[str, Payload] | None = None
        self._bug: BaseException | None = None

    @classmethod
    def found(cls, order: WrittenOrder, ended_s: float) -> Self:
        """Return the answer of an order that an earlier run of the node had."""
        found = cls(order.arguments, None)
        found.ended_s, found.size = ended_s, len(order.answer or "")
        told = json.loads(order.answer or f'{{"error": "{UNKNOWN_OUTCOME}", "args": []}}')
        payload = Payload(told["args"] or [_NOBODY_KNOWS], told.get("kwargs", {}))
        if "error" in told:
            found._failure = told["error"], payload
        else:
            found._value = CallResult(payload)
        return found

    def written(self) -> str | None:
        """Return the answer as ``found`` takes it; None where JSON has no form for it."""
        if self._failure is not None:
            uri, payload = self._failure
            told: dict[str, Any] = {"error": uri}
        else:
            value = self._value
            payload = value.payload if isinstance(value, CallResult) else Payload((value,))
            told = {}
        told |= {"args": list(payload.args), "kwargs": dict(payload.kwargs)}
        try:
            return json.dumps(told, allow_nan=False)
        except (TypeError, ValueError):
            return None

    def start(
        self,
        work: Any,
        on_end: Callable[[bool], None],
        before: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Carry *work* out in a task of its own.

        Args:
            work: the order.
            on_end: hears whether to keep the answer.
            before: what has to be done first.
        """
        self._task = asyncio.ensure_future(self._carry_out(work, on_end, before))
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
                ticket = self._ticket
                if not self._waiting and not task.done() and ticket and ticket.withdraw():
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

    async def _carry_out(
        self,
        work: Any,
        on_end: Callable[[bool], None],
        before: Callable[[], Awaitable[object]] | None,
    ) -> None:
        is_kept, ticket = False, self._ticket
        assert ticket is not None, "orders of earlier runs are not carried out"
        try:
            if before is not None:
                await before()
            with ticket.shown():
                self._value = await work
            is_kept = True
        except asyncio.CancelledError:
            self._failure = "wamp.error.canceled", Payload()
            self.is_open = ticket.has_begun
            raise
        except Exception as error:  # noqa: BLE001 # told to whoever waits, as the session would
            is_kept = ticket.has_begun and not isinstance(error, _HARMLESS)
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
        self._log: OrderLog | None = None
        self._time_s: Callable[[], float] = monotonic_s
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._count_by_caller: Counter[tuple[str, str]] = Counter()
        self._size = 0

    def __len__(self) -> int:
        return len(self._answers)

    def resume(self, log: OrderLog, time_s: Callable[[], float]) -> None:
        """Know what *log* has of earlier runs, and write to it from now on.

        Args:
            log: of the node's store, which is open.
            time_s: wall-clock time, Unix seconds.
        """
        self._log, self._time_s = log, time_s
        for key, order in log.restored().items():
            age_s = max(time_s() - order.time, 0.0)  # a clock that is not set knows no better
            if age_s > KEPT_S:
                log.drop(key)
                continue
            name = Key(*key)
            answer = self._answers[name] = Answer.found(order, self._monotonic_s() - age_s)
            self._size += answer.size
            self._count_by_caller[name[:2]] += 1

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
        log = self._log if key.is_lasting else None

        def on_end(is_kept: bool) -> None:
            if self._answers.get(key) is not answer:
                return
            answer.ended_s = self._monotonic_s()
            self._size += answer.size
            if not is_kept:
                self._forget(key, is_open=answer.is_open)
            elif log is not None:
                log.end(key, self._written(answer, answer.written()))

        before = None if log is None else lambda: log.begin(key, self._written(answer, None))
        answer.start(work, on_end, before)
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

    def _written(self, answer: Answer, text: str | None) -> WrittenOrder:
        from wampedge.store.orders import WrittenOrder  # noqa: PLC0415 # only where there is a log

        return WrittenOrder(answer.arguments, self._time_s(), text)

    def _forget(self, key: Key, *, is_open: bool = False) -> None:
        answer = self._answers.pop(key, None)
        if answer is None:
            return
        if self._log is not None and not is_open:
            self._log.drop(key)
        if answer.ended_s is not None:
            self._size -= answer.size
        self._count_by_caller[key[:2]] -= 1
        if not self._count_by_caller[key[:2]]:
            del self._count_by_caller[key[:2]]

    def _is_over(self, answer: Answer) -> bool:
        return answer.ended_s is not None and self._monotonic_s() - answer.ended_s > KEPT_S
