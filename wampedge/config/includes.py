"""``include``: further files of a device file, merged as if all of them were one text.

Each file is read and scanned by itself, so a mistake is told in its own file. What is defined in
two files is refused, as it would be in one. Only TOML files in the folder of the device file, or
below it, are read: neither a name nor a symbolic link leads to anything else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from wampedge.config.layout import KeyPath, Scan, Span
from wampedge.config.parsing import parse
from wampedge.config.problems import Findings, Problem
from wampedge.config.references import expand_text
from wampedge.config.source import clean_text, read_source
from wampedge.config.source_map import FileText
from wampedge.config.statements import MAX_SIZE_BYTES
from wampedge.devices.fields import Field, FieldError, ListOf, Text, dotted, shown
from wampedge.errors import ConfigError

__all__ = ["INCLUDE", "MAX_DEPTH", "MAX_FILES", "parsed_file", "read_includes"]

MAX_DEPTH: Final = 4
"""How deep files may include files."""
MAX_FILES: Final = 64
"""Files one device file may consist of."""

INCLUDE: Final[Field] = ListOf(
    Text(
        pattern=r"[^\x00-\x1f\x7f]+",
        maximum_length=256,
        wanted='a file or a pattern such as "lib/*.toml"',
    ),
    0,
    32,
    default=(),
    doc='further files, relative to this one: "lib/site.toml", "lib/*.toml"',
)
_FORMAT: Final = "wampedge"


def parsed_file(
    name: str, text: str, findings: Findings | None
) -> tuple[dict[str, Any], Findings, FileText]:
    """Return values, findings and places of one file, its mistakes of shape noted.

    Args:
        name: of the file, as the user knows it.
        text: what is in it.
        findings: of the device file it is included by; None for the device file itself.
    """
    cleaned, forbidden = clean_text(text)
    values, scan = parse(cleaned)
    if findings is None:
        findings = Findings(name, scan)
        file = findings.sources.texts[0]
    else:
        file = FileText(name, scan)
        findings.sources.include(file)
        findings.sources.is_partial |= not scan.is_complete
    for at, reason, hint in forbidden:
        findings.add_span(Span(at, at + 1), reason, hint, "control-character", None, file)
    for wrong in scan.mistakes:
        findings.add_span(wrong.span, wrong.text, wrong.hint, wrong.code, wrong.first, file)
    return values, findings, file


def read_includes(
    values: dict[str, Any], environ: Mapping[str, str], findings: Findings, texts: dict[str, str]
) -> None:
    """Merge every file that *values* includes into *values*, in place.

    Args:
        values: of the device file.
        environ: where ``${env:NAME}`` in names of files is looked up.
        findings: of the device file.
        texts: gets the text of each file by its name; holds the device file.
    """
    main = findings.sources.texts[0]
    _Inclusion(environ, findings, texts).read(values, values, main, (os.path.realpath(main.name),))


class _Inclusion:
    """The reading of one device file with all it includes."""

    def __init__(
        self, environ: Mapping[str, str], findings: Findings, texts: dict[str, str]
    ) -> None:
        main = findings.sources.texts[0]
        self._environ = environ
        self._findings = findings
        self._texts = texts
        self._folder = os.path.realpath(Path(main.name).parent)
        self._done = {os.path.realpath(main.name)}
        self._size = sum(len(text.encode(errors="replace")) for text in texts.values())
        self._defined = _definitions(main.scan)

    def read(
        self, whole: dict[str, Any], own: dict[str, Any], file: FileText, chain: tuple[str, ...]
    ) -> None:
        """Merge what *file* includes into *whole*; *own* are its values, *chain* leads to it."""
        try:
            patterns = INCLUDE.convert(own.get("include", []))
        except FieldError as error:
            for each in error.each():
                path = ("include", *each.path)
                self._refuse(path, each.text, each.hint, file, code=each.code)
            return
        for index, pattern in enumerate(patterns):
            at: KeyPath = ("include", index)
            for name in self._files(pattern, at, file):
                if self._may_read(name, at, file, chain):
                    self._read_one(whole, name, at, file, chain)

    def _files(self, pattern: str, at: KeyPath, file: FileText) -> list[str]:
        """Return the files that *pattern* means, sorted; what is wrong with it is noted."""
        try:
            pattern = expand_text(pattern, self._environ, is_public=True)[0]
        except FieldError as error:
            self._refuse(at, error.text, error.hint, file, code="reference")
            return []
        relative = Path(pattern)
        if relative.is_absolute() or not {"..", "**"}.isdisjoint(relative.parts):
            hint = "files are in the folder of this file or below it"
            self._refuse(
                at, f"must be a relative name without .. and **, got {shown(pattern)}", hint, file
            )
            return []
        folder = Path(file.name).parent
        if not any(mark in pattern for mark in "*?["):
            return [str(folder / relative)]
        found = sorted(_matches(folder, pattern))
        if not found:
            self._refuse(at, f"finds no file with {shown(pattern)}", "", file)
        elif len(found) > MAX_FILES:
            self._refuse(at, f"finds more than {MAX_FILES} files", "", file, code="limit")
            return []
        return found

    def _may_read(self, path: str, at: KeyPath, file: FileText, chain: tuple[str, ...]) -> bool:
        """Say whether *path* is to be read now; what speaks against it is noted."""
        real = os.path.realpath(path)
        if real in chain:
            self._refuse(at, f"includes {path}, which includes this file", "remove one", file)
        elif len(chain) > MAX_DEPTH:
            text = f"is nested deeper than {MAX_DEPTH} files"
            self._refuse(at, text, "include it from the device file", file, code="limit")
        elif not Path(real).is_relative_to(self._folder):
            hint = "copy the file there: links may not lead out"
            self._refuse(at, f"leads {path} out of the folder of the device file", hint, file)
        elif not real.endswith(".toml"):
            self._refuse(at, f"names {path}, which is no .toml file", "", file)
        elif len(self._done) >= MAX_FILES:
            self._refuse(at, f"is more than {MAX_FILES} files in all", "", file, code="limit")
        else:
            is_new = real not in self._done
            self._done.add(real)
            return is_new
        return False

    def _read_one(
        self, whole: dict[str, Any], path: str, at: KeyPath, file: FileText, chain: tuple[str, ...]
    ) -> None:
        try:
            text = read_source(Path(path))
        except ConfigError as error:
            if error.problems:
                self._tell_encoding(error)
            else:
                self._refuse(
                    at, f"names a file: {str(error).removeprefix('device file ')}", "", file
                )
            self._findings.sources.is_partial = True
            return
        self._size += len(text.encode())
        if self._size > MAX_SIZE_BYTES:
            limit = f"makes the files larger than {MAX_SIZE_BYTES // 1024} KiB together"
            self._refuse(at, limit, "", file, code="limit")
            return
        self._texts[path] = text
        values, _, included = parsed_file(path, text, self._findings)
        if values.pop(_FORMAT, 1) != 1:
            hint = "write the version as in the device file, or leave it out"
            self._refuse((_FORMAT,), "must be 1", hint, included)
        own = {"include": values.pop("include", [])}
        definitions = _definitions(included.scan)
        self._merge(whole, values, (), included, definitions)
        self._defined |= definitions
        self.read(whole, own, included, (*chain, os.path.realpath(path)))

    def _merge(
        self,
        whole: dict[str, Any],
        values: dict[str, Any],
        path: KeyPath,
        file: FileText,
        own: Mapping[KeyPath, bool],
    ) -> None:
        """Put *values* of *file* into *whole*; *own* is what *file* defines."""
        for key, value in values.items():
            here = (*path, key)
            if key not in whole:
                whole[key] = value
            elif (
                _is_open(value, here, own)
                and _is_open(whole[key], here, self._defined)
                and not (here in own and here in self._defined)
            ):
                self._merge(whole[key], value, here, file, own)
            else:
                self._findings.add_text(
                    here,
                    f"{dotted(here)} is defined in two files",
                    "rename or remove one",
                    code="defined-twice",
                    on="key",
                    related=[(here, "first defined here")],
                    inside=file,
                )

    def _refuse(
        self, path: KeyPath, text: str, hint: str, file: FileText, *, code: str = "include"
    ) -> None:
        whole = f"{dotted(path)} {text}"
        self._findings.add_text(path, whole, hint, code=code, inside=file)
        self._findings.sources.is_partial |= path[0] == "include"

    def _tell_encoding(self, error: ConfigError) -> None:
        """Pass on what is wrong with the bytes of a file."""
        for problem in cast("list[Problem]", error.problems):
            self._findings.pass_on(problem)


def _definitions(scan: Scan) -> dict[KeyPath, bool]:
    """Return the path of each statement, and whether it is a header."""
    return {statement.path: statement.is_header for statement in scan.statements}


def _is_open(value: Any, path: KeyPath, definitions: Mapping[KeyPath, bool]) -> bool:
    """Say whether *value* is a table that is not complete where it is written."""
    return isinstance(value, dict) and definitions.get(path) is not False


def _matches(folder: Path, pattern: str) -> Iterator[str]:
    """Yield the files in *folder* that *pattern* means; not many more than are taken."""
    try:
        for count, found in enumerate(folder.glob(pattern)):
            if count > MAX_FILES:
                return
            yield str(found)
    except (OSError, ValueError, NotImplementedError):
        return
