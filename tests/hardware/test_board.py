"""Finding the board and the chip behind its header."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wampedge.devices.contracts import SerialSettings, Substrate
from wampedge.errors import HardwareError
from wampedge.hardware.board import (
    Linux,
    board_model,
    chip_labels,
    header_chip,
    is_board_present,
    load_lgpio,
)


@pytest.mark.parametrize(
    ("labels", "number"),
    [
        ({0: "pinctrl-bcm2835", 1: "raspberrypi-exp-gpio"}, 0),
        ({0: "pinctrl-bcm2711", 1: "raspberrypi-exp-gpio"}, 0),
        ({0: "gpio-brcmstb@107d508500", 4: "pinctrl-rp1", 10: "pinctrl-bcm2712"}, 4),
        ({0: "pinctrl-rp1", 10: "pinctrl-bcm2712"}, 0),
        ({13: "pinctrl-rp1", 4: "pinctrl-bcm2712"}, 13),
    ],
)
def test_the_chip_of_the_header_is_found_by_its_label(labels: dict[int, str], number: int) -> None:
    """PEERS.md: gpiozero #1166, #1229 (the number changes with the kernel)."""
    assert header_chip(labels) == number


def test_a_board_without_a_header_lists_what_it_has() -> None:
    with pytest.raises(HardwareError, match=r"no GPIO header found \(gpiochip0 is 'gpio-sim'\)"):
        header_chip({0: "gpio-sim"})
    with pytest.raises(HardwareError, match=r"no /dev/gpiochip\* can be opened.*usermod -aG gpio"):
        header_chip({})


class _Lgpio:
    """The two calls of lgpio that tell a label, for chips that are only a table."""

    def __init__(self, labels: dict[int, str]) -> None:
        self.labels = labels
        self.open_handles: set[int] = set()

    def gpiochip_open(self, number: int) -> int:
        if number not in self.labels:
            raise PermissionError
        self.open_handles.add(number)
        return number

    def gpio_get_chip_info(self, handle: int) -> list[Any]:
        return [0, 54, f"gpiochip{handle}", self.labels[handle]]

    def gpiochip_close(self, handle: int) -> None:
        self.open_handles.discard(handle)


def test_every_chip_that_can_be_opened_is_asked_for_its_label(tmp_path: Path) -> None:
    for number in (0, 1, 10):
        (tmp_path / f"gpiochip{number}").touch()
    (tmp_path / "gpiochip4").symlink_to("gpiochip0")
    (tmp_path / "gpiochipX").touch()
    lgpio = _Lgpio({0: "pinctrl-rp1", 4: "a link", 10: "pinctrl-bcm2712"})

    assert chip_labels(lgpio, tmp_path) == {0: "pinctrl-rp1", 10: "pinctrl-bcm2712"}
    assert lgpio.open_handles == set()


def test_a_board_is_there_when_a_device_tree_and_a_chip_are(tmp_path: Path) -> None:
    model = tmp_path / "model"
    answers = [is_board_present(tmp_path, model)]
    model.write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    answers.append(is_board_present(tmp_path, model))
    (tmp_path / "gpiochip0").touch()
    answers.append(is_board_present(tmp_path, model))

    assert answers == [False, False, True]
    assert board_model(model) == "Raspberry Pi 4 Model B Rev 1.4"
    assert board_model(tmp_path / "none") == ""


def test_the_kernel_changes_nothing() -> None:
    linux: Substrate = Linux()
    settings = SerialSettings("/dev/ttyUSB0", baud=115200)

    linux.start()
    linux.stop()

    assert linux.serial_port(settings) is settings
    assert linux.is_simulated is False
    assert linux.description


def run(script: str, cwd: Path) -> str:
    """Run *script* in a process of its own: importing lgpio starts a thread that never ends."""
    header = "import os, sys, tempfile; from wampedge.hardware.board import *\n"
    return subprocess.check_output([sys.executable, "-c", header + script], text=True, cwd=cwd)


needs_lgpio = pytest.mark.skipif(
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import importlib.util as u, sys; sys.exit(not u.find_spec('lgpio'))",
        ],
        check=False,
    ).returncode
    != 0,
    reason="lgpio is not installed (it is a dependency on ARM boards only)",
)


@needs_lgpio
def test_loading_lgpio_leaves_no_file_and_no_other_working_directory(tmp_path: Path) -> None:
    """PEERS.md: gpiozero #1106, #1130 (a FIFO in the working directory)."""
    script = (
        "os.environ['LG_WD'] = '/somewhere'\n"
        "os.environ['TMPDIR'] = tempfile.tempdir = os.getcwd()\n"
        "lgpio = load_lgpio()\n"
        "print(lgpio is load_lgpio(), lgpio_errors() == (lgpio.error,))\n"
        "print(os.getcwd(), os.listdir(), os.environ['LG_WD'])\n"
    )

    assert run(script, tmp_path) == f"True True\n{tmp_path} [] /somewhere\n"


@needs_lgpio
def test_lgpio_loads_in_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    assert run("print(load_lgpio().__name__, 'LG_WD' in os.environ)", tmp_path) == "lgpio False\n"


@needs_lgpio
def test_a_machine_without_a_header_is_told_so(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "try: Linux(Path('.')).pin_factory()\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )

    assert run(script, tmp_path).startswith("HardwareError no GPIO header found")


@needs_lgpio
def test_header_pins_can_be_made_from_lgpio(tmp_path: Path) -> None:
    script = (
        "load_lgpio()\n"
        "from wampedge.hardware.lgpio_pins import HeaderFactory, HeaderPin\n"
        "from gpiozero.pins.lgpio import LGPIOPin\n"
        "print(issubclass(HeaderPin, LGPIOPin))\n"
        "try: HeaderFactory(chip=250)\n"
        "except lgpio_errors() as error: print('refused')\n"
    )

    assert run(script, tmp_path) == "True\nrefused\n"


def test_a_missing_lgpio_says_how_to_install_it(tmp_path: Path) -> None:
    script = (
        "class Nothing:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'lgpio': raise ImportError(name)\n"
        "sys.meta_path.insert(0, Nothing())\n"
        "print(lgpio_errors())\n"
        "try: load_lgpio()\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )

    answer = run(script, tmp_path)

    assert answer.startswith("()\nHardwareError the package lgpio is missing")
    assert "apt install python3-lgpio" in answer


def test_this_process_has_not_loaded_lgpio() -> None:
    assert load_lgpio.__module__ == "wampedge.hardware.board"
    assert "lgpio" not in sys.modules
