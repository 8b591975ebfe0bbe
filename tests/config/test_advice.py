from __future__ import annotations

import pytest

from tests.support.device_file import site
from wampedge.config import check_all


def warnings(text: str) -> list[str]:
    checked = check_all(text, "devices.toml", {}, wants_warnings=True)
    assert checked.problems == []
    return [f"{p.line}:{p.column} {p.text} [{p.code}]" for p in checked.warnings]


def test_a_plain_file_has_no_warnings() -> None:
    assert warnings(site()) == []


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            '[buses.i2c1]\ntype = "i2c"\nbus = 1\n',
            "3:8 buses.i2c1 serves no device [unused-bus]",
        ),
        (
            (
                '[templates.t]\nextends = "u"\n[templates.u]\n'
                '[devices.a]\ndriver = "led"\npin = 5\nextends = "u"\n'
            ),
            "3:12 templates.t is extended by no device [unused-template]",
        ),
        (
            "[router]\ninsecure = true\n",
            "4:12 router.insecure lets other machines in without TLS or proof [insecure]",
        ),
        (
            '[upstream]\nurl = "wss://hub/"\nrealm = "a"\ninsecure = true\n',
            "6:12 upstream.insecure lets a secret cross the network in clear text [insecure]",
        ),
        (
            (
                '[devices.a]\ndriver = "relay"\npin = 5\nenabled = false\n'
                '[devices.b]\ndriver = "relay"\npin = 6\n'
                '[interlocks.pumps]\nmembers = ["a", "b"]\n'
            ),
            (
                "11:11 interlocks.pumps.members has a, which is disabled:"
                " the others wait until it is known to rest [disabled-member]"
            ),
        ),
        (
            '[devices.a]\ndriver = "relay"\npin = 2\n',
            (
                "5:7 devices.a.pin is GPIO2, which the board pulls up: high until the node starts"
                " [pulled-up]"
            ),
        ),
        (
            '[devices.a]\ndriver = "led"\npin = 0\n',
            (
                "5:7 devices.a.pin is GPIO0, which the firmware uses at boot to find add-on boards"
                " [identity-line]"
            ),
        ),
        (
            '[devices.a]\ndriver = "led"\npin = "header:8"\n',
            (
                "5:7 devices.a.pin is GPIO14, which is the serial console unless that is"
                " switched off"
                " [console-line]"
            ),
        ),
        (
            '[devices.a]\ndriver = "relay"\npin = 5\non_stop = "keep"\n',
            '6:11 devices.a.on_stop is "keep", and the next start switches it off [kept-in-vain]',
        ),
    ],
)
def test_what_is_hardly_meant_is_told(text: str, warning: str) -> None:
    assert warnings(site(text)) == [warning]


def test_a_port_that_changes_its_name_is_told() -> None:
    text = site(
        '[buses.usb]\ntype = "serial"\nport = "/dev/ttyUSB0"\n'
        "[devices.t]\ndriver = 'line'\nbus = 'usb'\nmatch = '^(?P<a>.*)$'\nchannels.a = {}\n"
    )

    assert warnings(text) == [
        (
            "5:8 buses.usb.port names /dev/ttyUSB0, which is another port after the next boot or"
            " plug [unstable-port]"
        )
    ]


def test_a_heartbeat_faster_than_the_samples_is_told() -> None:
    text = site(
        '[buses.i2c1]\ntype = "i2c"\nbus = 1\n[devices.air]\ndriver = "bme280"\nbus = "i2c1"\n'
        'every = "60s"\nchannels.pressure.publish = { heartbeat = "30s" }\n'
    )

    assert warnings(text) == [
        (
            "10:10 devices.air.channels.pressure has a heartbeat of 30 s, and is sampled every 60 s"
            " [heartbeat]"
        )
    ]


def test_warnings_are_not_looked_for_unless_asked() -> None:
    text = site('[buses.i2c1]\ntype = "i2c"\nbus = 1\n')

    assert check_all(text, "f", {}).warnings == []
