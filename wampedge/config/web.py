"""Checks of the folder with web pages that the router serves."""

from __future__ import annotations

import os
from pathlib import Path

from wampedge.config.layout import KeyPath
from wampedge.config.problems import Findings

__all__ = ["check_web"]

_AT: KeyPath = ("router", "web")


def check_web(device_file: Path, name: str | None, findings: Findings) -> Path | None:
    """Return the folder to serve, beside the device file; None without one or with a wrong one."""
    if name is None:
        return None
    folder = device_file.parent / name
    try:
        if not folder.is_dir():
            folder.stat()
            findings.add(_AT, f"names {folder}, which is no folder")
            return None
        with os.scandir(folder):
            pass
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        hint = "names are relative to the device file" if not Path(name).is_absolute() else ""
        findings.add(_AT, f"names {folder}, which cannot be read: {reason}", hint)
        return None
    if device_file.resolve().is_relative_to(folder.resolve()):
        hint = "give the web pages a folder of their own"
        findings.add(_AT, f"names {folder}, which holds this device file: all could read it", hint)
        return None
    return folder.absolute()
