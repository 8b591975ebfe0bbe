"""Reading the arguments of a call to a meta procedure, and answering it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from wampedge.errors import ApplicationError
from wampedge.router.matching import quoted
from wampedge.router.names import INVALID_ARGUMENT, NOT_AUTHORIZED
from wampedge.router.registration import BuiltIn
from wampedge.router.sends import Send, Sends
from wampedge.router.session import RouterSession
from wampedge.wamp.ids import is_id
from wampedge.wamp.messages import Call, Result
from wampedge.wamp.payload import Payload
from wampedge.wamp.validation import shown

if TYPE_CHECKING:
    from wampedge.router.realm import Realm

__all__ = ["Arguments", "answering", "check_named_right", "result"]

_Value = TypeVar("_Value")


class Arguments:
    """The arguments of one CALL.

    Null counts as absent, and keywords that nobody asks for are ignored, as in options. Every
    method raises ApplicationError ``wamp.error.invalid_argument`` for what is wrong.

    Args:
        payload: what came with the call.
        names: the positional arguments there may be.
    """

    def __init__(self, payload: Payload, *names: str) -> None:
        self._args: Sequence[Any] = payload.args
        self.kwargs: Mapping[str, Any] = payload.kwargs
        self._names = names
        if len(self._args) > len(names):
            wanted = ", ".join(names) or "none"
            raise _wrong(f"got {len(self._args)} positional arguments, wanted {wanted}")

    def id(self, index: int) -> int:
        """Return the id at *index*, of whatever kind it is."""
        value = self._at(index)
        if not is_id(value):
            raise self._unlike(index, "an id", value)
        return int(value)

    def text(self, index: int) -> str:
        """Return the text at *index*."""
        value = self._at(index)
        if type(value) is not str:
            raise self._unlike(index, "a string", value)
        return value

    def texts(self, index: int) -> list[str] | None:
        """Return the list of texts at *index*, or None where there is none."""
        value = self._at(index)
        if value is None:
            return None
        if not isinstance(value, list | tuple) or any(type(each) is not str for each in value):
            raise self._unlike(index, "a list of strings", value)
        return list(value)

    def values(self, index: int) -> list[Any]:
        """Return the list at *index*, empty where there is none."""
        value = self._at(index)
        if value is not None and not isinstance(value, list | tuple):
            raise self._unlike(index, "a list", value)
        return list(value or ())

    def table(self, index: int) -> dict[str, Any]:
        """Return the dict at *index*, empty where there is none."""
        value = self._at(index)
        if value is not None and type(value) is not dict:
            raise self._unlike(index, "a dict", value)
        return value or {}

    def keyword(self, name: str, kind: type[_Value], wanted: str) -> _Value | None:
        """Return the keyword argument *name*, or None where there is none.

        Args:
            name: the keyword.
            kind: what it must be.
            wanted: the same for people.
        """
        value = self.kwargs.get(name)
        if value is not None and type(value) is not kind:
            raise _wrong(f"{name} must be {wanted}, got {shown(value)}")
        return value

    def one_of(self, name: str, choices: Sequence[_Value]) -> _Value:
        """Return the keyword argument *name*, the last of *choices* where there is none."""
        value = self.kwargs.get(name)
        if value is None:
            return choices[-1]
        for choice in choices:
            if value == choice:
                return choice
        raise _wrong(f"{name} must be {' or '.join(map(str, choices))}, got {shown(value)}")

    def _at(self, index: int) -> Any:
        return self._args[index] if index < len(self._args) else None

    def _unlike(self, index: int, wanted: str, value: Any) -> ApplicationError:
        return _wrong(f"{self._names[index]} must be {wanted}, got {shown(value)}")


def _wrong(text: str) -> ApplicationError:
    return ApplicationError(INVALID_ARGUMENT, [text])


def result(caller: RouterSession, call: Call, *args: Any) -> Send:
    """Answer *call* with *args*."""
    return Send((caller,), Result(call.request_id, {}, Payload(args)))


def check_named_right(realm: Realm, caller: RouterSession, what: str) -> None:
    """Refuse a session that may call a procedure only because no rule holds for it.

    Args:
        realm: the realm.
        caller: who calls.
        what: what the procedure is for.

    Raises:
        ApplicationError: the realm leaves that to those whom a rule names.
    """
    if realm.open_roles_may_kill or caller.is_trusted or caller.permissions is not None:
        return
    text = f"no rule lets the role {quoted(caller.authrole)} {what}"
    raise ApplicationError(NOT_AUTHORIZED, [text])


def answering(compute: Callable[[Payload], Any]) -> BuiltIn:
    """Make a procedure that answers with the value that *compute* finds, for any caller."""

    def answer(caller: RouterSession, call: Call) -> Sends:
        return (result(caller, call, compute(call.payload)),)

    return answer
