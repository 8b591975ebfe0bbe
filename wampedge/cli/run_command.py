"""``wampedge run``: serve the devices of a device file until told to stop."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wampedge.cli import exit_codes
from wampedge.config import load
from wampedge.errors import AddressInUseError, ConfigError, HardwareError, WampedgeError
from wampedge.transports.url import parse_url

if TYPE_CHECKING:
    from wampedge.config.model import NodeConfig, SiteConfig

__all__ = ["add_flags", "run"]


DEFAULT_SOCKET = "unix:"
BOARD_FOLDER = Path(__file__).parents[1] / "board"
_SLOWEST = 0.01
_FASTEST = 1e6


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument("file", type=Path, nargs="?", default=Path("devices.toml"))
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--simulate", action="store_const", const="simulator", dest="substrate",
        help="use simulated parts even where there is hardware",
    )  # fmt: skip
    where.add_argument(
        "--hardware", action="store_const", const="hardware", dest="substrate",
        help="use the hardware even where the machine does not look like a board",
    )  # fmt: skip
    _add_simulation_flags(parser)
    parser.add_argument(
        "--board", action="store_true",
        help="serve a page that shows pins, parts and buses; hands for the parts of a simulation",
    )  # fmt: skip
    parser.add_argument(
        "--listen", action="append", metavar="URL", type=_listen_url,
        help="listen here instead of where [router] says; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--insecure", action="store_true",
        help="let other machines in at --listen without TLS or proof, as insecure = true does",
    )  # fmt: skip
    _add_record_flags(parser)
    parser.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), default="info"
    )


def _add_simulation_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N",
        help="simulation: N seconds in one, or max: as many as the machine can (default: 1)",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N",
        help="simulation: another number, another noise of what parts measure (default: 0)",
    )  # fmt: skip
    parser.add_argument(
        "--world", type=Path, metavar="FILE",
        help="simulation: what surrounds the parts, such as a room that a heater warms",
    )  # fmt: skip


def _add_record_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--record", type=Path, metavar="FILE",
        help="write every transaction on buses, ports and pins to FILE, for `wampedge sim replay`",
    )  # fmt: skip
    parser.add_argument(
        "--record-limit", type=_size, metavar="SIZE",
        help="how long that file may get, such as 500k or 1G; then recording ends (default: 64M)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Run the node; ends with SIGTERM or Ctrl-C, re-reads the file with SIGHUP."""
    if options.substrate == "hardware" and _is_simulation(options):
        text = "--speed, --seed and --world are for a simulation"
        print(f"wampedge run: {text}", file=sys.stderr)
        return exit_codes.USAGE
    if options.record_limit is not None and options.record is None:
        print("wampedge run: --record-limit is for --record", file=sys.stderr)
        return exit_codes.USAGE
    try:
        config = load(options.file)
        prepare = _world(options.world, config) if options.world is not None else None
    except ConfigError as error:
        print(error, file=sys.stderr)
        return exit_codes.BAD_FILE if error.problems else exit_codes.USAGE
    # Imported after the file was found good: a bad one is told without loading the whole node.
    from wampedge.cli.logs import PatientOutput, start_logging  # noqa: PLC0415 # see above
    from wampedge.runtime.ground import SimulationOptions  # noqa: PLC0415 # see above
    from wampedge.runtime.service import serve  # noqa: PLC0415 # see above

    output = PatientOutput(sys.stderr.fileno())
    start_logging(options.log_level, output)
    try:
        return serve(
            config,
            options.file,
            substrate=_substrate(options),
            simulation=SimulationOptions(options.speed, options.seed, prepare),
            changes=_changes(options),
            around=_recorder(options, config.node) if options.record is not None else None,
            say=lambda text: output.write(f"{text}\n"),
        )
    except (HardwareError, ConfigError) as error:
        output.write(f"wampedge run: {error}\n")
        return _code_of(error, has_listen_flag=bool(options.listen))
    finally:
        output.close()


def _changes(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the flags say of the router instead of the file."""
    from wampedge.runtime.service import BOARD_PATH  # noqa: PLC0415 # as in run()

    changes: dict[str, Any] = {"listen": tuple(options.listen)} if options.listen else {}
    if options.insecure:
        changes["insecure"] = True
    if options.board:
        changes["pages"] = {BOARD_PATH: BOARD_FOLDER}
    return changes


def _world(path: Path, config: SiteConfig) -> Callable[[Any], None]:
    """Return what puts the world of the file *path* around a board; raises ConfigError."""
    from wampedge.simulation.world_file import load_world  # noqa: PLC0415 # few nodes have one

    return load_world(path, config).install


def _is_simulation(options: argparse.Namespace) -> bool:
    """Return whether a flag wants what only a simulation has."""
    return options.speed != 1.0 or options.seed != 0 or options.world is not None


def _substrate(options: argparse.Namespace) -> Any:
    """Return what the flags ask for, also without saying so."""
    return options.substrate or ("simulator" if _is_simulation(options) else None)


def _recorder(options: argparse.Namespace, node: NodeConfig) -> Callable[[Any, Any], Any]:
    """Return what puts a recorder between substrate and node."""
    from wampedge.hardware.recording.substrate import recorded  # noqa: PLC0415 # few nodes are recorded

    limit = {} if options.record_limit is None else {"limit_bytes": options.record_limit}
    return lambda substrate, clock: recorded(
        substrate, options.record, clock, node=node.name, file=options.file, **limit
    )


def _size(text: str) -> int:
    """Return how many bytes *text* means; raises argparse.ArgumentTypeError."""
    number, unit = (text[:-1], text[-1].lower()) if text[-1:].isalpha() else (text, "")
    scale = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}.get(unit)
    if scale is None or not number.isdecimal() or not 4096 <= int(number) * scale <= 2**40:
        wanted = "must be 4k to 1024G, such as 64M"
        raise argparse.ArgumentTypeError(f"{wanted}, got {text!r}")
    return int(number) * scale


def _speed(text: str) -> float:
    """Return how many seconds pass in one; raises argparse.ArgumentTypeError."""
    if text == "max":
        return math.inf
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not _SLOWEST <= speed <= _FASTEST:
        wanted = f"must be a number from {_SLOWEST:g} to {_FASTEST:g}, or max"
        raise argparse.ArgumentTypeError(f"{wanted}, got {text!r}")
    return speed


def _code_of(error: WampedgeError, *, has_listen_flag: bool) -> int:
    if isinstance(error, AddressInUseError):
        return exit_codes.BUSY
    if isinstance(error, HardwareError):
        return exit_codes.HARDWARE
    return exit_codes.USAGE if has_listen_flag else exit_codes.BAD_FILE


def _listen_url(text: str) -> str:
    """Return *text* if it is an address; raises argparse.ArgumentTypeError."""
    try:
        if text != DEFAULT_SOCKET:
            parse_url(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text
