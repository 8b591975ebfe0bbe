"""``wampedge run`` as a process: signals, exit codes, reload, closed outputs."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import wampedge
from tests.support.node_process import NodeProcess
from wampedge.client import Session


def edit(device_file: Path, old: str, new: str) -> None:
    """Replace *old* by *new* in the device file."""
    device_file.write_text(device_file.read_text().replace(old, new))


async def heard_after_reload(node: NodeProcess, topic: str) -> tuple[Any, dict[str, Any]]:
    """Send SIGHUP and return the next event of *topic*."""
    event: asyncio.Future[tuple[Any, dict[str, Any]]] = asyncio.get_running_loop().create_future()

    def on_event(value: Any, **details: Any) -> None:
        if not event.done():
            event.set_result((value, details))

    async with await Session.connect(node.url("unix"), "site") as session:
        await session.subscribe(topic, on_event)
        node.reload()
        return await asyncio.wait_for(event, 10.0)


@contextmanager
def starting(
    device_file: Path, *program: str, until: str = ": node n1,"
) -> Iterator[subprocess.Popen[str]]:
    """Begin to start a node; go on as soon as it has said *until*."""
    command = [sys.executable, *(program or ("-m", "wampedge")), "run", str(device_file)]
    command += ["--simulate", "--listen", "unix:"]
    environ = {**os.environ, "WAMPEDGE_RUNTIME_DIR": str(device_file.parent / "r")}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as node:
        try:
            assert node.stderr is not None
            while until not in node.stderr.readline():
                assert node.poll() is None, "it ended before"
            yield node
        finally:
            node.kill()


def test_sigterm_ends_the_node_clean(node: NodeProcess) -> None:
    assert node.stop() == 0
    assert not node.socket_path.exists()
    assert "Traceback" not in node.log()


def test_more_signals_do_not_keep_the_node_from_ending_clean(device_file: Path) -> None:
    """L4: SIGTERM twice."""
    with NodeProcess(device_file) as node:
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(node.pid, number)

        assert node.stop() == 0
        assert "Traceback" not in node.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_while_the_node_starts_ends_it_clean(number: int, device_file: Path) -> None:
    with starting(device_file) as node:
        node.send_signal(number)
        _, errors = node.communicate(timeout=10.0)

    assert node.returncode == 0
    assert "Traceback" not in errors


def test_sighup_while_the_node_starts_is_a_reload_and_not_its_end(device_file: Path) -> None:
    with starting(device_file) as node:
        node.send_signal(signal.SIGHUP)
        assert node.stderr is not None
        for line in node.stderr:
            if "read again: nothing changed" in line:
                break
        node.terminate()
        node.communicate(timeout=10.0)

    assert node.returncode == 0


def test_node_of_which_the_loop_is_blocked_ends_all_the_same(device_file: Path) -> None:
    program = (
        "import sys, time\n"
        "from wampedge.cli import main\n"
        "from wampedge_drivers.gpio.led import Led\n"
        "async def setup(self):\n"
        "    print('blocked', file=sys.stderr, flush=True)\n"
        "    time.sleep(60)\n"
        "Led.setup = setup\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    with starting(device_file, "-c", program, until="blocked") as node:
        before = time.monotonic()
        node.terminate()
        node.communicate(timeout=10.0)

    assert node.returncode == 1
    assert time.monotonic() - before < 6.0


def test_second_node_on_the_same_folder_is_refused_and_the_first_goes_on(
    node: NodeProcess, device_file: Path
) -> None:
    second = wampedge("run", str(device_file), "--simulate", environ=node.client_environment)

    assert second.returncode == 75
    assert f"another node runs on {node.socket_path.parent} (n1, process {node.pid})" in (
        second.stderr
    )
    assert wampedge("call", "edge.n1.lamp.on", environ=node.client_environment).stdout == "true\n"


def test_address_of_another_program_is_a_failure_that_may_heal(
    node: NodeProcess, device_file: Path
) -> None:
    environ = {"WAMPEDGE_RUNTIME_DIR": str(device_file.parent / "r")}

    done = wampedge("run", str(device_file), "--listen", node.url("ws"), environ=environ)

    assert done.returncode == 75
    assert "the address is in use" in done.stderr


def test_node_takes_over_the_socket_of_one_that_was_killed(device_file: Path) -> None:
    with NodeProcess(device_file) as node:
        node.kill()
        assert node.socket_path.exists()
        node.start()

        done = wampedge("call", "edge.n1.sys.list", "--json", environ=node.client_environment)
        assert json.loads(done.stdout)["args"] == [["lamp", "drip"]]


async def test_sighup_takes_over_a_good_file_and_touches_only_what_changed(
    node: NodeProcess, device_file: Path
) -> None:
    async with await Session.connect(node.url("unix"), "site") as session:
        await session.call("edge.n1.lamp.on")
        edit(device_file, "[devices.drip]", "[devices.pump]")

        outcome, details = await heard_after_reload(node, "edge.n1.sys.config")

        assert (outcome, details["text"]) == ("applied", "added pump; removed drip")
        assert (await session.call("edge.n1.sys.list")).value == ["lamp", "pump"]
        assert (await session.call("edge.n1.lamp.get")).value["state"]["value"] is True
        assert (await session.call("edge.n1.sim.pin", "gpio", 17)).value is True
        assert (await session.call("edge.n1.pump.on")).value is True


async def test_sighup_with_a_broken_file_keeps_the_old_one_and_says_why(
    node: NodeProcess, device_file: Path
) -> None:
    edit(device_file, "pin = 27", "pin = 99")

    outcome, details = await heard_after_reload(node, "edge.n1.sys.config")

    assert outcome == "refused"
    assert f"{device_file}:11:7" in details["text"]
    async with await Session.connect(node.url("unix"), "site") as session:
        assert (await session.call("edge.n1.drip.on")).value is True


async def test_sighup_with_a_broken_included_file_keeps_the_old_one_and_names_the_file(
    device_file: Path,
) -> None:
    """ROBUSTNESS C12, where the mistake is in another file than the one that was named."""
    part = device_file.parent / "parts.toml"
    part.write_text('[devices.fan]\ndriver = "led"\npin = 22\n', encoding="utf-8")
    edit(device_file, "[node]", 'include = ["parts.toml"]\n[node]')
    with NodeProcess(device_file) as node:
        edit(part, "pin = 22", "pin = 27")

        outcome, details = await heard_after_reload(node, "edge.n1.sys.config")

        assert outcome == "refused"
        assert "GPIO27 is used twice" in details["text"]
        assert str(part) in details["text"]
        async with await Session.connect(node.url("unix"), "site") as session:
            assert (await session.call("edge.n1.fan.on")).value is True
            assert (await session.call("edge.n1.drip.on")).value is True


async def test_sighup_with_another_realm_asks_for_a_restart(
    node: NodeProcess, device_file: Path
) -> None:
    edit(device_file, '"site"', '"other"')

    outcome, details = await heard_after_reload(node, "edge.n1.sys.config")

    assert outcome == "refused"
    assert details["text"] == "[router] changed: restart the node to use the new file"


def test_broken_file_is_reported_whole_with_exit_78_and_nothing_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text('wampedge = 1\n[node]\nname = "N 1"\n[devices.a]\ndriver = "realy"\npin = 99\n')

    done = wampedge("run", str(path), environ={"WAMPEDGE_RUNTIME_DIR": str(tmp_path / "run")})

    assert done.returncode == 78
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "did you mean" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("run", "missing.toml"), 2, "missing.toml"),
        (("run", "--listen", "ws://127.0.0.1:99999/ws"), 2, "99999"),
        (("run", "--listen", "nonsense"), 2, "nonsense"),
        (("check", "missing.toml"), 2, "missing.toml"),
        (("check", "."), 2, "device file . is a directory"),
        (("run", "."), 2, "device file . is a directory"),
        (("runn",), 2, "invalid choice"),
        (("run", "--listen"), 2, "expected one argument"),
        ((), 2, "usage"),
        (("call",), 2, "procedure"),
        (("call", "a.b", "-k", "x"), 2, "must be name=value"),
        (("call", "a.b", "--timeout", "0"), 2, "above 0"),
        (("call", "a.b", "--url", "http://localhost"), 2, "http://localhost"),
        (("call", "a.b", "--url", "ws://127.0.0.1:99999/ws"), 2, "99999"),
        (("call", "a.b", "--url", "unix:/nowhere/node.sock"), 3, "/nowhere/node.sock"),
        (("call", "a.b"), 3, "no node runs on this machine"),
        (("subscribe", "a.b", "-n", "0"), 2, "above 0"),
    ],
)
def test_wrong_command_lines_say_what_is_wrong(
    arguments: tuple[str, ...], code: int, text: str, tmp_path: Path
) -> None:
    done = wampedge(*arguments, environ={"WAMPEDGE_RUNTIME_DIR": str(tmp_path)})

    assert done.returncode == code, done.stderr
    assert text in done.stderr.lower() or text in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("url", ["ws://0.0.0.0:0/ws", "ws://[::]:0/ws", "rs://192.0.2.1:0"])
def test_listener_that_others_could_reach_is_refused(url: str, device_file: Path) -> None:
    environ = {"WAMPEDGE_RUNTIME_DIR": str(device_file.parent / "run")}

    done = wampedge("run", str(device_file), "--listen", url, environ=environ)

    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "reached from other machines" in done.stderr


def test_node_with_closed_outputs_goes_on(device_file: Path) -> None:
    with NodeProcess(device_file) as node:
        node.stop()
    script = 'exec "$0" -m wampedge run "$1" --simulate --listen unix: >&- 2>&-'
    environ = {"WAMPEDGE_RUNTIME_DIR": str(device_file.parent / "r")}
    with subprocess.Popen(
        ["sh", "-c", script, sys.executable, str(device_file)], env=environ
    ) as it:
        try:
            _wait_for_answer(environ)
        finally:
            it.terminate()

        assert it.wait(10) == 0


def _wait_for_answer(environ: dict[str, str]) -> None:
    """Call until the node answers; bounded by the number of calls."""
    for _ in range(50):
        if wampedge("call", "edge.n1.lamp.on", environ=environ).returncode == 0:
            return
    raise AssertionError("the node never answered")


def test_node_of_which_nobody_reads_the_output_serves_and_ends(device_file: Path) -> None:
    """Ctrl-S in a terminal, or a hanging ssh, must not stop the greenhouse."""
    environ = {**os.environ, "WAMPEDGE_RUNTIME_DIR": str(device_file.parent / "r")}
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write_end, b"x" * 4096)
    os.set_blocking(write_end, True)
    command = [sys.executable, "-m", "wampedge", "run", str(device_file), "--simulate"]
    with subprocess.Popen(
        [*command, "--listen", "unix:", "--log-level", "debug"], env=environ, stderr=write_end
    ) as it:
        try:
            _wait_for_answer(environ)
        finally:
            it.terminate()

        assert it.wait(10) == 0
    os.close(read_end)
    os.close(write_end)


def test_reader_that_goes_away_is_no_error(node: NodeProcess) -> None:
    script = '"$0" -m wampedge drivers | head -n 1'

    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script, sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
