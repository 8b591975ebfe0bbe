"""What ``wampedge status`` asks a node, and what it finds wrong in the answers."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wampedge.cli.connection import local_prefix
from wampedge.client import EventDetails, Session
from wampedge.errors import ConfigError
from wampedge.wamp.payload import Payload

__all__ = ["NodeFacts", "ask", "prefix_of"]

_WORKING: Final = ("ok", "starting", "disabled")


@dataclass(frozen=True)
class NodeFacts:
    """What a node told of itself at one moment.

    Attributes:
        prefix: what its URIs begin with.
        health: the answer of ``P.sys.health``.
        links: the answer of ``P.sys.link``.
        queues: the answer of ``P.sys.queue``.
    """

    prefix: str
    health: Mapping[str, Any]
    links: Mapping[str, Mapping[str, Any]]
    queues: Mapping[str, Any]

    @property
    def problems(self) -> list[str]:
        """What is wrong now, one line each; none where all is well."""
        return [*self._node_problems(), *self._link_problems(), *self._store_problems()]

    @property
    def news(self) -> Any:
        """What differs when there is something to tell, which the passing of time is not."""
        states = {name: device["state"] for name, device in self.health["devices"].items()}
        queues = {n: (q["depth"], q["dropped"]) for n, q in self.queues["links"].items()}
        return states, queues, self.problems

    def members(self) -> dict[str, Any]:
        """Return all of it as the members of one line of JSON."""
        problems = self.problems
        return {
            "prefix": self.prefix,
            "ok": not problems,
            "problems": problems,
            "health": self.health,
            "links": self.links,
            "queues": self.queues,
        }

    def _node_problems(self) -> Iterator[str]:
        if self.health["state"] != "ready":
            yield f"the node is {self.health['state']}"
        for name, device in self.health["devices"].items():
            if device["state"] not in _WORKING:
                yield f"device {name} is {device['state']}{_reason(device)}"
        for name, bus in self.health["buses"].items():
            if bus["state"] not in ("ok", "open", "closed"):
                yield f"bus {name} is {bus['state']}"

    def _link_problems(self) -> Iterator[str]:
        for name, link in self.links.items():
            if link["state"] != "joined":
                why = f": {link['last_error']}" if link["last_error"] else ""
                yield f"link {name} is down{why}"
        for name, queue in self.queues["links"].items():
            if queue["trouble"]:
                yield f"queue {name} is not safe: {queue['trouble']}"

    def _store_problems(self) -> Iterator[str]:
        if self.queues["store"]["trouble"]:
            yield f"nothing is safe on the card: {self.queues['store']['trouble']}"


async def prefix_of(options: argparse.Namespace, session: Session) -> str:
    """Return what the URIs of the node begin with that is meant.

    It is named, or it is the one on this machine, or the only one that says on the router that is
    named how it is.

    Raises:
        ConfigError: there is none, or more than one.
    """
    if options.node:
        return str(options.node) if "." in options.node else f"edge.{options.node}"
    if not options.url and not os.environ.get("WAMPEDGE_URL"):
        return local_prefix(options)
    found: set[str] = set()

    def note(_: Payload, details: EventDetails) -> None:
        found.add(details.topic.removesuffix(".status"))

    asked = {"match": "wildcard", "get_retained": True}
    subscription = await session.subscribe("edge..status", note, options=asked, takes_payload=True)
    await subscription.unsubscribe()  # what is retained comes before the answer
    if not found:
        raise ConfigError("no node says here how it is: name one, such as gh1")
    if len(found) > 1:
        names = ", ".join(sorted(prefix.removeprefix("edge.") for prefix in found))
        raise ConfigError(f"there are several nodes here, name one of them: {names}")
    return found.pop()


async def ask(session: Session, prefix: str, timeout_s: float) -> NodeFacts:
    """Return how the node of *prefix* is; raises WampedgeError."""
    answers = []
    for name in ("health", "link", "queue"):
        result = await session.call(f"{prefix}.sys.{name}", timeout_s=timeout_s)
        answers.append(result.value)
    return NodeFacts(prefix, *answers)


def _reason(device: Mapping[str, Any]) -> str:
    reason = device.get("reason")
    return f": {reason}" if reason else ""
