"""The names a scenario may use: signals, topics and procedures of one device file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from wampedge.config.model import HEADER_BANK, ChannelConfig, SiteConfig
from wampedge.devices.fields import Boolean, Choice, Field, Integer, Number, Text
from wampedge.devices.spelling import nearest, one_of
from wampedge.errors import WampedgeError
from wampedge.records import Record
from wampedge.simulation.scenario.comparing import Kind

__all__ = ["PART_STATES", "PartNames", "SignalRef", "SiteNames", "UnknownNameError", "is_whole_uri"]

HEADER_LINES: Final = 28
PART_STATES: Final[Mapping[str, Kind]] = {
    "is_on": "flag",
    "is_pressed": "flag",
    "is_braked": "flag",
    "is_powered": "flag",
    "is_lit": "flag",
    "switch_count": "number",
    "speed": "number",
    "position": "any",
    "brightness": "number",
    "power": "number",
    "voltage": "number",
    "shown": "any",
}
"""What can be seen of parts beside what they sense."""

_NODE_SIGNALS: Final = ("sys.state", "sys.link")
_SUFFIXES: Final = ("quality", "reason")


class UnknownNameError(WampedgeError):
    """A name means nothing here.

    Args:
        text: such as ``is nothing the site has``.
        hint: the next step.
    """

    def __init__(self, text: str, hint: str) -> None:
        super().__init__(f"{text} ({hint})" if hint else text)
        self.text = text
        self.hint = hint


class SignalRef(Record):
    """What a name of a signal means.

    Attributes:
        name: as the file has it.
        source: where it comes from.
        owner: the bank of a pin, or the device.
        item: the line, the channel, the quantity.
        kind: what it carries.
    """

    name: str
    source: Literal["pin", "duty", "channel", "quality", "reason", "status", "derived", "part", "node"]  # fmt: skip # noqa: E501 # one list, one line
    owner: str = ""
    item: str = ""
    kind: Kind = "any"

    @property
    def line(self) -> int:
        """The line of a pin."""
        return int(self.item)


class PartNames(Record):
    """What the simulated part of one device offers.

    Attributes:
        quantities: what it senses.
        states: those of ``PART_STATES`` that it has.
        lines: how many pins it offers to others.
    """

    quantities: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    lines: int = 0


class SiteNames:
    """The names of one device file.

    Args:
        config: the device file.
        parts: what the simulated parts offer, by device.
        reloads: device files it may become.
    """

    def __init__(
        self,
        config: SiteConfig,
        parts: Mapping[str, PartNames],
        reloads: Iterable[SiteConfig] = (),
    ) -> None:
        self._configs = (config, *reloads)
        self._parts = parts
        self._prefix = f"{config.node.uri_prefix}."
        self._channels: dict[str, ChannelConfig] = {}
        for each in self._configs:
            for device in each.devices.values():
                for channel in device.channels.values():
                    self._channels.setdefault(f"{device.name}.{channel.name}", channel)
        self._derived = {f"derived.{n}" for each in self._configs for n in each.derived}
        self._links = dict.fromkeys(name for each in self._configs for name in each.links)
        self._of_links = [f"sys.link.{name}" for name in self._links]

    @property
    def devices(self) -> list[str]:
        """Every device, of the file and of those it may become."""
        return list(dict.fromkeys(name for each in self._configs for name in each.devices))

    def signal(self, name: str) -> SignalRef:
        """Return what *name* means; raises UnknownNameError."""
        if name in _NODE_SIGNALS or name in self._of_links:
            return SignalRef(name, "node", item=name.partition(".")[2], kind="text")
        head, colon, rest = name.partition(":")
        if not colon:
            return self._of_node(name)
        return self._of_part(name, rest) if head == "part" else self._pin(name, head, rest)

    def link_mistake(self, link: str | None) -> tuple[str, str] | None:
        """Return what is wrong with a *link* upstream, and the next step; None: nothing."""
        if not self._links:
            return "needs [upstream] in the device file", ""
        if link is None or link in self._links:
            return None
        return self._unknown("is no link of the site", link, self._links)

    def topic_mistake(self, topic: str, published: Iterable[str]) -> tuple[str, str] | None:
        """Return what is wrong with a *topic* below the prefix, and the next step; None: nothing.

        Args:
            topic: as the file has it.
            published: topics that steps of the scenario publish.
        """
        known = self._topics()
        name = topic.removeprefix(self._prefix)
        if name in known or topic in published or name.startswith(("rules.", "sys.")):
            return None
        if name == topic and is_whole_uri(topic, self._configs[0]):
            return None
        return self._unknown("is a topic nobody publishes", name, known)

    def procedure_mistake(self, procedure: str) -> tuple[str, str] | None:
        """Return what is wrong with a *procedure*, and the next step; None: nothing."""
        known = self._procedures()
        name = procedure.removeprefix(self._prefix)
        if name in known or name.startswith("sys."):
            return None
        if name == procedure and is_whole_uri(procedure, self._configs[0]):
            return None
        return self._unknown("is a procedure nobody offers", name, known)

    def _of_node(self, name: str) -> SignalRef:
        channel = self._channels.get(name)
        device, _, item = name.partition(".")
        if channel is not None:
            return SignalRef(name, "channel", device, item, _kind_of(channel.spec.field))
        if name in self._derived:
            return SignalRef(name, "derived", device, item, "number")
        if item == "status" and device in self.devices:
            return SignalRef(name, "status", device, item, "text")
        stem, _, suffix = name.rpartition(".")
        if (stem in self._channels or stem in self._derived) and suffix in _SUFFIXES:
            source: Literal["quality", "reason"] = "quality" if suffix == "quality" else "reason"
            return SignalRef(name, source, device, stem.partition(".")[2], "text")
        if device in self.devices:
            own = [each for each in self._channels if each.startswith(f"{device}.")]
            near = nearest(item, [each.partition(".")[2] for each in own] + ["status"])
            hint = f"did you mean {device}.{near[0]}?" if near else ""
            known = ", ".join((*own, f"{device}.status"))
            text = f"is no channel of {device}" if item else "is a device, not a signal"
            raise UnknownNameError(text, hint or f"it has {known}")
        known_names = [*self._channels, *self._derived, *_NODE_SIGNALS, *self._of_links]
        raise UnknownNameError(*self._unknown("is no signal of the site", name, known_names))

    def _of_part(self, name: str, rest: str) -> SignalRef:
        device, _, item = rest.partition(".")
        part = self._parts.get(device)
        if part is None:
            text = f"is about {device or 'no device'}, which has no part on the bench"
            raise UnknownNameError(*self._unknown(text, device, self._parts))
        if item in part.quantities:
            return SignalRef(name, "part", device, item, "number")
        if item in part.states:
            return SignalRef(name, "part", device, item, PART_STATES[item])
        known = (*part.quantities, *part.states)
        if not known:
            raise UnknownNameError(f"is about {device}, of which nothing can be seen", "")
        near = nearest(item, known)
        hint = f"did you mean part:{device}.{near[0]}?" if near else f"it has {', '.join(known)}"
        raise UnknownNameError(f"is nothing the part of {device} has", hint)

    def _pin(self, name: str, bank: str, rest: str) -> SignalRef:
        lines = {n: part.lines for n, part in self._parts.items() if part.lines}
        banks = {HEADER_BANK: HEADER_LINES, **lines}
        if bank not in banks:
            text = f"is about pins of {bank or 'nothing'}, which has none"
            raise UnknownNameError(*self._unknown(text, bank, banks))
        number, _, suffix = rest.partition(".")
        if not re.fullmatch("[0-9]{1,4}", number) or int(number) >= banks[bank]:
            raise UnknownNameError(f"must name a line of {bank}, 0 to {banks[bank] - 1}", "")
        if suffix not in ("", "duty"):
            raise UnknownNameError("is nothing a pin has", f"write {bank}:{number}.duty")
        if suffix:
            return SignalRef(name, "duty", bank, number, "number")
        return SignalRef(name, "pin", bank, number, "flag")

    def _topics(self) -> list[str]:
        known = ["status", *self._channels, *self._derived]
        for config in self._configs:
            known += [f"rules.{name}" for name in config.rules]
            for device in config.devices.values():
                known += [device.name, f"{device.name}.status", f"{device.name}.event"]
                known += [f"{device.name}.{c.name}.alarm" for c in device.channels.values()]
        return known

    def _procedures(self) -> list[str]:
        known = ["heartbeat"] + [f"{name}.get" for name in self._derived]
        known += [f"sim.{verb}" for verb in ("set", "release", "fault", "clear", "press", "pulse")]
        known += ["sim.let_go", "sim.pin", "sim.shown", "derived.get"]
        for config in self._configs:
            derived = [each.channel for each in config.derived.values()]
            known += [f"derived.{c.name}.history" for c in derived if c.history_s is not None]
            for device in config.devices.values():
                channels = device.channels.values()
                settable = [c.name for c in channels if c.spec.is_settable]
                own = ["get", "describe", "health", *device.commands]
                own += [f"{c.name}.get" for c in channels] + [f"{n}.set" for n in settable]
                own += [f"{c.name}.history" for c in channels if c.history_s is not None]
                own += ["set"] if len(settable) == 1 else []
                known += [f"{device.name}.{each}" for each in own]
        return known

    def _unknown(self, text: str, name: str, known: Iterable[str]) -> tuple[str, str]:
        names = list(dict.fromkeys(known))
        near = nearest(name, names)
        if near:
            return text, f"did you mean {one_of(near[:2])}?"
        device = f"{name.partition('.')[0]}."
        own = [each for each in names if each.startswith(device)] or names
        return text, f"known: {', '.join(own[:8])}{', ...' if len(own) > 8 else ''}"


def is_whole_uri(name: str, config: SiteConfig) -> bool:
    """Say whether *name* is a whole URI, and not one below the prefix of the node.

    It is when it begins with ``wamp.`` or with the first word of the prefix, which no device has
    as its name.
    """
    first = name.partition(".")[0]
    root = config.node.uri_prefix.partition(".")[0]
    return first == "wamp" or (first == root and root not in config.devices)


def _kind_of(field: Field) -> Kind:
    if isinstance(field, Boolean):
        return "flag"
    if isinstance(field, Number | Integer):
        return "number"
    is_text = isinstance(field, Choice) and all(isinstance(v, str) for v in field.values)
    return "text" if is_text or isinstance(field, Text) else "any"
