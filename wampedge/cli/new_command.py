"""``wampedge new``: write a driver with its simulated part and its test, to start from."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from wampedge.cli import exit_codes
from wampedge.config.kinds import name_mistake
from wampedge.devices.catalog import driver_names
from wampedge.errors import ConfigError
from wampedge.records import Record

__all__ = ["add_flags", "run"]

_TEMPLATES: Final = Path(__file__).with_name("driver_templates")
_BUSES: Final = ("i2c", "spi", "serial", "modbus", "pins")
_BY_MAP: Final = ("i2c", "serial", "modbus")
_BY_CODE: Final = ("i2c", "spi", "pins")
_SILENT: Final[Mapping[str, str]] = {"i2c": "absent", "modbus": "silent"}
"""The fault of parts of a map that are not there."""
_BUS_NAMES: Final[Mapping[str, str]] = {
    "i2c": "i2c1",
    "spi": "spi0",
    "serial": "uart0",
    "modbus": "meters",
}


class _Plan(Record):
    """What is written: the text of each file, and how the device file names the driver."""

    texts: Mapping[Path, str]
    module: Path
    device: str


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument("kind", choices=("driver",), help="what to write")
    parser.add_argument("name", help="name of the driver, as devices will say it")
    parser.add_argument("--bus", choices=_BUSES, default="i2c", help="what the part is wired to")
    parser.add_argument(
        "--map", action="store_true",
        help="a TOML map instead of Python: for parts whose values only have to be decoded",
    )  # fmt: skip
    parser.add_argument(
        "--folder", type=Path, default=Path("drivers"), metavar="DIR",
        help="where to write it; the folder of the device file or one below (default: drivers)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Write the files and say what to do with them."""
    try:
        _check_name(options.name)
        plan = _plan(options.name, options.bus, options.folder, is_map=options.map)
        _write(plan.texts)
    except ConfigError as error:
        print(f"wampedge new driver: {error}", file=sys.stderr)
        return exit_codes.USAGE
    except OSError as error:
        reason = f"{error.filename} cannot be written: {(error.strerror or str(error)).lower()}"
        print(f"wampedge new driver: {reason}", file=sys.stderr)
        return exit_codes.USAGE
    for path in plan.texts:
        print(path)
    test = next(path for path in plan.texts if path.name.startswith("test_"))
    print(f"\nIts test passes as it is, change both together: pytest {test}", file=sys.stderr)
    print(f"In the device file:\n\n{_indented(_usage(options, plan))}", file=sys.stderr)
    return exit_codes.OK


def _check_name(name: str) -> None:
    mistake = name_mistake(name)
    if mistake is not None:
        raise ConfigError(f'the name "{name}" {mistake[0]}; {mistake[1]}'.rstrip("; "))
    if name in driver_names():
        raise ConfigError(f'there is a driver "{name}" already: see wampedge drivers {name}')


def _plan(name: str, bus: str, folder: Path, *, is_map: bool) -> _Plan:
    if is_map and bus not in _BY_MAP:
        raise ConfigError(f"a map cannot say what a part on {bus} does; leave --map out")
    if bus not in _BY_CODE:
        is_map = True
    if is_map:
        module = folder / f"{name}.toml"
        test = "serial_map_test.py" if bus == "serial" else "map_test.py"
        sources = {module: f"{bus}.toml", folder / f"test_{name}.py": test}
    else:
        module = folder / f"{name}.py"
        sources = {
            module: f"{bus}.py",
            folder / f"{name}_simulated.py": f"{bus}_simulated.py",
            folder / f"test_{name}.py": f"{bus}_test.py",
        }
    words = {
        "new_part": name,
        "NewPart": "".join(word.capitalize() for word in name.split("_")),
        "SILENCE": _SILENT.get(bus, ""),
    }
    texts = {path: _filled(source, words) for path, source in sources.items()}
    wires = "low = 17\nhigh = 27" if bus == "pins" else f'bus = "{_BUS_NAMES[bus]}"'
    return _Plan(texts, module, wires)


def _filled(source: str, words: Mapping[str, str]) -> str:
    """Return a template with *words* in their places."""
    text = (_TEMPLATES / source).read_text(encoding="utf-8")
    return re.sub("|".join(words), lambda found: words[found[0]], text)


def _write(texts: Mapping[Path, str]) -> None:
    """Write all files, or none where one of them is there; raises ConfigError, OSError."""
    taken = [str(path) for path in texts if path.exists()]
    if taken:
        raise ConfigError(f"{', '.join(taken)}: already there; nothing was written")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)


def _usage(options: argparse.Namespace, plan: _Plan) -> str:
    module = plan.module.as_posix()
    return (
        f'[drivers.{options.name}]\nmodule = "{module}"\n\n'
        f'[devices.tank]\ndriver = "{options.name}"\n{plan.device}\n'
    )


def _indented(text: str) -> str:
    return "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())
