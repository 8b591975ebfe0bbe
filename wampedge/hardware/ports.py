"""Find a serial port by what is plugged in, or where, instead of by its name.

``/dev/ttyUSB0`` is whatever was plugged in first. The numbers of a USB device and the place it is
plugged in stay, also when it comes back under another name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from serial.tools.list_ports import comports

from wampedge.devices.contracts import PortMatch
from wampedge.errors import HardwareError

__all__ = ["find_port"]

_BY_PATH: Final = Path("/dev/serial/by-path")


def find_port(
    match: PortMatch,
    *,
    ports: Callable[[], Iterable[Any]] = comports,
    by_path: Path = _BY_PATH,
) -> str:
    """Return the device node of the one port that fits *match*.

    Args:
        match: what to look for.
        ports: lists the ports there are, as pyserial does.
        by_path: folder with links that are named after the places of ports.

    Raises:
        HardwareError: no port fits, or more than one.
    """
    found = [port for port in ports() if _fits_usb(port, match)]
    if match.path is not None:
        places = _places(match.path, by_path)
        found = [port for port in found if Path(port.device).resolve() in places]
    names = sorted({str(port.device) for port in found})
    if not names:
        raise HardwareError(
            f"no serial port with {match}; is it plugged in? `lsusb` and"
            " `ls -l /dev/serial/by-path` show what there is"
        )
    if len(names) > 1:
        raise HardwareError(
            f"{len(names)} serial ports with {match}: {', '.join(names)};"
            " say more in match, such as serial or path"
        )
    return names[0]


def _fits_usb(port: Any, match: PortMatch) -> bool:
    facts = (
        (match.vid, None if port.vid is None else f"{port.vid:04x}"),
        (match.pid, None if port.pid is None else f"{port.pid:04x}"),
        (match.serial, port.serial_number),
    )
    return all(wanted is None or wanted == fact for wanted, fact in facts)


def _places(pattern: str, by_path: Path) -> set[Path]:
    """Return the device nodes whose place fits *pattern*."""
    if not by_path.is_dir():
        return set()
    return {link.resolve() for link in by_path.iterdir() if fnmatchcase(link.name, pattern)}
