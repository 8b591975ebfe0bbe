from __future__ import annotations

from wampedge_simulator.i2c.target import ByteRegisters, CommandTarget, I2cTarget, WordRegisters


class Registers:
    """Registers that count how often they were brought up to date."""

    def __init__(self) -> None:
        self.values: dict[int, int] = {}
        self.refreshed = 0

    def refresh(self) -> None:
        self.refreshed += 1

    def peek(self, register: int) -> int:
        return self.values.get(register, 0)

    def poke(self, register: int, value: int) -> None:
        self.values[register] = value


class Sensor:
    """Knows command 0x2400; answers 3 bytes."""

    def __init__(self) -> None:
        self.obeyed: list[tuple[int, bytes]] = []
        self.is_busy = False

    def is_ready(self, is_read: bool) -> bool:
        return not self.is_busy

    def accepts(self, code: int) -> bool:
        return code == 0x2400

    def command(self, code: int, arguments: bytes) -> None:
        self.obeyed.append((code, arguments))

    def answer(self) -> bytes:
        return b"\xbe\xef\x92"


def write(target: I2cTarget, *values: int, stop: bool = True) -> list[bool]:
    acknowledged = [target.start(False)]
    acknowledged += [target.write(value) for value in values]
    if stop:
        target.stop()
    return acknowledged


def read(target: I2cTarget, count: int) -> bytes:
    assert target.start(True)
    values = bytes(target.read() for _ in range(count))
    target.stop()
    return values


def test_byte_registers_are_written_and_read_in_sequence() -> None:
    chip = Registers()
    target = ByteRegisters(chip)

    assert write(target, 0x10, 1, 2, 3) == [True] * 5
    assert chip.values == {0x10: 1, 0x11: 2, 0x12: 3}
    write(target, 0x11)
    assert read(target, 2) == bytes([2, 3])


def test_the_register_pointer_stays_where_the_last_read_ended() -> None:
    target = ByteRegisters(Registers())
    write(target, 0xFE, 7, 8, 9)

    write(target, 0xFE)

    assert read(target, 1) + read(target, 2) == bytes([7, 8, 9])


def test_registers_written_in_pairs_take_a_number_before_each_value() -> None:
    chip = Registers()

    write(ByteRegisters(chip, writes_pairs=True), 0xF2, 1, 0xF4, 0x27)

    assert chip.values == {0xF2: 1, 0xF4: 0x27}


def test_the_order_of_registers_is_the_chip_s() -> None:
    chip = Registers()

    write(ByteRegisters(chip, following=lambda register: register ^ 1), 0x12, 1, 2, 3)

    assert chip.values == {0x12: 3, 0x13: 2}


def test_registers_are_brought_up_to_date_once_a_start() -> None:
    chip = Registers()
    target = ByteRegisters(chip)

    write(target, 0x10, stop=False)
    read(target, 8)

    assert chip.refreshed == 2


def test_word_registers_send_the_high_byte_first_and_start_over_after_the_low() -> None:
    chip = Registers()
    chip.values = {0: 0x1234, 1: 0x8583}
    target = WordRegisters(chip, pointer_mask=0x03)

    write(target, 0x01)

    assert read(target, 4) == bytes([0x85, 0x83, 0x85, 0x83])


def test_a_word_is_written_at_its_second_byte() -> None:
    chip = Registers()
    target = WordRegisters(chip, pointer_mask=0x03)

    write(target, 0x05, 0xC3)
    half = dict(chip.values)
    write(target, 0x05, 0xC3, 0x83)

    assert half == {}
    assert chip.values == {1: 0xC383}


def test_half_a_read_word_does_not_shift_the_next() -> None:
    chip = Registers()
    chip.values = {0: 0x1234}
    target = WordRegisters(chip, pointer_mask=0x03)

    assert read(target, 1) + read(target, 2) == bytes([0x12, 0x12, 0x34])


def test_a_command_is_obeyed_at_the_stop_with_its_arguments() -> None:
    sensor = Sensor()
    target = CommandTarget(sensor)

    write(target, 0x24, 0x00, 0xAB, stop=False)
    before = list(sensor.obeyed)
    target.stop()

    assert before == []
    assert sensor.obeyed == [(0x2400, b"\xab")]


def test_a_command_is_obeyed_at_a_repeated_start() -> None:
    sensor = Sensor()
    target = CommandTarget(sensor)

    write(target, 0x24, 0x00, stop=False)
    answer = read(target, 3)

    assert sensor.obeyed == [(0x2400, b"")]
    assert answer == b"\xbe\xef\x92"


def test_an_unknown_command_is_not_acknowledged_and_not_obeyed() -> None:
    sensor = Sensor()

    assert write(CommandTarget(sensor), 0x24, 0x01) == [True, True, False]
    assert sensor.obeyed == []


def test_half_a_command_is_forgotten() -> None:
    sensor = Sensor()
    target = CommandTarget(sensor)

    write(target, 0x24)
    write(target, 0x24, 0x00)

    assert sensor.obeyed == [(0x2400, b"")]


def test_after_the_end_of_an_answer_the_line_floats_high() -> None:
    assert read(CommandTarget(Sensor()), 5) == b"\xbe\xef\x92\xff\xff"


def test_a_busy_chip_does_not_acknowledge_its_address() -> None:
    sensor = Sensor()
    sensor.is_busy = True

    assert write(CommandTarget(sensor)) == [False]
