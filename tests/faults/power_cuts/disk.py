"""What may be on a disk whose power failed: all that was synchronized, and any part of the rest.

Two models of names: on a *strict* disk a name is there once its folder was synchronized; on one
like *ext4* any fsync brings all names that were made before it. Five of the rest: nothing of what
was not synchronized is there, all of it, any sectors of it, the same with garbage in others, or all
of it but for the end of the last write.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from tests.faults.power_cuts.ops import Op

__all__ = ["MODELS", "RESTS", "Disk", "write_to"]

MODELS = ("strict", "ext4")
RESTS = ("nothing", "all", "some", "garbage", "torn")
_SECTOR = 512


class _File:
    """One file: what is on the disk, and what was done to it since."""

    def __init__(self) -> None:
        self.durable = b""
        self.pending: list[Op] = []

    def sync(self) -> None:
        content = bytearray(self.durable)
        for op in self.pending:
            _apply(content, op)
        self.durable, self.pending = bytes(content), []

    def after(self, rest: str, luck: random.Random) -> bytes:
        """Return what may be found after the power failed."""
        content = bytearray(self.durable)
        ops = self.pending
        if rest == "nothing":
            return self.durable
        if rest == "torn" and ops and ops[-1].kind == "write":
            last = ops[-1]
            cut = luck.randrange(0, len(last.data) + 1) // _SECTOR * _SECTOR
            ops = [*ops[:-1], last._replace(data=last.data[:cut])]
        for op in ops:
            if op.kind == "truncate" or rest in {"all", "torn"}:
                if op.kind == "write" or rest == "all" or luck.random() < 0.5:
                    _apply(content, op)
                continue
            for sector in _sectors(op):
                if luck.random() < 0.5:
                    _apply(content, sector)
                elif rest == "garbage" and luck.random() < 0.5:
                    _apply(content, sector._replace(data=luck.randbytes(len(sector.data))))
        return bytes(content)


class Disk:
    """Follows a trace, operation by operation.

    Args:
        model: how names come to the disk.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._files: dict[str, _File] = {}
        self._names: dict[str, _File | None] = {}
        """What the program sees: files, and None for folders."""
        self._durable_names: dict[str, _File | None] = {}

    def do(self, op: Op) -> None:
        """Take one operation."""
        names = self._names
        if op.kind == "create":
            names[op.path] = _File()
        elif op.kind == "mkdir":
            names[op.path] = None
        elif op.kind == "rename":
            names[op.to] = names.pop(op.path)
        elif op.kind == "unlink":
            del names[op.path]
        elif op.kind in {"write", "truncate"}:
            self._file(op).pending.append(op)
        elif op.kind == "fsync":
            self._file(op).sync()
            if self._model == "ext4":
                self._durable_names = dict(names)
        elif op.kind == "fsyncdir":
            if self._model == "ext4":
                self._durable_names = dict(names)
            else:
                self._sync_folder(op.path)

    def after(self, rest: str, luck: random.Random) -> dict[str, bytes | None]:
        """Return what may be found: files by name, and None for folders."""
        names = self._durable_names
        if rest != "nothing" and luck.random() < 0.5:
            names = self._names  # nothing keeps them from being there earlier
        reachable = (name for name in names if all(_parents(name, names)))
        return {
            name: None if (file := names[name]) is None else file.after(rest, luck)
            for name in reachable
        }

    def _file(self, op: Op) -> _File:
        file = self._names[op.path]
        assert file is not None, "folders are not written to"
        return file

    def _sync_folder(self, folder: str) -> None:
        def is_in(name: str) -> bool:
            return str(PurePosixPath(name).parent) == folder

        kept = {name: file for name, file in self._durable_names.items() if not is_in(name)}
        here = {name: file for name, file in self._names.items() if is_in(name)}
        self._durable_names = kept | here


def write_to(folder: Path, found: dict[str, bytes | None]) -> None:
    """Write what was found into *folder*, which is empty."""
    for name in sorted(found):
        content, path = found[name], folder / name.lstrip("/")
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)


def _parents(name: str, names: dict[str, _File | None]) -> Iterator[bool]:
    for parent in PurePosixPath(name).parents:
        yield str(parent) == "/" or str(parent) in names


def _sectors(op: Op) -> Sequence[Op]:
    """Return a write in pieces that come to the disk one by one."""
    pieces, start = [], 0
    while start < len(op.data):
        end = min(len(op.data), (op.offset + start) // _SECTOR * _SECTOR + _SECTOR - op.offset)
        pieces.append(op._replace(offset=op.offset + start, data=op.data[start:end]))
        start = end
    return pieces


def _apply(content: bytearray, op: Op) -> None:
    if op.kind == "truncate":
        del content[op.offset :]
        content.extend(bytes(op.offset - len(content)))
        return
    if len(content) < op.offset:
        content.extend(bytes(op.offset - len(content)))
    content[op.offset : op.offset + len(op.data)] = op.data
