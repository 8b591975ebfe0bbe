"""``[upstreams.NAME]``: further routers to join, with the keys and the checks of ``[upstream]``."""

from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site

UPSTREAM = '[upstream]\nurl = "wss://router.example/ws"\nrealm = "farm"\n'
CLOUD = '[upstreams.cloud]\nurl = "wss://cloud.example/ws"\nrealm = "all"\n'


def test_links_have_their_names_and_that_of_upstream_comes_first() -> None:
    config = config_of(
        site(CLOUD + '[upstreams.lab]\nurl = "ws://127.0.0.1/ws"\nrealm = "l"\n' + UPSTREAM)
    )

    assert list(config.links) == ["upstream", "cloud", "lab"]
    assert [link.realm for link in config.links.values()] == ["farm", "all", "l"]
    assert config.links["upstream"] is config.upstream


def test_a_file_may_have_named_links_only() -> None:
    config = config_of(site(CLOUD))

    assert config.upstream is None
    assert list(config.links) == ["cloud"]


def test_a_link_has_rules_and_buffers_of_its_own() -> None:
    config = config_of(
        site(CLOUD + 'forward = { down = ["fleet."] }\nbuffer = { store = "memory" }\n' + UPSTREAM)
    )

    cloud, main = config.links["cloud"], config.links["upstream"]
    assert cloud.forward is not None
    assert cloud.forward.down == ("fleet.",)
    assert (cloud.buffer.policy.store, main.buffer.policy.store) == ("memory", "disk")
    assert main.forward is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            CLOUD.replace("wss", "ws")
            + 'auth = { method = "ticket", id = "n", secret = "${env:HOME}" }\n',
            "upstreams.cloud.url would carry the secret in clear text over the network",
        ),
        ('[upstreams.cloud]\nurl = "wss://c.example/ws"\n', "upstreams.cloud.realm is missing"),
        (
            CLOUD + 'auth = { method = "ticket" }\n',
            "upstreams.cloud.auth.id is missing: ticket needs it",
        ),
        (
            '[upstreams.Cloud]\nurl = "wss://c.example/ws"\nrealm = "a"\n',
            "upstreams.Cloud",
        ),
        (
            '[upstreams.upstream]\nurl = "wss://c.example/ws"\nrealm = "a"\n',
            "upstreams.upstream is what the link of [upstream] is called",
        ),
        ("upstreams = 5\n", "upstreams must be tables, got 5 (write [upstreams.NAME])"),
        ("upstreams.cloud = 5\n", "upstreams.cloud must be a table, got 5"),
    ],
)
def test_mistakes_are_told_where_they_are(text: str, found: str) -> None:
    before = text if text.startswith("upstreams") else ""
    after = "" if before else text

    assert any(found in each for each in complaints(before + site(after)))


def test_there_may_be_eight_besides() -> None:
    links = "".join(CLOUD.replace("cloud]", f"c{number}]") for number in range(9))

    assert any("has 9 routers, and may have 8" in each for each in complaints(site(links)))
