"""Multiplexed I2C: the way to a chip is open, and no other one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wampedge.devices.i2c_mux import I2cTree, MuxStep
from wampedge.errors import BusError


class Board:
    """Two multiplexers, 0x70 and 0x71, and one at 0x72 behind 0x71:5; a chip 0x44 behind all."""

    name = "/dev/i2c-1"

    def __init__(self) -> None:
        self.control = {0x70: 0, 0x71: 0, 0x72: 0}
        self.absent: set[int] = set()
        self.selections = 0

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        if address in self.absent or (address == 0x72 and not self.control[0x71] & 1 << 5):
            raise BusError("no acknowledge", errno=121)
        if address in self.control:
            (written,) = messages
            assert isinstance(written, bytes)
            self.control[address] = written[0]
            self.selections += 1
            return []
        return [",".join(self.answering()).encode()]

    def answering(self) -> list[str]:
        """Return the places whose chip 0x44 hears this."""
        heard = [f"{mux:x}:{n}" for mux in (0x70, 0x71) for n in range(8)
                 if self.control[mux] >> n & 1 and (mux, n) != (0x71, 5)]  # fmt: skip
        if self.control[0x71] & 1 << 5:
            heard += [f"72:{n}" for n in range(8) if self.control[0x72] >> n & 1]
        return heard

    def close(self) -> None:
        pass


def tree_on(board: Board, *, closes: bool = False) -> I2cTree:
    tree = I2cTree(board)
    tree.add_mux((), 0x70, closes_after_use=closes)
    tree.add_mux((), 0x71)
    tree.add_mux((MuxStep(0x71, 5),), 0x72)
    return tree


def path_of(mux: int, channel: int) -> tuple[MuxStep, ...]:
    inner = (MuxStep(0x71, 5),) if mux == 0x72 else ()
    return (*inner, MuxStep(mux, channel))


PLACES = [(mux, n) for mux in (0x70, 0x71, 0x72) for n in range(8) if (mux, n) != (0x71, 5)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(PLACES), st.sampled_from(["reset", "lost"])), max_size=25)
)
def test_whatever_came_before_exactly_the_chip_that_is_meant_answers(
    acts: list[tuple[int, int] | str],
) -> None:
    board = Board()
    tree = tree_on(board)
    for act in acts:
        if act == "reset":
            tree.forget()
        elif act == "lost":  # the supply drops: nobody told the tree, so one transfer may fail
            board.control = dict.fromkeys(board.control, 0)
            tree.forget()
        elif not isinstance(act, str):
            mux, channel = act
            answer = tree.segment(path_of(mux, channel)).transfer(0x44, [1])
            assert answer == [f"{mux:x}:{channel}".encode()]


def test_a_row_of_transfers_to_one_channel_selects_it_once() -> None:
    board = Board()
    bus = tree_on(board).segment(path_of(0x70, 3))

    for _ in range(5):
        bus.transfer(0x44, [1])

    assert board.selections == 2  # the other one closed, this one opened


def test_a_channel_is_closed_after_each_transfer_where_that_is_asked_for() -> None:
    board = Board()
    bus = tree_on(board, closes=True).segment(path_of(0x70, 3))

    bus.transfer(0x44, [1])

    assert board.control[0x70] == 0


def test_a_multiplexer_that_was_never_there_keeps_nobody_from_the_others() -> None:
    board = Board()
    board.absent.add(0x71)

    assert tree_on(board).segment(path_of(0x70, 0)).transfer(0x44, [1]) == [b"70:0"]


def test_one_that_may_still_be_open_is_not_passed_over_at_first() -> None:
    board = Board()
    tree = tree_on(board)
    tree.segment(path_of(0x71, 0)).transfer(0x44, [1])
    board.absent.add(0x71)
    bus = tree.segment(path_of(0x70, 0))

    with pytest.raises(BusError):
        bus.transfer(0x44, [1])


def test_a_failed_transfer_selects_anew() -> None:
    board = Board()
    bus = tree_on(board).segment(path_of(0x70, 0))
    bus.transfer(0x44, [1])
    board.absent.add(0x44)
    with pytest.raises(BusError):
        bus.transfer(0x44, [1])
    board.absent.clear()
    board.control[0x70] = 0  # it had lost its supply

    assert bus.transfer(0x44, [1]) == [b"70:0"]


def test_what_the_driver_of_the_multiplexer_writes_is_not_overlooked() -> None:
    board = Board()
    tree = tree_on(board)
    bus = tree.segment(path_of(0x70, 0))
    bus.transfer(0x44, [1])

    tree.transfer((), 0x70, [b"\x00"])

    assert bus.transfer(0x44, [1]) == [b"70:0"]


def test_a_channel_is_selected_though_its_multiplexer_is_not_known_yet() -> None:
    board = Board()

    answer = I2cTree(board).segment((MuxStep(0x70, 3),)).transfer(0x44, [2])

    assert answer == [b"70:3"]


def test_a_bus_without_multiplexers_is_passed_through() -> None:
    board = Board()

    assert I2cTree(board).transfer((), 0x44, [1]) == [b""]
