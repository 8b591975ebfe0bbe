"""The programs of ``examples/`` do what they say, on a real router."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wampedge.testing import TestRouter

pytest_plugins = ["wampedge.testing.pytest"]

EXAMPLES = Path(__file__).parents[2] / "examples"
PRINTED = {
    "call": """\
anything: 21.5
checked: Reading(value=21.5, unit='°C')
not a number: result of home.temperature: value must be float, \
got {'value': 21.5, 'unit': '°C'} (dict)
refused: home.error.no_such_room ['cellar']
""",
    "events": """\
the attic has 21.5 °C
somewhere in the home: home.attic.temperature
temperature of the attic: 21.5
somewhere in the home: home.door
""",
    "passthru": """\
Passthru(scheme='x_zlib', serializer='utf8', cipher=None, keyid=None)
HELLO
""",
    "progress": """\
litres so far: 1
litres so far: 2
litres so far: 3
watered with 3 l
enough after 2
""",
    "script": """\
twice 21 is 42
home.numbers brings 0
home.numbers brings 1
home.numbers brings 2
then it was silent
""",
    "timeouts": """\
too slow: call to garden.dig: no answer within 0.05 s
put away: spoon
put away: spade
""",
    "upload": """\
stored: 60000
stored: 120000
stored: 180000
stored: 210000
sent:  bcdfd9a4
there: bcdfd9a4
""",
}  # fmt: skip


def test_every_example_is_tried_here() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.py")}

    assert names == {*PRINTED, "component", "test_attic"}


@pytest.mark.parametrize("name", PRINTED)
def test_example_prints_what_it_promises(
    name: str, router: TestRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = importlib.util.spec_from_file_location(f"examples.{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    running = module.main(router.url, router.realm)
    if inspect.iscoroutine(running):
        asyncio.run(running)

    assert capsys.readouterr().out == PRINTED[name]


def test_component_serves_until_it_is_told_to_end(router: TestRouter) -> None:
    async def change() -> object:
        async with await router.join() as session:
            while True:
                looked_up = await session.call("wamp.registration.lookup", "home.attic.target.set")
                if looked_up.value is not None:
                    break
            await session.call("home.attic.target.set", 18.5)
            return (await session.call("home.attic.target.get")).value

    command = [sys.executable, str(EXAMPLES / "component.py"), router.url, router.realm]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "the attic is joined\n"
        target = asyncio.run(change())
        program.send_signal(signal.SIGTERM)
        assert program.stdout.read() == "the attic has left\n"

    assert program.returncode == 0
    assert target == 18.5


def test_tests_of_the_example_project_pass() -> None:
    options = ["-q", "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "test_attic.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=EXAMPLES,
    )

    assert done.stdout.splitlines()[-1].startswith("2 passed"), done.stdout + done.stderr
