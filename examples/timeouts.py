"""End calls that take too long, and those nobody waits for any more.

Usage: python timeouts.py [URL] [REALM]
"""

import asyncio
import sys

from wampedge.client import Session
from wampedge.errors import CallTimeoutError

stopped = asyncio.Queue[str]()


async def dig(tool: str) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        stopped.put_nowait(tool)


async def main(url: str, realm: str) -> None:
    async with await Session.connect(url, realm) as house, await Session.connect(url, realm) as me:
        await house.register("garden.dig", dig)

        try:
            await me.call("garden.dig", "spoon", timeout_s=0.05)
        except CallTimeoutError as error:
            print("too slow:", error)
        print("put away:", await stopped.get())

        # Cancelling a task cancels the call it waits for, at the other end too.
        digging = asyncio.create_task(me.call("garden.dig", "spade"))
        await me.publish("garden.hello", acknowledge=True)
        digging.cancel()
        print("put away:", await stopped.get())


if __name__ == "__main__":
    asyncio.run(main(*(sys.argv[1:] or ["ws://127.0.0.1:8080/ws", "edge"])))
