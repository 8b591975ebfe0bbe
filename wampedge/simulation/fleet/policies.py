"""Whether outputs keep to their policies, judged by the lines of the board and nothing else.

Only outputs of one pin that is on or off are judged, as relays are; what is behind a chip or a
Modbus line is not. A power cut or a stop may end ``min_on`` early, and so may safety.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from wampedge.config.model import DeviceConfig, SiteConfig
from wampedge.devices.output_policy import Interlock, OutputPolicy

__all__ = ["OutputJudge"]

_SLACK_S: Final = 0.001
_MAX_ON_SLACK_S: Final = 1.0
"""How much later than ``max_on`` an output may be off: the node has other things to do."""

OnWrong = Callable[[str], None]


class OutputJudge:
    """Watches the outputs of one board, from ``watch`` on.

    Args:
        config: of the node.
        on_wrong: called with what an output did wrong.
    """

    def __init__(self, config: SiteConfig, on_wrong: OnWrong) -> None:
        self.is_forced = False
        """Whether outputs go off now because the node, or its power, ends."""
        self._on_wrong = on_wrong
        self._lines = {
            name: line
            for name, device in config.devices.items()
            if (line := _Line.of(device, self)) is not None
        }
        for group in config.interlocks.values():
            for member in group.members:
                if member in self._lines:
                    self._lines[member].groups.append(group)

    @property
    def judged(self) -> list[str]:
        """The names of the outputs that are watched."""
        return sorted(self._lines)

    def watch(self, board: Any) -> None:
        """Watch the lines of *board*, which has started."""
        for name, line in self._lines.items():
            ref = line.ref
            net = board.net(ref.bank, ref.line)
            line.is_on = net.level == line.active_level
            net.watch(self._listener(name))

    def overdue(self) -> None:
        """Judge the outputs that are on: they may be so for too long."""
        for line in self._lines.values():
            if line.is_on:
                line.judge_max_on(_now_s())

    def wrong(self, text: str) -> None:
        """Tell what is wrong."""
        self._on_wrong(text)

    def _listener(self, name: str) -> Callable[[bool], None]:
        line = self._lines[name]

        def hear(level: bool) -> None:
            is_on = level == line.active_level
            if is_on != line.is_on:
                line.is_on = is_on
                line.went_on(_now_s(), self._lines) if is_on else line.went_off(_now_s())

        return hear


class _Line:
    """One output and what it did."""

    def __init__(
        self, device: DeviceConfig, role: str, *, active_level: bool, judge: OutputJudge
    ) -> None:
        self.name = device.name
        self.ref = device.pins[role]
        self.policy: OutputPolicy = device.output
        self.active_level = active_level
        self.groups: list[Interlock] = []
        self.is_on = False
        self.on_s = 0.0
        self.off_s: float | None = None
        self._judge = judge
        self._is_late = False

    @classmethod
    def of(cls, device: DeviceConfig, judge: OutputJudge) -> _Line | None:
        """Return what is to be watched of *device*; None where it is no output of one pin."""
        roles = [role for role, pin in device.driver.pins.items() if pin.direction == "output"]
        is_plain = {"on", "off"} <= set(device.commands) and "active" in device.params
        if len(roles) != 1 or len(device.driver.pins) != 1 or not is_plain:
            return None
        if not device.is_enabled or roles[0] not in device.pins:
            return None
        return cls(device, roles[0], active_level=device.params["active"] != "low", judge=judge)

    def went_on(self, now_s: float, lines: Mapping[str, _Line]) -> None:
        off_s, wanted_s = self.off_s, self.policy.min_off_s
        self.on_s, self._is_late = now_s, False
        if off_s is not None and now_s - off_s < wanted_s - _SLACK_S:
            text = f"was off for {now_s - off_s:.3f} s, min_off is {wanted_s:g} s"
            self._judge.wrong(f"{self.name} {text}")
        for group in self.groups:
            for member in group.members:
                if member != self.name and member in lines:
                    self._judge_against(lines[member], group, now_s)

    def went_off(self, now_s: float) -> None:
        self.off_s = now_s
        lasted_s, policy = now_s - self.on_s, self.policy
        if self._judge.is_forced or policy.has_safety:
            return
        if lasted_s < policy.min_on_s - _SLACK_S:
            text = f"was on for {lasted_s:.3f} s, min_on is {policy.min_on_s:g} s"
            self._judge.wrong(f"{self.name} {text}")
        self.judge_max_on(now_s)

    def judge_max_on(self, now_s: float) -> None:
        limit_s, lasted_s = self.policy.max_on_s, now_s - self.on_s
        if limit_s is not None and lasted_s > limit_s + _MAX_ON_SLACK_S and not self._is_late:
            self._is_late = True
            self._judge.wrong(f"{self.name} was on for {lasted_s:.3f} s, max_on is {limit_s:g} s")

    def _judge_against(self, other: _Line, group: Interlock, now_s: float) -> None:
        if other.is_on:
            text = f"went on while {other.name} was on (interlock {group.name})"
            self._judge.wrong(f"{self.name} {text}")
        elif other.off_s is not None and now_s - other.off_s < group.dead_time_s - _SLACK_S:
            text = f"went on {now_s - other.off_s:.3f} s after {other.name} went off"
            wanted = f"dead_time of interlock {group.name} is {group.dead_time_s:g} s"
            self._judge.wrong(f"{self.name} {text}, {wanted}")


def _now_s() -> float:
    return asyncio.get_running_loop().time()
