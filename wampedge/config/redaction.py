"""The text of a device file for others to see: no secret in it, every line in its place.

References such as ``${file:/path}`` stay: they say where a secret is, not what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from wampedge.config.masking import masked
from wampedge.config.source import read_source
from wampedge.errors import ConfigError

__all__ = ["redacted_files", "redacted_text"]


def redacted_text(source: str) -> str:
    """Return the text of a device file with stars for all that may be a secret."""
    return masked(source.removeprefix("\ufeff").replace("\r\n", "\n"))


def redacted_files(files: Iterable[Path]) -> Mapping[str, str]:
    """Return the redacted text of each file of a device file, by its name.

    Args:
        files: ``SiteConfig.files``; the device file is the first.

    Returns:
        Texts by name; a file that can no longer be read is left out.
    """
    texts: dict[str, str] = {}
    for file in files:
        try:
            texts[str(file)] = redacted_text(read_source(file))
        except ConfigError:
            continue
    return texts
