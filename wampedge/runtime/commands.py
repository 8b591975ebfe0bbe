"""Orders with a deadline and a key: never carried out late, never twice.

Whatever writes takes two more arguments, by their names:

- ``by_``: until when the order may begin. A number is Unix seconds, a duration counts from the
  arrival of the call here. It is looked at when the call comes and again right before the part is
  touched, so an order that waited for its bus too long is not carried out.
- ``key_``: a name for the order, given by who calls. The same key again, by the same caller and
  for the same procedure, gets the answer of the first order, also while that still runs.

How long answers are known stands in ``wampedge.runtime.command_answers``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from wampedge.client import CallDetails
from wampedge.devices.contracts import Clock
from wampedge.devices.fields import Duration, Field, FieldError, Text, shown
from wampedge.devices.fields.base import is_usual_number
from wampedge.errors import ExpiredError, InvalidValueError
from wampedge.runtime.command_answers import SESSION, Answer, Answers, Key
from wampedge.runtime.punctuality import Ticket
from wampedge.wamp.hops import speaker_of

__all__ = ["COMMAND_OPTIONS", "Commands", "Deadline"]

Endpoint = Callable[..., Awaitable[Any]]
MAX_KEY_LENGTH: Final = 64
_LATEST: Final = 1e11
"""A Unix time beyond is in milliseconds, most likely."""


class _Due(NamedTuple):
    """A deadline as it was written."""

    seconds: float
    is_absolute: bool


class Deadline(Field):
    """Unix seconds, or a duration from the arrival of the call on."""

    def convert(self, value: Any) -> _Due:
        """Return the deadline; raises FieldError."""
        if isinstance(value, str):
            return _Due(Duration().convert(value), is_absolute=False)
        if not is_usual_number(value):
            text = f'must be Unix seconds, or a duration such as "5s", got {shown(value)}'
            raise FieldError(text)
        if not 0 <= value < _LATEST:
            raise FieldError(f"must be Unix seconds, got {shown(value)}")
        return _Due(float(value), is_absolute=True)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a deadline."""
        number = {"type": "number", "minimum": 0, "exclusiveMaximum": _LATEST}
        return {"anyOf": [number, Duration().schema()]}


COMMAND_OPTIONS: Final[Mapping[str, Field]] = {
    "by_": Deadline(
        default=None, doc="not carried out later: Unix seconds, or a duration from now on"
    ),
    "key_": Text(
        minimum_length=1,
        maximum_length=MAX_KEY_LENGTH,
        default=None,
        doc="the same key again gets the first answer, and nothing is done twice",
    ),
}
"""What every procedure that writes takes, by name only."""


class Commands:
    """Knows the orders of one node; owned by its site.

    Args:
        clock: the node's clock.
        is_synced: tells whether its wall-clock time can be trusted.
    """

    def __init__(self, clock: Clock, is_synced: Callable[[], bool] = lambda: True) -> None:
        self.is_synced = is_synced
        self.answers = Answers(clock.monotonic)
        self._clock = clock

    def endpoint(self, procedure: str, inner: Endpoint) -> Endpoint:
        """Return *inner*, which takes ``details``, behind deadline and key."""

        async def command(*args: Any, details: CallDetails, **kwargs: Any) -> Any:
            due, key = _option("by_", kwargs), _option("key_", kwargs)
            if due is None and key is None:
                return await inner(*args, details=details, **kwargs)
            if key is None:
                ticket = self._ticket(due)
                with ticket.shown():
                    return await inner(*args, details=details, **kwargs)
            name = Key(procedure, _name_of_caller(details), key)
            arguments = repr((args, sorted(kwargs.items())))
            answer = self.answers.find(name)
            if answer is None:
                ticket = self._ticket(due)
                answer = Answer(arguments, ticket)
                self.answers.begin(name, answer, inner(*args, details=details, **kwargs))
            elif answer.arguments != arguments:
                text = "key_: was given with another order already"
                raise InvalidValueError(text, field="key_")
            return await answer.wait()

        command.wants_caller = True  # type: ignore[attr-defined] # functions take attributes
        return command

    def _ticket(self, due: _Due | None) -> Ticket:
        """Return what lets an order begin until *due*; raises ExpiredError."""
        if due is None:
            return Ticket(self._clock)
        rest_s = due.seconds
        if due.is_absolute:
            if not self.is_synced():
                text = "the clock of the node is not set, so nobody knows whether it is too late"
                raise ExpiredError(text, why="unsynced")
            rest_s -= self._clock.time()
        # From here on monotonic: a clock that is set meanwhile moves no deadline.
        ticket = Ticket(self._clock, self._clock.monotonic() + rest_s)
        ticket.check()
        return ticket


def _name_of_caller(details: CallDetails) -> str:
    """Return whose orders have keys of their own: those of one user, here or upstream."""
    speaker = speaker_of(details.options)
    if speaker is not None:
        return f"upstream {speaker.authid or speaker.session}"
    return details.caller_authid or f"{SESSION}{details.caller}"


def _option(name: str, kwargs: dict[str, Any]) -> Any:
    """Take one of the options out of *kwargs*; raises InvalidValueError."""
    given = kwargs.pop(name, None)
    if given is None:
        return None
    try:
        return COMMAND_OPTIONS[name].convert(given)
    except FieldError as error:
        raise InvalidValueError(f"{name}: {error}", field=name) from error
