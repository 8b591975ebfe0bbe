"""One log line for many wishes with the same trouble: a ghost holds all our names at once."""

from __future__ import annotations

import logging
from collections.abc import Callable

from wampedge.wamp.router_details import printable

__all__ = ["TroubleLog"]

log = logging.getLogger(__name__)

_MAX_TEXT = 400


class TroubleLog:
    """Logs the first wish that has a kind of trouble, and when the last one is rid of it.

    Owned by one ``Connection``.

    Args:
        name: tells whose wishes these are.
    """

    def __init__(self, name: Callable[[], str]) -> None:
        self._name = name
        self._uris_by_kind: dict[str, set[str]] = {}

    def begin(self, uri: str, kind: str, text: str) -> None:
        """Note that *uri* has trouble.

        Args:
            uri: the procedure or topic.
            kind: what groups troubles, such as the URI of the error.
            text: the trouble for people.
        """
        kind = printable(kind)
        if uri in self._uris_by_kind.get(kind, ()):
            return
        self.end(uri)
        uris = self._uris_by_kind.setdefault(kind, set())
        level = logging.DEBUG if uris else logging.WARNING
        shown = printable(text, _MAX_TEXT)
        log.log(level, "%s: %s: %s; asking again", self._name(), uri, shown)
        uris.add(uri)

    def end(self, uri: str) -> None:
        """Note that *uri* has no trouble any more; does nothing when it had none."""
        for kind, uris in list(self._uris_by_kind.items()):
            uris.discard(uri)
            if not uris:
                del self._uris_by_kind[kind]
                log.info("%s: nobody has trouble with %s any more", self._name(), kind)

    def clear(self) -> None:
        """Forget everything: the session is over."""
        self._uris_by_kind.clear()
