"""Fixtures that several interop tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interop.crossbar import CrossbarRouter


@pytest.fixture(scope="module")
def crossbar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrossbarRouter]:
    """A running Crossbar; a test that kills it starts it again."""
    router = CrossbarRouter(tmp_path_factory.mktemp("crossbar"))
    router.start()
    yield router
    router.stop()
