"""``${...}`` in the device file: environment variables, files, credentials, the node's name.

Texts are expanded before they are checked. What they stand for never gets into a message. Secrets
of logins stay references until the login is checked: their text never is in the values at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wampedge.config.guarded_files import read_small_file
from wampedge.config.layout import KeyPath
from wampedge.config.model import Secret
from wampedge.config.problems import Findings
from wampedge.devices.fields import FieldError

__all__ = ["expand", "expand_text", "resolve_secret"]

_REFERENCE: Final = re.compile(r"\$(\$\{)|\$\{([^}]*)\}?")
_MAX_SECRET_BYTES: Final = 4096
_LOGIN_SECRET: Final = ("auth", "secret")
_PUBLIC_KEYS: Final = frozenset({"name", "unit", "uri_prefix"})
_WAYS: Final = (
    'write ${env:NAME}, ${file:/path}, ${credential:NAME} or ${node.name}; "$${" is a plain ${'
)


def expand(
    values: dict[str, Any],
    environ: Mapping[str, str],
    findings: Findings,
    folder: Path = Path(),
) -> None:
    """Replace the references in all texts of *values*, in place.

    One that cannot be expanded is noted in *findings* and taken out of *values*. Secrets of logins
    are left to ``resolve_secret``; ``include`` was expanded when the files were read. Paths of
    files begin in *folder*.
    """
    expansion = _Expansion(environ, findings, folder)
    node = values.get("node")
    if isinstance(node, dict) and "name" in node:
        expansion.table(node, ("node",), ["name"])
        expansion.node_name = node.get("name")
    expansion.table(values, (), [key for key in values if key != "include"])


def expand_text(
    text: str,
    environ: Mapping[str, str],
    node_name: Any = None,
    *,
    is_public: bool = False,
    folder: Path = Path(),
) -> tuple[str, list[str]]:
    """Return *text* with its references replaced, and what in it came from files or credentials.

    Args:
        text: such as ``"r_${env:NO}"``; ``$${`` stands for a plain ``${``.
        environ: where environment variables are looked up.
        node_name: what ``${node.name}`` stands for, if it is a text.
        is_public: the text is shown to everybody, so nothing secret may be put in.
        folder: where paths of files begin.

    Raises:
        FieldError: a reference means nothing, or what it names is not there.
    """
    secrets: list[str] = []

    def meaning(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        if not match[0].endswith("}"):
            raise FieldError("has a ${ that is not closed", "end it with }")
        if match[2] == "node.name":
            if isinstance(node_name, str):
                return node_name
            raise FieldError("cannot use ${node.name}: the node has no usable name")
        kind, _, name = match[2].partition(":")
        if kind not in ("env", "file", "credential") or not name:
            raise FieldError("has a reference that means nothing", _WAYS)
        if kind == "env":
            if name not in environ:
                raise FieldError(f"needs the environment variable {name[:80]}, which is not set")
            return environ[name]
        if is_public:
            raise FieldError(
                f"is public, and ${{{kind}:...}} stands for a secret", "write ${env:NAME}"
            )
        secrets.append(resolve_secret(match[0], environ, folder).reveal())
        return secrets[-1]

    return _REFERENCE.sub(meaning, text), secrets


def resolve_secret(reference: str, environ: Mapping[str, str], folder: Path = Path()) -> Secret:
    """Read the secret that ``${env:..}``, ``${file:..}`` or ``${credential:..}`` stands for.

    Args:
        reference: where it is.
        environ: where environment variables are looked up.
        folder: that of the device file, where paths of files begin.

    Raises:
        FieldError: it is not there, open to others, or no text; never shows what was read.
    """
    kind, _, name = reference[2:-1].partition(":")
    if kind == "env":
        if name not in environ:
            raise FieldError(f"needs the environment variable {name}, which is not set")
        return _usable(environ[name], f"environment variable {name}")
    if kind == "file":
        return _usable(_read_private(folder / name, must_be_private=True), f"file {name}")
    credentials = environ.get("CREDENTIALS_DIRECTORY", "")
    if not credentials:
        raise FieldError(
            f"needs the systemd credential {name}, and systemd has handed over none",
            f"add LoadCredential={name}:/path to the unit",
        )
    if name in (".", ".."):
        raise FieldError("must name a credential")
    # systemd guards its folder by ownership or by an ACL, which looks like an open mode.
    text = _read_private(Path(credentials) / name, must_be_private=False)
    return _usable(text, f"credential {name}")


class _Expansion:
    def __init__(self, environ: Mapping[str, str], findings: Findings, folder: Path) -> None:
        self.node_name: Any = None
        self._environ, self._folder = environ, folder
        self._findings = findings
        self._seen: set[KeyPath] = set()

    def table(self, table: dict[str, Any], path: KeyPath, keys: list[str]) -> None:
        """Expand what *keys* of *table* hold; take out those that cannot be."""
        for key in keys:
            if not self._value(table, key, (*path, key)):
                self._findings.lose((*path, key))
                del table[key]

    def _value(self, container: Any, key: Any, path: KeyPath) -> bool:
        """Expand one value in its place; return False when it cannot be."""
        value = container[key]
        if isinstance(value, str):
            return "${" not in value or self._text(container, key, value, path)
        if isinstance(value, dict):
            self.table(value, path, list(value))
        elif isinstance(value, list):
            good = [self._value(value, at, (*path, at)) for at in range(len(value))]
            return all(good)
        return True

    def _text(self, container: Any, key: Any, text: str, path: KeyPath) -> bool:
        if path in self._seen or path[-2:] == _LOGIN_SECRET:
            return True
        self._seen.add(path)
        is_public = path[-1] in _PUBLIC_KEYS or path[-2:-1] == ("labels",)
        try:
            expanded, secrets = expand_text(
                text, self._environ, self.node_name, is_public=is_public, folder=self._folder
            )
        except FieldError as error:
            is_told = "${node.name}" in text and self._findings.is_lost(("node", "name"))
            if not is_told:
                self._findings.add(path, error.text, error.hint, code="reference")
            return False
        container[key] = expanded
        self._findings.hide(path, expanded, secrets)
        return True


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
