"""The mark a running node leaves on its machine: a lock, its socket, and a file with facts.

Command-line clients find the node by these; a second node on the same folder is refused by the
lock, which the kernel takes away with the process, however that ends.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wampedge.config.paths import NODE_FACTS_FILE, SOCKET_FILE, prepare_folder
from wampedge.errors import AddressInUseError, ConfigError

__all__ = ["NodeBusyError", "Presence"]

_LOCK_FILE = "node.lock"


class NodeBusyError(AddressInUseError):
    """Another node runs on the same runtime folder."""


class Presence:
    """Holds the lock of a runtime folder from ``claim`` to ``release``; owned by the service.

    Args:
        folder: the runtime folder; created for this user alone where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock_fd: int | None = None

    @property
    def socket_path(self) -> Path:
        """Where the node's default Unix socket is."""
        return self.folder / SOCKET_FILE

    def claim(self) -> None:
        """Take the folder for this process.

        Raises:
            NodeBusyError: another node has it.
            ConfigError: the folder cannot be used.
        """
        prepare_folder(self.folder)
        path = self.folder / _LOCK_FILE
        try:
            self._lock_fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            raise NodeBusyError(
                f"another node runs on {self.folder}{self._holder()}"
                " (stop it, or set WAMPEDGE_RUNTIME_DIR to another folder)"
            ) from error
        except OSError as error:
            self.release()
            text = f"cannot lock {path}: {(error.strerror or str(error)).lower()}"
            raise ConfigError(text) from error

    def announce(self, facts: Mapping[str, Any]) -> None:
        """Write the facts clients look up, in one step; raises ConfigError."""
        path = self.folder / NODE_FACTS_FILE
        draft = path.with_suffix(".new")
        try:
            draft.write_text(json.dumps(facts) + "\n", encoding="utf-8")
            draft.chmod(0o644)
            draft.replace(path)
        except OSError as error:
            text = f"cannot write {path}: {(error.strerror or str(error)).lower()}"
            raise ConfigError(text) from error

    def withdraw(self) -> None:
        """Remove the facts; clients no longer find this node."""
        (self.folder / NODE_FACTS_FILE).unlink(missing_ok=True)

    def release(self) -> None:
        """Give the folder free."""
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    def _holder(self) -> str:
        try:
            facts = json.loads((self.folder / NODE_FACTS_FILE).read_text(encoding="utf-8"))
            return f" ({facts['name']}, process {facts['pid']})"
        except (OSError, ValueError, KeyError, TypeError):
            return ""
