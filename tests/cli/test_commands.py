"""``call``, ``publish``, ``subscribe``, ``check``, ``drivers``, ``schema`` as a user types them."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.cli.program import wampedge
from tests.support.node_process import NodeProcess


def test_call_prints_the_value_and_switches_the_pin(node: NodeProcess) -> None:
    environ = node.client_environment

    assert wampedge("call", "edge.n1.drip.on", environ=environ).stdout == "true\n"
    assert wampedge("call", "edge.n1.sim.pin", "gpio", "27", environ=environ).stdout == "true\n"


def test_call_prints_a_reading_as_one_line_of_json(node: NodeProcess) -> None:
    done = wampedge("call", "edge.n1.drip.state.get", "--json", environ=node.client_environment)

    line = json.loads(done.stdout)
    assert line["args"] == [False]
    assert (line["kwargs"]["quality"], line["kwargs"]["unit"]) == ("good", "")


def test_failed_call_says_which_argument_is_wrong(node: NodeProcess) -> None:
    done = wampedge("call", "edge.n1.drip.pulse", "5", environ=node.client_environment)

    assert done.returncode == 1
    assert done.stdout == ""
    assert "wamp.error.invalid_argument: duration:" in done.stderr
    assert '"5s"' in done.stderr


def test_call_of_nothing_is_a_wamp_error(node: NodeProcess) -> None:
    done = wampedge("call", "edge.n1.nothing", environ=node.client_environment)

    assert done.returncode == 1
    assert "wamp.error.no_such_procedure" in done.stderr


def test_wrong_realm_is_refused(node: NodeProcess) -> None:
    done = wampedge("call", "a.b", "--realm", "nowhere", environ=node.client_environment)

    assert done.returncode == 4
    assert "wamp.error.no_such_realm" in done.stderr


@pytest.mark.parametrize("scheme", ["ws", "rs", "unix"])
def test_every_transport_reaches_the_node(node: NodeProcess, scheme: str) -> None:
    done = wampedge("call", "edge.n1.lamp.toggle", "--url", node.url(scheme), "--realm", "site")

    assert (done.returncode, done.stdout) == (0, "true\n"), done.stderr


async def test_subscribe_prints_what_publish_sends(node: NodeProcess) -> None:
    arguments = ("subscribe", "site.note", "-n", "1", "--json")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wampedge", *arguments,
        env=node.client_environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    assert await process.stderr.readline() == b"subscribed to site.note\n"

    sent = await asyncio.to_thread(
        wampedge, "publish", "site.note", "door open", "-k", "by=anna", "-k", "acknowledge=1",
        environ=node.client_environment,
    )  # fmt: skip
    out, _ = await process.communicate()

    assert (sent.returncode, sent.stdout, process.returncode) == (0, "", 0)
    assert json.loads(out) == {
        "topic": "site.note",
        "args": ["door open"],
        "kwargs": {"by": "anna", "acknowledge": 1},
    }


@pytest.mark.parametrize(
    ("match", "topic"), [("prefix", "edge.n1."), ("wildcard", "edge..drip.state")]
)
async def test_subscribe_to_a_pattern_prints_the_topic_of_each_event(
    match: str, topic: str, node: NodeProcess
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wampedge", "subscribe", topic, "--match", match, "-n", "1",
        env=node.client_environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    await process.stderr.readline()

    await asyncio.to_thread(wampedge, "call", "edge.n1.drip.on", environ=node.client_environment)
    out, _ = await process.communicate()

    assert process.returncode == 0
    assert out.decode().startswith("edge.n1.drip.state  true  ")


def test_subscribe_prints_at_once_what_is_retained(node: NodeProcess) -> None:
    """Specification, "Event Retention"."""
    arguments = ("subscribe", "edge.n1.drip.status", "--retained", "--json", "-n", "1")

    done = wampedge(*arguments, environ=node.client_environment)

    assert done.returncode == 0, done.stderr
    event = json.loads(done.stdout)
    assert (event["topic"], event["args"]) == ("edge.n1.drip.status", ["ok"])
    assert event["retained"] is True


def test_subscribe_gives_up_when_the_events_do_not_come(node: NodeProcess) -> None:
    done = wampedge(
        "subscribe", "site.note", "-n", "1", "--timeout", "0.2", environ=node.client_environment
    )

    assert done.returncode == 5
    assert "1 events: no answer within 0.2 s" in done.stderr


def test_publication_to_a_reserved_topic_is_refused(node: NodeProcess) -> None:
    done = wampedge("publish", "wamp.session.on_join", environ=node.client_environment)

    assert done.returncode == 1
    assert "wamp.error.invalid_uri" in done.stderr


def test_check_of_a_good_file_counts_what_is_in_it(device_file: Path) -> None:
    done = wampedge("check", str(device_file))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{device_file}: ok: 2 devices\n"


def test_check_lists_problems_as_json_lines(device_file: Path) -> None:
    device_file.write_text(device_file.read_text().replace("pin = 27", "pin = 99\nlabel = 1"))

    done = wampedge("check", str(device_file), "--json")

    problems = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [(one["line"], one["column"]) for one in problems] == [(11, 7), (12, 1)]
    assert all(one["file"] == str(device_file) and one["text"] for one in problems)


def test_drivers_lists_each_driver_once() -> None:
    names = [line.split()[0] for line in wampedge("drivers").stdout.splitlines()]

    assert names == sorted(set(names))
    assert {"relay", "led", "button", "pwm", "bme280", "sht3x", "ina219", "ads1115"} <= set(names)
    assert {"mcp23017", "line"} <= set(names)


def test_page_of_a_driver_names_what_it_takes_and_offers() -> None:
    page = wampedge("drivers", "relay").stdout

    for word in ("active", "state", "pulse(duration)", "output"):
        assert word in page


def test_drivers_as_json_are_one_object_a_line() -> None:
    done = wampedge("drivers", "--json")

    by_name = {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert by_name["bme280"]["channels"]["temperature"]["unit"] == "°C"
    assert by_name["bme280"]["addresses"] == [0x76, 0x77]


def test_unknown_driver_is_answered_with_those_alike() -> None:
    done = wampedge("drivers", "bme28")

    assert done.returncode == 1
    assert "bme280" in done.stderr


def test_schema_is_json_that_names_the_drivers() -> None:
    done = wampedge("schema")

    assert json.loads(done.stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "bme280" in done.stdout
