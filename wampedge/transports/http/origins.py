"""Which web pages may reach the router, and under which names (docs/decisions/0009)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

__all__ = ["OriginRule"]


class OriginRule:
    """Tells the pages and names of this machine from foreign ones.

    A name may be a foreign page's own domain, pointed at this machine to get past the browser
    (DNS rebinding). So only IP addresses, names of this machine and listed names count as ours.

    Args:
        allowed_origins: web pages (such as ``https://panel.example``) that may connect besides
            those this machine serves itself.
        own_names: further names of this machine, such as those its listeners are told.
    """

    def __init__(
        self, allowed_origins: Collection[str] = (), own_names: Collection[str] = ()
    ) -> None:
        self._allowed_origins = frozenset(allowed_origins)
        listed = {_host_of(origin.partition("://")[2]) for origin in allowed_origins}
        self._own_names = {name.lower() for name in own_names} | {name for name in listed if name}

    def admits_page(self, origin: str, hosts: Sequence[str]) -> bool:
        """Tell whether a web page of *origin* may connect.

        Args:
            origin: value of the ``Origin`` header.
            hosts: values of the ``Host`` header; a page of that very address is welcome.
        """
        if origin in self._allowed_origins:
            return True
        try:
            page = urlsplit(origin)
        except ValueError:
            return False
        return (
            page.scheme in ("http", "https")
            and self.admits_host(hosts)
            and page.netloc.lower() == hosts[0].lower()
        )

    def admits_host(self, hosts: Sequence[str]) -> bool:
        """Tell whether the one name in the ``Host`` headers is one of this machine."""
        host = _host_of(hosts[0]) if len(hosts) == 1 else ""
        return bool(host) and (host in self._own_names or _is_own_name(host))


def _host_of(place: str) -> str:
    """Return the host of ``host:port`` in lower case; empty for anything else."""
    try:
        parts = urlsplit(f"//{place}")
        parts.port  # noqa: B018 - asked for its ValueError: a port that is no number
    except ValueError:
        return ""
    is_plain = parts.netloc == place and "@" not in place
    return (parts.hostname or "") if is_plain else ""


def _is_own_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        own = socket.gethostname().lower()
        return host in ("localhost", own, f"{own}.local")
    return True
