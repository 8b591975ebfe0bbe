"""The keys of serial ports and Modbus buses, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.kinds import Expandable
from wampedge.config.model import BusConfig
from wampedge.devices.contracts import ModbusSettings, PortMatch, SerialSettings
from wampedge.devices.fields import (
    Choice,
    Duration,
    Field,
    FieldError,
    Integer,
    Table,
    Text,
)

__all__ = [
    "RTU_FIELDS",
    "SERIAL_FIELDS",
    "TCP_FIELDS",
    "make_rtu_bus",
    "make_serial_bus",
    "make_tcp_bus",
]


class _Match(Table):
    """What a serial port is found by; a ``PortMatch`` inside."""

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a table that says something."""
        return {**super().schema(), "minProperties": 1}

    def convert(self, value: Any) -> Any:
        """Return what to look for; raises FieldError."""
        given = super().convert(value)
        match = PortMatch(**{key: text and text.lower() if key in ("vid", "pid") else text
                             for key, text in given.items()})  # fmt: skip
        if match == PortMatch():
            raise FieldError("must say something", 'write match = { vid = "1546", pid = "01a8" }')
        return match


_USB_NUMBER: Final = Text(
    pattern="[0-9a-fA-F]{4}",
    wanted='four hexadecimal digits such as "1546", as `lsusb` shows them',
    default=None,
)
_MATCH: Final = _Match(
    {
        "vid": _USB_NUMBER.but(doc="vendor number of the USB device"),
        "pid": _USB_NUMBER.but(doc="product number of the USB device"),
        "serial": Text(minimum_length=1, maximum_length=128, default=None, doc="its serial number"),
        "path": Text(
            pattern=r"[A-Za-z0-9_.:+@,=*?\[\]-]+",
            maximum_length=200,
            wanted='a name in /dev/serial/by-path, such as "platform-*-usb-0:1.2:*"',
            default=None,
            doc="where it is plugged in: a name in /dev/serial/by-path, * stands for anything",
        ),
    },
    default=None,
    doc="what the port is found by instead of its name, which may change when it is plugged in",
)

SERIAL_FIELDS: Final[Mapping[str, Field]] = {
    "port": Expandable(
        Text(pattern="/[A-Za-z0-9_.:/+@,=-]+", wanted='a device node such as "/dev/ttyUSB0"'),
        default=None,
        doc="device node of the port; those in /dev/serial/by-id keep their name",
    ),
    "match": _MATCH,
    "baud": Integer(50, 4_000_000, default=9600, doc="bits a second"),
    "bits": Integer(5, 8, default=8, doc="data bits"),
    "parity": Choice(("N", "E", "O"), default="N", doc="none, even or odd"),
    "stop_bits": Integer(1, 2, default=1, doc="stop bits"),
}

_ANSWERING: Final[Mapping[str, Field]] = {
    "timeout": Duration(0.01, 1.5, default=0.5, doc="how long an answer may take"),
    "offline": Table(
        {
            "after": Integer(1, 1000, default=3, doc="unanswered requests in a row"),
            "retry": Duration(0.1, 86_400.0, default=30.0, doc="pause before the next one"),
        },
        default={"after": 3, "retry": 30.0},
        doc="when a unit that does not answer is left out, so that it holds up no other",
    ),
}

RTU_FIELDS: Final[Mapping[str, Field]] = {
    **{key: field for key, field in SERIAL_FIELDS.items() if key != "bits"},
    "gap": Duration(0.0, 1.0, default=0.0, doc="least silence before a request; 3.5 characters"),
    **_ANSWERING,
}

TCP_FIELDS: Final[Mapping[str, Field]] = {
    "host": Expandable(
        Text(
            pattern=r"[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,253})",
            wanted='a host name or address such as "192.168.1.30"',
        ),
        doc="the unit or gateway",
    ),
    "port": Integer(1, 65535, default=502, doc="TCP port"),
    **_ANSWERING,
}


def make_serial_bus(name: str, values: Mapping[str, Any]) -> BusConfig:
    """Return a serial port; raises FieldError where nothing says which."""
    serial = _serial(values)
    return BusConfig(name, "serial", _path(serial), serial)


def make_rtu_bus(name: str, values: Mapping[str, Any]) -> BusConfig:
    """Return a Modbus line; raises FieldError where nothing says on which port."""
    serial = _serial(values)
    modbus = _answering(values).but(gap_s=values["gap"])
    return BusConfig(name, "modbus_rtu", _path(serial), serial, modbus=modbus)


def make_tcp_bus(name: str, values: Mapping[str, Any]) -> BusConfig:
    """Return a Modbus connection."""
    modbus = _answering(values).but(host=values["host"], port=values["port"])
    return BusConfig(name, "modbus_tcp", f"{modbus.host}:{modbus.port}", modbus=modbus)


def _serial(values: Mapping[str, Any]) -> SerialSettings:
    port, match = values["port"], values["match"]
    if port is None and match is None:
        hint = 'write port = "/dev/ttyUSB0", or match = { vid = "1546", pid = "01a8" }'
        raise FieldError("is missing", hint, ("port",), code="missing-key")
    if port is not None and match is not None:
        raise FieldError("says the same as port: keep one of them", path=("match",))
    keys = ("baud", "bits", "parity", "stop_bits")
    return SerialSettings(port or "", match=match, **{k: values[k] for k in keys if k in values})


def _path(serial: SerialSettings) -> str:
    return serial.port or f"port with {serial.match}"


def _answering(values: Mapping[str, Any]) -> ModbusSettings:
    return ModbusSettings(
        timeout_s=values["timeout"],
        offline_after=values["offline"]["after"],
        offline_retry_s=values["offline"]["retry"],
    )
