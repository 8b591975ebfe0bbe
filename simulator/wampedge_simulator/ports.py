"""The far ends of all ports and connections of one board, by the name of their bus."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from threading import RLock
from typing import Any

from wampedge.devices.contracts import ModbusSettings, SerialSettings, Wiring
from wampedge_simulator.part import Part
from wampedge_simulator.seams.line_format import LineFormat
from wampedge_simulator.seams.serial import SimulatedSerialPort
from wampedge_simulator.transactions import Taps

__all__ = ["SimulatedPorts"]


class SimulatedPorts:
    """Opens, unplugs and closes every port; owned by the substrate, on the event loop."""

    def __init__(self) -> None:
        self._wiring = Wiring()
        self._port_by_bus: dict[str, Any] = {}
        self._taps: Taps | None = None

    def open(
        self, wiring: Wiring, parts: Mapping[str, Part], lock: RLock, taps: Taps | None = None
    ) -> None:
        """Make a port for each bus, with its *parts* behind it; *taps* hear what passes."""
        self._wiring, self._taps = wiring, taps
        for bus in _buses_of(wiring):
            self._open(bus, parts, lock)
        self._publish()

    def change(self, wiring: Wiring, parts: Mapping[str, Part], lock: RLock) -> None:
        """Have the ports of *wiring*; one that is there already stays open, with its new parts."""
        self._withdraw()
        before, self._wiring = self._wiring, wiring
        for bus in list(self._port_by_bus):
            if _settings_of(before, bus) != _settings_of(wiring, bus):
                self._port_by_bus.pop(bus).close()
        for bus in _buses_of(wiring):
            port = self._port_by_bus.get(bus)
            if port is None:
                self._open(bus, parts, lock)
            elif bus not in wiring.modbus:
                port.rewire(self._on_bus(bus, parts))
            elif wiring.modbus[bus].host is not None:
                port.rewire(self._network(bus, parts, lock))
            else:
                port.rewire([self._line(bus, parts, lock)])
        self._publish()

    def on(self, bus: str | None) -> Any:
        """Return the port of *bus*, or None."""
        return self._port_by_bus.get(bus or "")

    def serial_settings(self, settings: SerialSettings) -> SerialSettings:
        """Return the settings that open the simulated port in place of *settings*."""
        for bus, wired in self._wiring.serial.items():
            same = (wired.port, wired.match) == (settings.port, settings.match)
            if same and bus in self._port_by_bus:
                answer: SerialSettings = self._port_by_bus[bus].settings(settings)
                return answer
        return settings

    def modbus_settings(self, settings: ModbusSettings) -> ModbusSettings:
        """Return the settings that reach the simulated server in place of *settings*."""
        for bus, wired in self._wiring.modbus.items():
            same = (wired.host, wired.port) == (settings.host, settings.port)
            if same and bus in self._port_by_bus:
                return settings.but(host="127.0.0.1", port=self._port_by_bus[bus].port)
        return settings

    def close(self) -> None:
        """Close every port."""
        self._withdraw()
        for port in self._port_by_bus.values():
            port.close()
        self._port_by_bus = {}

    def _serial(self, bus: str, instruments: Any) -> SimulatedSerialPort:
        """Return a port whose instruments are set as what is wired says."""
        wired = self._wiring.serial.get(bus)
        line_format = None if wired is None else LineFormat.of(wired)
        loop = asyncio.get_running_loop()
        return SimulatedSerialPort(bus, instruments, loop, self._taps, line_format)

    def _serial_ports(self) -> dict[str, SimulatedSerialPort]:
        """Return the serial ports by each name they have: that of the bus, and their path."""
        found = {}
        for bus, port in self._port_by_bus.items():
            if isinstance(port, SimulatedSerialPort):
                wired = self._wiring.serial.get(bus)
                found[bus] = port
                if wired is not None and wired.port:
                    found[wired.port] = port
        return found

    def _open(self, bus: str, parts: Mapping[str, Part], lock: RLock) -> None:
        port: Any
        if bus not in self._wiring.modbus:
            port = self._serial(bus, self._on_bus(bus, parts))
        elif self._wiring.modbus[bus].host is None:
            port = self._serial(bus, [self._line(bus, parts, lock)])
        else:
            from wampedge_simulator.seams.tcp import SimulatedModbusServer  # noqa: PLC0415 # few nodes

            network, loop = self._network(bus, parts, lock), asyncio.get_running_loop()
            port = SimulatedModbusServer(network, loop, bus, self._taps)
        self._port_by_bus[bus] = port
        port.open()

    def _on_bus(self, bus: str, parts: Mapping[str, Part]) -> Any:
        return [parts[device.name] for device in self._wiring.devices if device.bus == bus]

    def _network(self, bus: str, parts: Mapping[str, Part], lock: RLock) -> Any:
        from wampedge_simulator.modbus.line import ModbusNetwork  # noqa: PLC0415 # few nodes have any

        return ModbusNetwork(self._on_bus(bus, parts), lock)

    def _line(self, bus: str, parts: Mapping[str, Part], lock: RLock) -> Any:
        from wampedge_simulator.modbus.line import ModbusLine  # noqa: PLC0415 # few nodes have any

        return ModbusLine(self._network(bus, parts, lock))

    def _publish(self) -> None:
        """Let ``sim://`` reach the serial ports."""
        if ports := self._serial_ports():
            from wampedge_simulator.seams.serial_urls import publish  # noqa: PLC0415 # as needed

            publish(ports)

    def _withdraw(self) -> None:
        if ports := self._serial_ports():
            from wampedge_simulator.seams.serial_urls import withdraw  # noqa: PLC0415 # as needed

            withdraw(ports.values())


def _buses_of(wiring: Wiring) -> list[str]:
    """Return the buses that are ports, or connections."""
    return list(dict.fromkeys((*wiring.serial, *wiring.modbus)))


def _settings_of(wiring: Wiring, bus: str) -> object:
    return wiring.serial.get(bus), wiring.modbus.get(bus)
