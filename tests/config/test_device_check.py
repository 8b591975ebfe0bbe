from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config.declarations import channel_fields, device_fields
from wampedge.config.model import PinRef
from wampedge.devices.driver import ChannelSpec, Driver, DriverSpec, PinSpec
from wampedge.devices.fields import Number

I2C = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'
USB = '[buses.usb]\ntype = "serial"\nport = "/dev/ttyUSB0"\n'


def test_a_device_gets_all_its_file_and_driver_say() -> None:
    text = site(
        f'{I2C}[devices.air]\ndriver = "bme280"\nbus = "i2c1"\naddress = 0x77\n'
        'oversampling = 4\nevery = "5s"\nlabels = { row = "3" }\n'
    )

    air = config_of(text).devices["air"]

    assert (air.name, air.driver.name, air.bus, air.address) == ("air", "bme280", "i2c1", 0x77)
    assert air.params == {"oversampling": 4}
    assert air.every_s == 5.0
    assert dict(air.labels) == {"row": "3"}
    assert not air.pins
    assert list(air.channels) == ["temperature", "pressure", "humidity"]


def test_a_device_on_pins_has_no_bus_and_is_not_sampled() -> None:
    lamp = config_of(site()).devices["lamp"]

    assert (lamp.bus, lamp.address, lamp.every_s) == (None, None, None)
    assert lamp.pins == {"pin": PinRef("gpio", 27)}
    assert {"on", "off", "toggle", "pulse"} <= set(lamp.commands)


def test_the_first_address_of_a_part_is_its_default() -> None:
    text = site(f'{I2C}[devices.air]\ndriver = "bme280"\nbus = "i2c1"\n')

    assert config_of(text).devices["air"].address == 0x76


@pytest.mark.parametrize(
    ("defaults", "every", "wanted"),
    [
        ("", "", 30.0),
        ('[defaults]\nevery = "10s"\n', "", 10.0),
        ('[defaults]\nevery = "10s"\n', 'every = "2s"\n', 2.0),
    ],
)
def test_the_period_comes_from_the_device_the_defaults_or_is_30_s(
    defaults: str, every: str, wanted: float
) -> None:
    text = site(f'{defaults}{I2C}[devices.air]\ndriver = "bme280"\nbus = "i2c1"\n{every}')

    assert config_of(text).devices["air"].every_s == wanted


def test_a_port_expander_is_looked_at_more_often_than_defaults_say() -> None:
    text = site(
        f'[defaults]\nevery = "10s"\n{I2C}[devices.io]\ndriver = "mcp23017"\nbus = "i2c1"\n'
    )

    io = config_of(text).devices["io"]

    assert io.every_s is not None
    assert io.every_s < 1.0


def test_commands_come_from_the_file_where_the_driver_takes_them() -> None:
    text = site(
        f"{USB}[devices.tank]\ndriver = 'line'\nbus = 'usb'\nmatch = '(?P<level>[0-9]+)'\n"
        'channels.level = {}\ncommands.zero = { send = "Z", expect = "OK", timeout = "1s" }\n'
    )

    assert list(config_of(text).devices["tank"].commands) == ["zero"]


LISTED = "`wampedge drivers` lists them"
KEYS = (
    "access, active, channels, driver, enabled, extends, history, labels, max_on, min_off,"
    " min_on, on_disconnect, on_start, on_stop, pin, publish, safe, safety, stale_after"
)


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("", [f'3:10 devices.a.driver is missing (write driver = "NAME"; {LISTED})']),
        ("driver = 5", ["4:10 devices.a.driver must be a text, got 5"]),
        (
            'driver = "relais"',
            [
                (
                    '4:10 devices.a.driver must be the name of a driver, got "relais"'
                    " (did you mean relay?)"
                )
            ],
        ),
        (
            'driver = "os.system"',
            [f'4:10 devices.a.driver must be the name of a driver, got "os.system" ({LISTED})'],
        ),
        ('driver = "led"', ["3:10 devices.a.pin is missing (the pin that drives it)"]),
        (
            'driver = "led"\npin = 5\naktive = "low"',
            ["6:1 devices.a.aktive is not a known key (did you mean active?)"],
        ),
        (
            'driver = "led"\npin = 5\nbus = "i2c1"\naddress = 1\nevery = "1s"\ninterval = 1',
            [
                "6:1 devices.a.bus is not a known key (led is on no bus)",
                "7:1 devices.a.address is not a known key (led has no I2C address)",
                (
                    "8:1 devices.a.every is not a known key"
                    " (led is not sampled; it tells by itself what changes)"
                ),
                f"9:1 devices.a.interval is not a known key (known keys: {KEYS})",
            ],
        ),
    ],
)
def test_mistakes_in_one_device_are_told(table: str, found: list[str]) -> None:
    assert complaints(site(f"[devices.a]\n{table}\n")) == found


DURATION = 'must be a duration such as "30s", got'


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("interval = 1", "9:1 devices.a.interval is not a known key (did you mean every?)"),
        ("intervall = 1", "9:1 devices.a.intervall is not a known key (did you mean every?)"),
        ("pin = 5", "9:1 devices.a.pin is not a known key (bme280 takes no pin)"),
        ("addres = 5", "9:1 devices.a.addres is not a known key (did you mean address?)"),
        ("channel = {}", "9:1 devices.a.channel is not a known key (did you mean channels?)"),
        ("every = 30", f'9:9 devices.a.every {DURATION} 30 (write "30s")'),
        ("every = 0", f"9:9 devices.a.every {DURATION} 0"),
        ("every = -1", f"9:9 devices.a.every {DURATION} -1"),
        ("every = nan", f"9:9 devices.a.every {DURATION} nan"),
        ("every = 1e-9", f"9:9 devices.a.every {DURATION} 1e-09"),
        ('every = "1 s"', f'9:9 devices.a.every {DURATION} "1 s" (write "1s")'),
        ('every = "0s"', '9:9 devices.a.every must be "10ms" or longer, got "0s"'),
        ("oversampling = 3", "9:16 devices.a.oversampling must be 1, 2, 4, 8 or 16, got 3"),
        ("labels = 5", "9:10 devices.a.labels must be a table, got 5 (write it as { name = ... })"),
        ("every = 1979-05-27", f"9:9 devices.a.every {DURATION} a date"),
    ],
)  # fmt: skip
def test_mistakes_in_a_sampled_device_are_told(line: str, complaint: str) -> None:
    text = f'{I2C}[devices.a]\ndriver = "bme280"\nbus = "i2c1"\n{line}\n'

    assert complaints(site(text)) == [complaint]


@pytest.mark.parametrize("line", ["devices.a = 5", "devices.a = 'led'", "devices.a = []"])
def test_a_device_must_be_a_table(line: str) -> None:
    (found,) = complaints(site(f"{line}\n"))

    assert found.startswith("3:13 devices.a must be a table")


def test_the_name_of_a_device_becomes_part_of_uris() -> None:
    assert complaints(site('[devices."Soil 1"]\ndriver = "led"\npin = 5\n')) == [
        '3:10 devices."Soil 1" must be a name of a-z, 0-9 and _ (write "soil_1")'
    ]


@pytest.mark.parametrize(
    ("bus", "complaint"),
    [
        ("", "9:10 devices.a.bus is missing (name of the i2c bus it is on)"),
        ("bus = 1", '11:7 devices.a.bus must be a text, got 1 (write "1")'),
        (
            'bus = "i2c2"',
            '11:7 devices.a.bus must be a declared bus, got "i2c2" (did you mean i2c1?)',
        ),
        ('bus = "x"', '11:7 devices.a.bus must be a declared bus, got "x" (i2c buses: i2c1)'),
        (
            'bus = "usb"',
            "11:7 devices.a.bus must be of type i2c, and usb is of type serial (i2c buses: i2c1)",
        ),
    ],
)
def test_a_device_sits_on_a_bus_of_its_kind(bus: str, complaint: str) -> None:
    assert complaints(site(f'{I2C}{USB}[devices.a]\ndriver = "bme280"\n{bus}\n')) == [complaint]


def test_without_any_fitting_bus_the_hint_is_to_declare_one() -> None:
    (found,) = complaints(site('[devices.a]\ndriver = "bme280"\nbus = "i2c1"\n'))

    assert found == '5:7 devices.a.bus must be a declared bus, got "i2c1" (declare [buses.i2c1])'


@pytest.mark.parametrize(
    "bus",
    [
        "[buses.i2c1\ntype = 'i2c'\nbus = 1\n",
        "[buses.i2c1]\ntype = 'can'\n",
        "[buses.i2c1]\ntype = 'i2c'\n",
    ],
)
def test_a_bus_that_is_wrong_is_not_told_again_at_its_devices(bus: str) -> None:
    (found,) = complaints(site(f'{bus}[devices.a]\ndriver = "bme280"\nbus = "i2c1"\n'))

    assert "devices.a" not in found


def test_rules_of_the_driver_are_told_where_they_are_broken() -> None:
    text = f"{USB}[devices.a]\ndriver = 'line'\nbus = 'usb'\nmatch = '(?P<x>[0-9]+)'\n"

    found = complaints(site(f"{text}channels.y = {{}}\n"))

    assert len(found) == 1
    assert found[0].startswith("10:14 devices.a.channels.y: ")


def test_a_command_cannot_be_called_like_a_procedure_every_device_has() -> None:
    text = (
        f"{USB}[devices.a]\ndriver = 'line'\nbus = 'usb'\nmatch = '(?P<x>[0-9]+)'\n"
        'channels.x = {}\ncommands.get = { send = "?" }\n'
    )

    (found,) = complaints(site(text))

    assert found.startswith("11:16 devices.a.commands.get")


def test_a_device_with_a_broken_statement_is_not_told_to_lack_it() -> None:
    assert complaints(site("[devices.a]\ndriver = led\n")) == [
        '4:10 led is no value (texts need quotes: write "led")'
    ]
    assert complaints(site('[devices.a]\ndriver = "led"\npin = five\n')) == [
        '5:7 five is no value (texts need quotes: write "five")'
    ]


class Probe(Driver, name="probe"):
    """A part with optional and required pins."""


SPEC = DriverSpec(
    "probe",
    "Probe",
    Probe,
    pins={"trigger": PinSpec("output"), "ready": PinSpec("input", is_required=False, doc="r")},
    channels={"level": ChannelSpec(Number(), "m")},
    channel_fields={"unit": Number(), "factor": Number(default=1)},
)


def test_the_keys_of_a_device_are_those_of_its_kind() -> None:
    fields = device_fields(SPEC)

    kept = ["driver", "trigger", "ready", "channels", "publish", "labels", "extends"]
    assert [key for key in fields if key in kept] == kept
    assert not {"bus", "address", "every", "pin", "on_start"} & fields.keys()
    assert fields["trigger"].is_required
    assert fields["ready"].default is None
    assert fields["ready"].doc == "r"


def test_keys_of_the_driver_win_over_common_ones_in_a_channel() -> None:
    fields = channel_fields(SPEC)

    assert {"name", "unit", "range", "publish", "factor"} <= fields.keys()
    assert isinstance(fields["unit"], Number)


def test_a_part_without_listed_addresses_takes_any_of_the_bus() -> None:
    kind = device_fields(DriverSpec("any", "Any", Probe, bus="i2c"))["address"]

    assert kind.is_required
    assert kind.schema() == {"type": "integer", "minimum": 0x08, "maximum": 0x77}
