"""Follow a long call by its progressive results.

Usage: python progress.py [URL] [REALM]
"""

import asyncio
import sys

from wampedge.client import CallDetails, Session


async def water(litres: int, *, details: CallDetails) -> str:
    for litre in range(1, litres + 1):
        await asyncio.sleep(0)  # the pump runs
        details.progress(litre)
    return f"watered with {litres} l"


async def main(url: str, realm: str) -> None:
    async with await Session.connect(url, realm) as house, await Session.connect(url, realm) as me:
        await house.register("garden.water", water, wants_details=True)

        stream = me.stream("garden.water", 3)
        async for part in stream:
            print("litres so far:", part.value)
        print(stream.result.value)

        # Leaving the block early cancels the call, and with it the pump.
        async with me.stream("garden.water", 1_000_000) as endless:
            async for part in endless:
                if part.value == 2:
                    break
        print("enough after", part.value)


if __name__ == "__main__":
    asyncio.run(main(*(sys.argv[1:] or ["ws://127.0.0.1:8080/ws", "edge"])))
