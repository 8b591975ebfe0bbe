"""The meta part of README.md, played with autobahn-python on asyncio."""

import asyncio
import json
import sys
from urllib.parse import urlsplit

from autobahn.asyncio.wamp import ApplicationSession
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.serializer import JsonSerializer, MsgPackSerializer
from autobahn.wamp.types import ComponentConfig, RegisterOptions, SubscribeOptions

TASK = json.loads(sys.argv[1])
EVENTS = (
    "session.on_join",
    "session.on_leave",
    "subscription.on_create",
    "subscription.on_subscribe",
    "subscription.on_unsubscribe",
    "subscription.on_delete",
    "registration.on_create",
    "registration.on_register",
    "registration.on_unregister",
    "registration.on_delete",
)


def tell(step, **facts):
    """Print one line of the report."""
    print(json.dumps({"step": step, **facts}), flush=True)


class Session(ApplicationSession):
    """A session that lets others wait for its start and its end."""

    def __init__(self, config):
        super().__init__(config)
        loop = asyncio.get_running_loop()
        self.joined, self.left = loop.create_future(), loop.create_future()

    def onJoin(self, details):  # noqa: N802 - the name is autobahn's
        """Let go on who waits."""
        self.joined.set_result(details)

    def onLeave(self, details):  # noqa: N802 - as above
        """Let go on who waits, and close."""
        if not self.left.done():
            self.left.set_result({"reason": details.reason, "message": details.message})
        self.disconnect()

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


class Watcher:
    """A session that hears of others, and what it heard."""

    def __init__(self, session):
        self.session = session
        self.events = []
        self.heard = asyncio.Event()

    async def watch(self):
        """Subscribe to all there is."""
        for name in EVENTS:

            def on_event(*args, _name=name):
                self.events.append([_name, list(args)])
                self.heard.set()

            await self.session.subscribe(on_event, f"wamp.{name}")

    async def until(self, name, *, of):
        """Wait for an event of a session; return its arguments."""
        while True:
            for each, args in self.events:
                session = args[0]["session"] if isinstance(args[0], dict) else args[0]
                if each == name and session in {of, None}:  # Crossbar forgets who it was
                    return args
            self.heard.clear()
            await self.heard.wait()

    async def ask(self, procedure, *args, **kwargs):
        """Call a meta procedure."""
        return await self.session.call(f"wamp.{procedure}", *args, **kwargs)

    async def refusal(self, procedure, *args):
        """Call a meta procedure that fails."""
        try:
            await self.ask(procedure, *args)
        except ApplicationError as error:
            return error.error


async def look_around(watcher, subject):
    """Ask for everything about the subject."""
    subscription = await subject.subscribe(
        lambda: None, "com.meta.topic", options=SubscribeOptions(match="prefix")
    )
    registration = await subject.register(
        lambda: None, "com.meta.procedure", options=RegisterOptions(invoke="roundrobin")
    )
    ask, session = watcher.ask, subject._session_id
    topic, procedure = "com.meta.topic", "com.meta.procedure"
    by_prefix = {"match": "prefix"}
    tell(
        "asked",
        subject=session,
        count=await ask("session.count"),
        listed=session in await ask("session.list"),
        get=await ask("session.get", session),
        subscription=subscription.id,
        subscription_lists=await ask("subscription.list"),
        subscription_lookup=await ask("subscription.lookup", topic, by_prefix),
        subscription_match=await ask("subscription.match", "com.meta.topic.x"),
        subscription_get=await ask("subscription.get", subscription.id),
        subscribers=await ask("subscription.list_subscribers", subscription.id),
        subscriber_count=await ask("subscription.count_subscribers", subscription.id),
        registration=registration.id,
        registration_lists=await ask("registration.list"),
        registration_lookup=await ask("registration.lookup", procedure),
        registration_match=await ask("registration.match", procedure),
        registration_get=await ask("registration.get", registration.id),
        callees=await ask("registration.list_callees", registration.id),
        callee_count=await ask("registration.count_callees", registration.id),
        nothing=[
            await ask("subscription.match", "com.meta.unheard"),
            await ask("registration.lookup", "com.meta.unheard"),
        ],
        refusals=[
            await watcher.refusal("session.get", 1),
            await watcher.refusal("session.kill", 1),
            await watcher.refusal("subscription.get", 999999),
            await watcher.refusal("registration.get", 999999),
        ],
    )


async def main():
    """Play it."""
    watcher = Watcher(await join())
    await watcher.watch()
    tell("joined")
    subject = await join()
    session = subject._session_id
    await look_around(watcher, subject)
    wills = asyncio.Queue()
    await watcher.session.subscribe(
        lambda *args, **kwargs: wills.put_nowait([list(args), kwargs]), "com.meta.lost"
    )
    will = "com.meta.lost", ["gone"], {"why": "killed"}
    await subject.call("wamp.session.add_testament", *will)
    await watcher.ask("session.kill", session, reason="com.meta.enough", message="go")
    goodbye = await subject.left
    left = await watcher.until("session.on_leave", of=session)
    last = await watcher.until("registration.on_delete", of=session)
    await watcher.until("subscription.on_delete", of=session)
    events = [[name, args] for name, args in watcher.events if name != "session.on_leave"]
    tell("ended", goodbye=goodbye, left=left, last=last, events=events, will=await wills.get())


if __name__ == "__main__":
    asyncio.run(main())
