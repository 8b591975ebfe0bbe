"""Device files of any size for measurements: sensors on two I2C buses, outputs on the header."""

from __future__ import annotations

from itertools import chain, islice

__all__ = ["device_file"]

_ADDRESSES = {
    "bme280": range(0x76, 0x78),
    "sht3x": range(0x44, 0x46),
    "ads1115": range(0x48, 0x4C),
    "ina219": (*range(0x40, 0x44), *range(0x4C, 0x50)),
}
_HEADER_PINS = range(4, 26)

_HEAD = """\
wampedge = 1

[node]
name = "bench"

[defaults]
every = "10s"

[buses.i2c1]
type = "i2c"
bus = 1

[buses.i2c2]
type = "i2c"
bus = 2
"""


def device_file(devices: int) -> str:
    """Return the text of a file with *devices* devices, 1 to 54: half sensors, half relays."""
    sensors = [
        f'driver = "{driver}"\nbus = "{bus}"\naddress = {address}\n'
        for bus in ("i2c1", "i2c2")
        for driver, addresses in _ADDRESSES.items()
        for address in addresses
    ]
    relays = [f'driver = "relay"\npin = {pin}\n' for pin in _HEADER_PINS]
    mixed = chain.from_iterable(zip(sensors, relays, strict=False))
    rest = chain(sensors[len(relays) :], relays[len(sensors) :])
    chosen = list(islice(chain(mixed, rest), devices))
    if len(chosen) < devices:
        raise ValueError(f"devices must be 1..{len(chosen)}, got {devices}")
    return _HEAD + "".join(f"\n[devices.d{number}]\n{table}" for number, table in enumerate(chosen))
