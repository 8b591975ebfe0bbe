"""Telling a peer who called or published, and how far the router trusts that session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from wampedge.errors import ApplicationError
from wampedge.router.names import DISCLOSE_ME_DISALLOWED
from wampedge.router.passthru import check_may_seal, seal_of
from wampedge.router.session import RouterSession
from wampedge.wamp.hops import FORWARD_OPTION, Speaker, forwarded, speaker_of, way_of

if TYPE_CHECKING:
    from wampedge.router.settings import RealmSettings

__all__ = ["Disclosure", "Identity", "Origin"]

Disclosure = Literal["asked", "always", "never"]
"""When the sessions of a role are identified to their counterparts."""


class Identity:
    """The details that identify a session in one role.

    Specification, "Caller Identification" and "Publisher Identification".

    Args:
        role: ``caller`` or ``publisher``, the first word of the details.
        may_disclose: False refuses every request to be identified.
    """

    def __init__(self, role: str, *, may_disclose: bool) -> None:
        self._may_disclose = may_disclose
        self._id, self._authid, self._authrole = role, f"{role}_authid", f"{role}_authrole"

    def details(self, session: RouterSession) -> dict[str, Any]:
        """Return the details that identify *session*, which asked for it.

        Raises:
            ApplicationError: the realm does not allow it.
        """
        if not self._may_disclose:
            raise ApplicationError(DISCLOSE_ME_DISALLOWED, ["this realm discloses no identities"])
        return self.known(session)

    def known(self, session: RouterSession) -> dict[str, Any]:
        """Return the details that identify *session*, for the node itself."""
        return {
            self._id: session.id,
            self._authid: session.authid,
            self._authrole: session.authrole,
        }

    def claimed(self, speaker: Speaker) -> dict[str, Any]:
        """Return the details that identify *speaker*, as far as it is known."""
        details = zip((self._id, self._authid, self._authrole), speaker, strict=True)
        return {name: value for name, value in details if value is not None}


class Origin:
    """What INVOCATION and EVENT tell of where they come from, and how to read their payload.

    Specification, "Call Trust Levels", "Publication Trust Levels" and "Payload Passthru Mode".

    Args:
        role: ``caller`` or ``publisher``.
        settings: the realm. Who has no trust level where there are any has 0, the node itself the
            highest; a role is identified when it asks for it, unless the settings say otherwise.

    Attributes:
        tells_always: there are details even where no option asks for any.
    """

    def __init__(self, role: str, settings: RealmSettings) -> None:
        self.tells_always = settings.tells_always
        self._role = role
        self._identity = Identity(role, may_disclose=settings.may_disclose)
        self._disclosure_by_role = settings.disclosure_by_role
        self._trustlevel_by_role = settings.trustlevel_by_role
        self._highest_level = max(self._trustlevel_by_role.values(), default=0)
        self._relay_roles = settings.relay_roles

    def details(
        self,
        session: RouterSession,
        options: Mapping[str, Any],
        *,
        is_wanted: bool = False,
        is_for_node: bool = False,
    ) -> dict[str, Any]:
        """Return the details for what *session* sent with *options*.

        Args:
            session: the caller or publisher.
            options: those of its CALL or PUBLISH, checked before.
            is_wanted: its counterpart asked to be told who it is.
            is_for_node: its counterpart is the node itself, which knows anyway.

        Raises:
            ApplicationError: *session* asks to be identified and the realm does not allow it.
            RemoteProtocolError: the payload is sealed and *session* did not announce that.
        """
        is_disclosed = self._is_disclosed(session, options, is_wanted=is_wanted)
        if is_wanted and is_for_node:
            details = self._identity.known(session)
            if session.is_trusted and options.get(FORWARD_OPTION):
                details = {**details, FORWARD_OPTION: options[FORWARD_OPTION]}
        else:
            details = self._identity.details(session) if is_disclosed else {}
            if options.get(FORWARD_OPTION):
                details.update(self._way(session, options))
        if self._trustlevel_by_role:
            details["trustlevel"] = self._trustlevel(session)
        if options.get("ppt_scheme"):
            check_may_seal(session, self._role, options)
            details.update(seal_of(options))
        return details

    def _way(self, session: RouterSession, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return how it came here, and who sent it off where *session* may say so."""
        way = way_of(options)
        details: dict[str, Any] = {FORWARD_OPTION: forwarded(None, way)} if way else {}
        if session.is_trusted or session.authrole in self._relay_roles:
            speaker = speaker_of(options)
            if speaker is not None:
                details.update(self._identity.claimed(speaker))
        return details

    def _is_disclosed(
        self, session: RouterSession, options: Mapping[str, Any], *, is_wanted: bool
    ) -> bool:
        """Decide whether the counterpart is told who *session* is; refuses what its role denies."""
        asks = bool(options.get("disclose_me"))
        disclosure = self._disclosure_by_role.get(session.authrole, "asked")
        if disclosure == "never":
            if asks:
                raise ApplicationError(DISCLOSE_ME_DISALLOWED, ["this role is never identified"])
            return False
        return asks or is_wanted or disclosure == "always"

    def _trustlevel(self, session: RouterSession) -> int:
        if session.is_trusted:
            return self._highest_level
        return self._trustlevel_by_role.get(session.authrole, 0)
