"""One check of one device file that is under way, and how its tables are converted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wampedge.config.layout import KeyPath
from wampedge.config.problems import Findings
from wampedge.devices.fields import Field, convert_table, shown
from wampedge.records import Record

__all__ = ["FileCheck", "converted", "section"]


class FileCheck(Record):
    """One check of one file that is under way.

    Attributes:
        path: the file; names in it are relative to its folder.
        values: what the file says, with references expanded.
        environ: the process environment.
        findings: the mistakes so far.
    """

    path: Path
    values: Mapping[str, Any]
    environ: Mapping[str, str]
    findings: Findings


def section(check: FileCheck, path: KeyPath, fields: Mapping[str, Field]) -> dict[str, Any] | None:
    """Convert a section; None when it is not there or no table."""
    raw = check.values.get(str(path[0]))
    if raw is None:
        return None
    if not isinstance(raw, dict):
        check.findings.add(path, f"must be a table, got {shown(raw)}", f"write [{path[0]}]")
        return None
    return converted(check, path, raw, fields)


def converted(
    check: FileCheck, path: KeyPath, raw: Mapping[str, Any], fields: Mapping[str, Field]
) -> dict[str, Any]:
    """Convert the table *raw* at *path*."""
    values, errors = convert_table(raw, fields)
    for error in errors:
        check.findings.add_field_error(path, error)
    return values
