"""Small device files for tests, and what the checker says of them."""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.config import SiteConfig, check

__all__ = ["HEAD", "complaints", "config_of", "site"]

HEAD = 'wampedge = 1\nnode.name = "gh1"\n'
"""Two lines every usable file begins with."""

_LAMP = '[devices.lamp]\ndriver = "led"\npin = 27\n'


def site(rest: str = "", *, head: str = HEAD) -> str:
    """Return a whole file: *head*, *rest*, and one lamp, so that there is a device."""
    return f"{head}{rest}\n{_LAMP}"


def complaints(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the problems of *text* as ``line:column text (hint)``."""
    _, problems = check(text, "devices.toml", environ or {})
    return [f"{p.line}:{p.column} {p.text}" + (f" ({p.hint})" if p.hint else "") for p in problems]


def config_of(text: str, environ: Mapping[str, str] | None = None) -> SiteConfig:
    """Return the model of *text*, which must have no problems."""
    assert complaints(text, environ) == []
    config, _ = check(text, "devices.toml", environ or {})
    assert config is not None, "no problems, so there is a model"
    return config
