"""Device files of any size for measurements: sensors and outputs, or a broad mix of parts."""

from __future__ import annotations

from itertools import chain, islice

__all__ = ["device_file", "mixed_device_file"]

_ADDRESSES = {
    "bme280": range(0x76, 0x78),
    "sht3x": range(0x44, 0x46),
    "ads1115": range(0x48, 0x4C),
    "ina219": (*range(0x40, 0x44), *range(0x4C, 0x50)),
}
_HEADER_PINS = range(4, 26)
_PULSE_PINS = range(4, 14)
_RELAY_PINS = range(14, 24)
_UNITS = range(1, 7)

_HEAD = """\
wampedge = 1

[node]
name = "bench"

[defaults]
every = "{every}"

[buses.i2c1]
type = "i2c"
bus = 1

[buses.i2c2]
type = "i2c"
bus = 2
"""
_MORE_BUSES = """
[buses.w1]
type = "onewire"

[buses.rs485]
type = "modbus_rtu"
port = "/dev/ttyUSB0"
baud = 115200
"""
_FILTERS = "channels.temperature.filters = [{ median = 5 }, { exponential = 0.3 }, { round = 2 }]\n"


def device_file(devices: int, *, every: str = "10s") -> str:
    """Return the text of a file with *devices* devices, 1 to 54: half sensors, half relays."""
    sensors = _sensors()
    relays = [f'driver = "relay"\npin = {pin}\n' for pin in _HEADER_PINS]
    mixed = chain.from_iterable(zip(sensors, relays, strict=False))
    rest = chain(sensors[len(relays) :], relays[len(sensors) :])
    return _text(_HEAD.format(every=every), list(chain(mixed, rest)), devices)


def mixed_device_file(devices: int, *, every: str = "1s") -> str:
    """Return a file with *devices* parts, 1 to 66, of all kinds in turns; filters on a few.

    There are register maps on I2C, thermometers on 1-Wire, meters on Modbus, pulse counters and
    relays.
    """
    kinds = [
        [f"{text}{_FILTERS if 'sht3x' in text else ''}" for text in _sensors()],
        [f'driver = "ds18b20"\nbus = "w1"\nid = "28-{n:012x}"\n' for n in range(1, 9)],
        [f'driver = "sdm120"\nbus = "rs485"\nunit_id = {unit}\n' for unit in _UNITS],
        [f'driver = "pulse"\npin = {pin}\nedge = "falling"\n' for pin in _PULSE_PINS],
        [f'driver = "relay"\npin = {pin}\n' for pin in _RELAY_PINS],
    ]
    longest = max(len(tables) for tables in kinds)
    in_turns = [tables[n] for n in range(longest) for tables in kinds if n < len(tables)]
    return _text(_HEAD.format(every=every) + _MORE_BUSES, in_turns, devices)


def _sensors() -> list[str]:
    """Return a table for each address of each sensor on each of the two I2C buses."""
    return [
        f'driver = "{driver}"\nbus = "{bus}"\naddress = {address}\n'
        for bus in ("i2c1", "i2c2")
        for driver, addresses in _ADDRESSES.items()
        for address in addresses
    ]


def _text(head: str, tables: list[str], devices: int) -> str:
    chosen = list(islice(tables, devices))
    if len(chosen) < devices:
        raise ValueError(f"devices must be 1..{len(chosen)}, got {devices}")
    return head + "".join(f"\n[devices.d{number}]\n{table}" for number, table in enumerate(chosen))
