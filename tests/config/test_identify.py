"""``identify`` of ``[node]``: which output may blink."""

from pathlib import Path

import pytest

from tests.site.rig import config_of
from wampedge.errors import ConfigError

FILE = """\
wampedge = 1
[node]
name = "n1"
identify = "lamp"
[devices.lamp]
driver = "led"
pin = 17
"""
TWO = 'driver = "relay"\npin = 17\n[devices.b]\ndriver = "relay"\npin = 27\n'


def refusal(folder: Path, text: str) -> str:
    """Return what is wrong with a device file."""
    with pytest.raises(ConfigError) as caught:
        config_of(folder, text)
    return str(caught.value)


def test_a_lamp_of_its_own_may_blink(tmp_path: Path) -> None:
    assert config_of(tmp_path, FILE).node.identify == "lamp"


def test_nothing_blinks_unless_the_file_says_so(tmp_path: Path) -> None:
    assert config_of(tmp_path, FILE.replace('identify = "lamp"\n', "")).node.identify is None


def test_a_device_that_is_not_there_is_named_with_one_that_is(tmp_path: Path) -> None:
    text = refusal(tmp_path, FILE.replace('"lamp"', '"lmap"'))
    assert "there is no device lmap" in text
    assert "did you mean lamp?" in text
    assert ":4:" in text


@pytest.mark.parametrize(
    ("device", "why"),
    [
        ('driver = "pwm"\npin = 17', "lamp is not switched on and off"),
        ('driver = "button"\npin = 17', "lamp is not switched on and off"),
        ('driver = "led"\npin = 17\nenabled = false', "lamp is not enabled"),
        ('driver = "relay"\npin = 17\nmin_off = "3m"', "lamp must not blink: it has min_off"),
        (
            'driver = "relay"\npin = 17\nmin_on = "1s"\nsafety = true',
            "lamp must not blink: it has min_on and safety",
        ),
        (
            f'{TWO}[interlocks.one]\nmembers = ["lamp", "b"]',
            "lamp must not blink: it is in interlocks.one",
        ),
        (
            f'{TWO}[devices.door]\ndriver = "cover"\nopen = "lamp"\nclose = "b"\ntravel = "9s"\n',
            "lamp must not blink: devices.door moves it",
        ),
    ],
)
def test_what_must_not_go_on_and_off_may_not_blink(device: str, why: str, tmp_path: Path) -> None:
    text = refusal(tmp_path, FILE.replace('driver = "led"\npin = 17', device))
    assert f"node.identify {why}" in text
    assert "name a lamp or a buzzer of its own" in text


def test_a_name_that_is_none_is_refused_as_any(tmp_path: Path) -> None:
    assert "identify" in refusal(tmp_path, FILE.replace('"lamp"', "17"))
