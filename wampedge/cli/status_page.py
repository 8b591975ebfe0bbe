"""The lines of ``wampedge status``: for people, and short enough for a small terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wampedge.cli.drain import Drain
from wampedge.cli.progress_bar import bar
from wampedge.cli.status_facts import NodeFacts

__all__ = ["page"]

_LABEL_WIDTH = 16
_STEPS_S = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def page(facts: NodeFacts, drain_by_link: Mapping[str, Drain]) -> list[str]:
    """Return the lines that tell how a node is.

    Args:
        facts: what it told.
        drain_by_link: how fast the queues drain.
    """
    lines = [_node(facts), *_devices(facts.health), *_addresses(facts.health)]
    for name, link in facts.links.items():
        lines.append(_line(f"link {name}", _link(link, facts.health["time"])))
        queue = facts.queues["links"].get(name)
        if queue is not None:
            lines += _queue(name, queue, drain_by_link.get(name))
    lines.append(_line("card", _card(facts.queues["store"])))
    return lines


def _line(label: str, text: str) -> str:
    return f"{label:<{_LABEL_WIDTH}} {text}".rstrip()


def _node(facts: NodeFacts) -> str:
    health = facts.health
    text = f"{health['state']}, up {_span(health['uptime'])}"
    if health.get("clock") == "unsynced":
        text += ", clock not set yet"
    if health["simulated"]:
        text += ", simulated"
    return _line(health["node"], text)


def _devices(health: Mapping[str, Any]) -> Iterator[str]:
    counts: dict[str, int] = {}
    for device in health["devices"].values():
        counts[device["state"]] = counts.get(device["state"], 0) + 1
    states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    yield _line("devices", states or "none")
    for name, device in health["devices"].items():
        if device["state"] not in ("ok", "disabled"):
            yield _line("", f"{name}: {device['state']}  {device.get('reason') or ''}")


def _addresses(health: Mapping[str, Any]) -> Iterator[str]:
    label = "listening"
    for url in health["listening"]:
        yield _line(label, f"{url}{'  (insecure)' if url in health['insecure'] else ''}")
        label = ""


def _link(link: Mapping[str, Any], now: float) -> str:
    since = _span(max(now - link["since"], 0.0))
    where = f"{link['url']}, realm {link['realm']}"
    if link["state"] == "joined":
        latency = link["latency"]
        pace = "" if latency is None else f", answers in {1000 * latency:.0f} ms"
        return f"up for {since}{pace}: {where}"
    tries = f", {link['failures']} tries" if link["failures"] else ""
    reason = f": {link['last_error']}" if link["last_error"] else ""
    return f"DOWN for {since}{tries}: {where}{reason}"


def _queue(name: str, queue: Mapping[str, Any], drain: Drain | None) -> Iterator[str]:
    depth, age = queue["depth"], queue["age"]
    text = "empty"
    if depth:
        text = f"{depth:,} events, {_size(queue['bytes'])}"
        if age is not None:
            text += f", the oldest {_span(age)} old"
        if not queue["lasting"]:
            text += ", in memory"
    lost = ", ".join(f"{count:,} {reason}" for reason, count in queue["dropped"].items() if count)
    yield _line(f"queue {name}", text + (f"; lost: {lost}" if lost else ""))
    if depth and drain is not None and drain.rate > 0:
        left = "" if drain.left_s is None else f", {_span(drain.left_s)} left"
        yield _line("", f"[{bar(drain.share)}] {drain.share:4.0%}  {drain.rate:,.0f}/s{left}")


def _card(store: Mapping[str, Any]) -> str:
    if store["trouble"]:
        return f"NOT SAFE: {store['trouble']}"
    if not store["lasting"]:
        return "nothing is kept: all is in memory"
    if store["written_a_day"] is not None:
        return f"{_size(store['written_a_day'])} written a day"
    if store["written"] is not None:
        return f"{_size(store['written'])} written since the start"
    return "safe"


def _span(seconds: float) -> str:
    """Return a duration in its two largest units: ``3 d 4 h``."""
    rest, parts = int(seconds), list[str]()
    for length, unit in _STEPS_S:
        count, rest = divmod(rest, length)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
