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
    """Opens, unplugs and closes every port; owned by the substrate, on the event loop.

    Args:
        wiring: what is connected where.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._port_by_bus: dict[str, Any] = {}
        self._taps: Taps | None = None

    def open(self, parts: Mapping[str, Part], lock: RLock, taps: Taps | None = None) -> None:
        """Make a port for each bus, with its *parts* behind it; *taps* hear what passes."""
        wiring, self._taps = self._wiring, taps
        for bus in dict.fromkeys((*wiring.serial, *wiring.modbus)):
            on_bus = [parts[device.name] for device in wiring.devices if device.bus == bus]
            if bus in wiring.modbus:
                self._port_by_bus[bus] = self._modbus(bus, on_bus, lock)
            else:
                instruments: Any = on_bus
                self._port_by_bus[bus] = self._serial(bus, instruments)
            self._port_by_bus[bus].open()
        if self._serial_ports():
            from wampedge_simulator.seams.serial_urls import publish  # noqa: PLC0415 # as needed

            publish(self._serial_ports())

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
        if self._serial_ports():
            from wampedge_simulator.seams.serial_urls import withdraw  # noqa: PLC0415 # as needed

            withdraw(self._serial_ports().values())
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

    def _modbus(self, bus: str, units: Any, lock: RLock) -> Any:
        from wampedge_simulator.modbus.line import ModbusLine, ModbusNetwork  # noqa: PLC0415 # few nodes have any
        from wampedge_simulator.seams.tcp import SimulatedModbusServer  # noqa: PLC0415 # as above

        network = ModbusNetwork(units, lock)
        if self._wiring.modbus[bus].host is not None:
            loop = asyncio.get_running_loop()
            return SimulatedModbusServer(network, loop, bus, self._taps)
        return self._serial(bus, [ModbusLine(network)])
