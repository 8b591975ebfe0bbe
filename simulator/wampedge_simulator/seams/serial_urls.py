"""Which simulated ports ``sim://`` reaches, by the name of their bus and by their device path.

The table is the one owner of what can be reached; the newest port of one name is found first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wampedge_simulator.seams.serial import SimulatedSerialPort

__all__ = ["find_port", "publish", "withdraw"]

_PACKAGE = "wampedge_simulator.seams"
"""Has ``protocol_sim``, where pyserial looks for the class behind the URL."""
_ports_by_name: dict[str, list[SimulatedSerialPort]] = {}


def publish(ports: Mapping[str, SimulatedSerialPort]) -> None:
    """Let ``sim://NAME`` reach *ports*, by name, from now on."""
    import serial  # noqa: PLC0415 # only boards with a serial port need it

    if _PACKAGE not in serial.protocol_handler_packages:
        serial.protocol_handler_packages.append(_PACKAGE)
    for name, port in ports.items():
        _ports_by_name.setdefault(name, []).append(port)


def withdraw(ports: Iterable[SimulatedSerialPort]) -> None:
    """Take *ports* away; unknown ones are ignored."""
    gone = set(map(id, ports))
    for name, known in list(_ports_by_name.items()):
        left = [port for port in known if id(port) not in gone]
        if left:
            _ports_by_name[name] = left
        else:
            del _ports_by_name[name]


def find_port(name: str) -> SimulatedSerialPort | None:
    """Return the newest port of that name, or None."""
    return _ports_by_name[name][-1] if name in _ports_by_name else None
