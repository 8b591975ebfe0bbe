"""One registration of the dealer, and which of its callees answers the next call."""

from __future__ import annotations

from collections.abc import Callable

from wampedge.router.session import RouterSession

__all__ = ["Registration"]

_INDEX_BY_INVOKE = {"single": 0, "first": 0, "last": -1}
"""Where all calls go to one callee: its place in the order of registration."""


class Registration:
    """One procedure, or pattern of procedures, and the sessions that offer it; they share its id.

    Made with its first callee, gone with its last or when it is taken over. Only the registrations
    of the realm add and remove callees.

    Args:
        registration_id: what REGISTERED and INVOCATION call it.
        policy: way to match (option ``match``).
        procedure: the procedure, or the pattern.
        invoke: way to choose a callee (option ``invoke``).
        random_id: chooses the callee where *invoke* is ``random``.
    """

    __slots__ = (
        "_random_id",
        "_turn",
        "callee",
        "callees",
        "id",
        "invoke",
        "is_exact",
        "policy",
        "procedure",
    )

    def __init__(
        self,
        registration_id: int,
        *,
        policy: str,
        procedure: str,
        invoke: str,
        random_id: Callable[[], int],
    ) -> None:
        self.id = registration_id
        self.policy = policy
        self.is_exact = policy == "exact"
        self.procedure = procedure
        self.invoke = invoke
        self.callees: list[RouterSession] = []
        self.callee: RouterSession | None = None
        """Who answers every call; None where that changes from call to call."""
        self._random_id = random_id
        self._turn = 0

    def add(self, session: RouterSession) -> None:
        """Let *session* answer calls, after all others in the order of registration."""
        self.callees.append(session)
        self._settle()

    def remove(self, session: RouterSession) -> None:
        """Send no more calls to *session*, a callee; the others keep their order and turn."""
        index = self.callees.index(session)
        del self.callees[index]
        if index < self._turn:
            self._turn -= 1
        elif self._turn == len(self.callees):
            self._turn = 0
        self._settle()

    def choose(self) -> RouterSession:
        """Return who answers this call, where that changes from call to call.

        Specification, "Shared Registration", "Load Balancing".
        """
        callees = self.callees
        if self.invoke == "random":
            return callees[self._random_id() % len(callees)]
        callee = callees[self._turn]
        self._turn = (self._turn + 1) % len(callees)
        return callee

    def _settle(self) -> None:
        index = _INDEX_BY_INVOKE.get(self.invoke)
        self.callee = None if index is None or not self.callees else self.callees[index]
