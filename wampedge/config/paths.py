"""Where a running node keeps its socket, and where clients look for it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
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

_ROOT = Path("/")


def runtime_folder(environ: Mapping[str, str], *, root: Path = _ROOT) -> Path:
    """Return the folder a node uses for its socket; it may not exist yet.

    Args:
        environ: the process environment. ``WAMPEDGE_RUNTIME_DIR`` wins, then systemd's
            ``RUNTIME_DIRECTORY``, then /run/wampedge where it is writable, then the user's own.
        root: of the file system.

    Raises:
        ConfigError: a folder named by the environment is not an absolute path.
    """
    named = _named_folder(environ)
    if named is not None:
        return named
    system = _system_folder(root)
    if os.access(system, os.W_OK | os.X_OK):
        return system
    return _user_folder(environ) or _temporary_folder(root)


def candidate_folders(environ: Mapping[str, str], *, root: Path = _ROOT) -> list[Path]:
    """Return the folders in which a client looks for a local node, in order; raises ConfigError."""
    named = _named_folder(environ)
    if named is not None:
        return [named]
    folders = [_system_folder(root), _user_folder(environ), _temporary_folder(root)]
    return [folder for folder in folders if folder is not None]


def local_nodes(environ: Mapping[str, str], *, root: Path = _ROOT) -> list[Path]:
    """Return the sockets of nodes on this machine, the likeliest first; raises ConfigError.

    A socket in the temporary folder counts only when that folder belongs to this user alone:
    anybody may create one there.
    """
    return [
        folder / SOCKET_FILE
        for folder in candidate_folders(environ, root=root)
        if _holds_socket(folder) and (folder != _temporary_folder(root) or _is_private(folder))
    ]


def prepare_folder(folder: Path, *, root: Path = _ROOT) -> None:
    """Create *folder* for this user alone where it is missing.

    Raises:
        ConfigError: it cannot be created, is no folder, or is a temporary one of somebody else.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        text = f"runtime folder {folder} cannot be used: {(error.strerror or str(error)).lower()}"
        raise ConfigError(f"{text} (set WAMPEDGE_RUNTIME_DIR to a folder you own)") from error
    if folder == _temporary_folder(root) and not _is_private(folder):
        raise ConfigError(
            f"runtime folder {folder} belongs to or is open to others"
            " (remove it, or set WAMPEDGE_RUNTIME_DIR to a folder you own)"
        )


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


def _system_folder(root: Path) -> Path:
    return root / "run" / "wampedge"


def _user_folder(environ: Mapping[str, str]) -> Path | None:
    session = environ.get("XDG_RUNTIME_DIR", "")
    return Path(session) / "wampedge" if session.startswith("/") else None


def _temporary_folder(root: Path) -> Path:
    return root / "tmp" / f"wampedge-{os.geteuid()}"


def _holds_socket(folder: Path) -> bool:
    try:
        return stat.S_ISSOCK((folder / SOCKET_FILE).stat().st_mode)
    except OSError:
        return False


def _is_private(folder: Path) -> bool:
    """Say whether *folder* itself, no link to it, is a folder of this user alone."""
    status = folder.lstat()
    is_own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return is_own and not stat.S_IMODE(status.st_mode) & 0o077
