"""The part of README.md, played with autobahn-python on asyncio."""

import asyncio
import json
import ssl
import sys
from urllib.parse import urlsplit

from autobahn.asyncio.component import Component
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import CallResult, PublishOptions
from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateResponseAccept

TASK = json.loads(sys.argv[1])
leaving = asyncio.Event()


def tell(step, **facts):
    """Print one line of the report."""
    print(json.dumps({"step": step, **facts}), flush=True)


def transport():
    """Describe the connection as autobahn wants it."""
    url = urlsplit(TASK["url"])
    common = {"max_retries": 0}
    tls = {}
    if url.scheme in ("wss", "rss"):
        tls = {"tls": ssl.create_default_context(cafile=TASK["ca_file"])}
    if url.scheme in ("ws", "wss"):
        endpoint = {"type": "tcp", "host": url.hostname, "port": url.port, **tls}
        return {
            "type": "websocket",
            "url": TASK["url"],
            "endpoint": endpoint,
            "serializers": [TASK["serializer"].partition(".")[0]],
            "options": compression() if TASK.get("compression") else {},
            **common,
        }
    if url.scheme == "unix":
        endpoint = {"type": "unix", "path": url.path}
    else:
        endpoint = {"type": "tcp", "host": url.hostname, "port": url.port, **tls}
    return {
        "type": "rawsocket",
        "url": "rs://localhost",
        "endpoint": endpoint,
        "serializer": TASK["serializer"],
        **common,
    }


def compression():
    """Offer to compress messages, and take whatever is agreed."""
    return {
        "perMessageCompressionOffers": [PerMessageDeflateOffer()],
        "perMessageCompressionAccept": PerMessageDeflateResponseAccept,
    }


def authentication():
    """Describe the login, if any."""
    if "ticket" in TASK:
        return {"ticket": {"authid": TASK["authid"], "ticket": TASK["ticket"]}}
    if "secret" in TASK:
        return {"wampcra": {"authid": TASK["authid"], "secret": TASK["secret"]}}
    if "password" in TASK:
        return {"scram": {"authid": TASK["authid"], "password": TASK["password"]}}
    if "key" in TASK:
        return {"cryptosign": {"authid": TASK["authid"], "privkey": TASK["key"]}}
    return None


component = Component(
    transports=[transport()], realm=TASK["realm"], authentication=authentication()
)

if TASK["serializer"].endswith(".batched"):
    # It can batch, but its check of the configuration does not know that.
    for each in component._transports:
        each.serializers = [TASK["serializer"]]


@component.on_join
async def play(session, details):
    """Do every step, then leave."""
    called, heard = asyncio.Event(), asyncio.Event()

    def echo(*args, **kwargs):
        tell("called", args=args, kwargs=kwargs)
        called.set()
        return CallResult(*args, **kwargs)

    def on_event(*args, **kwargs):
        if not heard.is_set():
            tell("event", args=args, kwargs=kwargs)
            heard.set()

    tell("joined")
    await session.register(echo, TASK["register"])
    tell("registered")
    await session.subscribe(on_event, TASK["subscribe"])
    tell("subscribed")
    result = await session.call(TASK["call"], *TASK["args"])
    if isinstance(result, CallResult):
        tell("result", args=result.results, kwargs=result.kwresults)
    else:
        tell("result", args=[result], kwargs={})
    try:
        await session.call(TASK["missing"])
    except ApplicationError as error:
        tell("error", uri=error.error)
    payload = TASK["payload"]
    await session.publish(
        TASK["publish"],
        *payload["args"],
        **payload["kwargs"],
        options=PublishOptions(acknowledge=True),
    )
    tell("published")
    await called.wait()
    await heard.wait()
    leaving.set()
    session.leave()


async def main():
    """Run the component until the router has answered the goodbye."""
    left = asyncio.Event()

    @component.on_leave
    async def farewell(session, details):
        if leaving.is_set():
            tell("left")
            left.set()

    running = asyncio.ensure_future(component.start(loop=asyncio.get_running_loop()))
    answered = asyncio.ensure_future(left.wait())
    await asyncio.wait({running, answered}, return_when=asyncio.FIRST_COMPLETED)
    # Its asyncio component reports a polite goodbye as a failed connection, so only this counts.
    if not left.is_set():
        await running


if __name__ == "__main__":
    asyncio.run(main())
