from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import Any

import pytest
import smbus2.smbus2
from smbus2 import SMBus

from tests.simulator.board import I2C_PATH, PORT, board, chip, gpio, send, talker
from wampedge.devices.contracts import SerialSettings, WiredDevice, Wiring
from wampedge.errors import HardwareError, InvalidValueError
from wampedge_simulator.clock import SimulatedClock, SteppedClock, run_virtual
from wampedge_simulator.substrate import SimulatedSubstrate

AIR = chip("bme280", 0x76, "air")
IO = chip("mcp23017", 0x20, "io")
BELL = gpio("button", 22, "bell", pull="none")
TANK = talker("tank", match=r"(?P<level>\d+)")


def test_it_says_what_it_is() -> None:
    substrate = SimulatedSubstrate(Wiring(devices=(AIR, IO, BELL)))

    assert substrate.is_simulated
    assert substrate.description == "simulation, no hardware is touched: 1 on GPIO, 2 on i2c1"
    assert (
        SimulatedSubstrate(Wiring()).description == "simulation, no hardware is touched: no parts"
    )


def test_every_device_without_a_model_is_named_and_nothing_is_installed() -> None:
    before = vars(smbus2.smbus2)["ioctl"]
    wiring = Wiring(
        i2c={"i2c1": I2C_PATH},
        devices=(AIR, chip("no_such_part", 0x62, "co2"), chip("nor_this_one", 0x48, "cold")),
    )
    with pytest.raises(HardwareError) as caught:
        SimulatedSubstrate(wiring, clock=SteppedClock()).start()

    assert str(caught.value) == (
        'co2: the simulator has no model for co2 (driver "no_such_part"),'
        ' cold (driver "nor_this_one")'
    )
    assert caught.value.device == "co2"
    assert vars(smbus2.smbus2)["ioctl"] is before


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        (gpio("led", 28, "lamp"), r"lamp: line of gpio must be 0\.\.27, got 28"),
        (gpio("led", 0, "lamp", bank="oi"), r'lamp: no pin bank "oi"'),
        (WiredDevice("lamp", "led"), "lamp: pin or parameter 'pin' is missing"),
        (WiredDevice("lamp", "line", bus="usb"), "lamp: pin or parameter 'match' is missing"),
        (WiredDevice("lamp", "bme280"), "lamp: has no I2C bus or no address"),
        (WiredDevice("lamp", "bme280", bus="i2c1"), "lamp: has no I2C bus or no address"),
    ],
)
def test_a_part_with_nowhere_to_be_is_refused(device: WiredDevice, reason: str) -> None:
    wiring = Wiring(i2c={"i2c1": I2C_PATH}, devices=(device,))

    with pytest.raises(HardwareError, match=reason):
        SimulatedSubstrate(wiring, clock=SteppedClock()).start()


def test_stopping_twice_is_stopping_once() -> None:
    with board(AIR) as substrate:
        substrate.stop()


def test_a_board_that_is_not_started_has_no_parts() -> None:
    with pytest.raises(HardwareError, match="not started"):
        SimulatedSubstrate(Wiring(devices=(BELL,))).press("bell")


def test_a_part_is_found_by_the_name_of_its_device() -> None:
    with board(AIR, BELL) as substrate:
        assert substrate.part("bell").is_pressed is False
        with pytest.raises(InvalidValueError, match='no device "bel", did you mean "bell"') as near:
            substrate.part("bel")
        with pytest.raises(InvalidValueError, match=r'no device "zzz"$'):
            substrate.part("zzz")

    assert near.value.field == "device"


def test_a_button_on_an_expander_pin_pushes_the_input_register() -> None:
    with board(IO, gpio("button", 8, "door", bank="io", pull="up")) as substrate, SMBus(1) as bus:
        send(bus, 0x20, 0x0D, 0x01)
        before = bus.read_byte_data(0x20, 0x13)
        substrate.press("door")

        assert (before, bus.read_byte_data(0x20, 0x13)) == (1, 0)
        assert not substrate.pin_level("io", 8)


def test_a_relay_on_an_expander_pin_follows_the_latch() -> None:
    with board(gpio("relay", 0, "pump", bank="io"), IO) as substrate, SMBus(1) as bus:
        send(bus, 0x20, 0x00, 0xFE)
        send(bus, 0x20, 0x14, 0x01)

        assert substrate.part("pump").is_on
        assert substrate.pin_level("io", 0)


@pytest.mark.parametrize(("bank", "line", "field"), [("oi", 0, "bank"), ("gpio", 28, "line")])
def test_a_level_of_no_line_is_refused(bank: str, line: int, field: str) -> None:
    with board(BELL) as substrate, pytest.raises(InvalidValueError) as caught:
        substrate.pin_level(bank, line)

    assert caught.value.field == field


def test_what_a_part_senses_can_be_set_and_released() -> None:
    with board(AIR) as substrate:
        natural = dict(substrate.part("air").sample())
        substrate.set("air", "temperature", -7.25)
        pinned = substrate.part("air").sample()["temperature"]
        substrate.release("air", "temperature")

        assert pinned == -7.25
        assert substrate.part("air").sample() == natural


@pytest.mark.parametrize(
    ("device", "channel", "value", "field"),
    [
        ("air", "temprature", 1, "channel"),
        ("air", "temperature", 1000, "value"),
        ("sky", "temperature", 1, "device"),
        ("lamp", "state", True, "channel"),
    ],
)
def test_what_cannot_be_set_says_which_argument_is_wrong(
    device: str, channel: str, value: Any, field: str
) -> None:
    with board(AIR, gpio("led", 27, "lamp")) as substrate:
        with pytest.raises(InvalidValueError) as caught:
            substrate.set(device, channel, value)
        with pytest.raises(InvalidValueError, match="temprature"):
            substrate.release("air", "temprature")

    assert caught.value.field == field


def test_a_channel_that_is_nearly_right_is_suggested() -> None:
    with board(AIR) as substrate, pytest.raises(InvalidValueError) as caught:
        substrate.set("air", "temprature", 20)

    assert str(caught.value) == (
        'air: no channel "temprature" to set, did you mean "temperature"?'
        " (possible: temperature, pressure, humidity)"
    )


def test_a_fault_can_be_ended_early() -> None:
    with board(AIR) as substrate:
        substrate.fault("air", "nack", None)
        substrate.clear("air", "nack")
        substrate.fault("air", "timeout", 5)
        substrate.fault("air", "none")

        assert not substrate.part("air").faults.pending


@pytest.mark.parametrize(
    ("device", "kind", "count", "field"),
    [
        ("air", "rust", 1, "kind"),
        ("air", "nack", 0, "count"),
        ("sky", "nack", 1, "device"),
        ("air", "bounce", 1, "kind"),
        ("air", "unplug", 1, "kind"),
    ],
)
def test_a_fault_that_cannot_be_says_which_argument_is_wrong(
    device: str, kind: str, count: int, field: str
) -> None:
    with board(AIR) as substrate, pytest.raises(InvalidValueError) as caught:
        substrate.fault(device, kind, count)

    assert caught.value.field == field


def test_a_press_lasts_until_the_button_is_let_go() -> None:
    with board(BELL) as substrate:
        substrate.press("bell")
        pressed = substrate.pin_level("gpio", 22)
        substrate.let_go("bell")

        assert (pressed, substrate.pin_level("gpio", 22)) == (True, False)


def test_only_a_button_can_be_pressed() -> None:
    with board(AIR) as substrate:
        for act in (substrate.press, substrate.let_go, substrate.pulse):
            with pytest.raises(InvalidValueError, match="a bme280 has no contact to close"):
                act("air")


def test_pulses_have_their_width_and_distance() -> None:
    async def main() -> list[tuple[float, bool]]:
        edges: list[tuple[float, bool]] = []
        loop = asyncio.get_running_loop()
        with board(BELL, clock=SimulatedClock()) as substrate:
            net = substrate._board().nets.net("gpio", 22)
            net.watch(lambda level: edges.append((loop.time(), level)))
            substrate.pulse("bell", 2, width_s=0.25, gap_s=0.5)
            await asyncio.sleep(5)
        return edges

    assert run_virtual(main()) == [(0.0, True), (0.25, False), (0.75, True), (1.0, False)]


@pytest.mark.parametrize(
    ("count", "width_s", "gap_s", "field"),
    [(0, 0.1, 0.1, "count"), (1, 0, 0.1, "width_s"), (1, 0.1, float("nan"), "gap_s")],
)
def test_pulses_that_cannot_be_are_refused(
    count: int, width_s: float, gap_s: float, field: str
) -> None:
    with board(BELL) as substrate, pytest.raises(InvalidValueError) as caught:
        substrate.pulse("bell", count, width_s=width_s, gap_s=gap_s)

    assert caught.value.field == field


def test_stopping_ends_pulses_that_are_still_to_come() -> None:
    async def main() -> list[bool]:
        levels: list[bool] = []
        with board(BELL, clock=SimulatedClock()) as substrate:
            substrate._board().nets.net("gpio", 22).watch(levels.append)
            substrate.pulse("bell", 10)
        await asyncio.sleep(5)
        return levels

    assert run_virtual(main()) == [True]


def test_a_serial_port_is_answered_with_its_pty_and_others_are_left_alone() -> None:
    async def main() -> tuple[SerialSettings, SerialSettings]:
        with board(TANK, clock=SimulatedClock()) as substrate:
            known = substrate.serial_port(SerialSettings(PORT, baud=4800, parity="E"))
            return known, substrate.serial_port(SerialSettings("/dev/ttyS9"))

    known, unknown = run_virtual(main())

    assert known.port.startswith("/dev/pts/")
    assert (known.baud, known.parity) == (4800, "N")
    assert unknown == SerialSettings("/dev/ttyS9")


def test_a_serial_device_can_be_unplugged_and_plugged_in_again() -> None:
    async def main() -> list[bool]:
        with board(TANK, clock=SimulatedClock()) as substrate:
            port = substrate._ports.on("usb")
            plugged = [port.is_open]
            substrate.clear("tank", "unplug")
            for kind in ("unplug", None):
                substrate.fault("tank", "unplug")
                plugged.append(port.is_open)
                substrate.clear("tank", kind)
                plugged.append(port.is_open)
            return plugged

    assert run_virtual(main()) == [True, False, True, False, True]


def test_the_clock_is_that_of_the_running_loop_where_none_is_given() -> None:
    async def main() -> float:
        substrate = SimulatedSubstrate(Wiring(devices=(BELL,)))
        substrate.start()
        await asyncio.sleep(3)
        substrate.stop()
        return substrate._board().clock.monotonic()

    assert run_virtual(main()) == 3.0


def test_the_seed_makes_the_world() -> None:
    def sample(seed: int) -> dict[str, float]:
        with board(AIR, seed=seed) as substrate:
            return dict(substrate.part("air").sample())

    assert sample(1) == sample(1)
    assert sample(1) != sample(2)


def test_adding_a_part_changes_no_other() -> None:
    def sample(*others: WiredDevice) -> dict[str, float]:
        with board(AIR, *others) as substrate:
            for other in others:
                substrate.part(other.name).sample()
            return dict(substrate.part("air").sample())

    assert sample() == sample(chip("bme280", 0x77, "more"), chip("sht3x", 0x44, "other"))


def test_a_bus_on_a_thread_and_a_button_on_the_loop_do_not_disturb_each_other() -> None:
    with board(IO, gpio("button", 8, "door", bank="io", pull="up")) as substrate, SMBus(1) as bus:
        send(bus, 0x20, 0x0D, 0x01)
        wrong: list[int] = []

        def read() -> None:
            wrong.extend(
                value for _ in range(1000) if (value := bus.read_byte_data(0x20, 0x13)) > 1
            )

        thread = threading.Thread(target=read)
        thread.start()
        while thread.is_alive():
            substrate.press("door")
            substrate.let_go("door")

    assert wrong == []


def test_nothing_but_what_is_wired_is_imported() -> None:
    """A node without GPIO, I2C or serial devices pays for none of their libraries."""
    code = (
        "import sys; import wampedge_simulator.substrate;"
        "print(*[name for name in ('gpiozero', 'smbus2', 'serial') if name in sys.modules])"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert shown.stdout.split() == []
