"""Checks of where the local router listens, and whether it may be reached there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.config.model import LOCAL_ROLE
from wampedge.config.problems import Findings
from wampedge.config.url_kinds import parsed_url
from wampedge.devices.fields import FieldError
from wampedge.transports.exposure import exposure_fault

__all__ = ["check_listening"]


def check_listening(
    given: Mapping[str, Any], values: Mapping[str, Any], findings: Findings
) -> None:
    """Refuse addresses that are listed twice, or that others could reach who should not.

    Args:
        given: ``[router]`` as written.
        values: the same, converted, as far as it is right.
        findings: the mistakes so far.
    """
    listen = given.get("listen")
    listen = listen if isinstance(listen, list) else []
    roles = given.get("roles")
    has_rules = isinstance(roles, dict) and LOCAL_ROLE in roles
    for index, text in enumerate(listen):
        if not isinstance(text, str):
            continue
        path = ("router", "listen", index)
        if text in listen[:index]:
            related = [(("router", "listen", listen.index(text)), "first listed here")]
            findings.add(path, "is listed twice", code="listen-twice", related=related)
        try:
            url = parsed_url(text)
        except FieldError:
            continue  # "unix:", or told already
        fault = exposure_fault(
            url,
            has_certificate="tls" in given or findings.is_any_lost(("router", "tls")),
            is_guarded=values.get("anonymous") is False or has_rules,
            is_insecure=values.get("insecure") is True,
        )
        if fault is not None:
            findings.add(path, *fault, code="exposed")
