"""A vector that does not come out says what it found."""

from __future__ import annotations

import pytest

from wampedge.devices.registermap import load_map, run_vector, vectors_of
from wampedge.devices.vector_context import VectorError

from .conftest import WriteMap


@pytest.mark.parametrize(
    ("vector", "complaint"),
    [
        ('bus = [["01", "0001"]]\nexpect = { value = 1 }', ""),
        ('bus = [["01", "0001"]]\nexpect = { value = 2 }', r"value is 1, wanted 2"),
        ('bus = [["01", "0001"]]\nbad = ["value"]', r"value is 1, wanted None"),
        ('bus = [["01", "0001"]]\nexpect = { other = 1 }', r"gave \['value'\], the vector speaks"),
        ('bus = [["01", "0001"]]\nerror = "BadReadingError"', r"read .*, wanted BadReadingError"),
        ('bus = [["01", "000001"]]\nexpect = { value = 1 }', r"2 bytes are read after 01, not 3"),
        ("bus = []\nexpect = { value = 1 }", r"BusError: no answer to a read after 01"),
        (
            'bus = [["01", "0001"]]\nwrites = ["06"]\nexpect = { value = 1 }',
            r"wrote nothing, wanted",
        ),
        ("params = { gain = 1 }\nbus = []\nexpect = { value = 1 }", r"params: gain is not a known"),
    ],
)
async def test_a_vector_is_compared(write_map: WriteMap, vector: str, complaint: str) -> None:
    path = write_map()
    path.write_text(f"{path.read_text().partition('[[test]]')[0]}[[test]]\n{vector}\n")
    (given,) = vectors_of(path)

    if not complaint:
        await run_vector(load_map(path), given)
        return
    with pytest.raises(VectorError, match=complaint):
        await run_vector(load_map(path), given)
