"""The files of one folder, found by the paths of requests; blocks, so it runs in worker threads.

What is served is a regular file below the folder, links included as long as they stay in it.
Hidden files are not served, and no path leaves the folder, however it is spelled.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

from wampedge.records import Record

__all__ = ["MAX_FILE_BYTES", "OpenFile", "WebFolder", "content_type_of", "path_parts"]

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""Longest file that is served."""

_INDEX = "index.html"
_MAX_PARTS = 32
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "htm": "text/html; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "pdf": "application/pdf",
    "wasm": "application/wasm",
    "webmanifest": "application/manifest+json",
    "xml": "application/xml",
    "avif": "image/avif",
    "gif": "image/gif",
    "ico": "image/x-icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
    "otf": "font/otf",
    "ttf": "font/ttf",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "webm": "video/webm",
}


class OpenFile:
    """One open file; belongs to the request that asked for it, which closes it.

    Its methods may run in different threads, one after the other.

    Args:
        descriptor: of the file, open for reading.
        status: what the system says of it.
        name: for its content type.
    """

    def __init__(self, descriptor: int, status: os.stat_result, name: str) -> None:
        self.size_bytes = status.st_size
        self.content_type = content_type_of(name)
        self.etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        self.modified = _http_date(status.st_mtime)
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def read(self, size_bytes: int) -> bytes:
        """Read on; shorter than *size_bytes* only at the end of the file."""
        with self._lock:
            return os.read(self._descriptor, size_bytes) if self._descriptor >= 0 else b""

    def close(self) -> None:
        """Close the file, once nobody reads it any more; safe to call twice."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1


class WebFolder(Record):
    """The folder that is served.

    Attributes:
        root: the folder; it may be a link that changes while the node runs.
    """

    root: Path

    def find(self, path: str) -> OpenFile | Literal["folder", "too long"] | None:
        """Open the file at *path*.

        Args:
            path: of the request, starting with a slash, still percent-encoded.

        Returns:
            The open file; ``folder`` for a folder whose path lacks the slash at its end;
            ``too long`` for a file of more than ``MAX_FILE_BYTES``; None when there is nothing.
        """
        parts = path_parts(path)
        if parts is None:
            return None
        is_folder = path.endswith("/")
        try:
            return self._open(parts, is_folder=is_folder)
        except (OSError, ValueError):
            return None

    def _open(
        self, parts: tuple[str, ...], *, is_folder: bool
    ) -> OpenFile | Literal["folder", "too long"] | None:
        root = self.root.resolve()
        wanted = root.joinpath(*parts, *([_INDEX] if is_folder else []))
        # ValueError for what a link leads out of the folder to.
        inner = wanted.resolve().relative_to(root).parts or (os.curdir,)
        if any(part.startswith(".") for part in inner if part != os.curdir):
            return None
        folder = os.open(root, _FOLDER_FLAGS)
        try:
            # Step by step and without links: what was checked above is what is opened.
            for part in inner[:-1]:
                step = os.open(part, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = step
            return _open_file(folder, inner[-1], wanted.name)
        finally:
            os.close(folder)


def path_parts(path: str) -> tuple[str, ...] | None:
    """Return the names a path leads along; None for one that could lead anywhere else.

    Args:
        path: of a request, starting with a slash, still percent-encoded.
    """
    pieces = path.split("/")[1:]
    if pieces[-1] == "":
        pieces.pop()
    if len(pieces) > _MAX_PARTS:
        return None
    parts = []
    for piece in pieces:
        try:
            part = unquote_to_bytes(piece).decode()
        except UnicodeDecodeError:
            return None
        is_plain = part.isprintable() and "/" not in part and "\\" not in part
        if not part or part.startswith(".") or not is_plain or len(part) > 255:
            return None
        parts.append(part)
    return tuple(parts)


def content_type_of(name: str) -> str:
    """Return the content type by the ending of a file's name."""
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def _open_file(
    folder: int, entry: str, name: str
) -> OpenFile | Literal["folder", "too long"] | None:
    # Asked before it is opened: opening a device or a pipe may do things.
    mode = os.stat(entry, dir_fd=folder, follow_symlinks=False).st_mode
    if stat.S_ISDIR(mode):
        return "folder"
    if not stat.S_ISREG(mode):
        return None
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(entry, flags, dir_fd=folder)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_FILE_BYTES:
        return OpenFile(descriptor, status, name)
    os.close(descriptor)
    return "too long" if stat.S_ISREG(status.st_mode) else None


def _http_date(seconds: float) -> str:
    """Write a time as HTTP does (RFC 9110 section 5.6.7), whatever the locale."""
    at = time.gmtime(seconds)
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    return f"{day}, {at.tm_mday:02} {month} {at.tm_year} {clock} GMT"
