"""What the meta API tells about one session, subscription or registration."""

from __future__ import annotations

import pytest

from wampedge.router.meta_facts import iso_time


@pytest.mark.parametrize(
    ("time_s", "stamp"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_392_284_401.0, "2014-02-13T09:40:01.000Z"),
        (1_392_284_401.25, "2014-02-13T09:40:01.250Z"),
    ],
)
def test_a_time_is_written_as_iso_8601_in_utc_with_milliseconds(time_s: float, stamp: str) -> None:
    """Specification, "Subscription Meta API": ``time_created|iso_8601_string``."""
    assert iso_time(time_s) == stamp
