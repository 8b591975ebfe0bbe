"""Links upstream in scenarios: each to a simulated router, taken away together or one by one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.rig import SITE, check, play

TWO_LINKS = """
[upstream]
url = "ws://127.0.0.1:{port}/ws"
realm = "farm"
auth = {{ method = "ticket", id = "n1", secret = "${{env:SECRET}}" }}
[upstreams.cloud]
url = "rs://127.0.0.1:{port}"
realm = "vendor"
forward = {{ down = ["fleet."] }}
"""


@pytest.fixture
def strangers() -> Iterator[socket.socket]:
    """A port on which nobody of a simulation has any business."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def site_at(strangers: socket.socket) -> str:
    return SITE + TWO_LINKS.format(port=strangers.getsockname()[1])


def nobody_came(strangers: socket.socket) -> bool:
    with pytest.raises(BlockingIOError):
        strangers.accept()
    return True


def test_links_go_to_simulated_routers_and_nowhere_else(
    tmp_path: Path, strangers: socket.socket
) -> None:
    outcome = play(
        tmp_path,
        """
[[step]]
at = "5s"
expect = [
  { signal = "sys.link", equals = "joined" },
  { signal = "sys.link.upstream", equals = "joined" },
  { signal = "sys.link.cloud", equals = "joined" },
]
""",
        site=site_at(strangers),
    )

    assert outcome.verdict == "passed", outcome.text
    assert nobody_came(strangers)


def test_one_link_goes_and_the_other_stays(tmp_path: Path, strangers: socket.socket) -> None:
    outcome = play(
        tmp_path,
        """
[[step]]
at = "5s"
link = { state = "down", name = "cloud" }
[[step]]
at = "10s"
expect = [
  { signal = "sys.link.cloud", equals = "waiting" },
  { signal = "sys.link.upstream", equals = "joined" },
]
[[step]]
at = "20s"
link = { state = "up", name = "cloud" }
[[step]]
at = "60s"
expect = { signal = "sys.link.cloud", equals = "joined" }
[[step]]
at = "61s"
link = { state = "down" }
[[step]]
at = "65s"
expect = [
  { signal = "sys.link.cloud", equals = "waiting" },
  { signal = "sys.link.upstream", equals = "waiting" },
]
""",
        site=site_at(strangers),
    )

    assert outcome.verdict == "passed", outcome.text
    assert nobody_came(strangers)


def test_a_link_that_a_reload_brings_is_simulated_too(
    tmp_path: Path, strangers: socket.socket
) -> None:
    (tmp_path / "linked.toml").write_text(site_at(strangers))
    outcome = play(
        tmp_path,
        """
[[step]]
at = "5s"
reload = { devices = "linked.toml" }
[[step]]
at = "15s"
expect = { signal = "sys.link.cloud", equals = "joined" }
""",
    )

    assert outcome.verdict == "passed", outcome.text
    assert nobody_came(strangers)


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ('link = { state = "down", name = "clud" }', "did you mean cloud?"),
        ('expect = { signal = "sys.link.clud", equals = "joined" }', "is no signal of the site"),
    ],
)
def test_a_link_that_is_not_there_is_told(
    tmp_path: Path, strangers: socket.socket, step: str, text: str
) -> None:
    found = check(tmp_path, f'[[step]]\nat = "5s"\n{step}\n', site=site_at(strangers)).problems

    assert len(found) == 1, found
    assert text in f"{found[0].text} {found[0].hint}"
