"""``wampedge sim fleet``: many nodes of one device file, and what goes wrong between them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wampedge.cli import exit_codes
from wampedge.cli.progress_bar import ProgressBar
from wampedge.config import load
from wampedge.errors import ConfigError, WampedgeError

if TYPE_CHECKING:
    from types import FrameType

    from wampedge.simulation.fleet.faults import Chaos, Fault
    from wampedge.simulation.fleet.fleet import FleetPlan
    from wampedge.simulation.fleet.report import FleetReport

__all__ = ["add_flags", "run"]

BROKEN: Final = 1
MAX_NODES: Final = 5000
_CHAOS: Final = ("link", "power", "clock", "router")
_IN_PROCESS: Final = "unix:in-process"
"""What stands as the address of a router that needs none."""


def add_flags(actions: Any) -> None:
    """Add ``fleet`` to the *actions* of ``wampedge sim``."""
    fleet = actions.add_parser(
        "fleet",
        help="run many nodes of one device file against one router, and let things go wrong",
        description="Run many nodes in virtual time, with a router in the process.",
        epilog="Exit codes: 0 the invariants hold, 1 one does not, 2 a file or flag is bad.",
    )
    fleet.add_argument("file", type=Path, nargs="?", default=Path("devices.toml"))
    fleet.add_argument("--nodes", type=_count, default=10, metavar="N", help="how many; 10")
    fleet.add_argument(
        "--for", type=_duration, default=3600.0, dest="span_s", metavar="TIME",
        help='how long things may go wrong; "1h" if not given',
    )  # fmt: skip
    fleet.add_argument("--seed", type=_seed, default=0, metavar="N", help="another one, other luck")
    _add_chaos_flags(fleet)
    fleet.add_argument(
        "--within", type=_duration, dest="within_s", metavar="TIME",
        help="how long a node may take to be back; its longest pause and 20 s if not given",
    )  # fmt: skip
    fleet.add_argument(
        "--stagger", type=_duration, default=10.0, dest="stagger_s", metavar="TIME",
        help='over which time they start; "10s" if not given, "0s" for all at once',
    )  # fmt: skip
    fleet.add_argument(
        "--orders", type=_duration, default=60.0, dest="orders_every_s", metavar="TIME",
        help='how often an output of each node is switched from afar; "1m", "0s" for never',
    )  # fmt: skip
    fleet.add_argument(
        "--only", type=_numbers, metavar="N[,N...]", help="run only these of the nodes"
    )
    fleet.add_argument("--router", metavar="URL", help="join a real router there, in real time")
    fleet.add_argument("--realm", metavar="REALM", help="what to join; that of the file, or edge")


def _add_chaos_flags(fleet: argparse.ArgumentParser) -> None:
    fleet.add_argument(
        "--chaos", type=_chaos, default=(), metavar="KIND[,KIND...]",
        help=f"what goes wrong: {', '.join(_CHAOS)}; nothing if not given",
    )  # fmt: skip
    fleet.add_argument(
        "--rate", type=_rate, default=6.0, metavar="N",
        help="how often each kind strikes each node in an hour; 6 if not given",
    )  # fmt: skip
    fleet.add_argument(
        "--replay", type=Path, metavar="FILE", help="let go wrong what FILE says, nothing else"
    )
    fleet.add_argument(
        "--log", type=Path, metavar="FILE",
        help="write what was done, for --replay; where something broke, FILE.small has the fewest"
        " faults that break it",
    )  # fmt: skip
    fleet.add_argument(
        "--shrink", type=_runs, default=30, metavar="N",
        help="how many runs may be spent on finding the fewest faults; 30, 0 for none",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Run a fleet, tell what became of it, and shrink what broke it."""
    try:
        plan = _plan(options)
        report = _run(plan, options)
        print(report.text())
        if options.log is not None:
            _write(options.log, report.done)
        if report.broken and options.shrink and options.router is None:
            _shrink(plan, report, options)
    except WampedgeError as error:
        print(f"wampedge sim fleet: {error}", file=sys.stderr)
        return exit_codes.USAGE
    return BROKEN if report.broken else exit_codes.OK


def _plan(options: argparse.Namespace) -> FleetPlan:
    """Return what the flags ask for; raises ConfigError."""
    config = load(options.file)
    # Imported once the file was found good: a bad one is told without loading the whole node.
    from wampedge.simulation.fleet.fleet import FleetPlan  # noqa: PLC0415 # see above
    from wampedge.simulation.fleet.variation import joining, without_proof  # noqa: PLC0415 # as above
    from wampedge.transports.url import parse_url  # noqa: PLC0415 # as above

    if options.router is not None:
        parse_url(options.router)
    joined = joining(config, options.router or _IN_PROCESS, options.realm)
    return FleetPlan(
        config=joined if options.router is not None else without_proof(joined),
        nodes=options.nodes,
        faults=tuple(_faults(options)),
        span_s=options.span_s,
        seed=options.seed,
        within_s=options.within_s,
        stagger_s=options.stagger_s,
        orders_every_s=options.orders_every_s or None,
        only=_only(options),
    )


def _faults(options: argparse.Namespace) -> list[Fault]:
    """Return what goes wrong; raises ConfigError."""
    from wampedge.simulation.fleet.faults import draw_faults, read_faults  # noqa: PLC0415 # see _plan

    if options.replay is not None and options.chaos:
        raise ConfigError("--replay says what goes wrong, --chaos draws it: give one of them")
    faults = (
        read_faults(options.replay, nodes=options.nodes)
        if options.replay is not None
        else draw_faults(
            options.chaos,
            nodes=options.nodes,
            seed=options.seed,
            span_s=options.span_s,
            rate_per_h=options.rate,
        )
    )
    if options.router is not None and any(fault.kind == "router" for fault in faults):
        raise ConfigError("a real router cannot be killed: leave router out of what goes wrong")
    return faults


def _only(options: argparse.Namespace) -> tuple[int, ...] | None:
    """Return the numbers of the nodes that take part, None for all; raises ConfigError."""
    if options.only is not None and max(options.only) >= options.nodes:
        most = options.nodes - 1
        raise ConfigError(f"--only must name nodes 0..{most}, got {max(options.only)}")
    only: tuple[int, ...] | None = options.only
    return only


def _run(plan: FleetPlan, options: argparse.Namespace) -> FleetReport:
    import logging  # noqa: PLC0415 # nobody else here needs it

    from wampedge.simulation.fleet import runner  # noqa: PLC0415 # see _plan

    # What a thousand nodes log of cut links helps nobody; what matters is in the report.
    logging.getLogger("wampedge").addHandler(logging.NullHandler())
    logging.getLogger("wampedge_simulator").addHandler(logging.NullHandler())
    bar = ProgressBar(f"{plan.nodes} nodes")
    play = runner.run_fleet if options.router is None else runner.run_fleet_at_real_router
    with _cleaned_up_at_sigterm():
        try:
            return play(plan, bar.show)
        finally:
            bar.clear()


@contextmanager
def _cleaned_up_at_sigterm() -> Iterator[None]:
    """Let SIGTERM end the run as Ctrl-C does, so that the disks of the nodes are removed."""
    import signal  # noqa: PLC0415 # nobody else here needs it

    told = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal told
        told = True
        # That of the event loop cancels its main task: an exception that is raised wherever the
        # signal strikes would be taken for a bug of whatever runs there.
        at_sigint = signal.getsignal(signal.SIGINT)
        act = at_sigint if callable(at_sigint) else signal.default_int_handler
        act(number, frame)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except KeyboardInterrupt:
        if told:
            raise SystemExit(128 + signal.SIGTERM) from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _shrink(plan: FleetPlan, report: FleetReport, options: argparse.Namespace) -> None:
    """Tell the fewest faults that break what broke first; raises ConfigError."""
    from wampedge.simulation.fleet.runner import shrunk  # noqa: PLC0415 # see _plan

    least = shrunk(plan, report, most_runs=options.shrink)
    if least is None:
        print("it does not break again with fewer faults or nodes")
        return
    count = len(least.faults)
    print(f"{count} fault{'' if count == 1 else 's'} break{'s' * (count == 1)} it:")
    for fault in least.faults:
        print(f"  {fault}")
    if options.log is not None:
        small = options.log.with_name(f"{options.log.name}.small")
        _write(small, least.faults)
        only = "" if least.only is None else f" --only {','.join(map(str, least.only))}"
        print(f"again: the same flags, --replay {small}{only} in place of --chaos")


def _write(path: Path, faults: tuple[Fault, ...]) -> None:
    from wampedge.simulation.fleet.faults import write_faults  # noqa: PLC0415 # see _plan

    try:
        write_faults(path, faults)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error


def _chaos(text: str) -> tuple[Chaos, ...]:
    kinds: list[Any] = [kind.strip() for kind in text.split(",")]
    for kind in kinds:
        if kind not in _CHAOS:
            raise argparse.ArgumentTypeError(f"must be of {', '.join(_CHAOS)}, got {kind!r}")
    return tuple(dict.fromkeys(kinds))


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) < 6 for part in parts):
        raise argparse.ArgumentTypeError(f"must be numbers of nodes, such as 0,7, got {text!r}")
    return tuple(sorted({int(part) for part in parts}))


def _count(text: str) -> int:
    return _whole(text, 1, MAX_NODES)


def _seed(text: str) -> int:
    return _whole(text, 0, 2**53)


def _runs(text: str) -> int:
    return _whole(text, 0, 1000)


def _whole(text: str, least: int, most: int) -> int:
    is_short = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
    if not is_short or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"must be {least} to {most}, got {text!r}")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0.0 < rate <= 3600.0:
        raise argparse.ArgumentTypeError(f"must be more than 0, up to 3600, got {text!r}")
    return rate


def _duration(text: str) -> float:
    from wampedge.devices.fields import Duration, FieldError  # noqa: PLC0415 # start-up cost

    try:
        return float(Duration(0.0, 30 * 86_400.0).convert(text))
    except FieldError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
