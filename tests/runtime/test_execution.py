"""Units on the event loop: one at a time, bounded, and nothing but DeviceError comes out."""

import asyncio

import pytest

from tests.support.virtual import virtual
from wampedge.errors import BusBusyError, BusTimeoutError, DeviceError
from wampedge.runtime.execution import QUEUE_LIMIT, LoopExecution, contained


@virtual
async def test_units_wait_for_their_turn_up_to_a_limit() -> None:
    execution, order = LoopExecution(), []

    async def unit(number: int) -> int:
        await execution.sleep(0.01)
        order.append(number)
        return number

    answers = await asyncio.gather(
        *(
            execution.run(lambda n=n: unit(n), deadline_s=1.0)  # type: ignore[misc] # bound now
            for n in range(QUEUE_LIMIT + 2)
        ),
        return_exceptions=True,
    )

    assert order == list(range(QUEUE_LIMIT))
    assert [type(a) for a in answers[QUEUE_LIMIT:]] == [BusBusyError, BusBusyError]


@virtual
async def test_work_of_the_node_itself_is_never_refused() -> None:
    execution = LoopExecution()
    crowd = [
        asyncio.ensure_future(execution.run(lambda: asyncio.sleep(0.01), deadline_s=1.0))
        for _ in range(QUEUE_LIMIT)
    ]
    await asyncio.sleep(0)

    await execution.run(lambda: asyncio.sleep(0.01), deadline_s=1.0, may_be_refused=False)

    assert all(call.done() for call in crowd)


@virtual
async def test_unit_that_takes_too_long_ends_with_a_time_out() -> None:
    with pytest.raises(BusTimeoutError, match=r"within 0\.5 s"):
        await LoopExecution().run(lambda: asyncio.sleep(60.0), deadline_s=0.5)


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, BaseException, ValueError])
async def test_whatever_a_driver_raises_is_a_device_error(kind: type[BaseException]) -> None:
    async def unit() -> None:
        raise kind("on purpose")

    with pytest.raises(DeviceError, match=f"the driver failed: {kind.__name__}: on purpose"):
        await contained(unit)
