"""The retained part of README.md, played with autobahn-python on asyncio."""

import asyncio
import json
import sys
from urllib.parse import urlsplit

from autobahn.asyncio.wamp import ApplicationSession
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.serializer import JsonSerializer, MsgPackSerializer
from autobahn.wamp.types import ComponentConfig, PublishOptions, SubscribeOptions

TASK = json.loads(sys.argv[1])


def tell(step, **facts):
    """Print one line of the report."""
    print(json.dumps({"step": step, **facts}), flush=True)


class Session(ApplicationSession):
    """A session that lets others wait for its start."""

    def __init__(self, config):
        super().__init__(config)
        self.joined = asyncio.get_running_loop().create_future()

    def onJoin(self, details):  # noqa: N802 - the name is autobahn's
        """Let go on who waits."""
        self.joined.set_result(details)

    def onDisconnect(self):  # noqa: N802 - as above
        """Stay."""


async def join():
    """Open one session."""
    url = urlsplit(TASK["url"])
    serializer = JsonSerializer() if TASK["serializer"] == "json" else MsgPackSerializer()
    session = Session(ComponentConfig(TASK["realm"]))
    factory = WampWebSocketClientFactory(lambda: session, url=TASK["url"], serializers=[serializer])
    await asyncio.get_running_loop().create_connection(factory, url.hostname, url.port)
    await session.joined
    return session


async def heard(session, topic, match, count):
    """Subscribe with ``get_retained`` and return the first events."""
    events = asyncio.Queue()

    def on_event(value, details):
        events.put_nowait([details.topic, value, details.retained])

    options = SubscribeOptions(match=match, get_retained=True, details=True)
    await session.subscribe(on_event, topic, options=options)
    return [await asyncio.wait_for(events.get(), 10) for _ in range(count)]


async def main():
    """Play it."""
    publisher = await join()
    retained = PublishOptions(acknowledge=True, retain=True)
    for topic, value in TASK["retain"]:
        await publisher.publish(topic, value, options=retained)
    late = await join()
    answers = [await heard(late, *asked) for asked in TASK["ask"]]
    tell("heard", answers=answers, announced=late._router_roles["broker"].event_retention)
    publisher.leave()
    late.leave()
    tell("left")


if __name__ == "__main__":
    asyncio.run(main())
