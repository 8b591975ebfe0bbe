"""From a checked file to a driver class, and what joins several keys wrongly."""

from __future__ import annotations

import pytest

from wampedge.devices.driver import spec_of
from wampedge.devices.fields import Duration, Number
from wampedge.devices.registermap import load_map
from wampedge.devices.registermap.driver import MapDriver
from wampedge.errors import ConfigError

from .conftest import WriteMap


def test_a_map_becomes_a_driver_class(write_map: WriteMap) -> None:
    spec = load_map(
        write_map(
            head='every = "2s"',
            out='unit = "V"\nrange = [0, 5]\ndoc = "the voltage"',
            tables="[params.gain]\ndefault = 2\n"
            '[commands.reset]\ndoc = "Restart."\nsteps = [{ write = "06" }]',
        )
    )

    assert issubclass(spec.driver_class, MapDriver)
    assert spec_of(spec.driver_class) == spec
    assert (spec.name, spec.bus, spec.addresses) == ("part", "i2c", (0x40,))
    assert spec.is_polled
    assert spec.default_every_s == 2
    assert spec.params["gain"].default == 2
    assert spec.channels["value"].unit == "V"
    assert spec.channels["value"].doc == "the voltage"
    assert spec.channels["value"].field == Number(minimum=0, maximum=5)
    assert spec.commands["reset"].doc == "Restart."
    assert spec.driver_class.__doc__ is not None
    assert "Datasheet: none" in spec.driver_class.__doc__


def test_internal_outs_are_no_channels(write_map: WriteMap) -> None:
    spec = load_map(write_map(tables='[out.flag]\nfrom = "word"\nbits = 1\ninternal = true'))

    assert list(spec.channels) == ["value"]


@pytest.mark.parametrize(
    ("places", "complaint"),
    [
        ({"out": 'expr = "raw * x"'}, r"out\.value\.expr: 'x' is not known here \(known: raw\)"),
        ({"out": 'scale = "raw"'}, r"out\.value\.scale: 'raw' is not known here"),
        ({"out": "at = 1"}, None),
        ({"out": "at = 2"}, r"out\.value: lies outside the 2 bytes of 'word'"),
        ({"out": "size = 3"}, r"out\.value: lies outside the 2 bytes of 'word'"),
        ({"out": "float = true"}, r"out\.value: a float has 4 or 8 bytes"),
        ({"out": "shift = 4\nbits = 13"}, r"out\.value: shift and bits go beyond 2 bytes"),
        ({"read": 'crc = "sum"'}, r"read\[0\]\.len: is no whole number of checked groups"),
        ({"read": 'cmd = "01"'}, r"read\[0\]: give reg or cmd, not both"),
        ({"tables": '[out.other]\nunit = "V"'}, r"out\.other: needs from or expr"),
        ({"tables": '[out.other]\nfrom = "wrod"'}, r"out\.other\.from: there is no read 'wrod'"),
        ({"tables": "[consts]\na = 'b'\nb = 1"}, r"consts\.a: 'b' is not known here"),
        (
            {"tables": "[consts]\nbus = 1"},
            r"consts\.bus: is taken by a parameter or the driver API",
        ),
        ({"tables": "[params.read]\ndefault = 1"}, r"params\.read: is a word of the driver API"),
        ({"tables": "[params.a]\nchoices = []"}, r"params\.a: choices are a list, or a table"),
        ({"tables": "[params.a]\ndefault = 1\n[out.a]\nfrom = 'word'"}, r"out\.a: is taken by"),
        ({"tables": "[[init]]\nreg = 1"}, r"init\[0\]: reg and value go together"),
        ({"tables": "[[init]]\nvalue = 1"}, r"init\[0\]: reg and value go together"),
        ({"tables": "[[init]]\nlen = 1"}, r"init\[0\]: does nothing"),
        (
            {"tables": '[[init]]\nreg = 1\nvalue = 1\nwrite = "00"'},
            r"init\[0\]: give write, or reg and value, not both",
        ),
        ({"tables": "[[init]]\nreg = 1\nvalue = 0x10000"}, r"'65536' is 65536, which does not fit"),
        ({"tables": "[[init]]\nreg = 1\nvalue = -1"}, r"'-1' is -1, which does not fit 2 bytes"),
        ({"tables": "[[init]]\nreg = 1\nvalue = 0.5"}, r"'0.5' is 0.5, which does not fit"),
        ({"tables": "[consts]\na = '1 / 0'"}, r"with the default params: '1 / 0' has no value"),
        ({"tables": "[[read]]\nname = 'word'\nlen = 1"}, r"read: two reads have the same name"),
    ],
)
def test_a_mistake_across_keys_is_told_with_its_place(
    write_map: WriteMap, places: dict[str, str], complaint: str | None
) -> None:
    path = write_map(**places)
    if complaint is None:
        load_map(path)
        return

    with pytest.raises(ConfigError, match=rf"part\.toml: {complaint}|part\.toml:.*{complaint}"):
        load_map(path)


def test_a_map_needs_a_value_that_is_not_internal(write_map: WriteMap) -> None:
    with pytest.raises(ConfigError, match="out: needs at least one value that is not internal"):
        load_map(write_map(out="internal = true"))


def test_several_such_mistakes_are_told_at_once(write_map: WriteMap) -> None:
    with pytest.raises(ConfigError) as caught:
        load_map(write_map(out="at = 9", tables="[[init]]\nreg = 1"))

    assert len(caught.value.problems) == 2


def test_a_required_parameter_leaves_the_check_to_the_device_file(write_map: WriteMap) -> None:
    spec = load_map(
        write_map(
            tables='[params.shunt]\nunit = "ohm"\n[[init]]\nreg = 5\nvalue = "int(1 / shunt)"'
        )
    )

    assert spec.params["shunt"].is_required
    assert spec.driver_class.check_params({"shunt": 0.1}, {}) == []
    ((path, text),) = spec.driver_class.check_params({"shunt": 0.0}, {})
    assert path == ()
    assert text.startswith("these parameters do not go together: 'int(1 / shunt)' has no value")


def test_durations_of_a_map_are_texts_with_a_unit(write_map: WriteMap) -> None:
    with pytest.raises(ConfigError, match="must be a duration"):
        load_map(write_map(read="wait = 5"))
    assert Duration().convert("15.5ms") == pytest.approx(0.0155)
