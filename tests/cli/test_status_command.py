"""``wampedge status`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.program import wampedge
from tests.support.node_process import NodeProcess


def test_status_of_the_node_on_this_machine_is_well(node: NodeProcess) -> None:
    done = wampedge("status", environ=node.client_environment)

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("n1               ready, up ")
    assert lines[0].endswith(", simulated")
    assert lines[1] == "devices          2 ok"
    assert lines[2].startswith("listening        unix:")


def test_status_at_a_router_finds_the_only_node_there(node: NodeProcess) -> None:
    done = wampedge("status", "--json", "--url", node.url("ws"), "--realm", "site")

    told = json.loads(done.stdout)
    assert (done.returncode, told["prefix"], told["ok"]) == (0, "edge.n1", True)
    assert (told["problems"], told["links"]) == ([], {})
    assert told["health"]["devices"]["lamp"]["state"] == "ok"


def test_status_of_a_node_that_is_not_there_is_an_error(node: NodeProcess) -> None:
    done = wampedge("status", "n2", environ=node.client_environment)

    assert done.returncode == 1
    assert "wamp.error.no_such_procedure" in done.stderr


def test_status_without_a_node_cannot_connect(tmp_path: Path) -> None:
    environ = {"WAMPEDGE_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin"}

    done = wampedge("status", environ=environ)

    assert done.returncode == 3
    assert "no node runs on this machine" in done.stderr


def test_status_with_a_link_that_is_down_ends_with_1(device_file: Path) -> None:
    upstream = (
        '[upstream]\nurl = "unix:/nonexistent/s"\nrealm = "r"\nauth = { method = "anonymous" }\n'
    )
    device_file.write_text(device_file.read_text() + upstream)
    with NodeProcess(device_file) as node:
        done = wampedge("status", environ=node.client_environment)

    assert done.returncode == 1
    assert "link upstream    DOWN for " in done.stdout
    assert "queue upstream   " in done.stdout
