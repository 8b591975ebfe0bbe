"""What a command may import: by name, because time differs from machine to machine.

``--help`` and ``check`` answer at once on the smallest board only if they load next to nothing.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

DEVICE_FILE = Path(__file__).parents[2] / "devices.toml"
HEAVY = {
    "asyncio",
    "gpiozero",
    "hypothesis",
    "lgpio",
    "logging",
    "msgpack",
    "serial",
    "smbus2",
    "ssl",
    "websockets",
    "wampedge.client",
    "wampedge.runtime",
    "wampedge_simulator",
}
PROGRAM = """
import contextlib, io, json, sys
from wampedge.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(sys.argv[1:])
print(json.dumps(sorted(sys.modules)))
"""


def modules_of(*arguments: str) -> set[str]:
    """Return the names of all modules loaded after running the command line *arguments*."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_loads_nothing_but_the_parser() -> None:
    modules = modules_of("--help")

    assert modules.isdisjoint(HEAVY)
    assert not {name for name in modules if name.startswith("wampedge.")} - {
        "wampedge.cli",
        "wampedge.cli.exit_codes",
        "wampedge.errors",
    }


@pytest.mark.parametrize("arguments", [("check", str(DEVICE_FILE)), ("schema",), ("drivers",)])
def test_commands_that_only_read_load_no_network_and_no_hardware(arguments: tuple[str]) -> None:
    assert modules_of(*arguments).isdisjoint(HEAVY)


def test_call_loads_no_devices() -> None:
    modules = modules_of("call", "a.b", "--url", "unix:/nowhere")

    assert modules.isdisjoint(
        HEAVY - {"asyncio", "logging", "msgpack", "ssl", "websockets", "wampedge.client"}
    )
    assert not {name for name in modules if name.startswith("wampedge.devices")}
    assert {name for name in modules if name.startswith("wampedge.config.")} == {
        "wampedge.config.paths"
    }


def test_a_server_loads_the_library_for_websocket_with_its_first_client_only() -> None:
    program = "import sys, json, wampedge.runtime.service; print(json.dumps(sorted(sys.modules)))"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    modules = set(json.loads(done.stdout))
    assert "wampedge.transports.front" in modules
    assert modules.isdisjoint({"websockets", "importlib.metadata", "gpiozero", "sqlite3"})
