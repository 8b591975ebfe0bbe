"""``wampedge run --board``: the page that shows the board, served by the node."""

from __future__ import annotations

import http.client
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.node_process import NodeProcess

ROOT = Path(__file__).parents[2]
BOARD = ROOT / "wampedge" / "board"


def fetched(url: str) -> tuple[int, str, bytes]:
    """Return status, content type and body of what is at *url*."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=10)
    try:
        connection.request("GET", f"{place.path}?{place.query}")
        response = connection.getresponse()
        return response.status, response.headers.get("Content-Type", ""), response.read()
    finally:
        connection.close()


def test_the_page_and_all_it_needs_are_served_beside_the_pages_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "index.html").write_text("mine", encoding="utf-8")
    path = tmp_path / "devices.toml"
    path.write_text(
        'wampedge = 1\nnode.name = "n"\nrouter.web = "www"\n'
        '[devices.lamp]\ndriver = "led"\npin = 27\n',
        encoding="utf-8",
    )
    with NodeProcess(path, flags=("--simulate", "--board")) as node:
        home = node.url("ws").replace("ws://", "http://").removesuffix("/ws")
        status, kind, page = fetched(f"{home}/board/?realm=edge&prefix=edge.n")
        assert (status, kind) == (200, "text/html; charset=utf-8")
        names = set(re.findall(r'(?:src|href)="([\w.]+)"', page.decode()))
        for script in BOARD.glob("*.js"):
            names |= set(re.findall(r"from '\./([\w.]+)'", script.read_text("utf-8")))
        assert names == {each.name for each in BOARD.iterdir()} - {"index.html"}
        for name in names:
            assert fetched(f"{home}/board/{name}")[0] == 200, name
        assert fetched(f"{home}/")[2] == b"mine"
        assert fetched(f"{home}/board/../devices.toml")[0] in {400, 404}
        assert fetched(f"{home}/board/nothing.js")[0] == 404


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        (
            ("ws://127.0.0.1:0/ws",),
            r"board view: http://127\.0\.0\.1:\d+/board/\?realm=edge&prefix=edge\.n\n",
        ),
        (("unix:",), r"board view: nowhere: no port \(add --listen ws://127\.0\.0\.1:8080/ws\)\n"),
    ],
)
def test_the_node_says_where_the_page_is(
    listen: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "devices.toml"
    path.write_text('wampedge = 1\nnode.name = "n"\n[devices.lamp]\ndriver = "led"\npin = 27\n')

    with NodeProcess(path, listen, flags=("--simulate", "--board")) as node:
        node.stop()
        assert re.search(said, node.log())


def test_without_the_flag_there_is_no_page(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text('wampedge = 1\nnode.name = "n"\n[devices.lamp]\ndriver = "led"\npin = 27\n')

    with NodeProcess(path) as node:
        home = node.url("ws").replace("ws://", "http://").removesuffix("/ws")
        assert fetched(f"{home}/board/")[0] == 404


def test_the_page_and_the_example_have_the_same_client() -> None:
    example = ROOT / "examples" / "web" / "wamp.js"

    assert (BOARD / "wamp.js").read_bytes() == example.read_bytes()
