"""Publish events, and listen to one topic, to all below a prefix, and with gaps.

Usage: python events.py [URL] [REALM]
"""

import asyncio
import sys

from wampedge.client import EventDetails, Session


async def main(url: str, realm: str) -> None:
    heard = asyncio.Queue[str]()

    def on_temperature(value: float, **facts: object) -> None:
        heard.put_nowait(f"the attic has {value} {facts['unit']}")

    def on_anything(*args: object, details: EventDetails, **facts: object) -> None:
        heard.put_nowait(f"somewhere in the home: {details.topic}")

    def on_any_temperature(value: float, *, details: EventDetails, **facts: object) -> None:
        room = details.topic.split(".")[1]
        heard.put_nowait(f"temperature of the {room}: {value}")

    async with await Session.connect(url, realm) as me, await Session.connect(url, realm) as house:
        await me.subscribe("home.attic.temperature", on_temperature)
        await me.subscribe("home.", on_anything, options={"match": "prefix"}, wants_details=True)
        await me.subscribe(
            "home..temperature",
            on_any_temperature,
            options={"match": "wildcard"},
            wants_details=True,
        )

        await house.publish("home.attic.temperature", 21.5, unit="°C")
        await house.publish("home.door", "open", acknowledge=True)

        for _ in range(4):
            print(await heard.get())


if __name__ == "__main__":
    asyncio.run(main(*(sys.argv[1:] or ["ws://127.0.0.1:8080/ws", "edge"])))
