"""``wampedge run``: serve the devices of a device file until told to stop."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from wampedge.cli import exit_codes
from wampedge.config import load
from wampedge.errors import AddressInUseError, ConfigError, HardwareError, WampedgeError
from wampedge.transports.url import parse_url

__all__ = ["add_flags", "run"]


DEFAULT_SOCKET = "unix:"


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
    parser.add_argument(
        "--listen", action="append", metavar="URL", type=_listen_url,
        help="listen here instead of where [router] says; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--insecure", action="store_true",
        help="let other machines in at --listen without TLS or proof, as insecure = true does",
    )  # fmt: skip
    parser.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), default="info"
    )


def run(options: argparse.Namespace) -> int:
    """Run the node; ends with SIGTERM or Ctrl-C, re-reads the file with SIGHUP."""
    try:
        config = load(options.file)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return exit_codes.BAD_FILE if error.problems else exit_codes.USAGE
    # Imported after the file was found good: a bad one is told without loading the whole node.
    from wampedge.cli.logs import PatientOutput, start_logging  # noqa: PLC0415 # see above
    from wampedge.runtime.service import serve  # noqa: PLC0415 # see above

    output = PatientOutput(sys.stderr.fileno())
    start_logging(options.log_level, output)
    try:
        return serve(
            config,
            options.file,
            substrate=options.substrate,
            listen=options.listen,
            is_insecure=options.insecure,
            say=lambda text: output.write(f"{text}\n"),
        )
    except (HardwareError, ConfigError) as error:
        output.write(f"wampedge run: {error}\n")
        return _code_of(error, has_listen_flag=bool(options.listen))
    finally:
        output.close()


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
