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
    "history": "print, draw or export what a channel published",
    "status": "tell how a node is: devices, links, what waits",
    "drivers": "list the drivers, or show what one of them offers",
    "new": "write a driver, its simulated part and its test, to start from",
    "sim": "run scenarios on a simulated site",
    "schema": "print the JSON Schema of device files, for editors",
    "secret": "make what a user or a node proves itself with",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line *argv* (default: that of the process); return its exit code."""
    _open_closed_streams()
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


def _open_closed_streams() -> None:
    """Give closed standard streams a file that takes everything.

    Their numbers would else go to the next sockets, and a library that prints to number 2 would
    print into a session.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8")


def _parser(command: str | None) -> argparse.ArgumentParser:
    """Return the parser; only the flags of *command* are added, so that others cost nothing."""
    parser = argparse.ArgumentParser(
        prog="wampedge",
        description="Serve what is wired to a board as WAMP procedures and topics.",
        epilog="Start here: wampedge run devices.toml",
        formatter_class=_HelpText,
    )
    parser.add_argument("--version", action="version", version=f"wampedge {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, purpose in _COMMANDS.items():
        sub_parser = commands.add_parser(
            name, help=purpose, description=_sentence(purpose), formatter_class=_HelpText
        )
        if name == command:
            importlib.import_module(f"wampedge.cli.{name}_command").add_flags(sub_parser)
    return parser


class _HelpText(argparse.HelpFormatter):
    """Help as wide as the terminal, found without the heavy module that argparse has for it."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_terminal_width() - 2)


def _terminal_width() -> int:
    """Return what COLUMNS says, else the terminal, else 80."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _command_of(arguments: Sequence[str]) -> str | None:
    return next((argument for argument in arguments if argument in _COMMANDS), None)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
