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
    "state_file",
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


def state_file(
    node: str, environ: Mapping[str, str], *, is_simulated: bool, root: Path = _ROOT
) -> Path | None:
    """Return the file in which a node keeps what outlives it; None where there is no place.

    What simulated parts did never becomes the state of real ones: they have a file of their own.

    Args:
        node: its name.
        environ: the process environment. ``WAMPEDGE_STATE_DIR`` wins, then systemd's
            ``STATE_DIRECTORY``, then /var/lib/wampedge where it is writable, then the user's own.
        is_simulated: whether its parts are.
        root: of the file system.

    Raises:
        ConfigError: a folder named by the environment is not an absolute path.
    """
    folder = _named_folder(environ, ("WAMPEDGE_STATE_DIR", "STATE_DIRECTORY"))
    if folder is None:
        system = root / "var" / "lib" / "wampedge"
        folder = system if os.access(system, os.W_OK | os.X_OK) else _user_state_folder(environ)
    if folder is None:
        return None
    return folder / (f"{node}.simulated.db" if is_simulated else f"{node}.db")


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


def _named_folder(
    environ: Mapping[str, str],
    variables: tuple[str, str] = ("WAMPEDGE_RUNTIME_DIR", "RUNTIME_DIRECTORY"),
) -> Path | None:
    """Return the folder our own variable names, or else the first of systemd's."""
    for variable in variables:
        text = environ.get(variable, "")
        if variable == variables[1]:
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


def _user_state_folder(environ: Mapping[str, str]) -> Path | None:
    base, home = environ.get("XDG_STATE_HOME", ""), environ.get("HOME", "")
    if base.startswith("/"):
        return Path(base) / "wampedge"
    return Path(home) / ".local" / "state" / "wampedge" if home.startswith("/") else None


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
