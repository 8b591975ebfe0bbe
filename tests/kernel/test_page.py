"""The page about the kernel as judge says what the kernel says."""

from __future__ import annotations

import pytest

from tests.kernel.conftest import UnderKernel
from tests.kernel.oracle import PAGE, page

pytestmark = pytest.mark.kernel

GUESTS = {"oracle": "smbus2", "outputs": "lgpio"}


def test_the_figures_of_the_page_are_those_of_the_kernel(under_kernel: UnderKernel) -> None:
    """``python -m tests.kernel.oracle`` writes them."""
    rounds = under_kernel("oracle")
    outputs = under_kernel("outputs")

    text = PAGE.read_text()
    assert text == page(rounds, outputs, text)
