"""Asks simulated parts what real ones were asked, at the same times, and compares the answers.

A trace of a board becomes a test of our models. Structure has to agree: who acknowledges, how long
an answer is, and what is fixed, such as identities. What is measured may differ; how often it was
the same is counted. A register counts as fixed when it is the same all the time in the trace, and
all the time in the model, whatever noise its world has.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from typing import Any, Final

from wampedge.config.model import SiteConfig
from wampedge.hardware.recording.entries import Entry
from wampedge.simulation.replay.asking import Answer, answers_of
from wampedge.simulation.replay.report import request_text
from wampedge.simulation.replay.trace import Trace

__all__ = ["Conformity", "Tally", "conform"]

SHORT_BYTES: Final = 4
"""Longer ones that are fixed are calibration or serial numbers: each part has its own."""
LONG_BYTES: Final = 8
"""What is sent in longer pieces, such as a picture, counts as one with all that begin so."""
REPLY_NS: Final = 1_000_000_000
"""How soon after bytes were sent an instrument replies."""
Key = tuple[str, ...]


class Tally:
    """One register, or one thing a part is told, over the whole trace.

    Attributes:
        asked: how often it was in the trace.
        same: how often the model answered the same.
        line: where it was first.
        problems: what differs in structure, with how often and the first line.
        notes: what differs and may.
    """

    def __init__(self, name: str, entry: Entry, *, can_be_fixed: bool) -> None:
        self.name = name
        self.asked = self.same = 0
        self.line = entry.line
        self.problems: dict[str, tuple[int, int]] = {}
        self.notes: list[str] = []
        self._can_be_fixed = can_be_fixed
        self._recorded: set[str] = set()
        self._modelled: set[str] = set()

    def count(self, entry: Entry, answer: Answer, other: Answer) -> None:
        """Count one answer of the trace, of the model, and of the model in another world."""
        self.asked += 1
        if bool(entry.error) != bool(answer.error):
            who = ("the trace", "the model") if entry.error else ("the model", "the trace")
            why = _failure(entry if entry.error else answer)
            self._problem(f"{who[0]} fails ({why}), {who[1]} does not", entry.line)
            return
        if entry.error or entry.r == answer.r:
            self.same += 1
        elif _size(entry.r) != _size(answer.r):
            text = f"the trace has {_size(entry.r)}, the model gives {_size(answer.r)}"
            self._problem(text, entry.line)
            return
        if not entry.error and isinstance(entry.r, str):
            _keep(self._recorded, entry.r)
            _keep(self._modelled, str(answer.r))
            _keep(self._modelled, str(other.r))

    def count_reply(self, entry: Entry, answer: Answer) -> None:
        """Count what came after bytes were sent; instruments may also speak by themselves."""
        self.asked += 1
        heard, said = entry.r or "", answer.r or ""
        if said and not heard:
            self._problem("the model replies, the trace has nothing after it", entry.line)
        elif said in heard and (said or not heard):
            self.same += 1

    def conclude(self) -> None:
        """Compare what is fixed."""
        is_fixed = len(self._recorded) == 1 and len(self._modelled) == 1
        if not is_fixed or self._recorded == self._modelled or not self._can_be_fixed:
            return
        (recorded,), (modelled,) = self._recorded, self._modelled
        if len(recorded) <= 2 * SHORT_BYTES:
            text = f"is always {recorded} in the trace, and always {modelled} in the model"
            self._problem(text, self.line)
        else:
            self.notes.append("fixed, and each part has its own")

    def _problem(self, text: str, line: int) -> None:
        count, first = self.problems.get(text, (0, line))
        self.problems[text] = count + 1, first


class Conformity:
    """How well the models agree with a trace.

    Args:
        tallies: each register of each part, by place.
        skipped: how many entries are not compared.
    """

    def __init__(self, tallies: Mapping[Key, Tally], skipped: int) -> None:
        self.tallies = tallies
        self.skipped = skipped

    @property
    def disagreements(self) -> list[Tally]:
        """Those that differ in structure."""
        return [tally for tally in self.tallies.values() if tally.problems]

    def report(self) -> str:
        """Return it all, a line for each register, those that disagree marked with ``!``."""
        lines = []
        width = max((len(tally.name) for tally in self.tallies.values()), default=0)
        for tally in self.tallies.values():
            mark = "!" if tally.problems else " "
            notes = "".join(f"  ({note})" for note in tally.notes)
            counted = f"{tally.same} of {tally.asked} the same"
            lines.append(f"{mark} {tally.name:<{width}}  {counted}{notes}")
            lines += [
                f"!   {text}: {count} time{'' if count == 1 else 's'}, first in line {line}"
                for text, (count, line) in tally.problems.items()
            ]
        good = len(self.tallies) - len(self.disagreements)
        lines.append(f"{good} agree in structure, {len(self.disagreements)} do not")
        if self.skipped:
            lines.append(f"{self.skipped} entries are not compared: pins, calls, open and close")
        return "\n".join(lines)


def conform(config: SiteConfig, trace: Trace, *, seed: int = 0) -> Conformity:
    """Compare the models of the parts of *config* with *trace*; raises HardwareError.

    Args:
        config: says which part is where.
        trace: of a board that is wired so.
        seed: makes the noise of what the models measure.
    """
    names = _device_names(config)
    answers, others = answers_of(config, trace, seed), answers_of(config, trace, seed + 1)
    tallies: dict[Key, Tally] = {}
    replies = _replies(trace.entries)
    told: dict[tuple[str, str], str] = {}
    for entry, answer, other in zip(trace.entries, answers, others, strict=True):
        if answer is None or other is None:
            continue
        device, can_be_fixed = names.get((entry.bus, entry.at), ("", True))
        key, name = _place(entry, told)
        if key not in tallies:
            label = f"{device} {name}".strip()
            tallies[key] = Tally(label, entry, can_be_fixed=can_be_fixed)
        if entry.kind == "serial":
            tallies[key].count_reply(entry._replace(r=replies.get(entry.line)), answer)
        else:
            tallies[key].count(entry, answer, other)
    for tally in tallies.values():
        tally.conclude()
    ordered = dict(sorted(tallies.items(), key=lambda item: item[0][:3]))
    return Conformity(ordered, sum(answer is None for answer in answers))


def _place(entry: Entry, told: dict[tuple[str, str], str]) -> tuple[Key, str]:
    """Return what stands for a register, and its name."""
    name = request_text(entry.request)
    if entry.kind != "i2c":
        if isinstance(entry.w, str) and len(entry.w) > 2 * LONG_BYTES:
            begin = entry._replace(w=entry.w[: 2 * LONG_BYTES]).request
            name = f"{request_text(begin)} ... ({len(entry.w) // 2} bytes)"
        return (entry.kind, entry.bus, entry.at, name), name
    written = "".join(message for message in entry.w if isinstance(message, str))
    if all(isinstance(message, int) for message in entry.w):
        # What is read without a word depends on what was said before.
        name = f"{name} after {told.get((entry.bus, entry.at), 'nothing')}"
    elif all(isinstance(message, str) for message in entry.w):
        told[entry.bus, entry.at] = written
        name = f"{request_text(('i2c', entry.bus, entry.at, '', None))} w {written[:2]} ..."
    return (entry.kind, entry.bus, entry.at, name), name


def _replies(entries: Iterable[Entry]) -> dict[int, str]:
    """Return what came soon after bytes were sent, before others were, by line."""
    replies: dict[int, str] = {}
    sent: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda each: each.t):
        if entry.op == "tx":
            sent[entry.bus] = entry
        elif entry.op == "rx" and entry.bus in sent:
            asked = sent[entry.bus]
            if entry.t - asked.t <= REPLY_NS:
                replies[asked.line] = replies.get(asked.line, "") + entry.r
    return replies


def _device_names(config: SiteConfig) -> dict[tuple[str, str], tuple[str, bool]]:
    """Return name of each device by bus and address, and whether it has fixed registers."""
    found: dict[tuple[str, str], tuple[str, bool]] = {}
    for device in config.devices.values():
        bus = config.buses.get(device.bus or "")
        if bus is None or bus.mux is not None:
            continue
        if device.address is not None:
            place = (bus.path, f"0x{device.address:02x}")
        elif device.spi is not None:
            place = (bus.path, str(device.spi.chip_select))
        else:
            place = (bus.name, str(device.unit_id or ""))
        found[place] = device.name, not device.driver.provides_pins
    return found


def _failure(failed: Entry | Answer) -> str:
    name, _, text = failed.error.partition(": ")
    if failed.errno is None:
        return text or name
    return f"errno {failed.errno} {errno.errorcode.get(failed.errno, '')}".rstrip()


def _size(answer: Any) -> str:
    if isinstance(answer, str):
        return f"{len(answer) // 2} bytes"
    return "nothing" if answer is None else f"{len(answer)} names"


def _keep(seen: set[str], value: str) -> None:
    """Add to a set that is only asked whether there is one value."""
    if len(seen) < 2:
        seen.add(value)
