from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site

I2C = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'
AIR = I2C + '[devices.air]\ndriver = "bme280"\nbus = "i2c1"\n'


def test_a_device_wins_over_its_templates_and_these_over_the_defaults() -> None:
    config = config_of(
        site(
            '[defaults]\nevery = "10s"\n'
            '[templates.slow]\nevery = "60s"\noversampling = 2\n'
            "[templates.fine]\noversampling = 16\naddress = 0x77\n"
            + AIR
            + 'extends = ["slow", "fine"]\naddress = 0x76\n'
        )
    )

    air = config.devices["air"]
    assert (air.every_s, air.params["oversampling"], air.address) == (60.0, 16, 0x76)


def test_templates_extend_templates() -> None:
    config = config_of(
        site(
            '[templates.lamp]\nextends = "any"\nactive = "low"\n[templates.any]\ndriver = "led"\n'
            '[devices.a]\nextends = "lamp"\npin = 5\n'
        )
    )

    assert config.devices["a"].driver.name == "led"
    assert config.devices["a"].params["active"] == "low"


def test_tables_are_merged_key_by_key_and_stay_with_their_device() -> None:
    config = config_of(
        site(
            '[templates.t]\npublish.heartbeat = "5m"\nchannels.pressure = { unit = "hPa" }\n'
            "channels.temperature = { range = [0, 50] }\n"
            + AIR
            + 'extends = "t"\npublish.delta = "1%"\nchannels.pressure.name = "p"\n'
            '[devices.other]\ndriver = "bme280"\nbus = "i2c1"\naddress = 0x77\nextends = "t"\n'
        )
    )

    pressure = config.devices["air"].channels["p"]
    assert (pressure.unit, pressure.publish.heartbeat_s, pressure.publish.delta) == ("hPa", 300, 1)
    assert config.devices["air"].channels["temperature"].range == (0.0, 50.0)
    assert config.devices["other"].channels["pressure"].publish.delta is None


def test_a_mistake_in_a_template_is_told_there_and_once() -> None:
    text = site(
        '[templates.t]\nevery = 30\nchannels.pressure = { unit = "V" }\n'
        + AIR
        + 'extends = "t"\n[devices.b]\ndriver="bme280"\nbus="i2c1"\naddress=0x77\nextends="t"\n'
    )

    assert complaints(text) == [
        '4:9 templates.t.every must be a duration such as "30s", got 30 (write "30s")',
        (
            '5:30 templates.t.channels.pressure.unit must be Pa or convert to it, got "V"'
            " (units that fit: Pa, mPa, hPa, kPa, MPa, bar)"
        ),
    ]


def test_a_mistake_is_told_even_where_every_device_says_something_else() -> None:
    text = site("[templates.t]\nevery = 30\n" + AIR + 'every = "1s"\nextends = "t"\n')

    assert complaints(text) == [
        '4:9 templates.t.every must be a duration such as "30s", got 30 (write "30s")'
    ]


def test_a_key_that_the_driver_does_not_know_is_told_at_the_template() -> None:
    text = site(
        '[templates.t]\nevery = "1s"\n[devices.a]\ndriver = "led"\npin = 5\nextends = "t"\n'
    )

    assert complaints(text) == [
        (
            "4:1 templates.t.every is not a known key"
            " (led is not sampled; it tells by itself what changes)"
        )
    ]


def test_what_is_missing_is_told_at_the_device() -> None:
    text = site('[templates.t]\ndriver = "led"\n[devices.a]\nextends = "t"\n')

    assert [found.partition(" (")[0] for found in complaints(text)] == [
        "5:10 devices.a.pin is missing"
    ]


@pytest.mark.parametrize(
    ("extends", "complaint"),
    [
        ('"slo"', '8:11 devices.a.extends must be a template, got "slo" (did you mean slow?)'),
        ('["slow", "x"]', ('8:20 devices.a.extends[1] must be a template, got "x"'
         " (templates: slow)")),
        ("5", "8:11 devices.a.extends must be the name of a template, or a list, got 5"),
        ("[]", "8:11 devices.a.extends must have 1 to 8 items, got 0"),
        ("[1]", '8:12 devices.a.extends[0] must be a text, got 1 (write "1")'),
    ],
)  # fmt: skip
def test_templates_that_do_not_exist_are_refused(extends: str, complaint: str) -> None:
    lamp = '[devices.a]\ndriver = "led"\npin = 5\n'
    text = site(f'[templates.slow]\nactive = "low"\n{lamp}extends = {extends}\n')

    assert complaints(text) == [complaint]


def test_loops_are_refused_once() -> None:
    text = site(
        '[templates.a]\nextends = "b"\n[templates.b]\nextends = "a"\n'
        '[devices.x]\ndriver = "led"\npin = 5\nextends = "a"\n'
        '[devices.y]\ndriver = "led"\npin = 6\nextends = "b"\n'
    )

    assert complaints(text) == [
        "6:11 templates.b.extends makes a loop: a extends b extends a (remove one of them)"
    ]


def test_a_template_nobody_extends_is_checked_as_far_as_it_says_its_driver() -> None:
    text = site(
        '[templates.a]\ndriver = "led"\npni = 5\n'
        '[templates.b]\nextends = "none"\n[templates.c]\nextends = "c"\n'
    )

    assert complaints(text) == [
        "5:1 templates.a.pni is not a known key (did you mean pin?)",
        '7:11 templates.b.extends must be a template, got "none" (templates: a, b, c)',
        "9:11 templates.c.extends makes a loop: c extends c (remove one of them)",
    ]


def test_templates_are_named_tables() -> None:
    assert complaints(site("templates = 5\n")) == [
        "3:13 templates must be a table, got 5 (write [templates.NAME])"
    ]
    assert complaints(site("[templates]\na = 5\n[templates.B]\n")) == [
        "4:5 templates.a must be a table, got 5 (write [templates.a])",
        '5:12 templates.B must be a name of a-z, 0-9 and _ (write "b")',
    ]


def test_a_template_that_could_not_be_read_is_not_told_again() -> None:
    text = site('[templates.t\nactive = "low"\n[devices.a]\ndriver="led"\npin = 5\nextends = "t"\n')

    assert [found.partition(" ")[0] for found in complaints(text)] == ["3:13"]


def test_many_templates_of_templates_cost_little() -> None:
    text = ""
    for level in range(8):
        parents = ", ".join(f"'t{level + 1}_{n}'" for n in range(8))
        extends = f"extends = [{parents}]\n" if level < 7 else ""
        text += "".join(f"[templates.t{level}_{n}]\n{extends}" for n in range(8))

    config_of(site(text + '[devices.a]\ndriver="led"\npin=5\nextends="t0_0"\n'))
