"""Telling a peer who called or published, where that peer's counterpart asked for it."""

from __future__ import annotations

from typing import Any

from wampedge.errors import ApplicationError
from wampedge.router.names import DISCLOSE_ME_DISALLOWED
from wampedge.router.session import RouterSession

__all__ = ["Identity"]


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
