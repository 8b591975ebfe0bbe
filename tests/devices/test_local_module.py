"""Code of the user is run as a module: how it may end, and what is left behind."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from wampedge.devices import local_module
from wampedge.devices.local_module import LocalSource, load_local_module
from wampedge.errors import ConfigError

LIFT = Path("lift.py")


def source(text: str) -> LocalSource:
    return LocalSource(LIFT, text.encode())


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_local_module(source(text))
    return str(caught.value)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What foreign code waits for that hangs in C; open at the end of the test."""
    event = threading.Event()
    monkeypatch.setattr(sys, "gate", event, raising=False)
    monkeypatch.setattr(local_module, "IMPORT_LIMIT_S", 0.05)
    monkeypatch.setattr(local_module, "_PATIENCE_S", 0.05)
    yield event
    event.set()
    for _, thread in local_module._UNFINISHED:
        thread.join()


def test_a_file_is_read_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "lift.py").write_text("x = 1\n")
    read = LocalSource.read(tmp_path / "lift.py")
    (tmp_path / "lift.py").write_text("x = 2\n")

    assert load_local_module(read).x == 1
    with pytest.raises(ConfigError, match=r"none\.py cannot be read: no such file"):
        LocalSource.read(tmp_path / "none.py")


def test_a_module_is_not_found_by_others_afterwards() -> None:
    module = load_local_module(source("import sys\nhere = __name__ in sys.modules\n"))

    assert module.here
    assert module.__name__ not in sys.modules


def test_a_module_that_takes_itself_away_is_a_module_all_the_same() -> None:
    assert load_local_module(source("import sys\ndel sys.modules[__name__]\nx = 3\n")).x == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = (\n", "lift.py:1: '(' was never closed"),
        ("\0", "lift.py:1: source code string cannot contain null bytes"),
        ("x = " + "-" * 200_000 + "1\n", "lift.py:1: "),
        ("x = 1\nraise SystemExit(3)\n", "lift.py:2: SystemExit: 3"),
        ("raise KeyboardInterrupt\n", "lift.py:1: KeyboardInterrupt"),
        ("raise ValueError('one\\n  two')\n", "lift.py:1: ValueError: one two"),
        ("def f():\n    f()\nf()\n", "lift.py:2: RecursionError: maximum recursion depth"),
        ("input()\n", "lift.py:1: EOFError: EOF when reading a line"),
        (
            "class Odd(Exception):\n    def __str__(self):\n        return 1 / 0\nraise Odd\n",
            "lift.py:4: Odd: its text cannot be made",
        ),
    ],
)
def test_what_ends_an_import_early_is_told_in_one_line(text: str, told: str) -> None:
    found = refusal(text)

    assert found.startswith(told)
    assert "\n" not in found


def test_stdin_and_stdout_are_what_they_were_afterwards() -> None:
    known = sys.stdin, sys.stdout
    refusal("input()\n")

    assert (sys.stdin, sys.stdout) == known


def test_a_loop_in_python_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_module, "IMPORT_LIMIT_S", 0.05)
    before = threading.active_count()

    assert "its import does not end within 0.05 s" in refusal("while True:\n    pass\n")
    assert threading.active_count() == before


def test_text_that_hangs_is_not_tried_again_while_it_does(gate: threading.Event) -> None:
    hanging = "import sys\nsys.gate.wait()\n"
    assert "its import does not end within 0.05 s" in refusal(hanging)
    before = threading.active_count()

    assert refusal(hanging) == "lift.py: its import has not ended since it was last tried"
    assert threading.active_count() == before
    assert load_local_module(source("x = 1\n")).x == 1

    gate.set()
    for _, thread in local_module._UNFINISHED:
        thread.join()
    assert load_local_module(source(hanging)).sys is sys


def test_only_so_many_threads_are_lost(
    gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_module, "_MOST_UNFINISHED", 2)
    for number in range(2):
        refusal(f"import sys\nsys.gate.wait({number + 100})\n")

    assert refusal("x = 1\n") == "lift.py: 2 imports of before have not ended yet: restart wampedge"


def test_a_process_ends_though_an_import_waits_for_input() -> None:
    code = (
        "from pathlib import Path\n"
        "from wampedge.devices import local_module as m\n"
        "m.IMPORT_LIMIT_S = m._PATIENCE_S = 0.2\n"
        "text = b'import sys\\nsys.stdin.readline()\\ninput()\\n'\n"
        "try:\n"
        "    m.load_local_module(m.LocalSource(Path('lift.py'), text))\n"
        "except m.ConfigError as error:\n"
        "    print(error)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read() == "lift.py:3: EOFError: EOF when reading a line\n"
        assert process.wait(30) == 0  # its stdin is still open
