"""GPIO through the pin objects of a gpiozero factory that is passed in.

Only ``gpiozero.pins`` is used: none of gpiozero's devices, so none of its background threads, and
never its global default factory. Edges may come on any thread (lgpio has one of its own) and are
carried to the event loop in bounded batches. Their time stamps are those of the kernel, on the
monotonic clock the event loop has too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from gpiozero.exc import GPIOPinInUse, GPIOZeroError, PinFixedPull, PinPWMUnsupported

from wampedge.devices.contracts import OnEdge, Pull
from wampedge.errors import DeviceError, HardwareError
from wampedge.hardware.board import lgpio_errors
from wampedge.hardware.edges import Edges

__all__ = ["GpioBank"]

_PULLS = {"up": "up", "down": "down", "none": "floating"}
_BANK = "gpio"


class GpioBank:
    """The 28 lines of the GPIO header; used from the event loop only.

    Args:
        factory: gpiozero pin factory; closed together with the bank.
    """

    def __init__(self, factory: Any) -> None:
        self.name = _BANK
        self.lines: Sequence[int] = range(28)
        self._factory = factory
        self._leases: set[_Lease] = set()

    async def open_output(self, line: int, *, level: bool) -> _Output:
        """Drive *line*, at *level* from the first instant on; raises HardwareError."""
        lease = self._reserve(line)
        with lease.or_release(), _opening(line):
            pin = self._factory.pin(line)
            pin.output_with_state(level)
            return _Output(pin, lease)

    async def open_input(self, line: int, *, pull: Pull) -> _Input:
        """Read *line*; raises HardwareError."""
        lease = self._reserve(line)
        with lease.or_release(), _opening(line):
            pin = self._factory.pin(line)
            pin.input_with_pull(_PULLS[pull])
            lease.pin = _Input(pin, lease)
            return lease.pin

    async def open_drain(self, line: int, *, pull: Pull) -> _OpenDrain:
        """Let *line* be pulled low by both ends; raises HardwareError."""
        lease = self._reserve(line)
        with lease.or_release(), _opening(line):
            pin = self._factory.pin(line)
            pin.input_with_pull(_PULLS[pull])
            lease.pin = _OpenDrain(pin, lease, pull)
            return lease.pin

    async def open_pwm(self, line: int, *, frequency_hz: float, duty: float) -> _Pwm:
        """Modulate *line* from *duty* on; raises HardwareError where the bank cannot."""
        lease = self._reserve(line)
        with lease.or_release(), _opening(line):
            pin = self._factory.pin(line)
            pin.output_with_state(False)
            pin.frequency = frequency_hz
            pin.state = duty
            return _Pwm(pin, lease)

    async def level_before(self, line: int) -> bool:
        """Return the level of *line*, which is not open and stays so; raises HardwareError."""
        with _opening(line):
            return bool(self._factory.level_before(line))

    async def close(self) -> None:
        """Release every line and close the factory."""
        for lease in list(self._leases):
            lease.release()
        with _using("the GPIO header"):
            self._factory.close()

    def _reserve(self, line: int) -> _Lease:
        lease = _Lease(self._factory, line, self._leases)
        with _opening(line):
            self._factory.reserve_pins(lease, line)
        self._leases.add(lease)
        return lease


class _Lease:
    """The right to use one line, known to gpiozero so that two users of a line are refused."""

    def __init__(self, factory: Any, line: int, leases: set[_Lease]) -> None:
        self._factory = factory
        self._line = line
        self._leases = leases
        self.pin: _Input | _OpenDrain | None = (
            None  # a pin that is watched must live as long as its lease
        )

    def _conflicts_with(self, other: object) -> bool:
        """Say that nobody else may use the line; gpiozero asks."""
        return True

    @contextlib.contextmanager
    def or_release(self) -> Iterator[None]:
        """Give the line back when the block fails."""
        try:
            yield
        except DeviceError:
            self.release()
            raise

    def release(self) -> None:
        """Give the line back; twice is once."""
        if self in self._leases:
            self._leases.discard(self)
            self._factory.release_pins(self, self._line)

    def __repr__(self) -> str:
        return "another device of this node"


class _Output:
    def __init__(self, pin: Any, lease: _Lease) -> None:
        self.name = str(pin.info.name)
        self._pin = pin
        self._lease = lease

    async def write(self, level: bool) -> None:
        """Drive the line; raises HardwareError."""
        with _using(self.name):
            self._pin.state = level

    async def read(self) -> bool:
        """Read the line back; raises HardwareError."""
        with _using(self.name):
            return bool(self._pin.state)

    async def close(self) -> None:
        """Give the line back; it is left as it is, so a load keeps its state."""
        self._lease.release()


class _Pwm:
    def __init__(self, pin: Any, lease: _Lease) -> None:
        self.name = str(pin.info.name)
        self._pin = pin
        self._lease = lease

    async def set_duty(self, duty: float) -> None:
        """Set the share of each period the line is high; raises HardwareError."""
        with _using(self.name):
            self._pin.state = duty

    async def set_frequency(self, frequency_hz: float) -> None:
        """Give the wave another frequency, in hertz; raises HardwareError."""
        with _using(self.name):
            self._pin.frequency = frequency_hz

    async def close(self) -> None:
        """Stop the wave and give the line back."""
        self._lease.release()
        with _using(self.name):
            self._pin.frequency = None
            self._pin.state = False


class _Input:
    def __init__(self, pin: Any, lease: _Lease) -> None:
        self.name = str(pin.info.name)
        self._pin = pin
        self._lease = lease
        self._edges: Edges | None = None
        self._lost_before = 0

    @property
    def lost_edges(self) -> int:
        """How many edges are known not to have been handed on."""
        return self._lost_before + (0 if self._edges is None else self._edges.lost)

    async def read(self) -> bool:
        """Read the line; raises HardwareError."""
        return self._level()

    def watch(self, on_edge: OnEdge | None) -> None:
        """Call *on_edge* on the event loop at each edge from now on; None ends it."""
        if self._edges is not None:
            self._edges.stop()
            self._lost_before, self._edges = self.lost_edges, None
        if on_edge is not None:
            self._edges = Edges(on_edge, self._level, self._listen)

    async def close(self) -> None:
        """Stop watching and give the line back."""
        self.watch(None)
        self._lease.release()

    def _level(self) -> bool:
        with _using(self.name):
            return bool(self._pin.state)

    def _listen(self, edges: Edges, is_on: bool) -> None:
        with _using(self.name):
            self._pin.when_changed = None
            if is_on:
                # gpiozero keeps a weak reference only; the owner of the edges keeps them alive.
                self._pin.edges = "both"
                self._pin.when_changed = edges.push


class _OpenDrain:
    """A wire both ends pull low; the node reads it while it lets go."""

    def __init__(self, pin: Any, lease: _Lease, pull: Pull) -> None:
        self.name = str(pin.info.name)
        self._pin = pin
        self._lease = lease
        self._pull = _PULLS[pull]
        self._input: _Input | None = None

    async def pull_low(self) -> None:
        """Pull the wire low; raises HardwareError."""
        self._ignore()
        with _using(self.name):
            self._pin.output_with_state(False)

    async def release(self, on_edge: OnEdge | None) -> None:
        """Let go of the wire and tell *on_edge* of each edge from then on; raises HardwareError."""
        self._ignore()
        with _using(self.name):
            self._pin.input_with_pull(self._pull)
        if on_edge is not None:
            self._input = _Input(self._pin, self._lease)
            self._input.watch(on_edge)

    async def read(self) -> bool:
        """Read the wire; raises HardwareError."""
        with _using(self.name):
            return bool(self._pin.state)

    async def close(self) -> None:
        """Let go of the wire and give the line back."""
        try:
            await self.release(None)
        finally:
            self._lease.release()

    def _ignore(self) -> None:
        if self._input is not None:
            self._input.watch(None)
            self._input = None


@contextlib.contextmanager
def _opening(line: int) -> Iterator[None]:
    """Turn what gpiozero raises while a line is opened into a HardwareError with advice."""
    try:
        yield
    except GPIOPinInUse as error:
        raise HardwareError(f"GPIO{line} is in use by another device of this node") from error
    except PinFixedPull as error:
        text = f'GPIO{line} has a pull-up resistor on the board; write pull = "up"'
        raise HardwareError(text) from error
    except PinPWMUnsupported as error:
        raise HardwareError(f"GPIO{line} cannot give a PWM wave here") from error
    except _pin_errors() as error:
        advice = " (is another program using it?)" if "busy" in str(error).lower() else ""
        raise HardwareError(f"GPIO{line} cannot be opened: {error}{advice}") from error


@contextlib.contextmanager
def _using(name: str) -> Iterator[None]:
    try:
        yield
    except _pin_errors() as error:
        raise HardwareError(f"{name}: {error}") from error


def _pin_errors() -> tuple[type[Exception], ...]:
    """Return what pins raise; lgpio's error has no base of its own and lgpio may be absent."""
    return (GPIOZeroError, OSError, *lgpio_errors())
