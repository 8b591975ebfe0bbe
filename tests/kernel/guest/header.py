"""A GPIO header of this kernel: 54 lines of ``gpio-sim`` labelled as those of a Raspberry Pi."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

__all__ = ["Header"]

_CONFIGURATION = Path("/sys/kernel/config/gpio-sim/header")


class Header:
    """The lines as somebody at the bench sees them; made once.

    Args:
        lines: those that are used; gpio-sim shows the others no less.
    """

    def __init__(self, lines: Iterable[int]) -> None:
        bank = _CONFIGURATION / "bank0"
        bank.mkdir(parents=True)
        (bank / "num_lines").write_text("54")
        (bank / "label").write_text("pinctrl-bcm2835")
        for line in lines:
            (bank / f"line{line}").mkdir()
            (bank / f"line{line}" / "name").write_text(f"GPIO{line}")
        (_CONFIGURATION / "live").write_text("1")
        device = (_CONFIGURATION / "dev_name").read_text().strip()
        chip = (bank / "chip_name").read_text().strip()
        self.node = Path("/dev") / chip
        self._folder = Path("/sys/devices/platform") / device / chip
        self._say_the_board_is_a_pi()

    def level(self, line: int) -> bool:
        """Return the level of a line."""
        return (self._folder / f"sim_gpio{line}" / "value").read_text().strip() == "1"

    def pull(self, line: int, level: bool) -> None:
        """Hold an input at a level, as a button to ground or a sensor does."""
        (self._folder / f"sim_gpio{line}" / "pull").write_text("pull-up" if level else "pull-down")

    @staticmethod
    def _say_the_board_is_a_pi() -> None:
        """Show gpiozero the revision code of a Pi 3 B, which it wants before anything else."""
        shown = Path(tempfile.mkdtemp()) / "cpuinfo"
        shown.write_text("Revision\t: a02082\n")
        subprocess.run(["mount", "--bind", str(shown), "/proc/cpuinfo"], check=True)
