"""The files a scenario names: device files and the world, read from beside it and checked."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wampedge.config.checking import check_all
from wampedge.config.layout import KeyPath
from wampedge.config.model import SiteConfig
from wampedge.config.problems import Findings, Problem
from wampedge.config.source import read_source
from wampedge.errors import ConfigError

if TYPE_CHECKING:
    from wampedge.simulation.world_file import WorldFile

__all__ = ["SiteFiles"]

_MAX_COPIED: Final = 500
"""Files of a folder that is copied because private files are put beside them."""


class SiteFiles:
    """Reads what one scenario names; owned by its check.

    Where the scenario has private ``files``, device files are read from a copy of their folder in
    which these stand, so that nothing secret has to lie beside an example.

    Args:
        scenario: path of the scenario; names are relative to its folder.
        environ: the process environment.
        findings: of the scenario.

    Attributes:
        texts: the text of each file that was read, by name.
        folder: a temporary folder that is needed as long as the scenario is, or None.
    """

    def __init__(self, scenario: Path, environ: Mapping[str, str], findings: Findings) -> None:
        self.texts: dict[str, str] = {}
        self.folder: Path | None = None
        self._base = scenario.parent
        self._environ = dict(environ)
        self._findings = findings
        self._private: Mapping[str, str] = {}
        self._copies: dict[Path, Path] = {}

    def main(self, table: Mapping[str, Any]) -> SiteConfig | None:
        """Read the device file of the scenario; None when something is wrong with it."""
        self._environ.update(table.get("environ") or {})
        self._private = table.get("files") or {}
        return self.other(table.get("devices"), ("devices",))

    def other(self, name: str | None, path: KeyPath) -> SiteConfig | None:
        """Read the device file *name*, which the scenario names at *path*."""
        if name is None:
            return None
        file = self._place(name)
        try:
            read = self._copied(file) if self._private else file
        except OSError as error:
            self._findings.add(path, f"names {file}, which cannot be copied: {error}", code="file")
            return None
        text = self._text(read, path, "device file", shown_as=file)
        if text is None:
            return None
        checked = check_all(text, str(read), self._environ)
        back = str(read.parent), str(file.parent)
        self.texts.update({_renamed(each, back): t for each, t in checked.texts.items()})
        for problem in checked.problems:
            self._findings.pass_on(_at_home(problem, back))
        return checked.config

    def world(self, name: str | None, config: SiteConfig | None) -> WorldFile | None:
        """Read the world file *name* for the devices of *config*; None when something is wrong."""
        if name is None or config is None:
            return None
        from wampedge.simulation.world_file import (  # noqa: PLC0415 # few scenarios have one
            WorldFile,
            check_world,
        )

        file = self._place(name)
        text = self._text(file, ("world",), "world file")
        if text is None:
            return None
        plan, problems = check_world(text, str(file), config)
        self.texts[str(file)] = text
        for problem in problems:
            self._findings.pass_on(problem)
        if plan is None:
            return None
        return WorldFile(file, plan)

    def close(self) -> None:
        """Remove the copies; twice is once."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def _text(
        self, file: Path, path: KeyPath, what: str, *, shown_as: Path | None = None
    ) -> str | None:
        """Return what is in *file*, which *path* names; None where it cannot be read."""
        try:
            return read_source(file, what)
        except ConfigError as error:
            reason = str(error).removeprefix(f"{what} {file} ")
            text = f"names {shown_as or file}, which {reason}"
            self._findings.add(path, text, code="file")
            return None

    def _place(self, name: str) -> Path:
        return Path(os.path.normpath(self._base / name))

    def _copied(self, file: Path) -> Path:
        """Return *file* in a copy of its folder, with the private files beside it."""
        source = file.parent
        if source not in self._copies:
            if self.folder is None:
                self.folder = Path(tempfile.mkdtemp(prefix="wampedge-site-"))
            target = self.folder / str(len(self._copies))
            found = [p for p in source.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
            if len(found) > _MAX_COPIED:
                raise OSError(f"its folder holds more than {_MAX_COPIED} files to copy")
            for each in found:
                copy = target / each.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(each, copy)
            for name, text in self._private.items():
                private = target / name
                private.parent.mkdir(parents=True, exist_ok=True)
                private.write_text(f"{text}\n", encoding="utf-8")
                private.chmod(0o600)
            self._copies[source] = target
        return self._copies[source] / file.name


def _renamed(text: str, back: tuple[str, str]) -> str:
    return text.replace(*back)


def _at_home(problem: Problem, back: tuple[str, str]) -> Problem:
    """Return *problem* of a copied file as one of the file it was copied from."""
    related = tuple(each.but(file=_renamed(each.file, back)) for each in problem.related)
    text, hint = _renamed(problem.text, back), _renamed(problem.hint, back)
    return problem.but(file=_renamed(problem.file, back), text=text, hint=hint, related=related)
