"""Rules that say which URIs a role may use, as a device file writes them.

| rule | covers |
|---|---|
| ``edge.gh1.lamp.on`` | this URI |
| ``edge.gh1.`` | every URI below it, however deep |
| ``edge..describe`` | any one component where there is none |
| ``edge..lamp.`` | both at once |
| ``edge.users.{authid}.`` | the name of the user in place of ``{authid}`` |
"""

from __future__ import annotations

from collections.abc import Iterable

from wampedge.errors import ConfigError
from wampedge.wamp.uris import is_loose_uri

__all__ = ["AUTHID", "Rules", "is_rule"]

AUTHID = "{authid}"
"""What stands for the name of the user."""


def is_rule(text: str) -> bool:
    """Tell whether *text* is a rule: a URI, a prefix that ends in a dot, or with gaps."""
    plain = text.replace(AUTHID, "authid")
    if "{" in plain or "}" in plain or not plain:
        return False
    return is_loose_uri(plain, allow_empty_components=True)


class Rules:
    """What one role may use in one way; an empty list is nobody's leave to use anything.

    Args:
        rules: the rules, each enough by itself.

    Raises:
        ConfigError: a text is no rule.
    """

    def __init__(self, rules: Iterable[str]) -> None:
        self._rules = tuple(rules)
        for rule in self._rules:
            if not is_rule(rule):
                raise ConfigError(f"not a rule for URIs: {rule!r}")
        self.names_user = any(AUTHID in rule for rule in self._rules)
        self._rows = [_row(rule) for rule in self._rules if AUTHID not in rule]

    def for_user(self, authid: str) -> Rules:
        """Return the rules with *authid* in the place of ``{authid}``.

        Those that want one cover nothing if it is no single component of a URI: a name with a dot
        would reach into the names of others.
        """
        if not self.names_user:
            return self
        is_component = is_loose_uri(authid) and not set(authid) & set(".{}")
        return Rules(
            rule.replace(AUTHID, authid)
            for rule in self._rules
            if is_component or AUTHID not in rule
        )

    def cover(self, uri: str, policy: str = "exact") -> bool:
        """Tell whether a rule covers *uri* or, for a pattern, all that it can match.

        Args:
            uri: a checked URI, or pattern.
            policy: how it matches: ``exact``, ``prefix`` or ``wildcard``.
        """
        parts = uri.split(".")
        if policy == "prefix":
            # The last component of a prefix is the beginning of others, so no rule can name it.
            parts.pop()
        is_prefix = policy == "prefix"
        is_exact = policy == "exact"
        for components, is_open in self._rows:
            if is_open:
                is_long_enough = len(parts) >= len(components) + (0 if is_prefix else 1)
            else:
                is_long_enough = len(parts) == len(components) and not is_prefix
            if is_long_enough and all(
                wanted == part if wanted else (part or not is_exact)
                for wanted, part in zip(components, parts, strict=False)
            ):
                return True
        return False


def _row(rule: str) -> tuple[list[str], bool]:
    """Return the components of a rule, and whether it covers what is below them."""
    components = rule.split(".")
    if components[-1] == "" and len(components) > 1:
        return components[:-1], True
    return components, False
