"""One certificate for all sites of a test run, and the clients that trust it."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.certificates import Authority
from wampedge.server.listeners import Protection

__all__ = ["client_tls", "protection"]


@cache
def _authority() -> tuple[TemporaryDirectory[str], Authority]:
    folder = TemporaryDirectory()  # removed when the process ends
    return folder, Authority(Path(folder.name))


@cache
def protection() -> Protection:
    """Return what a server needs to take connections with TLS."""
    return Protection(tls=_authority()[1].issue().server())


@cache
def client_tls() -> ssl.SSLContext:
    """Return the settings of a client that is none of ours."""
    return ssl.create_default_context(cafile=str(_authority()[1].ca_file))
