"""Who of the subscribers gets an event: black and white lists of the publisher.

Specification, "Subscriber Black- and Whitelisting": a subscriber gets the event if it is in every
``eligible`` list given and in no ``exclude`` list given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from wampedge.router.session import RouterSession

__all__ = ["Audience", "has_lists", "has_session_lists", "lists_in"]

_TRAITS: tuple[tuple[str, str, Callable[[RouterSession], Any]], ...] = (
    ("eligible", "exclude", attrgetter("id")),
    ("eligible_authid", "exclude_authid", attrgetter("authid")),
    ("eligible_authrole", "exclude_authrole", attrgetter("authrole")),
)
_LISTS = frozenset(name for eligible, exclude, _ in _TRAITS for name in (eligible, exclude))


def has_lists(options: Mapping[str, Any]) -> bool:
    """Tell whether the options of a PUBLISH name a list; nearly none does."""
    return not _LISTS.isdisjoint(options)


def has_session_lists(options: Mapping[str, Any]) -> bool:
    """Tell whether there is a list of session ids, which say nothing about later sessions."""
    return options.get("eligible") is not None or options.get("exclude") is not None


def lists_in(options: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the lists the options of a PUBLISH name, by option."""
    if _LISTS.isdisjoint(options):
        return {}
    return {
        name: options[name]
        for name in sorted(_LISTS.intersection(options))
        if options[name] is not None
    }


class Audience:
    """The lists of one publication.

    Args:
        options: the options of the PUBLISH, which were checked.
    """

    __slots__ = ("_rules",)

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._rules = [
            (trait, frozenset(members), is_wanted)
            for eligible, exclude, trait in _TRAITS
            for members, is_wanted in ((options.get(eligible), True), (options.get(exclude), False))
            if members is not None
        ]

    def includes(self, session: RouterSession) -> bool:
        """Tell whether *session* may get the event."""
        return all(
            (trait(session) in members) is is_wanted for trait, members, is_wanted in self._rules
        )
