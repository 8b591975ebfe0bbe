"""The device file of a test that names one device and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from wampedge.devices.driver import BusKind

__all__ = ["device_file", "table_text"]

_BUSES: Mapping[BusKind, tuple[str, Mapping[str, Any]]] = {
    "i2c": ("i2c1", {"type": "i2c", "bus": 1}),
    "spi": ("spi0", {"type": "spi", "bus": 0}),
    "onewire": ("w1", {"type": "onewire"}),
    "serial": ("uart0", {"type": "serial", "port": "/dev/ttyUSB0"}),
    "modbus": ("modbus0", {"type": "modbus_rtu", "port": "/dev/ttyUSB0"}),
}
"""The bus a device gets when the test names none: its name and its table."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def device_file(
    name: str, driver: str, bus: BusKind | None, keys: Mapping[str, Any], module: str | None = None
) -> str:
    """Return the text of a device file with one device.

    Args:
        name: name of the device.
        driver: name of its driver.
        bus: the kind of bus that needs.
        keys: what else stands in its table. A bus named there is made of the same kind; an I2C
            bus has the number its name ends with.
        module: file of the driver, where it stands beside the device file.
    """
    tables = [] if module is None else [table_text(f"drivers.{driver}", {"module": module})]
    table = {"driver": driver, **keys}
    if bus is not None:
        usual, bus_keys = _BUSES[bus]
        bus_name = table.setdefault("bus", usual)
        number = re.search(r"\d+$", str(bus_name))
        if bus == "i2c" and number:
            bus_keys = {**bus_keys, "bus": int(number[0])}
        tables.append(table_text(f"buses.{bus_name}", bus_keys))
    tables.append(table_text(f"devices.{name}", table))
    return 'wampedge = 1\nnode.name = "bench"\n' + "".join(tables)


def table_text(path: str, keys: Mapping[str, Any]) -> str:
    """Return a TOML table with *keys*; raises TypeError for a value TOML does not have."""
    lines = (f"{_key(key)} = {_value(value)}\n" for key, value in keys.items())
    return f"[{path}]\n{''.join(lines)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str | PurePath):
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    raise TypeError(f"a device file has no {type(value).__name__} values")


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
