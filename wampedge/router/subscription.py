"""One subscription of the broker, and who gets its events."""

from __future__ import annotations

from wampedge.router.session import RouterSession

__all__ = ["Subscription"]


class Subscription:
    """All sessions that subscribed to one topic in one way; they share its id.

    Made with its first subscriber, gone with its last; one that is *lasting* is there from the
    start to the end of its realm. Only the broker changes it.

    Args:
        subscription_id: what SUBSCRIBED and EVENT call it.
        policy: way to match (option ``match``).
        topic: the topic, or the pattern.
        created_s: when it was made, in seconds since 1970.
        is_lasting: it needs no subscriber.
    """

    __slots__ = (
        "_others",
        "_recipients",
        "created_s",
        "id",
        "is_exact",
        "is_lasting",
        "policy",
        "sessions",
        "topic",
    )

    def __init__(
        self,
        subscription_id: int,
        *,
        policy: str,
        topic: str,
        created_s: float,
        is_lasting: bool = False,
    ) -> None:
        self.id = subscription_id
        self.policy = policy
        self.is_exact = policy == "exact"
        self.topic = topic
        self.created_s = created_s
        self.is_lasting = is_lasting
        self.sessions: dict[RouterSession, str | None] = {}
        """The subscribers, and what each wants to happen to events it is too slow for
        (``wampedge.wamp.overflow``); None where it did not say."""
        self._recipients: tuple[RouterSession, ...] | None = None
        self._others: tuple[RouterSession, tuple[RouterSession, ...]] | None = None

    @property
    def recipients(self) -> tuple[RouterSession, ...]:
        """The subscribers, first come first; the same tuple until one comes or goes."""
        if self._recipients is None:
            self._recipients = tuple(self.sessions)
        return self._recipients

    @property
    def is_over(self) -> bool:
        """Nobody needs it any more."""
        return not (self.sessions or self.is_lasting)

    def recipients_without(self, session: RouterSession) -> tuple[RouterSession, ...]:
        """Return the subscribers but *session*, which may be one of them or not.

        The last answer is remembered: a session that publishes to its own topic does so again.
        """
        if session not in self.sessions:
            return self.recipients
        if self._others is None or self._others[0] is not session:
            recipients = self.recipients
            place = recipients.index(session)
            self._others = session, recipients[:place] + recipients[place + 1 :]
        return self._others[1]

    def add(self, session: RouterSession) -> None:
        """Let *session* get the events from now on."""
        self.sessions[session] = None
        self._recipients = self._others = None

    def remove(self, session: RouterSession) -> None:
        """Let *session*, a subscriber, get no more events."""
        del self.sessions[session]
        self._recipients = self._others = None
