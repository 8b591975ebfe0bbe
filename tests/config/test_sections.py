from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config import check
from wampedge.config.model import BusConfig, RouterConfig, UpstreamAuth, UpstreamConfig
from wampedge.devices.contracts import SerialSettings

HEAD = "wampedge = 1\n"
UPSTREAM = '[upstream]\nurl = "wss://hub:443/ws"\nrealm = "farm"\n'
TICKET = 'auth = { method = "ticket", id = "gh1", secret = "${env:T}" }\n'
WAYS = '(write "${env:NAME}", "${file:/path}" or "${credential:NAME}")'

BUS_TYPES = '"i2c", "serial", "modbus_rtu", "modbus_tcp", "spi" or "onewire"'


def test_a_node_has_a_name_and_a_prefix_made_of_it() -> None:
    node = config_of(site()).node

    assert (node.name, node.uri_prefix, dict(node.labels)) == ("gh1", "edge.gh1", {})


def test_a_node_can_have_its_own_prefix_and_labels() -> None:
    head = f'{HEAD}[node]\nname = "a"\nuri_prefix = "farm.a"\nlabels = {{ site = "north" }}\n'

    node = config_of(site(head=head)).node

    assert (node.uri_prefix, dict(node.labels)) == ("farm.a", {"site": "north"})


@pytest.mark.parametrize(
    ("node", "complaint"),
    [
        ("[node]\n", "2:2 node.name is missing (name of the node, a component of all its URIs)"),
        ("", '1:1 node is missing (write [node] and, under it, name = "...")'),
        ("node = 5\n", "2:8 node must be a table, got 5 (write [node])"),
        (
            '[node]\nname = "a"\nlabel = {}\n',
            "4:1 node.label is not a known key (did you mean labels?)",
        ),
    ],
)
def test_a_node_without_its_name_is_refused(node: str, complaint: str) -> None:
    assert complaints(site(head=HEAD + node)) == [complaint]


def test_a_router_listens_on_the_default_socket_and_on_loopback() -> None:
    router = config_of(site()).router

    assert router == RouterConfig(("unix:", "ws://127.0.0.1:8080/ws"), "edge")


def test_a_router_can_listen_elsewhere() -> None:
    router = config_of(site('[router]\nlisten = ["rs://127.0.0.1:9"]\nrealm = "a.b"\n')).router

    assert router == RouterConfig(("rs://127.0.0.1:9",), "a.b")


@pytest.mark.parametrize(
    ("router", "complaint"),
    [
        ("listen = []", "4:10 router.listen must have 1 to 16 items, got 0"),
        ('listen = "unix:"', '4:10 router.listen must be a list, got "unix:" (write it in [ ])'),
        ('listen = ["unix:", "unix:"]', "4:20 router.listen[1] is listed twice"),
        (
            "ports = 5",
            (
                "4:1 router.ports is not a known key"
                " (known keys: anonymous, authenticator, compression, connections,"
                " cookie_lifetime, history, insecure, limits, listen, on_overflow, origins,"
                " realm, retained, roles, tls, users, web)"
            ),
        ),
    ],
)
def test_mistakes_in_the_router_are_told(router: str, complaint: str) -> None:
    assert complaints(site(f"[router]\n{router}\n")) == [complaint]


def test_messages_are_compressed_only_where_the_file_says_so() -> None:
    plain = config_of(site(UPSTREAM))
    compressed = config_of(
        site("[router]\ncompression = true\n" + UPSTREAM + "compression = true\n")
    )

    for config, is_wanted in ((plain, False), (compressed, True)):
        assert config.router.compression is is_wanted
        assert config.upstream is not None
        assert config.upstream.compression is is_wanted


def test_without_upstream_there_is_none() -> None:
    assert config_of(site()).upstream is None


def test_an_upstream_is_joined_anonymously_by_default() -> None:
    assert config_of(site(UPSTREAM)).upstream == UpstreamConfig("wss://hub:443/ws", "farm")


@pytest.mark.parametrize("method", ["ticket", "wampcra"])
def test_an_upstream_is_joined_with_a_secret(method: str) -> None:
    text = site(UPSTREAM + TICKET.replace("ticket", method) + 'reconnect = { max = "10s" }\n')

    upstream = config_of(text, {"T": "hunter2"}).upstream

    assert upstream is not None
    assert (upstream.auth.method, upstream.auth.id) == (method, "gh1")
    assert upstream.auth.secret is not None
    assert upstream.auth.secret.reveal() == "hunter2"
    assert (upstream.reconnect_min_s, upstream.reconnect_max_s) == (0.2, 10.0)


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("auth = {}", ["6:1 upstream.auth.method is missing (how to prove who we are)"]),
        ("auth = 5", ["6:8 upstream.auth must be a table, got 5 (write it as { method = ... })"]),
        (
            'auth = { method = "ticket" }',
            [
                "6:1 upstream.auth.id is missing: ticket needs it",
                "6:1 upstream.auth.secret is missing: ticket needs it",
            ],
        ),
        (
            'auth = { method = "tiket", id = "x", secret = "hunter2" }',
            [
                (
                    '6:19 upstream.auth.method must be "anonymous", "ticket", "wampcra", "scram",'
                    ' "cryptosign" or "tls", got "tiket" (did you mean "ticket"?)'
                ),
                f"6:47 upstream.auth.secret must not stand in the file {WAYS}",
            ],
        ),
        (
            'auth = { method = "anonymous", secret = "${env:T}" }',
            [
                (
                    "6:41 upstream.auth.secret is of no use to an anonymous session"
                    ' (choose a method such as "ticket" or "wampcra")'
                )
            ],
        ),
        (
            'auth = { method = "ticket", id = "x", secret = "${env:NONE}" }',
            ["6:48 upstream.auth.secret needs the environment variable NONE, which is not set"],
        ),
        (
            'reconnect = { min = "40s", max = "30s" }',
            ["6:13 upstream.reconnect must have min below max"],
        ),
        ('ca_file = ""', ["6:11 upstream.ca_file must not be empty"]),
    ],
)
def test_mistakes_in_the_upstream_are_told(rest: str, found: list[str]) -> None:
    assert complaints(site(f"{UPSTREAM}{rest}\n"), {"T": "hunter2"}) == found


def test_an_upstream_needs_address_and_realm() -> None:
    assert complaints(site("[upstream]\n")) == [
        "3:2 upstream.url is missing (address of the router to join, or several to fall over)",
        "3:2 upstream.realm is missing (realm to join there)",
    ]


def test_a_broken_auth_is_told_once() -> None:
    assert complaints(site(f"{UPSTREAM}auth = ticket\n")) == [
        '6:8 ticket is no value (texts need quotes: write "ticket")'
    ]


CLEAR = (
    "4:7 upstream.url would carry the secret in clear text over the network"
    " (use wss:// or rss://; in a network you trust, set insecure = true)"
)


@pytest.mark.parametrize(
    ("url", "more", "found"),
    [
        ("ws://hub:80/", "", [CLEAR]),
        ("rs://192.168.1.2:80", "", [CLEAR]),
        ("ws://hub:80/", "insecure = true\n", []),
        ("ws://127.0.0.1:80/", "", []),
        ("ws://localhost:80/", "", []),
        ("unix:/run/hub.sock", "", []),
        ("rss://hub:80", "", []),
    ],
)
def test_a_secret_does_not_cross_a_network_in_clear_text(
    url: str, more: str, found: list[str]
) -> None:
    upstream = f'[upstream]\nurl = "{url}"\nrealm = "farm"\n{TICKET}{more}'

    assert complaints(site(upstream), {"T": "hunter2"}) == found


def test_a_secret_in_the_file_is_nowhere_in_the_report(tmp_path: Path) -> None:
    from wampedge.config import render

    text = site(UPSTREAM + 'auth = { method = 5, secret = "hunter2", secert = "hunter3" }\n')

    _, problems = check(text, "f", {})
    report = render(problems, text)

    assert len(problems) == 3
    assert "hunter" not in report
    assert "hunter" not in repr(problems)


def test_defaults_take_a_share_only() -> None:
    assert complaints(site('[defaults]\npublish = { delta = "1V" }\n')) == [
        (
            "4:21 defaults.publish.delta must be in percent: no other unit fits every channel"
            ' (write "1%" here, and other units at the device)'
        )
    ]
    assert complaints(site("defaults = 5\n")) == [
        "3:12 defaults must be a table, got 5 (write [defaults])"
    ]


def test_buses_are_described_by_their_type() -> None:
    buses = config_of(
        site(
            '[buses.a]\ntype = "i2c"\nbus = 3\n'
            '[buses.b]\ntype = "serial"\nport = "/dev/ttyS0"\n'
            '[buses.c]\ntype = "serial"\nport = "/dev/serial/by-id/usb-FTDI_A-if00"\n'
            'baud = 115200\nbits = 7\nparity = "E"\nstop_bits = 2\n'
        )
    ).buses

    port = "/dev/serial/by-id/usb-FTDI_A-if00"
    assert buses == {
        "a": BusConfig("a", "i2c", "/dev/i2c-3"),
        "b": BusConfig("b", "serial", "/dev/ttyS0", SerialSettings("/dev/ttyS0")),
        "c": BusConfig("c", "serial", port, SerialSettings(port, 115_200, 7, "E", 2)),
    }


@pytest.mark.parametrize(
    ("buses", "complaint"),
    [
        ("buses = []", "3:9 buses must be a table, got a list (write [buses.NAME])"),
        ("buses.a = 1", "3:11 buses.a must be a table, got 1 (write [buses.a])"),
        ("[buses.a]", "3:8 buses.a.type is missing (kind of bus)"),
        ("[buses.a]\ntype = []", f"4:8 buses.a.type must be {BUS_TYPES}, got a list"),
        (
            '[buses.a]\ntype = "i2c"\nbus = 1\nbaud = 9600',
            "6:1 buses.a.baud is not a known key (known keys: bus, labels, recover, type)",
        ),
        (
            '[buses.A]\ntype = "i2c"\nbus = 1',
            '3:8 buses.A must be a name of a-z, 0-9 and _ (write "a")',
        ),
        (
            '[buses.a]\ntype = "serial"\nport = "/dev/x"\nbaud = "fast"',
            '6:8 buses.a.baud must be a whole number, got "fast"',
        ),
    ],
)
def test_mistakes_in_buses_are_told(buses: str, complaint: str) -> None:
    assert complaints(site(f"{buses}\n")) == [complaint]


def test_there_are_not_endless_buses() -> None:
    buses = "".join(f'[buses.b{n}]\ntype = "i2c"\nbus = {n}\n' for n in range(65))

    assert complaints(site(buses)) == ["3:2 buses may hold 64 buses, and has 65"]


def test_anonymous_auth_can_be_said() -> None:
    upstream = config_of(site(UPSTREAM + 'auth = { method = "anonymous" }\n')).upstream

    assert upstream is not None
    assert upstream.auth == UpstreamAuth()


FORK = '[upstream]\nurl = ["wss://a/ws", "wss://b/ws"]\nrealm = "farm"\n'


def test_an_upstream_may_be_several_routers() -> None:
    upstream = config_of(site(FORK)).upstream

    assert upstream is not None
    assert upstream.urls == ("wss://a/ws", "wss://b/ws")
    assert (upstream.url, upstream.fallbacks) == ("wss://a/ws", ("wss://b/ws",))


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('"wss://b/ws"', "", []),
        ('"wss://a/ws", "wss://b/ws"', "", ["4:7 upstream.url must have 1 to 8 items, got 0"]),
        ('"wss://b/ws"', '"wss://a/ws"', ["4:22 upstream.url[1] is listed twice"]),
        ('"wss://b/ws"', "5", ["4:22 upstream.url[1] must be a text, got 5"]),
        ('"wss://b/ws"', '"ws://b/ws"', [f"4:22 upstream.url[1]{CLEAR.partition('url')[2]}"]),
        (
            '["wss://a/ws", "wss://b/ws"]',
            "5",
            ["4:7 upstream.url must be a text or a list of texts, got 5"],
        ),
    ],
)
def test_mistakes_in_a_list_of_routers_are_told(old: str, new: str, found: list[str]) -> None:
    text = site(FORK.replace(old, new) + TICKET)

    assert complaints(text, {"T": "hunter2"}) == found
