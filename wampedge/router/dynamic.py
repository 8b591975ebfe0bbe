"""Asking a procedure of a client what a session may do, and remembering what it said.

A role can leave what its rules do not cover to a procedure, the dynamic authorizer. Whoever
registers it decides for all sessions of the role, so the right to register it is given by rules
alone. Specification, "Authorization", leaves the form to routers; this is that of Crossbar.io:

``procedure(session, uri, action, options)`` returns true, false or ``{"allow": true, "cache": 30}``

with the session as ``{"session", "realm", "authid", "authrole", "authmethod"}``, the action as one
of ``call``, ``register``, ``subscribe`` and ``publish``, and the way to match in ``options``.
``cache`` is for how many seconds the answer holds; true means as long as any, false not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from wampedge.records import Record
from wampedge.router.matchers import is_match
from wampedge.router.parking import Undecided
from wampedge.wamp.messages import Error, Result
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    from wampedge.router.dealer import OnAnswer
    from wampedge.router.permissions import Action, Authorizer
    from wampedge.router.sends import Sends
    from wampedge.router.session import RouterSession

__all__ = ["DynamicAuthorization", "DynamicAuthorizer", "Verdict"]

_MAX_REMEMBERED = 1_000
"""Answers kept for one session; a peer that tries random URIs cannot grow it."""
_HOLDS_AFTER_FAILURE_S = 1.0
"""How long a question that got no answer counts as denied: a dead authorizer is not flooded."""


class DynamicAuthorization(Record):
    """Which procedures decide for which roles.

    Args:
        procedure_by_role: the procedure that decides what the rules of a role do not cover.
        timeout_s: no answer within this time is a no.
        holds_s: for how long an answer holds, unless it says less.
    """

    procedure_by_role: Mapping[str, str]
    timeout_s: float = 5.0
    holds_s: float = 60.0


class Call(Protocol):
    """Calls a procedure of a client, as ``Realm.call`` does."""

    def __call__(
        self, procedure: str, payload: Payload, on_answer: OnAnswer, *, timeout_s: float
    ) -> Sends:
        """Call *procedure*; see ``Dealer.call_own``."""
        ...


class Verdict:
    """What the procedure said about one question.

    Args:
        is_allowed: the answer.
        until_s: when it has to be asked again, on the clock of the router.
        usable_until_s: until when who asked may use it once, even if it holds for no time at all:
            another question about the same message may have to be answered first.
    """

    __slots__ = ("is_allowed", "until_s", "usable_until_s")

    def __init__(self, is_allowed: bool, until_s: float, usable_until_s: float) -> None:
        self.is_allowed = is_allowed
        self.until_s = until_s
        self.usable_until_s = usable_until_s


class DynamicAuthorizer:
    """Allows what the rules cover, and else what the procedure of the role says.

    Args:
        rules: asked first; what it allows is allowed.
        settings: the procedures.
        call: calls them.
        monotonic_s: the clock of the router.
    """

    def __init__(
        self,
        rules: Authorizer,
        settings: DynamicAuthorization,
        *,
        call: Call,
        monotonic_s: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._settings = settings
        self._procedures = frozenset(settings.procedure_by_role.values())
        self._call = call
        self._monotonic_s = monotonic_s

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        """Allow what the rules or the procedure allow.

        Raises:
            Undecided: the procedure has to be asked.
        """
        if self._rules.allows(session, action, uri, policy):
            return True
        procedure = self._settings.procedure_by_role.get(session.authrole)
        if procedure is None or self._is_off_limits(action, uri, policy):
            return False
        verdict = session.verdicts.get((action, uri, policy))
        if verdict is not None:
            now_s, usable_until_s = self._monotonic_s(), verdict.usable_until_s
            verdict.usable_until_s = verdict.until_s
            if now_s < max(verdict.until_s, usable_until_s):
                return verdict.is_allowed
        raise Undecided(partial(self._ask, procedure, session, action, uri, policy))

    def _is_off_limits(self, action: Action, uri: str, policy: str) -> bool:
        """Keep the power to decide, and the questions, to those whom the rules name."""
        return action in {"call", "register"} and any(
            is_match(policy, uri, procedure) for procedure in self._procedures
        )

    def _ask(
        self,
        procedure: str,
        session: RouterSession,
        action: Action,
        uri: str,
        policy: str,
        go_on: Callable[[], Sends],
    ) -> Sends:
        realm = session.realm
        facts = {
            "session": session.id,
            "realm": realm.name if realm else None,
            "authid": session.authid,
            "authrole": session.authrole,
            "authmethod": session.authmethod,
        }
        payload = Payload((facts, uri, action, {"match": policy}))

        def on_answer(answer: Result | Error) -> Sends:
            is_allowed, holds_s = self._read(answer)
            if len(session.verdicts) >= _MAX_REMEMBERED:
                session.verdicts.clear()
            now_s, timeout_s = self._monotonic_s(), self._settings.timeout_s
            verdict = Verdict(is_allowed, now_s + holds_s, now_s + 2 * timeout_s)
            session.verdicts[action, uri, policy] = verdict
            return go_on()

        return self._call(procedure, payload, on_answer, timeout_s=self._settings.timeout_s)

    def _read(self, answer: Result | Error) -> tuple[bool, float]:
        """Return what the procedure said, and for how long it holds; no plain yes is a no."""
        if isinstance(answer, Error):
            return False, _HOLDS_AFTER_FAILURE_S
        args: list[Any] = list(answer.payload.args)
        said: Any = args[0] if args else None
        holds: Any = True
        if type(said) is dict:
            said, holds = said.get("allow"), said.get("cache", True)
        holds_s = self._settings.holds_s
        if holds is False:
            holds_s = 0.0
        elif type(holds) in {int, float} and holds == holds:  # noqa: PLR0124 - NaN differs from itself
            holds_s = min(max(float(holds), 0.0), holds_s)
        return said is True, holds_s
