"""What a device file needs of this machine and does not find: nodes, rights, overlays, parts.

Everything is looked up below one folder, ``/`` on a board. Nothing is opened but I2C buses, and
these only through the functions that are handed in; asked are the addresses of the file, and of a
part that does not answer the others it can have. Parts of other makers are left alone, and what is
behind a multiplexer is asked only while nobody else is seen to use the bus.
"""

from __future__ import annotations

import errno
import grp
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from wampedge.config.layout import KeyPath
from wampedge.config.model import HEADER_BANK, BusConfig, DeviceConfig, SiteConfig
from wampedge.devices.contracts import I2cBus, PortMatch
from wampedge.errors import WampedgeError
from wampedge.records import Record

if TYPE_CHECKING:
    from wampedge.hardware.mux_probing import Multiplexers

__all__ = ["AddressProbe", "Lack", "may_import", "may_use", "probe_site", "with_smbus"]

_BOOT_FILES: Final = ("boot/firmware/config.txt", "boot/config.txt")
_BOARD_PORTS: Final = ("/dev/serial0", "/dev/serial1", "/dev/ttyAMA0", "/dev/ttyS0")
_NODE_LINE: Final = {"/dev/i2c-1": "dtparam=i2c_arm=on", "/dev/i2c-0": "dtparam=i2c_vc=on"}
_I2C_NODE: Final = "/dev/i2c-"
_WIRED: Final = "is it wired and powered? SDA to pin 3, SCL to pin 5 of the header"


class Lack(Record):
    """One thing that is not there: where the file asks for it, what it is, and what mends it."""

    path: KeyPath
    text: str
    hint: str
    code: str


class AddressProbe(Protocol):
    """Asks one address of one I2C bus whether somebody answers."""

    def __call__(self, bus: str, address: int) -> bool:
        """Return whether *address* of the device node *bus* answers; raises WampedgeError."""
        ...


def probe_site(
    config: SiteConfig,
    root: Path = Path("/"),
    *,
    answers: AddressProbe | None = None,
    is_usable: Callable[[Path], bool] | None = None,
    is_installed: Callable[[str], bool] | None = None,
    open_bus: Callable[[str], I2cBus] | None = None,
    ports: Callable[[], Iterable[Any]] | None = None,
) -> list[Lack]:
    """Return what *config* needs and the machine below *root* does not have.

    Args:
        config: a file without mistakes.
        root: folder that stands for ``/``.
        answers: asks an I2C address; that of smbus2 if not given.
        is_usable: says whether this process may read and write a node; that of the kernel if not
            given.
        is_installed: says whether a package can be imported; that of Python if not given.
        open_bus: opens an I2C bus whose multiplexers are to be switched; smbus2 if not given.
        ports: lists the serial ports there are; pyserial if not given.
    """
    probe = _Probe(root, answers or with_smbus, is_usable or may_use)
    probe.is_installed = is_installed or may_import
    probe.open_bus = open_bus or _smbus
    probe.ports = ports
    return probe.run(config)


def may_import(package: str) -> bool:
    """Say whether *package* is installed; it is not imported."""
    from importlib.util import find_spec  # noqa: PLC0415 # only with --hardware

    return find_spec(package) is not None


def may_use(node: Path) -> bool:
    """Say whether this process may read and write *node*."""
    return os.access(node, os.R_OK | os.W_OK)


def with_smbus(bus: str, address: int) -> bool:
    """Ask *address* of *bus* by reading one byte; raises HardwareError when it cannot be opened."""
    from wampedge.errors import BusError, BusTimeoutError  # noqa: PLC0415 # beside what needs them
    from wampedge.hardware.i2c import SmbusI2cBus  # noqa: PLC0415 # only when there is a bus

    link = SmbusI2cBus(bus)
    link.open()
    try:
        link.transfer(address, [1])
    except BusTimeoutError:
        return False
    except BusError as error:
        # A driver of the kernel that has the address proves that the part is there.
        return getattr(error.__cause__, "errno", None) == errno.EBUSY
    finally:
        link.close()
    return True


def _smbus(bus: str) -> I2cBus:
    from wampedge.hardware.i2c import SmbusI2cBus  # noqa: PLC0415 # only when there is a bus

    link = SmbusI2cBus(bus)
    link.open()
    return link


class _Probe:
    def __init__(
        self, root: Path, answers: AddressProbe, is_usable: Callable[[Path], bool]
    ) -> None:
        self._root = root
        self._answers = answers
        self._is_usable = is_usable
        self.is_installed: Callable[[str], bool] = may_import
        self.open_bus: Callable[[str], I2cBus] = _smbus
        self.ports: Callable[[], Iterable[Any]] | None = None
        self._can_ask: set[str] = set()
        self._lacks: list[Lack] = []
        self._boot_lines = _boot_lines(root)

    def run(self, config: SiteConfig) -> list[Lack]:
        for bus in config.buses.values():
            devices = [d for d in config.devices.values() if d.bus == bus.name and d.is_enabled]
            look = _LOOKS.get(bus.type)
            if look is not None and bus.mux is None:
                look(self, bus, devices)
        if any(bus.mux is not None for bus in config.buses.values()):
            self._behind_multiplexers(config)
        self._header(config)
        return self._lacks

    def i2c(self, bus: BusConfig, devices: Iterable[DeviceConfig]) -> None:
        """Look for the node of an I2C bus, then ask its addresses."""
        path = ("buses", bus.name, "bus")
        line = _NODE_LINE.get(bus.path, "")
        if not line and bus.path.startswith(_I2C_NODE):
            line = f"dtoverlay=i2c{bus.path.removeprefix(_I2C_NODE)}"
        number = bus.path.removeprefix("/dev/")
        if self._has_node(bus.path):
            if self._may_open(path, bus.path, "i2c") and self._ask(bus, devices):
                self._can_ask.add(bus.name)
        elif self._at(f"/sys/bus/i2c/devices/{number}").exists():
            hint = "sudo modprobe i2c-dev; and write i2c-dev into /etc/modules to keep it"
            self._lack(path, f"is {bus.path}, which is missing: i2c-dev is not loaded", hint)
        else:
            self._lack(path, f"is {bus.path}, which is missing", self._switch_on(line))

    def spi(self, bus: BusConfig, devices: Iterable[DeviceConfig]) -> None:
        """Look for the node of each chip-select line in use."""
        number = bus.path.removeprefix("/dev/spidev")
        if not self.is_installed("spidev"):
            hint = "pip install wampedge[spi], or sudo apt install python3-spidev"
            self._lack(("buses", bus.name, "type"), "needs the package spidev", hint)
        line = "dtparam=spi=on" if number == "0" else f"dtoverlay=spi{number}-1cs"
        for device in devices:
            node = f"{bus.path}.{device.spi.chip_select if device.spi else 0}"
            path = ("devices", device.name, "bus")
            if self._has_node(node):
                self._may_open(path, node, "spi")
            else:
                self._lack(path, f"needs {node}, which is missing", self._switch_on(line))

    def serial(self, bus: BusConfig, devices: Iterable[DeviceConfig]) -> None:
        """Look for the node of a serial port, or for the one port that fits."""
        del devices
        if bus.serial is not None and bus.serial.match is not None:
            self._matching(("buses", bus.name, "match"), bus.serial.match)
            return
        path = ("buses", bus.name, "port")
        if not bus.path.startswith("/dev/"):
            return
        if self._has_node(bus.path):
            self._may_open(path, bus.path, "dialout")
            return
        if bus.path in _BOARD_PORTS:
            hint = self._switch_on("enable_uart=1")
        else:
            folder = self._at("/dev/serial/by-id")
            names = sorted(n.name for n in folder.iterdir())[:8] if folder.is_dir() else []
            there = ", ".join(f"/dev/serial/by-id/{name}" for name in names)
            hint = f"plugged in are: {there}" if there else "no USB port is plugged in"
        self._lack(path, f"is {bus.path}, which is missing", hint)

    def onewire(self, bus: BusConfig, devices: Iterable[DeviceConfig]) -> None:
        """Look for the folder of the 1-Wire buses, and for each part in it."""
        folder = self._at(bus.path)
        if not folder.is_dir():
            hint = self._switch_on("dtoverlay=w1-gpio")
            self._lack(("buses", bus.name), f"needs {bus.path}, which is missing", hint)
            return
        there = sorted(n.name for n in folder.iterdir() if not n.name.startswith("w1_bus"))
        for device in devices:
            if device.rom_id and device.rom_id not in there:
                found = f"the bus has {', '.join(there[:8])}" if there else "the bus has no part"
                text = f"is {device.rom_id}, which does not answer"
                self._lack(("devices", device.name, "id"), text, found, code="no-answer")

    def _matching(self, path: KeyPath, match: PortMatch) -> None:
        from wampedge.hardware.ports import find_port  # noqa: PLC0415 # only where one is looked for

        by_path = self._at("/dev/serial/by-path")
        given = {} if self.ports is None else {"ports": self.ports}
        try:
            node = find_port(match, by_path=by_path, **given)
        except WampedgeError as error:
            text, _, hint = str(error).partition("; ")
            self._lack(path, f"fits {text}", hint)
            return
        if self._has_node(node):
            self._may_open(path, node, "dialout")

    def _behind_multiplexers(self, config: SiteConfig) -> None:
        """Ask what is behind the multiplexers of each bus that could be asked itself."""
        from wampedge.hardware.mux_probing import (  # noqa: PLC0415 # only where there are some
            multiplexers_of,
            who_else,
        )

        for multiplexers in multiplexers_of(config):
            bus = multiplexers.bus
            if bus.name not in self._can_ask:
                continue
            addresses = [mux.address for mux, way in multiplexers.muxes if not way and mux.address]
            if other := who_else(bus.path, addresses, self._root):
                names = ", ".join(device.name for device, _ in multiplexers.devices)
                text = f"has {names} behind multiplexers, which were not asked: {other}"
                self._lack(("buses", bus.name), text, "stop it and ask again", code="not-asked")
                continue
            try:
                self._switch_and_ask(multiplexers)
            except WampedgeError as error:
                self._lack(("buses", bus.name), f"cannot be asked: {error}", "", code="no-bus")

    def _switch_and_ask(self, multiplexers: Multiplexers) -> None:
        link = self.open_bus(multiplexers.bus.path)
        try:
            silent = multiplexers.silent(link)
        finally:
            link.close()
        for found in silent:
            device = found.device
            address, path = f"0x{device.address:02x}", ("devices", device.name, "address")
            if found.is_before:
                text = f"is {address}, where a part answers before the multiplexer as well"
                hint = f"is {device.name} wired to {multiplexers.bus.name} itself?"
            else:
                text = f"is {address}, where no part answers on {device.bus}"
                hint = _where(device, found.others) or "is it wired, powered and on that channel?"
            self._lack(path, text, hint, code="no-answer")

    def _header(self, config: SiteConfig) -> None:
        uses = [
            d for d in config.devices.values() for p in d.pins.values() if p.bank == HEADER_BANK
        ]
        if not uses:
            return
        path = ("devices", uses[0].name)
        nodes = sorted(self._at("/dev").glob("gpiochip*"))
        if not nodes:
            text = "needs the GPIO header, and there is no /dev/gpiochip*"
            self._lack(path, text, "is this a board? `wampedge run --simulate` needs none")
        elif not any(self._is_usable(node) for node in nodes):
            self._tell_rights(path, f"/dev/{nodes[0].name}", "gpio")

    def _ask(self, bus: BusConfig, devices: Iterable[DeviceConfig]) -> bool:
        """Ask the address of each device; of those that are silent, where else they may be.

        Returns:
            Whether the bus could be asked.
        """
        taken = {device.address for device in devices}
        for device in devices:
            if device.address is None:
                continue
            path = ("devices", device.name, "address")
            try:
                if self._answers(bus.path, device.address):
                    continue
                others = [a for a in device.driver.addresses if a not in taken][:16]
                there = [a for a in others if self._answers(bus.path, a)]
            except WampedgeError as error:
                self._lack(("buses", bus.name), f"cannot be asked: {error}", "", code="no-bus")
                return False
            hint = _where(device, there) or _WIRED
            text = f"is 0x{device.address:02x}, where no part answers on {bus.path}"
            self._lack(path, text, hint, code="no-answer")
        return True

    def _may_open(self, path: KeyPath, node: str, group: str) -> bool:
        """Say whether *node* may be opened; note what mends it if not."""
        if self._is_usable(self._at(node)):
            return True
        self._tell_rights(path, node, group)
        return False

    def _tell_rights(self, path: KeyPath, node: str, group: str) -> None:
        status = self._at(node).stat()
        if status.st_mode & (stat.S_IRGRP | stat.S_IWGRP) == (stat.S_IRGRP | stat.S_IWGRP):
            name = _group_name(status.st_gid) if status.st_gid else group
            if status.st_gid:
                hint = f"sudo usermod -aG {name} $USER, then log in again"
                text = f"needs {node}, which is for the group {name} only"
                self._lack(path, text, hint, code="no-right")
                return
        hint = "install systemd/60-wampedge.rules, then: sudo udevadm trigger"
        text = f"needs {node}, which is for root only"
        self._lack(path, text, hint, code="no-right")

    def _switch_on(self, line: str) -> str:
        """Return how to get a node that *line* of the boot file makes."""
        name = next((n for n in _BOOT_FILES if self._at(f"/{n}").exists()), "")
        if not line or not name:
            return "is this a board with such a bus?"
        if line in self._boot_lines:
            return f"/{name} has {line} already: reboot"
        return f"add {line} to /{name} and reboot"

    def _lack(self, path: KeyPath, text: str, hint: str, code: str = "no-node") -> None:
        self._lacks.append(Lack(path, text, hint, code))

    def _has_node(self, node: str) -> bool:
        return self._at(node).exists()

    def _at(self, path: str) -> Path:
        return self._root / path.lstrip("/")


def _where(device: DeviceConfig, there: Iterable[int]) -> str:
    """Return where *device* may be, when a part answers at an address it can have."""
    found = " and ".join(f"0x{address:02x}" for address in there)
    return f"a part answers at {found}, where a {device.driver.name} can be" if found else ""


def _boot_lines(root: Path) -> set[str]:
    """Return the lines of the boot file that count, without blanks."""
    for name in _BOOT_FILES:
        try:
            text = (root / name).read_text("utf-8", "replace")
        except OSError:
            continue
        return {line.partition("#")[0].strip() for line in text.splitlines()}
    return set()


def _group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


_LOOKS: Final[Mapping[str, Callable[[_Probe, BusConfig, list[DeviceConfig]], None]]] = {
    "i2c": _Probe.i2c,
    "spi": _Probe.spi,
    "serial": _Probe.serial,
    "modbus_rtu": _Probe.serial,
    "onewire": _Probe.onewire,
}
