"""What outlives the node, as the device file says it."""

from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config.model import RetainedConfig, StoreConfig

AIR = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n[devices.air]\ndriver = "bme280"\nbus = "i2c1"\n'
OWN_AGES = 'channels.temperature.history = "365d"\nchannels.pressure.history = false\n'
DAY_S = 86_400.0


def ages(text: str) -> dict[str, float | None]:
    channels = config_of(site(text)).devices["air"].channels
    return {name: channel.history_s for name, channel in channels.items()}


def test_retained_events_are_kept_on_disk_unless_the_file_says_otherwise() -> None:
    config = config_of(site())

    assert config.router.retained == RetainedConfig(True, 1.0, 60.0)
    assert config.store == StoreConfig(256 * 1024 * 1024, 60.0)


def test_the_file_says_where_retained_events_are_kept_and_how_soon() -> None:
    config = config_of(site('[router]\nretained = { store = "memory", commit = "10s" }\n'))

    assert config.router.retained == RetainedConfig(False, 10.0, 60.0)


def test_the_file_says_how_much_history_there_may_be() -> None:
    text = site('[store]\nhistory_max_bytes = 2000000\nhistory_commit = "5m"\n')

    assert config_of(text).store == StoreConfig(2_000_000, 300.0)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (AIR, (None, None, None)),
        (f'{AIR}history = "30d"\n', (30 * DAY_S,) * 3),
        (f'[defaults]\nhistory = "7d"\n{AIR}', (7 * DAY_S,) * 3),
        (f'[defaults]\nhistory = "7d"\n{AIR}history = false\n', (None,) * 3),
        (
            f'{AIR}history = "30d"\n{OWN_AGES}',
            (365 * DAY_S, None, 30 * DAY_S),
        ),
        (f'{AIR}channels.humidity.history = "1h"\n', (None, None, 3_600.0)),
        (
            f'{AIR}extends = "kept"\n[templates.kept]\nhistory = "2h"\n',
            (7_200.0,) * 3,
        ),
    ],
)
def test_the_innermost_place_says_how_long_a_channel_is_kept(
    text: str, wanted: tuple[float | None, ...]
) -> None:
    assert tuple(ages(text)[name] for name in ("temperature", "pressure", "humidity")) == wanted


def test_a_derived_value_can_have_a_history() -> None:
    text = site(
        f'{AIR}[derived.warmth]\nvalue = "air.temperature * 2"\nhistory = "1d"\n'
        '[derived.chill]\nvalue = "air.temperature / 2"\n'
    )

    derived = config_of(text).derived

    assert derived["warmth"].channel.history_s == DAY_S
    assert derived["chill"].channel.history_s is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f'{AIR}history = "30"\n', "devices.air.history"),
        (f"{AIR}history = true\n", 'devices.air.history must say how long, got true (write "30d"'),
        (f'{AIR}history = "1s"\n', 'devices.air.history must be "1m" or longer, got "1s"'),
        ('[router]\nretained = { store = "tape" }\n', "router.retained.store must be"),
        ('[router]\nretained = { commit = "0s" }\n', "router.retained.commit must be"),
        ("[store]\nhistory_max_bytes = 10\n", "store.history_max_bytes must be 1048576 to"),
        ("[store]\nmax_bytes = 100000\n", "store.max_bytes"),
        ("store = 3\n", "store must be a table, got 3 (write [store])"),
    ],
)
def test_what_cannot_be_meant_is_told(text: str, found: str) -> None:
    whole = text + site() if text.startswith("store") else site(text)

    (complaint,) = complaints(whole)

    assert found in complaint
