"""What a checked device file says: the one thing the runtime is built from.

All of it is frozen. Two devices of two files are unchanged when they compare equal, which is how a
reload finds out what to touch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from wampedge.config.keeping_model import RetainedConfig, StoreConfig
from wampedge.config.router_model import (
    DEFAULT_LISTEN,
    DEFAULT_REALM,
    LOCAL_ROLE,
    NODE_AUTHID,
    Forwarding,
    HistoryConfig,
    ProcedureLimitConfig,
    RoleConfig,
    RoleLimitsConfig,
    RouterConfig,
    Secret,
    UpstreamAuth,
    UpstreamConfig,
    UserConfig,
)
from wampedge.devices.contracts import ModbusSettings, Pull, SerialSettings, SpiSettings
from wampedge.devices.driver import ChannelSpec, CommandSpec, DriverSpec
from wampedge.devices.output_policy import Access, Interlock, OutputPolicy, SafetySessions
from wampedge.devices.publishing import Bundle, PublishPolicy
from wampedge.records import Record

if TYPE_CHECKING:
    from wampedge.config.derived import DerivedConfig
    from wampedge.devices.alarms import AlarmPolicy
    from wampedge.devices.filters.base import FilterSpec
    from wampedge.devices.logic import RuleSpec

__all__ = [
    "DEFAULT_EVERY_S",
    "DEFAULT_LISTEN",
    "DEFAULT_REALM",
    "HEADER_BANK",
    "LOCAL_ROLE",
    "NODE_AUTHID",
    "BusConfig",
    "ChannelConfig",
    "DeviceConfig",
    "Forwarding",
    "HistoryConfig",
    "NodeConfig",
    "PinRef",
    "ProcedureLimitConfig",
    "PublishPolicy",
    "RetainedConfig",
    "RoleConfig",
    "RoleLimitsConfig",
    "RouterConfig",
    "Secret",
    "SiteConfig",
    "StoreConfig",
    "UpstreamAuth",
    "UpstreamConfig",
    "UserConfig",
    "WatchdogConfig",
]

DEFAULT_EVERY_S = 30.0
"""Sampling period, in seconds, where neither file nor driver says another."""
HEADER_BANK = "gpio"
"""The pin bank that is the GPIO header of the board."""


_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class WatchdogConfig(Record):
    """Who is told that the event loop is alive.

    Attributes:
        systemd: the service manager, where its unit asks for it.
        hardware: device node of a watchdog that resets the board, or None.
    """

    systemd: bool = True
    hardware: Path | None = None


class NodeConfig(Record):
    """The node itself.

    Attributes:
        name: one URI component.
        uri_prefix: what every URI of the node starts with, without the last dot.
        labels: free texts for people and tools.
        watchdog: who is told that it is alive.
        identify: the device that blinks so that people find the node; None: nothing does.
    """

    name: str
    uri_prefix: str
    labels: Mapping[str, str] = _NOTHING
    watchdog: WatchdogConfig = WatchdogConfig()
    identify: str | None = None


class BusConfig(Record):
    """One bus.

    Attributes:
        name: name in the device file.
        type: as the file has it: ``i2c``, ``serial``, ``modbus_rtu`` ...
        path: the device node or folder, such as ``/dev/i2c-1``.
        serial: how to open a serial port; None for others.
        recover_after: failures in a row after which an I2C bus is opened again.
        mux: the multiplexer and its channel the bus is behind; None for a bus of the board.
        modbus: how units are asked on a Modbus line or connection; None for others.
        labels: free texts for people and tools.
    """

    name: str
    type: str
    path: str
    serial: SerialSettings | None = None
    recover_after: int = 5
    mux: tuple[str, int] | None = None
    modbus: ModbusSettings | None = None
    labels: Mapping[str, str] = _NOTHING


class PinRef(Record):
    """One line of one bank: ``gpio`` is the header (BCM numbers), others are port expanders."""

    bank: str
    line: int

    def __str__(self) -> str:
        return f"GPIO{self.line}" if self.bank == HEADER_BANK else f"{self.bank}:{self.line}"


class ChannelConfig(Record):
    """One channel of one device, as the file shapes it.

    Attributes:
        name: public name, which is in its URIs.
        source: the driver's name of it.
        spec: what the driver says of it.
        publish: when a reading is worth an event; its delta is in *unit*.
        range: readings outside are bad, in *unit*, inclusive; None: no limit of the file.
        unit: public unit.
        scale: a number of the driver times this is in *unit*.
        options: the driver's own keys of the channel, converted.
        access: who may use it, beyond what the device says.
        offset: added after *scale*; scales of temperature have zeros of their own.
        filters: what its samples go through, in *unit*.
        alarm: when it is too low or too high.
        history_s: for how many seconds what it published is kept; None: not at all.
    """

    name: str
    source: str
    spec: ChannelSpec
    publish: PublishPolicy = PublishPolicy()
    range: tuple[float, float] | None = None
    unit: str = ""
    scale: float = 1.0
    options: Mapping[str, Any] = _NOTHING
    access: Access = Access()
    offset: float = 0.0
    filters: tuple[FilterSpec, ...] = ()
    alarm: AlarmPolicy | None = None
    history_s: float | None = None


class DeviceConfig(Record):
    """One device.

    Attributes:
        name: name in the device file.
        driver: what its driver declares.
        bus: name of its bus, or None.
        address: I2C address; None on other buses.
        pins: pin role to line.
        params: driver parameters, converted, with every default filled in.
        channels: by public name, in the driver's order.
        commands: every command, those the file names included.
        every_s: sampling period in seconds; None for a device that is not sampled.
        labels: free texts for people and tools.
        spi: how it is spoken to on an SPI bus.
        rom_id: its number on a 1-Wire bus.
        unit_id: its number on a Modbus line.
        is_enabled: whether it is used at all.
        bundle: how readings of several channels or samples make one event.
        stale_after_s: how old a reading may get before it counts for nothing; None: any age.
        output: what its output may do.
        access: who may use it.
        pulls: pin role to the resistor the file wants, where the file and not the driver decides.
    """

    name: str
    driver: DriverSpec
    bus: str | None = None
    address: int | None = None
    pins: Mapping[str, PinRef] = _NOTHING
    params: Mapping[str, Any] = _NOTHING
    channels: Mapping[str, ChannelConfig] = _NOTHING
    commands: Mapping[str, CommandSpec] = _NOTHING
    every_s: float | None = None
    labels: Mapping[str, str] = _NOTHING
    output: OutputPolicy = OutputPolicy()
    access: Access = Access()
    pulls: Mapping[str, Pull] = _NOTHING
    spi: SpiSettings | None = None
    rom_id: str | None = None
    unit_id: int | None = None
    is_enabled: bool = True
    stale_after_s: float | None = None
    bundle: Bundle = Bundle()


class SiteConfig(Record):
    """The whole file, and every file that was read for it.

    Attributes:
        upstream: the router to join, if there is one.
        upstreams: further ones, by the name of the link.
        store: how much history there may be.
        files: the device file and those it includes.
    """

    path: Path
    node: NodeConfig
    router: RouterConfig = RouterConfig()
    upstream: UpstreamConfig | None = None
    buses: Mapping[str, BusConfig] = _NOTHING
    devices: Mapping[str, DeviceConfig] = _NOTHING
    interlocks: Mapping[str, Interlock] = _NOTHING
    sessions: SafetySessions = SafetySessions()
    derived: Mapping[str, DerivedConfig] = _NOTHING
    rules: Mapping[str, RuleSpec] = _NOTHING
    files: tuple[Path, ...] = ()
    store: StoreConfig = StoreConfig()
    upstreams: Mapping[str, UpstreamConfig] = _NOTHING

    @property
    def links(self) -> dict[str, UpstreamConfig]:
        """All routers to join, by the name of the link; that of ``[upstream]`` first."""
        main = {} if self.upstream is None else {"upstream": self.upstream}
        return main | dict(self.upstreams)
