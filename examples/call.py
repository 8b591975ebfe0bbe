"""Offer a procedure, call it, and get its result as the type it must be.

Usage: python call.py [URL] [REALM]
"""

import asyncio
import sys
from dataclasses import dataclass

from wampedge.client import Session
from wampedge.errors import ApplicationError, WrongResultError


@dataclass
class Reading:
    value: float
    unit: str


def temperature(room: str) -> dict[str, object]:
    if room != "attic":
        raise ApplicationError("home.error.no_such_room", [room])
    return {"value": 21.5, "unit": "°C"}


async def main(url: str, realm: str) -> None:
    async with await Session.connect(url, realm) as house, await Session.connect(url, realm) as me:
        await house.register("home.temperature", temperature)

        result = await me.call("home.temperature", "attic")
        print("anything:", result.value["value"])

        reading = await me.call("home.temperature", "attic", returns=Reading)
        print("checked:", reading)

        try:
            await me.call("home.temperature", "attic", returns=float)
        except WrongResultError as error:
            print("not a number:", error)

        try:
            await me.call("home.temperature", "cellar")
        except ApplicationError as error:
            print("refused:", error.uri, error.arguments)


if __name__ == "__main__":
    asyncio.run(main(*(sys.argv[1:] or ["ws://127.0.0.1:8080/ws", "edge"])))
