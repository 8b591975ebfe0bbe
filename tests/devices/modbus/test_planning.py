"""Many registers, few requests."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from wampedge.devices.modbus.planning import Batch, batches_of
from wampedge.devices.modbus.registers import Register


def at(address: int, kind: str = "f32", table: str = "input") -> Register:
    return Register(f"r{address}", table, address, kind)


def spans(batches: list[Batch]) -> list[tuple[str, int, int]]:
    return [(batch.table, batch.address, batch.count) for batch in batches]


def test_neighbours_and_small_holes_share_a_request() -> None:
    """The SDM120: values at 0, 6, 12 and 70."""
    batches = batches_of([at(70), at(12), at(0), at(6)], max_hole=8)

    assert spans(batches) == [("input", 0, 14), ("input", 70, 2)]
    assert [batch.has_holes for batch in batches] == [True, False]


def test_without_holes_each_stretch_is_asked_for_itself() -> None:
    assert spans(batches_of([at(0), at(2), at(6)], max_hole=0)) == [
        ("input", 0, 4),
        ("input", 6, 2),
    ]


def test_tables_do_not_share_a_request() -> None:
    batches = batches_of([at(0), at(0, table="holding"), at(2)], max_hole=8)

    assert spans(batches) == [("holding", 0, 2), ("input", 0, 4)]


def test_no_request_is_longer_than_the_unit_can_answer() -> None:
    registers = [at(address) for address in range(0, 300, 2)]

    assert spans(batches_of(registers, max_hole=8)) == [
        ("input", 0, 124),
        ("input", 124, 124),
        ("input", 248, 52),
    ]
    assert all(batch.count <= 8 for batch in batches_of(registers, max_hole=8, max_count=8))


def test_bits_are_asked_for_by_the_thousand() -> None:
    coils = [at(address, "bit", "coil") for address in (0, 100, 1999, 2000)]

    assert spans(batches_of(coils, max_hole=64)) == [("coil", 0, 101), ("coil", 1999, 2)]


def test_two_values_in_one_register_are_read_once() -> None:
    bits = [Register("a", "input", 5, "bit"), Register("b", "input", 5, "bit", bit=3)]

    (batch,) = batches_of(bits, max_hole=0)

    assert (batch.address, batch.count, batch.has_holes) == (5, 1, False)


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["u16", "f32", "f64"])), max_size=30),
    st.integers(0, 20),
    st.integers(4, 125),
)
def test_every_register_is_read_once_and_whole(
    places: list[tuple[int, str]], max_hole: int, max_count: int
) -> None:
    registers = [Register(str(i), "input", a, kind) for i, (a, kind) in enumerate(places)]

    batches = batches_of(registers, max_hole=max_hole, max_count=max_count)

    read = [register.name for batch in batches for register in batch.registers]
    assert sorted(read) == sorted(register.name for register in registers)
    for batch in batches:
        assert batch.count <= max_count
        for register in batch.registers:
            assert batch.address <= register.address
            assert register.end <= batch.address + batch.count
