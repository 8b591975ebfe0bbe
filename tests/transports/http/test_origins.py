"""Names and pages of this machine; more of them stand with the WebSocket handshake."""

from __future__ import annotations

import pytest

from wampedge.transports.http.origins import OriginRule

RULE = OriginRule(["https://panel.example:8443"], own_names=["GH1.lan"])


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]:80", "localhost:1", "gh1.lan:8080", "panel.example", "10.0.0.7"]
)
def test_names_of_this_machine_are_its_own(host: str) -> None:
    assert RULE.admits_host([host])


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["localhost", "localhost"],
        ["evil.example"],
        ["localhost.evil.example"],
        ["user@localhost"],
        ["localhost/x"],
        ["localhost#"],
        ["localhost:99999"],
        ["localhost:x"],
        ["[::1"],
        ["127.0.0.1.nip.example"],
    ],
)
def test_other_names_are_not(hosts: list[str]) -> None:
    assert not RULE.admits_host(hosts)


def test_a_page_comes_from_where_it_connects_to_or_from_the_list() -> None:
    assert RULE.admits_page("http://gh1.lan:8080", ["gh1.lan:8080"])
    assert RULE.admits_page("https://panel.example:8443", ["gh1.lan"])
    assert not RULE.admits_page("https://panel.example", ["gh1.lan"])
    assert not RULE.admits_page("http://gh1.lan:8081", ["gh1.lan:8080"])
    assert not RULE.admits_page("http://[", ["gh1.lan"])
    assert not RULE.admits_page("null", ["localhost"])
