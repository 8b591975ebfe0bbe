"""GPIO through the pin objects of a gpiozero factory that is passed in.

Only ``gpiozero.pins`` is used: none of gpiozero's devices, so none of its background threads, and
never its global default factory. Edges may come on any thread (lgpio has one of its own) and are
carried to the event loop in bounded batches.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from gpiozero.exc import GPIOPinInUse, GPIOZeroError, PinFixedPull, PinPWMUnsupported

from wampedge.devices.contracts import OnEdge, Pull
from wampedge.errors import DeviceError, HardwareError
from wampedge.hardware.board import lgpio_errors

__all__ = ["EDGE_BATCH", "EDGE_LIMIT", "GpioBank"]

EDGE_LIMIT = 256
"""Edges of one pin that may wait for the event loop; beyond it the newest replaces the last."""
EDGE_BATCH = 32
"""Edges of one pin handed on in one turn of the event loop."""

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

    async def open_pwm(self, line: int, *, frequency_hz: float, duty: float) -> _Pwm:
        """Modulate *line* from *duty* on; raises HardwareError where the bank cannot."""
        lease = self._reserve(line)
        with lease.or_release(), _opening(line):
            pin = self._factory.pin(line)
            pin.output_with_state(False)
            pin.frequency = frequency_hz
            pin.state = duty
            return _Pwm(pin, lease)

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
        self.pin: _Input | None = None  # a pin that is watched must live as long as its lease

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
        self._edges: _Edges | None = None

    @property
    def dropped_edges(self) -> int:
        """How many edges were not handed on because they came too fast."""
        return 0 if self._edges is None else self._edges.dropped

    async def read(self) -> bool:
        """Read the line; raises HardwareError."""
        with _using(self.name):
            return bool(self._pin.state)

    def watch(self, on_edge: OnEdge | None) -> None:
        """Call *on_edge* on the event loop at each edge from now on; None ends it."""
        with _using(self.name):
            self._pin.when_changed = None
            if self._edges is not None:
                self._edges.stop()
            if on_edge is None:
                return
            # gpiozero keeps a weak reference only; this attribute keeps the queue alive.
            self._edges = _Edges(on_edge)
            self._pin.edges = "both"
            self._pin.when_changed = self._edges.push

    async def close(self) -> None:
        """Stop watching and give the line back."""
        self.watch(None)
        self._lease.release()


class _Edges:
    """Carries edges of one pin from any thread to the event loop, in order and bounded.

    In a storm of edges the queue keeps its first ones and the newest: the level the receiver ends
    up with is always right, and the loop has its turn between two batches.
    """

    def __init__(self, on_edge: OnEdge) -> None:
        self.dropped = 0
        self._on_edge: OnEdge | None = on_edge
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._queue: deque[tuple[bool, int]] = deque()
        self._is_draining = False

    def push(self, ticks: float, state: float) -> None:
        """Take an edge at *ticks* seconds; any thread."""
        edge = (bool(state), round(ticks * 1e9))
        with self._lock:
            if len(self._queue) >= EDGE_LIMIT:
                self._queue[-1] = edge
                self.dropped += 1
                return
            self._queue.append(edge)
            if self._is_draining:
                return
            self._is_draining = True
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self._drain)

    def stop(self) -> None:
        """Hand on nothing more."""
        self._on_edge = None

    def _drain(self) -> None:
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(EDGE_BATCH, len(self._queue)))]
            self._is_draining = bool(self._queue)
            if self._is_draining:
                self._loop.call_soon(self._drain)
        for level, at_ns in batch:
            if self._on_edge is not None:
                self._on_edge(level, at_ns)


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
