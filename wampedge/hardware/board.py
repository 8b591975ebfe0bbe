"""The board under our feet: is it one with a GPIO header, and which chip drives that header?"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from wampedge.devices.contracts import ModbusSettings, SerialSettings
from wampedge.errors import HardwareError

__all__ = [
    "HEADER_LABELS",
    "Linux",
    "header_chip",
    "is_board_present",
    "lgpio_errors",
    "load_lgpio",
]

HEADER_LABELS = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835", "pinctrl-bcm2712")
"""Labels of the chips behind a 40-pin header: Pi 5, Pi 4, all before. The number of the chip
changes with the kernel (gpiochip4, then gpiochip0 on a Pi 5); the label does not."""

_MODEL = Path("/proc/device-tree/model")


class Linux:
    """The substrate that is the kernel itself; nothing is put in place and nothing taken away.

    Args:
        dev: folder of the device nodes.
    """

    is_simulated = False

    def __init__(self, dev: Path = Path("/dev")) -> None:
        self._dev = dev

    @property
    def description(self) -> str:
        """Name of the board, such as ``Raspberry Pi 4 Model B Rev 1.4``."""
        return board_model() or "a computer without a device tree"

    def start(self) -> None:
        """Do nothing: the kernel is there."""

    def pin_factory(self) -> Any:
        """Return a gpiozero factory for the chip behind the header; raises HardwareError."""
        lgpio = load_lgpio()
        chip = header_chip(chip_labels(lgpio, self._dev))
        pins = import_module("wampedge.hardware.lgpio_pins")
        failures: tuple[type[Exception], ...] = (OSError, *lgpio_errors())
        try:
            return pins.HeaderFactory(chip=chip)
        except failures as error:
            raise HardwareError(f"/dev/gpiochip{chip} cannot be opened: {error}") from error

    def modbus_peer(self, settings: ModbusSettings) -> ModbusSettings:
        """Return *settings* as they are."""
        return settings

    def serial_port(self, settings: SerialSettings) -> SerialSettings:
        """Return *settings* unchanged."""
        return settings

    def sysfs_path(self, path: str) -> str:
        """Return *path* unchanged."""
        return path

    def clear_i2c(self, path: str) -> str | None:
        """Send nine clock pulses over the header lines of the bus; return why it could not."""
        from wampedge.hardware.bus_clear import clear_i2c  # noqa: PLC0415 # only when a bus hangs

        return clear_i2c(path)

    def stop(self) -> None:
        """Do nothing."""


def is_board_present(dev: Path = Path("/dev"), model: Path = _MODEL) -> bool:
    """Say whether this is a board with pins: a device tree names it and it has a GPIO chip."""
    return model.exists() and any(dev.glob("gpiochip*"))


def board_model(model: Path = _MODEL) -> str:
    """Return the name the device tree gives the board, or ""."""
    try:
        return model.read_bytes().rstrip(b"\0").decode(errors="replace").strip()
    except OSError:
        return ""


def header_chip(labels: Mapping[int, str]) -> int:
    """Return the number of the chip behind the header.

    Args:
        labels: chip number to label, of every chip that could be opened.

    Raises:
        HardwareError: none of them is a chip we know.
    """
    for wanted in HEADER_LABELS:
        for number, label in sorted(labels.items()):
            if label == wanted:
                return number
    found = ", ".join(f"gpiochip{n} is {label!r}" for n, label in sorted(labels.items()))
    raise HardwareError(
        f"no GPIO header found ({found or 'no /dev/gpiochip* can be opened'});"
        " if the nodes exist, add the user to their group: `sudo usermod -aG gpio $USER`"
    )


def chip_labels(lgpio: Any, dev: Path) -> dict[int, str]:
    """Return number and label of every GPIO chip that can be opened."""
    labels = {}
    for node in dev.glob("gpiochip*"):
        match = re.fullmatch(r"gpiochip(\d+)", node.name)
        # Raspberry Pi OS has gpiochip4 as a link to gpiochip0 on a Pi 5, for old programs.
        if match is None or node.is_symlink():
            continue
        number = int(match[1])
        with contextlib.suppress(*lgpio_errors(), OSError):
            handle = lgpio.gpiochip_open(number)
            try:
                labels[number] = lgpio.gpio_get_chip_info(handle)[3]
            finally:
                lgpio.gpiochip_close(handle)
    return labels


def load_lgpio() -> Any:
    """Import lgpio without its side effects; raises HardwareError when it is not there.

    The import makes a FIFO ``.lgd-nfy0`` in its working directory, and changes the working
    directory of the process to ``LG_WD`` when that is set. Both happen in a folder that is
    removed again: the FIFO is open by then and needs no name.
    """
    if "lgpio" in sys.modules:
        return sys.modules["lgpio"]
    try:
        with _scratch_working_directory():
            return import_module("lgpio")
    except ImportError as error:
        raise HardwareError(
            "the package lgpio is missing; install it with `pip install lgpio`"
            " or `sudo apt install python3-lgpio`"
        ) from error
    except OSError as error:
        raise HardwareError(f"lgpio cannot be loaded: {error}") from error


def lgpio_errors() -> tuple[type[Exception], ...]:
    """Return the exception of lgpio, or nothing while it is not loaded."""
    module = sys.modules.get("lgpio")
    return () if module is None else (module.error,)


@contextlib.contextmanager
def _scratch_working_directory() -> Iterator[None]:
    before, setting = os.getcwd(), os.environ.get("LG_WD")  # noqa: PTH109 # goes back to os.chdir
    with tempfile.TemporaryDirectory(prefix="wampedge-lgpio-") as folder:
        os.environ["LG_WD"] = folder
        try:
            yield
        finally:
            os.chdir(before)
            del os.environ["LG_WD"]
            if setting is not None:
                os.environ["LG_WD"] = setting
