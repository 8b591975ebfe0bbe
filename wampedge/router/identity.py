"""Telling a peer who called or published, and how far the router trusts that session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.errors import ApplicationError
from wampedge.router.names import DISCLOSE_ME_DISALLOWED
from wampedge.router.passthru import check_may_seal, seal_of
from wampedge.router.session import RouterSession

__all__ = ["Identity", "Origin"]

_NO_LEVELS: Mapping[str, int] = {}


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
        return {
            self._id: session.id,
            self._authid: session.authid,
            self._authrole: session.authrole,
        }


class Origin:
    """What INVOCATION and EVENT tell of where they come from, and how to read their payload.

    Specification, "Call Trust Levels", "Publication Trust Levels" and "Payload Passthru Mode".

    Args:
        role: ``caller`` or ``publisher``.
        may_disclose: False refuses every request to be identified.
        trustlevel_by_role: how far sessions are trusted, by authrole, 0 being the lowest; if
            there are any, the node itself has the highest of them, and who is not listed has 0.

    Attributes:
        tells_always: there are details even where no option asks for any.
    """

    def __init__(
        self,
        role: str,
        *,
        may_disclose: bool,
        trustlevel_by_role: Mapping[str, int] = _NO_LEVELS,
    ) -> None:
        self.tells_always = bool(trustlevel_by_role)
        self._role = role
        self._identity = Identity(role, may_disclose=may_disclose)
        self._trustlevel_by_role = trustlevel_by_role
        self._highest_level = max(trustlevel_by_role.values(), default=0)

    def details(
        self, session: RouterSession, options: Mapping[str, Any], *, is_wanted: bool = False
    ) -> dict[str, Any]:
        """Return the details for what *session* sent with *options*.

        Args:
            session: the caller or publisher.
            options: those of its CALL or PUBLISH, checked before.
            is_wanted: its counterpart asked to be told who it is.

        Raises:
            ApplicationError: *session* asks to be identified and the realm does not allow it.
            RemoteProtocolError: the payload is sealed and *session* did not announce that.
        """
        is_disclosed = is_wanted or options.get("disclose_me")
        details = self._identity.details(session) if is_disclosed else {}
        if self.tells_always:
            details["trustlevel"] = self._trustlevel(session)
        if options.get("ppt_scheme"):
            check_may_seal(session, self._role, options)
            details.update(seal_of(options))
        return details

    def _trustlevel(self, session: RouterSession) -> int:
        if session.is_trusted:
            return self._highest_level
        return self._trustlevel_by_role.get(session.authrole, 0)
