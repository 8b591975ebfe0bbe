"""Who came and who left, from what a reader finds at each look."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tests.support.driving import RecordedContext, params_of
from tests.support.virtual import virtual
from wampedge.devices.values import Value
from wampedge_drivers.spi._tag_reader import TAG_DETAILS, TAG_EVENTS, TagReader

A, B = bytes.fromhex("04A224B2C15780"), bytes.fromhex("DEADBEEF")


class Reader(TagReader, events=TAG_EVENTS, event_details=TAG_DETAILS):
    """A reader that finds what the test says."""

    finds: bytes | None = None

    async def find(self) -> bytes | None:
        return self.finds


def reader(leave_after: str) -> tuple[Reader, RecordedContext]:
    context = RecordedContext()
    return Reader(context, params_of(Reader, {"leave_after": leave_after})), context


async def look(of: Reader, finds: bytes | None) -> Mapping[str, Value]:
    of.finds = finds
    return await of.read()


@virtual
async def test_a_tag_that_comes_and_goes_is_told_once_each() -> None:
    driver, context = reader("0s")

    values = [(await look(driver, uid))["tag"] for uid in (None, A, A, None, None)]

    assert values == [None, "04A224B2C15780", "04A224B2C15780", None, None]
    assert context.events == ["arrived", "left"]
    assert context.event_details == [{"tag": "04A224B2C15780"}] * 2


@virtual
async def test_a_tag_in_place_of_another_has_arrived_after_the_other_left() -> None:
    driver, context = reader("0s")

    for uid in (A, B):
        await look(driver, uid)

    assert context.events == ["arrived", "left", "arrived"]
    assert [each["tag"] for each in context.event_details] == [
        "04A224B2C15780",
        "04A224B2C15780",
        "DEADBEEF",
    ]


@virtual
async def test_a_tag_that_is_unheard_for_a_moment_has_not_left() -> None:
    driver, context = reader("500ms")
    await look(driver, A)

    await asyncio.sleep(0.4)
    assert (await look(driver, None))["tag"] == "04A224B2C15780"
    await look(driver, A)
    await asyncio.sleep(0.4)
    await look(driver, None)
    await asyncio.sleep(0.2)
    assert (await look(driver, None))["tag"] is None
    assert context.events == ["arrived", "left"]


@virtual
async def test_a_reload_tells_nobody_twice() -> None:
    before, _ = reader("0s")
    await look(before, A)
    driver, context = reader("0s")

    driver.take_over(before)
    await look(driver, A)

    assert context.events == []
