"""Where a running node keeps its socket, and where clients look for it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from wampedge.errors import ConfigError

__all__ = [
    "NODE_FACTS_FILE",
    "SOCKET_FILE",
    "candidate_folders",
    "local_nodes",
    "prepare_folder",
    "runtime_folder",
]

SOCKET_FILE = "node.sock"
"""Name of the Unix socket in the runtime folder."""
NODE_FACTS_FILE = "node.json"
"""Written by the node beside its socket: ``realm``, ``uri_prefix``, ``name``, ``pid``, ``urls``."""

_SYSTEM_FOLDER = Path("/run/wampedge")
_TEMPORARY_ROOT = Path("/tmp")  # noqa: S108 # the folder in it is ours alone, which is checked


def runtime_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder a node uses for its socket; it may not exist yet.

    Args:
        environ: the process environment. ``WAMPEDGE_RUNTIME_DIR`` wins, then systemd's
            ``RUNTIME_DIRECTORY``, then /run/wampedge where it is writable, then the user's own.

    Raises:
        ConfigError: a folder named by the environment is not an absolute path.
    """
    named = _named_folder(environ)
    if named is not None:
        return named
    if os.access(_SYSTEM_FOLDER, os.W_OK | os.X_OK):
        return _SYSTEM_FOLDER
    return _user_folder(environ)


def candidate_folders(environ: Mapping[str, str]) -> list[Path]:
    """Return the folders in which a client looks for a local node, in order; raises ConfigError."""
    named = _named_folder(environ)
    if named is not None:
        return [named]
    return list(dict.fromkeys([_SYSTEM_FOLDER, _user_folder(environ), _temporary_folder()]))


def local_nodes(environ: Mapping[str, str]) -> list[Path]:
    """Return the sockets of nodes on this machine, the likeliest first.

    A socket in the temporary folder counts only when that folder belongs to this user: anybody may
    create one there.
    """
    return [folder / SOCKET_FILE for folder in _trusted(candidate_folders(environ))]


def prepare_folder(folder: Path) -> None:
    """Create *folder* for this user alone where it is missing.

    Raises:
        ConfigError: it cannot be created, is no folder, or is a temporary one of somebody else.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        text = f"runtime folder {folder} cannot be used: {(error.strerror or str(error)).lower()}"
        raise ConfigError(f"{text} (set WAMPEDGE_RUNTIME_DIR to a folder you own)") from error
    if folder == _temporary_folder() and not _is_private(status):
        raise ConfigError(
            f"runtime folder {folder} belongs to or is open to others"
            " (remove it, or set WAMPEDGE_RUNTIME_DIR to a folder you own)"
        )


def _trusted(folders: list[Path]) -> Iterator[Path]:
    for folder in folders:
        try:
            status, socket_status = folder.lstat(), (folder / SOCKET_FILE).stat()
        except OSError:
            continue
        if folder == _temporary_folder() and not _is_private(status):
            continue
        if stat.S_ISSOCK(socket_status.st_mode):
            yield folder


def _named_folder(environ: Mapping[str, str]) -> Path | None:
    for variable in ("WAMPEDGE_RUNTIME_DIR", "RUNTIME_DIRECTORY"):
        text = environ.get(variable, "")
        if variable == "RUNTIME_DIRECTORY":
            text = text.partition(":")[0]  # systemd joins several folders with colons
        if text:
            if not Path(text).is_absolute():
                raise ConfigError(f"{variable} must be an absolute path, got {text!r}")
            return Path(text)
    return None


def _user_folder(environ: Mapping[str, str]) -> Path:
    session = environ.get("XDG_RUNTIME_DIR", "")
    return Path(session) / "wampedge" if session.startswith("/") else _temporary_folder()


def _temporary_folder() -> Path:
    return _TEMPORARY_ROOT / f"wampedge-{os.geteuid()}"


def _is_private(status: os.stat_result) -> bool:
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and not stat.S_IMODE(status.st_mode) & 0o077
    )
