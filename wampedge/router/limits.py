"""How often and how much at once: limits of roles and of procedures.

A realm without limits never comes here: the realm puts ``Limits`` before its broker and dealer
only where the settings have some.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from wampedge.errors import ApplicationError, ConfigError
from wampedge.records import Record
from wampedge.router.ingest import OnIngest
from wampedge.router.matching import quoted
from wampedge.router.names import LIMIT
from wampedge.router.parking import Undecided
from wampedge.router.rules import Rules
from wampedge.router.sends import Sends
from wampedge.router.session import RouterSession
from wampedge.wamp.marking import Mark
from wampedge.wamp.messages import Call, Publish

__all__ = ["Limits", "ProcedureLimit", "RoleLimits"]

_MAX_REMEMBERED = 1_000
"""Procedures whose limits are kept; a peer that tries random ones cannot grow it."""


class RoleLimits(Record):
    """What each session of one role may do; None for as much as it likes.

    Args:
        calls_per_s: calls in a second; as many may come at once after a pause.
        publications_per_s: publications in a second, likewise.
        pending_calls: calls it may have unanswered at once.
    """

    calls_per_s: float | None = None
    publications_per_s: float | None = None
    pending_calls: int | None = None


@dataclass(frozen=True, slots=True)
class ProcedureLimit:
    """What all sessions together may do with some procedures, the node's own included.

    Args:
        procedure: a rule as ``wampedge.router.rules`` reads it: a URI, or a prefix with its dot.
        calls_per_s: calls in a second; as many may come at once after a pause.
        concurrency: calls that may be unanswered at once.

    Raises:
        ConfigError: *procedure* is no rule.
    """

    procedure: str
    calls_per_s: float | None = None
    concurrency: int | None = None

    def __post_init__(self) -> None:
        if Rules([self.procedure]).names_user:
            raise ConfigError(f"a limit is for everybody, not for {self.procedure}")


class _Bucket:
    """So many in a second; what was not used in the last second may be used at once.

    Args:
        per_s: how many in a second.
        monotonic_s: tells the time.
    """

    __slots__ = ("_at_s", "_left", "_monotonic_s", "_most", "per_s")

    def __init__(self, per_s: float, monotonic_s: Callable[[], float]) -> None:
        self.per_s = per_s
        self._monotonic_s = monotonic_s
        self._most = max(per_s, 1.0)
        self._left = self._most
        self._at_s = monotonic_s()

    def wait_s(self) -> float:
        """Return how long to wait until there is one to take; 0 if there is one now."""
        now_s = self._monotonic_s()
        self._left = min(self._most, self._left + (now_s - self._at_s) * self.per_s)
        self._at_s = now_s
        return 0.0 if self._left >= 1.0 else (1.0 - self._left) / self.per_s

    def take(self) -> None:
        """Take one; ``wait_s`` has said that there is one."""
        self._left -= 1.0


class _Gate:
    """One ``ProcedureLimit`` at work.

    Args:
        limit: the limit.
        monotonic_s: tells the time.
    """

    __slots__ = ("_bucket", "_calls", "_concurrency", "_rules", "name")

    def __init__(self, limit: ProcedureLimit, monotonic_s: Callable[[], float]) -> None:
        self.name = limit.procedure
        self._rules = Rules([limit.procedure])
        self._bucket = (
            None if limit.calls_per_s is None else _Bucket(limit.calls_per_s, monotonic_s)
        )
        self._concurrency = limit.concurrency
        self._calls = 0

    def covers(self, procedure: str) -> bool:
        """Tell whether the limit is for *procedure*."""
        return self._rules.cover(procedure)

    def check(self) -> None:
        """Refuse one more call.

        Raises:
            ApplicationError: with the URI ``wampedge.error.limit``.
        """
        if self._concurrency is not None and self._calls >= self._concurrency:
            text = f"{quoted(self.name)} takes {self._concurrency} calls at once"
            raise ApplicationError(LIMIT, [f"{text}; try again when one has ended"])
        if self._bucket is not None:
            _check_rate(self._bucket, f"{quoted(self.name)} takes {self._bucket.per_s:g} calls")

    def enter(self) -> None:
        """Count one call more."""
        if self._bucket is not None:
            self._bucket.take()
        self._calls += 1

    def leave(self) -> None:
        """Count one call that has ended."""
        self._calls -= 1


class Limits:
    """The limits of one realm, in front of its dealer and its broker.

    Args:
        limits_by_role: what sessions may do, by authrole; the node's own have no limits.
        procedure_limits: what holds for everybody; all that cover a procedure count.
        monotonic_s: tells the time in seconds since any moment.
        on_call: takes the calls that are within the limits.
        on_publish: takes the publications.
        on_ingest: takes those that come in batches.
    """

    def __init__(
        self,
        limits_by_role: Mapping[str, RoleLimits],
        procedure_limits: Sequence[ProcedureLimit],
        *,
        monotonic_s: Callable[[], float],
        on_call: Callable[[RouterSession, Call], Sends],
        on_publish: Callable[[RouterSession, Publish], Sends],
        on_ingest: OnIngest,
    ) -> None:
        self._limits_by_role = dict(limits_by_role)
        self._gates = [_Gate(limit, monotonic_s) for limit in procedure_limits]
        self._gates_by_procedure: dict[str, tuple[_Gate, ...]] = {}
        self._monotonic_s = monotonic_s
        self._on_call = on_call
        self._on_publish = on_publish
        self._on_ingest = on_ingest
        self._calls: WeakKeyDictionary[RouterSession, _Bucket] = WeakKeyDictionary()
        self._publications: WeakKeyDictionary[RouterSession, _Bucket] = WeakKeyDictionary()

    def on_call(self, caller: RouterSession, call: Call) -> Sends:
        """Let a call through that is within all limits; one in parts counts once.

        A call that is refused for another reason counts for its session, but not for the
        procedure: who may not call it cannot use up the calls of others.
        """
        if call.request_id in caller.calls or (
            caller.ended_inputs is not None and call.request_id in caller.ended_inputs
        ):
            return self._on_call(caller, call)
        limits = self._limits_of(caller)
        bucket = self._bucket(self._calls, caller, limits.calls_per_s)
        if limits.pending_calls is not None and len(caller.calls) >= limits.pending_calls:
            text = f"role {caller.authrole} may have {limits.pending_calls} pending calls at once"
            raise ApplicationError(LIMIT, [f"{text}; try again when one has ended"])
        if bucket is not None:
            _check_rate(bucket, f"role {caller.authrole} may make {bucket.per_s:g} calls")
        gates = self._gates_of(call.procedure)
        for gate in gates:
            gate.check()
        try:
            sends = self._on_call(caller, call)
        except Undecided:
            raise  # the call comes again, and counts then
        except ApplicationError:
            _take(bucket)
            raise
        _take(bucket)
        self._enter(gates, caller, call)
        return sends

    def on_publish(self, session: RouterSession, publish: Publish) -> Sends:
        """Let a publication through that is within the limits of its session."""
        bucket = self._checked_bucket(session)
        sends = self._on_publish(session, publish)
        _take(bucket)
        return sends

    def on_ingest(
        self, session: RouterSession, publish: Publish, mark: Mark
    ) -> tuple[Sends, int | None]:
        """Let one of a batch through, in the same way."""
        bucket = self._checked_bucket(session)
        taken = self._on_ingest(session, publish, mark)
        _take(bucket)
        return taken

    def _checked_bucket(self, session: RouterSession) -> _Bucket | None:
        """Return what counts the publications of *session*; raises ApplicationError when full."""
        limits = self._limits_of(session)
        bucket = self._bucket(self._publications, session, limits.publications_per_s)
        if bucket is not None:
            _check_rate(bucket, f"role {session.authrole} may make {bucket.per_s:g} publications")
        return bucket

    def _limits_of(self, session: RouterSession) -> RoleLimits:
        if session.is_trusted:
            return _NO_LIMITS
        return self._limits_by_role.get(session.authrole, _NO_LIMITS)

    def _bucket(
        self,
        buckets: WeakKeyDictionary[RouterSession, _Bucket],
        session: RouterSession,
        per_s: float | None,
    ) -> _Bucket | None:
        if per_s is None:
            return None
        bucket = buckets.get(session)
        if bucket is None:
            bucket = buckets[session] = _Bucket(per_s, self._monotonic_s)
        return bucket

    def _gates_of(self, procedure: str) -> tuple[_Gate, ...]:
        gates = self._gates_by_procedure.get(procedure)
        if gates is None:
            gates = tuple(gate for gate in self._gates if gate.covers(procedure))
            if len(self._gates_by_procedure) >= _MAX_REMEMBERED:
                self._gates_by_procedure.clear()
            self._gates_by_procedure[procedure] = gates
        return gates

    def _enter(self, gates: Sequence[_Gate], session: RouterSession, call: Call) -> None:
        """Count *call* at *gates*, until it ends; the router itself has answered at once."""
        pending = session.calls.get(call.request_id)
        for gate in gates:
            gate.enter()
            if pending is None:
                gate.leave()
            else:
                pending.at_end += (gate.leave,)


_NO_LIMITS = RoleLimits()


def _take(bucket: _Bucket | None) -> None:
    if bucket is not None:
        bucket.take()


def _check_rate(bucket: _Bucket, what: str) -> None:
    """Refuse one more of *what* for now.

    Raises:
        ApplicationError: with the URI ``wampedge.error.limit``.
    """
    wait_s = bucket.wait_s()
    if wait_s:
        raise ApplicationError(LIMIT, [f"{what} a second; try again in {wait_s:.2g} s"])
