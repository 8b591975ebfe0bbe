"""Pages made from the code are those the code makes now."""

import pytest

from tests.docs.generate import REFERENCE, pages


@pytest.mark.parametrize("name", sorted(pages()))
def test_generated_page_is_up_to_date(name: str) -> None:
    written = (REFERENCE / name).read_text(encoding="utf-8")

    assert written == pages()[name], "run: python -m tests.docs.generate"
