"""``${...}`` in the device file: environment variables, the node's name, and secrets.

Texts are expanded before they are checked. Secrets are read at load, so that a missing one is told
before any device is opened; their text never gets into a message.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wampedge.config.layout import KeyPath
from wampedge.config.model import Secret
from wampedge.config.problems import Findings
from wampedge.devices.fields import FieldError

__all__ = ["EXPANDABLE", "expand", "resolve_secret"]

EXPANDABLE: Final[tuple[tuple[str, ...], ...]] = (
    ("node", "name"),
    ("node", "uri_prefix"),
    ("router", "realm"),
    ("upstream", "url"),
    ("upstream", "realm"),
    ("upstream", "auth", "id"),
)
"""The keys whose texts may hold ``${env:NAME}`` and ``${node.name}``, in the order they need."""

_REFERENCE: Final = re.compile(r"\$\{([^}]*)\}?")
_MAX_SECRET_BYTES: Final = 4096


def expand(values: dict[str, Any], environ: Mapping[str, str], findings: Findings) -> set[KeyPath]:
    """Replace the references in *values*, in place; return the paths that had any.

    A text that cannot be expanded is noted in *findings* and taken out of *values*.
    """
    expanded: set[KeyPath] = set()
    for path in EXPANDABLE:
        table = _table_of(values, path)
        text = table.get(path[-1]) if table is not None else None
        if table is None or not isinstance(text, str) or "${" not in text:
            continue
        expanded.add(path)
        known = _node_name(values) if path != ("node", "name") else {}
        try:
            table[path[-1]] = _REFERENCE.sub(lambda m: _meaning(m, environ, known), text)  # noqa: B023 # used before the next turn
        except FieldError as error:
            is_told = "${node.name}" in text and findings.is_lost(("node", "name"))
            if not is_told:
                findings.add(path, error.text, error.hint, code="reference")
            findings.lose(path)
            del table[path[-1]]
    return expanded


def resolve_secret(reference: str, environ: Mapping[str, str]) -> Secret:
    """Read the secret that ``${env:..}``, ``${file:..}`` or ``${credential:..}`` stands for.

    Raises:
        FieldError: it is not there, open to others, or no text; never shows what was read.
    """
    kind, _, name = reference[2:-1].partition(":")
    if kind == "env":
        if name not in environ:
            raise FieldError(f"needs the environment variable {name}, which is not set")
        return _usable(environ[name], f"environment variable {name}")
    if kind == "file":
        return _usable(_read_private(Path(name), must_be_private=True), f"file {name}")
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        raise FieldError(
            f"needs the systemd credential {name}, and systemd has handed over none",
            f"add LoadCredential={name}:/path to the unit",
        )
    if name in (".", ".."):
        raise FieldError("must name a credential")
    # systemd guards its folder by ownership or by an ACL, which looks like an open mode.
    text = _read_private(Path(folder) / name, must_be_private=False)
    return _usable(text, f"credential {name}")


def _table_of(values: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any] | None:
    table: Any = values
    for key in path[:-1]:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None


def _node_name(values: dict[str, Any]) -> dict[str, str]:
    node = values.get("node")
    name = node.get("name") if isinstance(node, dict) else None
    return {"node.name": name} if isinstance(name, str) else {}


def _meaning(match: re.Match[str], environ: Mapping[str, str], known: Mapping[str, str]) -> str:
    name = match[1]
    if not match[0].endswith("}"):
        raise FieldError("has a ${ that is not closed", "end it with }")
    if name in known:
        return known[name]
    if name == "node.name":
        raise FieldError("cannot use ${node.name}: the node has no usable name")
    kind, _, variable = name.partition(":")
    if kind != "env" or not variable:
        raise FieldError("has a reference that means nothing", "write ${env:NAME} or ${node.name}")
    if variable not in environ:
        raise FieldError(f"needs the environment variable {variable[:80]}, which is not set")
    return environ[variable]


def _read_private(path: Path, *, must_be_private: bool) -> str:
    """Return the text of a small regular file; raises FieldError."""
    try:
        # Non-blocking: opening a FIFO that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FieldError(f"needs {path}, which cannot be read: {reason.lower()}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise FieldError(f"needs {path}, which is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        mode = stat.S_IMODE(status.st_mode)
        if must_be_private and mode & 0o077:
            text = f"needs {path}, which others may read or write (mode {mode:04o})"
            raise FieldError(text, f"chmod 600 {path}")
        if must_be_private and status.st_uid not in (0, os.geteuid()):
            raise FieldError(f"needs {path}, which belongs to another user")
        raw = file.read(_MAX_SECRET_BYTES + 1)
    if len(raw) > _MAX_SECRET_BYTES:
        raise FieldError(
            f"needs {path}, which is too large for a secret ({_MAX_SECRET_BYTES} bytes)"
        )
    try:
        return raw.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise FieldError(f"needs {path}, which is not UTF-8 text") from None


def _usable(text: str, where: str) -> Secret:
    if not text:
        raise FieldError(f"needs {where}, which is empty")
    if not text.isprintable():
        raise FieldError(f"needs {where}, which holds more than one line or control characters")
    return Secret(text)
