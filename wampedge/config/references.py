"""``${...}`` in the device file: environment variables, the node's name, and secrets.

Texts are expanded before they are checked. Secrets are read at load, so that a missing one is told
before any device is opened; their text never gets into a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wampedge.config.declarations import (
    BUS_FIELDS,
    NODE_FIELDS,
    ROUTER_FIELDS,
    UPSTREAM_FIELDS,
)
from wampedge.config.kinds import Expandable
from wampedge.config.layout import KeyPath
from wampedge.config.model import Secret
from wampedge.config.private_files import read_small_file
from wampedge.config.problems import Findings
from wampedge.devices.fields import Field, FieldError, ListOf, MapOf, Table

__all__ = ["expand", "resolve_secret"]

_SECTIONS: Final = {"node": NODE_FIELDS, "router": ROUTER_FIELDS, "upstream": UPSTREAM_FIELDS}
_REFERENCE: Final = re.compile(r"\$\{([^}]*)\}?")
_MAX_SECRET_BYTES: Final = 4096


def expand(values: dict[str, Any], environ: Mapping[str, str], findings: Findings) -> set[KeyPath]:
    """Replace the references in *values*, in place; return the paths that had any.

    Only texts declared as ``Expandable`` may hold them. One that cannot be expanded is noted in
    *findings* and taken out of *values*.
    """
    expansion = _Expansion(environ, findings)
    node = values.get("node")
    if isinstance(node, dict):
        expansion.table(node, {"name": NODE_FIELDS["name"]}, ("node",))
        expansion.node_name = node.get("name")
    for section, fields in _SECTIONS.items():
        expansion.table(values.get(section), fields, (section,))
    buses = values.get("buses")
    for name, bus in buses.items() if isinstance(buses, dict) else ():
        for fields in BUS_FIELDS.values():
            expansion.table(bus, fields, ("buses", name))
    return expansion.expanded


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


class _Expansion:
    def __init__(self, environ: Mapping[str, str], findings: Findings) -> None:
        self.node_name: Any = None
        self.expanded: set[KeyPath] = set()
        self._environ = environ
        self._findings = findings

    def table(self, table: Any, fields: Mapping[str, Field], path: KeyPath) -> None:
        """Expand the texts of *table*, if it is one; take out those that cannot be."""
        if not isinstance(table, dict):
            return
        for key, kind in fields.items():
            if key in table and not self._put(table, key, kind, (*path, key)):
                self._findings.lose((*path, key))
                del table[key]

    def _put(self, container: Any, key: Any, kind: Field, path: KeyPath) -> bool:
        """Expand one value in its place; return False when it cannot be."""
        value = container[key]
        if isinstance(kind, Expandable):
            return not isinstance(value, str) or self._put_text(container, key, value, path)
        if isinstance(kind, Table):
            self.table(value, kind.fields, path)
        elif isinstance(kind, MapOf) and isinstance(value, dict):
            self.table(value, dict.fromkeys(value, kind.item), path)
        elif isinstance(kind, ListOf) and isinstance(value, list):
            done = [self._put(value, i, kind.item, (*path, i)) for i in range(len(value))]
            return all(done)
        return True

    def _put_text(self, container: Any, key: Any, text: str, path: KeyPath) -> bool:
        if "${" not in text:
            return True
        self.expanded.add(path)
        try:
            container[key] = _REFERENCE.sub(self._meaning, text)
        except FieldError as error:
            is_told = "${node.name}" in text and self._findings.is_lost(("node", "name"))
            if not is_told:
                self._findings.add(path, error.text, error.hint, code="reference")
            return False
        return True

    def _meaning(self, match: re.Match[str]) -> str:
        name = match[1]
        if not match[0].endswith("}"):
            raise FieldError("has a ${ that is not closed", "end it with }")
        if name == "node.name":
            if isinstance(self.node_name, str):
                return self.node_name
            raise FieldError("cannot use ${node.name}: the node has no usable name")
        kind, _, variable = name.partition(":")
        if kind != "env" or not variable:
            hint = "write ${env:NAME} or ${node.name}"
            raise FieldError("has a reference that means nothing", hint)
        if variable not in self._environ:
            raise FieldError(f"needs the environment variable {variable[:80]}, which is not set")
        return self._environ[variable]


def _read_private(path: Path, *, must_be_private: bool) -> str:
    """Return the text of a small regular file; raises FieldError."""
    raw = read_small_file(path, must_be_private=must_be_private, max_bytes=_MAX_SECRET_BYTES)
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
