"""The types of ``[buses.*]``, and the keys of a device that say where on its bus it is.

``BUS_TYPES`` is the one table: what a type is called in the file, its keys, what becomes of them,
and which kind of bus it is to a driver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from wampedge.config.kinds import LABELS, Expandable, I2cAddress, I2cPath
from wampedge.config.model import BusConfig
from wampedge.config.serial_buses import (
    RTU_FIELDS,
    SERIAL_FIELDS,
    TCP_FIELDS,
    make_rtu_bus,
    make_serial_bus,
    make_tcp_bus,
)
from wampedge.devices.contracts import SpiSettings
from wampedge.devices.driver import BusKind, DriverSpec
from wampedge.devices.fields import Choice, Field, Integer, Quantity, Table, Text
from wampedge.records import Record

__all__ = [
    "BUS_FIELDS",
    "BUS_TYPES",
    "ONE_WIRE_FOLDER",
    "BusType",
    "place_fields",
    "place_of",
]

ONE_WIRE_FOLDER: Final = "/sys/bus/w1/devices"
"""Where the kernel shows the parts of all its 1-Wire buses."""
_RECOVERY: Final = Table(
    {"after_errors": Integer(1, 1000, default=5, doc="failures in a row before it is re-opened")},
    default={"after_errors": 5},
    doc="when a bus that does not work is opened again and cleared",
)


class BusType(Record):
    """One type of bus.

    Attributes:
        kind: what drivers call it.
        fields: its keys in the file, without ``type``.
        make: makes the bus of its name and the converted keys; raises FieldError where keys that
            are right one by one do not go together.
    """

    kind: BusKind
    fields: Mapping[str, Field]
    make: Callable[[str, Mapping[str, Any]], BusConfig]


def _i2c(name: str, values: Mapping[str, Any]) -> BusConfig:
    after = values["recover"]["after_errors"]
    return BusConfig(name, "i2c", values["bus"], recover_after=after)


def _spi(name: str, values: Mapping[str, Any]) -> BusConfig:
    return BusConfig(name, "spi", f"/dev/spidev{values['bus']}")


def _onewire(name: str, _: Mapping[str, Any]) -> BusConfig:
    return BusConfig(name, "onewire", ONE_WIRE_FOLDER)


BUS_TYPES: Final[Mapping[str, BusType]] = {
    "i2c": BusType(
        "i2c",
        {
            "bus": Expandable(I2cPath(), doc='number of the bus, or its device node "/dev/i2c-1"'),
            "recover": _RECOVERY,
        },
        _i2c,
    ),
    "serial": BusType("serial", SERIAL_FIELDS, make_serial_bus),
    "modbus_rtu": BusType("modbus", RTU_FIELDS, make_rtu_bus),
    "modbus_tcp": BusType("modbus", TCP_FIELDS, make_tcp_bus),
    "spi": BusType(
        "spi",
        {"bus": Integer(0, 255, default=0, doc="number of the bus: the N of /dev/spidevN.0")},
        _spi,
    ),
    "onewire": BusType("onewire", {}, _onewire),
}

BUS_FIELDS: Final[Mapping[str, Mapping[str, Field]]] = {
    name: {
        "type": Choice(tuple(BUS_TYPES), doc="kind of bus"),
        **bus.fields,
        "labels": LABELS,
    }
    for name, bus in BUS_TYPES.items()
}
"""Every key of a bus of each type."""


def place_fields(spec: DriverSpec) -> dict[str, Field]:
    """Return the keys that say on which bus, and where on it, a device of *spec* is."""
    if spec.bus is None:
        return {}
    fields: dict[str, Field] = {"bus": Text(doc=f"name of the {spec.bus} bus it is on")}
    if spec.bus == "i2c":
        default = {"default": spec.addresses[0]} if spec.addresses else {}
        fields["address"] = I2cAddress(tuple(spec.addresses), doc="I2C address", **default)
    elif spec.bus == "spi":
        fields["chip_select"] = Integer(0, 15, default=0, doc="chip-select line it is on; 0 is CE0")
        fields["spi_mode"] = Integer(
            0, 3, default=spec.spi_mode, doc="clock polarity and phase, where it is not the usual"
        )
        fields["spi_speed"] = Quantity(
            "Hz",
            minimum=1e3,
            maximum=125e6,
            default=float(spec.spi_speed_hz),
            doc='highest clock, such as "500kHz" for a long cable',
        )
    elif spec.bus == "onewire":
        fields["id"] = Text(
            pattern="[0-9a-f]{2}-[0-9a-f]{12}",
            wanted='the number of a part such as "28-0316a2794f1b"',
            doc=f"family and number of the part; `ls {ONE_WIRE_FOLDER}` shows them",
        )
    elif spec.bus == "modbus":
        default = {} if spec.unit_id is None else {"default": spec.unit_id}
        fields["unit_id"] = Integer(1, 255, doc="number of the unit on the line", **default)
    return fields


def place_of(spec: DriverSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of ``DeviceConfig`` that say where a device is, from its checked keys."""
    place: dict[str, Any] = {"bus": values.get("bus"), "address": values.get("address")}
    if spec.bus == "spi":
        speed_hz = round(values["spi_speed"])
        place["spi"] = SpiSettings(values["chip_select"], values["spi_mode"], speed_hz)
    elif spec.bus == "onewire":
        place["rom_id"] = values["id"]
    elif spec.bus == "modbus":
        place["unit_id"] = values["unit_id"]
    return place
