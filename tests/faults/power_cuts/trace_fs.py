"""A file system in memory that writes down all that is done to it; mounted by FUSE.

Run as ``python -m tests.faults.power_cuts.trace_fs MOUNT TRACE [FIRST LAST ERRNO]``. When it is
unmounted the trace is in TRACE, pickled: the fields of each ``Op``. What a program writes to
``/marks`` is a mark in the trace, between the operations before and after it, and nothing on the
disk. Operations FIRST to LAST, counted from 1, fail with ERRNO.
"""

from __future__ import annotations

import errno
import os
import pickle
import stat
import sys
import time
from pathlib import Path, PurePosixPath
from typing import Any

from mfusepy import FUSE, Operations

from tests.faults.power_cuts.ops import MARKS, Op


class _TraceFs(Operations):  # type: ignore[misc] # it has no types
    """The operations FUSE asks for; all on one thread."""

    use_ns = True

    def __init__(self, trace: Path, failing: range = range(0), number: int = 0) -> None:
        self._trace, self._failing, self._errno = trace, failing, number
        self._count = 0
        self._ops: list[Op] = []
        self._files: dict[str, bytearray] = {MARKS: bytearray()}
        self._folders = {"/"}

    def init(self, _path: str) -> None:
        pass

    def destroy(self, _path: str) -> None:
        self._trace.write_bytes(pickle.dumps([tuple(op) for op in self._ops]))

    def getattr(self, path: str, _fh: int | None = None) -> dict[str, Any]:
        now = time.time_ns()
        times = {"st_ctime": now, "st_mtime": now, "st_atime": now}
        ids = {"st_uid": os.getuid(), "st_gid": os.getgid()}
        if path in self._folders:
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2, **times, **ids}
        if path not in self._files:
            raise OSError(errno.ENOENT, path)
        size = len(self._files[path])
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": size, **times, **ids}

    def readdir(self, path: str, _fh: int) -> list[str]:
        names = [PurePosixPath(each) for each in (*self._files, *self._folders)]
        here = [each.name for each in names if str(each.parent) == path and each.name]
        return [".", "..", *here]

    def mkdir(self, path: str, _mode: int) -> int:
        self._step(path)
        self._folders.add(path)
        self._ops.append(Op("mkdir", path))
        return 0

    def create(self, path: str, _mode: int, _fi: Any = None) -> int:
        self._step(path)
        self._files[path] = bytearray()
        self._ops.append(Op("create", path))
        return 1

    def open(self, path: str, _flags: int) -> int:
        if path not in self._files:
            raise OSError(errno.ENOENT, path)
        return 1

    def read(self, path: str, size: int, offset: int, _fh: int) -> bytes:
        return bytes(self._files[path][offset : offset + size])

    def write(self, path: str, data: bytes, offset: int, _fh: int) -> int:
        if path == MARKS:
            self._ops.append(Op("mark", path, data=bytes(data)))
            return len(data)
        self._step(path)
        content = self._files[path]
        if len(content) < offset:
            content.extend(bytes(offset - len(content)))
        content[offset : offset + len(data)] = data
        self._ops.append(Op("write", path, offset, bytes(data)))
        return len(data)

    def truncate(self, path: str, length: int, _fh: int | None = None) -> int:
        if path != MARKS:
            self._step(path)
        content = self._files[path]
        del content[length:]
        content.extend(bytes(length - len(content)))
        if path != MARKS:
            self._ops.append(Op("truncate", path, length))
        return 0

    def fsync(self, path: str, _datasync: int, _fh: int) -> int:
        self._step(path)
        self._ops.append(Op("fsync", path))
        return 0

    def fsyncdir(self, path: str, _datasync: int, _fh: int) -> int:
        self._step(path)
        self._ops.append(Op("fsyncdir", path))
        return 0

    def rename(self, old: str, new: str) -> int:
        self._step(old)
        self._files[new] = self._files.pop(old)
        self._ops.append(Op("rename", old, to=new))
        return 0

    def unlink(self, path: str) -> int:
        self._step(path)
        del self._files[path]
        self._ops.append(Op("unlink", path))
        return 0

    def statfs(self, _path: str) -> dict[str, int]:
        return {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": 2**20, "f_bfree": 2**20,
                "f_bavail": 2**20, "f_namemax": 255}  # fmt: skip

    def _step(self, path: str) -> None:
        """Count one operation, and let it fail where it is to."""
        self._count += 1
        if self._count in self._failing:
            raise OSError(self._errno, os.strerror(self._errno), path)

    def _nothing(self, *_: Any) -> int:
        return 0

    chmod = chown = utimens = flush = release = access = opendir = releasedir = _nothing


def main() -> None:
    """Serve until it is unmounted."""
    mount, trace, *faults = sys.argv[1:]
    first, last, number = map(int, faults or (0, -1, 0))
    disk = _TraceFs(Path(trace), range(first, last + 1), number)
    FUSE(disk, mount, foreground=True, nothreads=True, raw_fi=False)


if __name__ == "__main__":
    main()
