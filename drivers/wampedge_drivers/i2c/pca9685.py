"""NXP PCA9685: 16 modulated outputs, for servos, LEDs and motor drivers.

Chip: PCA9685, I2C address 0x40 to 0x77 by A0 to A5, up to 1 MHz. After a power-on all of these
chips answer together at 0x70 too; the driver switches that off.
Datasheet: PCA9685 rev. 4: 7.3.1 MODE1 (page 14), 7.3.2 MODE2, 7.3.3 LED output and PWM control
(full on and full off in bit 4 of the high bytes), 7.3.5 PRE_SCALE (page 25, written during sleep
only).

All outputs have one frequency. Each is a channel ``duty_0`` to ``duty_15``, or a pin for another
device (``pin = "board:3"``): then only that device moves it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from wampedge.devices.contracts import InputPin, OpenDrainPin, OutputPin, PinBank, Pull
from wampedge.devices.driver import ChannelSpec, Driver, command, param
from wampedge.devices.fields import Boolean, Number, Quantity
from wampedge.devices.pin_use import PinUse
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, HardwareError, UnsupportedError, WrongChipError

__all__ = ["PCA9685", "prescale_of", "registers_of"]

REG_MODE1 = 0x00
REG_LED0 = 0x06
REG_PRE_SCALE = 0xFE
MODE1_RESTART, MODE1_AUTO_INCREMENT, MODE1_SLEEP = 0x80, 0x20, 0x10
MODE2_TOTEM_POLE, MODE2_INVERTED = 0x04, 0x10
OSCILLATOR_HZ = 25e6
LOWEST_HZ, HIGHEST_HZ = 24, 1526
STEPS = 4096
FULL = 0x1000
WAKE_UP_S = 0.0005
OUTPUTS = range(16)


def prescale_of(frequency_hz: float) -> int:
    """Return PRE_SCALE for a frequency: 121 for 50 Hz, 30 for 200 Hz."""
    return int(OSCILLATOR_HZ / (STEPS * frequency_hz) - 1 + 0.5)


def registers_of(duty: float) -> bytes:
    """Return the four registers of an output for *duty*, 0.0 to 1.0; 0 and 1 without any edge."""
    steps = round(duty * STEPS)
    on, off = (0, FULL) if steps <= 0 else (FULL, 0) if steps >= STEPS else (0, steps)
    return on.to_bytes(2, "little") + off.to_bytes(2, "little")


class PCA9685(
    Driver,
    bus="i2c",
    addresses=tuple(range(0x40, 0x78)),
    title="NXP PCA9685 16-channel PWM controller",
    provides_pins=len(OUTPUTS),
    is_output=True,
):
    """16 duties in percent, of which other devices may take some as pins.

    The duties are touched by units on the worker of the bus only.
    """

    frequency: float = param(
        Quantity("Hz", minimum=LOWEST_HZ, maximum=HIGHEST_HZ),
        200.0,
        doc="periods a second; 50 for servos",
    )
    inverted: bool = param(
        Boolean(), False, doc="the outputs are low while on, for loads between supply and output"
    )

    def __init__(self, context: Any, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._duties: list[float] | None = None
        self._bank = _Bank(self)

    @classmethod
    def check_pin_use(cls, params: Mapping[str, Any], use: PinUse) -> tuple[str, str] | None:
        """Refuse inputs, and any frequency but that of the chip."""
        if use.direction in {"input", "open_drain"}:
            return "cannot be read: the chip has outputs only", "use a pin of the header"
        if use.frequency_hz is None or _is_one_wave(use.frequency_hz, params["frequency"]):
            return None
        return (
            f"cannot give {use.frequency_hz:g} Hz: its pins have {params['frequency']:g} Hz",
            f'write frequency = "{use.frequency_hz:g}Hz" for it, if that suits its other pins'
            if LOWEST_HZ <= use.frequency_hz <= HIGHEST_HZ
            else f"the chip gives {LOWEST_HZ:g} to {HIGHEST_HZ:g} Hz; use a pin of the header",
        )

    def pin_bank(self) -> PinBank:
        """Return the 16 outputs as pins."""
        return self._bank

    def start_with(self, value: Value) -> None:
        """Start with every output off."""
        self._duties = [0.0] * len(OUTPUTS)

    def take_over(self, before: Driver) -> None:
        """Keep the duties."""
        if isinstance(before, PCA9685) and before._duties is not None:
            self._duties = list(before._duties)

    async def setup(self) -> None:
        """Set the frequency and give each output its duty; raises WrongChipError.

        The wave of a chip that runs as it should already is not interrupted.
        """
        if not await self._is_running():
            await self._start()
        if self._duties is None:
            self._duties = [_duty_of(await self._registers(line)) for line in OUTPUTS]
        for line in OUTPUTS:
            await self.drive(line, self._duties[line], is_guarded=line not in self._bank.taken)

    async def read(self) -> Mapping[str, Value]:
        """Return the duties; raises BadReadingError when the chip has lost its settings."""
        if not await self._is_running():
            raise BadReadingError("the chip was reset: mode or frequency are not as written")
        duties = self._duties or []
        return {
            f"duty_{line}": 100 * duty
            for line, duty in enumerate(duties)
            if line not in self._bank.taken
        }

    @command()
    async def off(self) -> None:
        """Switch every output off that is no pin of another device."""
        await self.safe()

    async def safe(self) -> None:
        """Switch every output off that is no pin of another device."""
        for line in OUTPUTS:
            if line not in self._bank.taken:
                await self.drive(line, 0.0)
        self.context.publish(
            {f"duty_{line}": 0.0 for line in OUTPUTS if line not in self._bank.taken}
        )

    async def set_duty(self, line: int, percent: float) -> float:
        """Set one output in percent; raises HardwareError where it is a pin of another device."""
        if line in self._bank.taken:
            raise HardwareError(f"{self.context.name}:{line} is in use by another device")
        await self.drive(line, percent / 100)
        return percent

    async def drive(self, line: int, duty: float, *, is_guarded: bool = True) -> None:
        """Unit: give an output a duty of 0.0 to 1.0."""
        duties = self._duties
        if duties is None:
            raise HardwareError(f"{self.context.name} is not set up yet")
        others = [d for n, d in enumerate(duties) if n != line and n not in self._bank.taken]
        is_active = duty > 0 or any(others)
        if is_guarded:
            await self.context.guard.enter(is_active)
        # An output that could not be turned down is still wanted down, and never the other way.
        duties[line] = min(duties[line], duty)
        await self.bus.write(REG_LED0 + 4 * line, registers_of(duty))
        duties[line] = duty
        if is_guarded:
            self.context.guard.noted(is_active)

    def check_frequency(self, line: int, frequency_hz: float) -> None:
        """Refuse another frequency than that of the chip; raises HardwareError."""
        if not _is_one_wave(frequency_hz, self.frequency):
            name = self.context.name
            raise HardwareError(
                f"{name}:{line} cannot give {frequency_hz:g} Hz: all pins of {name} have"
                f' {self.frequency:g} Hz (write frequency = "{frequency_hz:g}Hz" for {name})'
            )

    async def _is_running(self) -> bool:
        """Say whether mode and frequency are as they should be."""
        mode1, mode2 = await self.bus.read(REG_MODE1, 2)
        prescale = await self.bus.read_u8(REG_PRE_SCALE)
        found = (mode1 & ~MODE1_RESTART, mode2, prescale)
        return found == (MODE1_AUTO_INCREMENT, self._mode2, prescale_of(self.frequency))

    @property
    def _mode2(self) -> int:
        return MODE2_TOTEM_POLE | (MODE2_INVERTED if self.inverted else 0)

    async def _start(self) -> None:
        """Set the chip up from any state; raises WrongChipError."""
        # Outputs first: what ran at another frequency must not go on at ours.
        for line in OUTPUTS:
            await self.bus.write(REG_LED0 + 4 * line, registers_of(0.0))
        await self.bus.write(REG_MODE1, MODE1_AUTO_INCREMENT | MODE1_SLEEP)
        await self.bus.write(REG_MODE1 + 1, self._mode2)
        await self.bus.write(REG_PRE_SCALE, prescale_of(self.frequency))
        await self.bus.write(REG_MODE1, MODE1_AUTO_INCREMENT)
        await self.sleep(WAKE_UP_S)
        if not await self._is_running():
            raise WrongChipError("mode and frequency do not read back as written: no PCA9685")

    async def _registers(self, line: int) -> bytes:
        raw: bytes = await self.bus.read(REG_LED0 + 4 * line, 4)
        return raw


def _is_one_wave(wanted_hz: float, own_hz: float) -> bool:
    """Say whether the chip makes the same wave of both frequencies."""
    return prescale_of(min(max(wanted_hz, LOWEST_HZ), HIGHEST_HZ)) == prescale_of(own_hz)


def _duty_of(registers: bytes) -> float:
    on, off = int.from_bytes(registers[:2], "little"), int.from_bytes(registers[2:], "little")
    if off & FULL:
        return 0.0
    return 1.0 if on & FULL else (off - on) % STEPS / STEPS


def _setter(line: int) -> Callable[[PCA9685, float], Awaitable[float]]:
    async def set_duty(self: PCA9685, value: float) -> float:
        return await self.set_duty(line, value)

    return set_duty


# What ``duty_0 = setting(...)`` and ``set_duty_0`` would say in the class, 16 times.
for _line in OUTPUTS:
    setattr(PCA9685, f"set_duty_{_line}", _setter(_line))
PCA9685._spec = PCA9685._spec.but(
    channels={
        f"duty_{line}": ChannelSpec(
            Number(0, 100), unit="%", is_settable=True, doc=f"share of the time output {line} is on"
        )
        for line in OUTPUTS
    }
)


class _Bank:
    """The outputs as pins; used from the event loop, runs units on the worker of the bus."""

    def __init__(self, chip: PCA9685) -> None:
        self.name = chip.context.name
        self.lines: Sequence[int] = OUTPUTS
        self.taken: set[int] = set()
        self.chip = chip

    async def open_output(self, line: int, *, level: bool) -> OutputPin:
        """Switch *line* on and off, from *level* on; raises DeviceError."""
        return await self._open(line, 1.0 if level else 0.0)

    async def open_pwm(self, line: int, *, frequency_hz: float, duty: float) -> _Pin:
        """Modulate *line* from *duty* on; raises HardwareError for another frequency."""
        self.chip.check_frequency(line, frequency_hz)
        return await self._open(line, duty)

    async def open_input(self, line: int, *, pull: Pull) -> InputPin:
        """Refuse: the chip has outputs only; raises HardwareError."""
        raise HardwareError(f"{self.name}:{line} cannot be read: the chip has outputs only")

    async def open_drain(self, line: int, *, pull: Pull) -> OpenDrainPin:
        """Refuse: the chip has outputs only; raises HardwareError."""
        raise HardwareError(f"{self.name}:{line} cannot be read: the chip has outputs only")

    async def close(self) -> None:
        """Forget every pin; outputs stay as they are."""
        self.taken.clear()

    async def _open(self, line: int, duty: float) -> _Pin:
        if line not in self.lines:
            raise HardwareError(f"{self.name} has pins 0 to 15, not {line}")
        if line in self.taken:
            raise HardwareError(f"{self.name}:{line} is in use by another device of this node")
        self.taken.add(line)
        pin = _Pin(self, line)
        try:
            await pin.set_duty(duty)
        except BaseException:
            self.taken.discard(line)
            raise
        return pin


class _Pin:
    """One output in the hands of another device, which asks its own guard."""

    def __init__(self, bank: _Bank, line: int) -> None:
        self.name = f"{bank.name}:{line}"
        self._bank = bank
        self._line = line

    async def set_duty(self, duty: float) -> None:
        """Give the line a duty of 0.0 to 1.0; raises DeviceError."""
        chip = self._bank.chip
        await chip.context.run_unit(lambda: chip.drive(self._line, duty, is_guarded=False))

    async def set_frequency(self, frequency_hz: float) -> None:
        """Refuse another frequency than that of the chip; raises UnsupportedError."""
        try:
            self._bank.chip.check_frequency(self._line, frequency_hz)
        except HardwareError as error:
            raise UnsupportedError(error.reason) from error

    async def write(self, level: bool) -> None:
        """Drive the line; raises DeviceError."""
        await self.set_duty(1.0 if level else 0.0)

    async def read(self) -> bool:
        """Return whether the line is on for good, as its registers say; raises DeviceError."""
        chip = self._bank.chip
        registers = await chip.context.run_unit(lambda: chip._registers(self._line))
        return _duty_of(registers) == 1.0

    async def close(self) -> None:
        """Give the line back; it keeps its wave."""
        self._bank.taken.discard(self._line)
