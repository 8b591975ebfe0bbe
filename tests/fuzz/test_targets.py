"""What fuzzing found before, and random bytes, do no harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, Target

CORPUS = Path(__file__).with_name("corpus")
NAMES = sorted(TARGETS)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_found_before_does_no_harm(name: str) -> None:
    samples = sorted(CORPUS.joinpath(name).iterdir())
    for sample in samples:
        TARGETS[name](sample.read_bytes())

    assert samples, "a target without a corpus proves nothing"


@pytest.mark.parametrize("name", NAMES)
@given(data=st.binary(max_size=400))
def test_random_bytes_do_no_harm(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_samples_with_a_few_wrong_bytes_do_no_harm(name: str, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(_samples(name)))
    damaged = bytearray(sample)
    for _wrong in range(data.draw(st.integers(1, 4))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    target: Target = TARGETS[name]

    target(bytes(damaged))


def _samples(name: str) -> list[bytes]:
    """Return the shorter samples, the shortest first."""
    samples = [path.read_bytes() for path in CORPUS.joinpath(name).iterdir()]
    return sorted(samples, key=lambda sample: (len(sample), sample))[:100]
