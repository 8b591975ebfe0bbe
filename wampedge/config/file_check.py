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
        expanded: paths whose text was made from references, so it is not shown.
    """

    path: Path
    values: Mapping[str, Any]
    environ: Mapping[str, str]
    findings: Findings
    expanded: frozenset[KeyPath] = frozenset()


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
    """Convert the table *raw* at *path*; mistakes never show what references stood for."""
    values, errors = convert_table(raw, fields)
    for error in errors:
        if error.code == "value" and (*path, *error.path) in check.expanded:
            # What stands in the environment may be a secret in the wrong place: not shown.
            text = f"{error.text.partition(', got ')[0]} once ${{...}} is replaced"
            check.findings.add((*path, *error.path), text)
        else:
            check.findings.add_field_error(path, error)
    return values
