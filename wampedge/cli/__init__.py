"""The command line. Every command is a module of its own, imported only when it is used.

Data goes to stdout, everything else to stderr. Exit codes are those of ``exit_codes``.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from wampedge import __version__
from wampedge.cli import exit_codes
from wampedge.errors import WampedgeError

__all__ = ["main"]

_COMMANDS = {
    "run": "serve the devices of a device file until told to stop",
    "check": "say everything that is wrong with a device file",
    "call": "call a procedure and print its result",
    "publish": "publish an event",
    "subscribe": "print the events of a topic as they come",
    "drivers": "list the drivers, or show what one of them offers",
    "schema": "print the JSON Schema of device files, for editors",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line *argv* (default: that of the process); return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(_command_of(arguments))
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help(sys.stderr)
        return exit_codes.USAGE
    command = importlib.import_module(f"wampedge.cli.{options.command}_command")
    try:
        code: int = command.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output has gone, as with `| head`. Python would complain at exit when
        # it flushes stdout, so stdout becomes a file that takes everything.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.OK
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except WampedgeError as error:
        print(f"wampedge {options.command}: {error}", file=sys.stderr)
        return exit_codes.of_error(error)
    return code


def _parser(command: str | None) -> argparse.ArgumentParser:
    """Return the parser; only the flags of *command* are added, so that others cost nothing."""
    parser = argparse.ArgumentParser(
        prog="wampedge",
        description="Serve GPIO, I2C and serial devices as WAMP procedures and topics.",
        epilog="Start here: wampedge run devices.toml",
    )
    parser.add_argument("--version", action="version", version=f"wampedge {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, purpose in _COMMANDS.items():
        sub_parser = commands.add_parser(name, help=purpose, description=_sentence(purpose))
        if name == command:
            importlib.import_module(f"wampedge.cli.{name}_command").add_flags(sub_parser)
    return parser


def _command_of(arguments: Sequence[str]) -> str | None:
    return next((argument for argument in arguments if argument in _COMMANDS), None)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
