"""The part of README.md, played with xconn on asyncio."""

import asyncio
import json
import sys

from wampproto import auth, serializers
from xconn.async_client import connect
from xconn.exception import ApplicationError
from xconn.types import Result

TASK = json.loads(sys.argv[1])
SERIALIZERS = {
    "json": serializers.JSONSerializer,
    "msgpack": serializers.MsgPackSerializer,
    "cbor": serializers.CBORSerializer,
}


def tell(step, **facts):
    """Print one line of the report."""
    print(json.dumps({"step": step, **facts}), flush=True)


def authenticator():
    """Choose the login."""
    if "ticket" in TASK:
        return auth.TicketAuthenticator(TASK["authid"], TASK["ticket"])
    if "secret" in TASK:
        return auth.WAMPCRAAuthenticator(TASK["authid"], TASK["secret"])
    if "key" in TASK:
        return auth.CryptoSignAuthenticator(TASK["authid"], TASK["key"])
    return auth.AnonymousAuthenticator("")


async def main():
    """Do every step, then leave."""
    called, heard = asyncio.Event(), asyncio.Event()

    async def echo(invocation):
        tell("called", args=invocation.args or [], kwargs=invocation.kwargs or {})
        called.set()
        return Result(invocation.args, invocation.kwargs)

    async def on_event(event):
        if not heard.is_set():
            tell("event", args=event.args or [], kwargs=event.kwargs or {})
            heard.set()

    serializer = SERIALIZERS[TASK["serializer"]]()
    session = await connect(TASK["url"], TASK["realm"], authenticator(), serializer)
    tell("joined")
    await session.register(TASK["register"], echo)
    tell("registered")
    await session.subscribe(TASK["subscribe"], on_event)
    tell("subscribed")
    result = await session.call(TASK["call"], TASK["args"])
    tell("result", args=result.args or [], kwargs=result.kwargs or {})
    try:
        await session.call(TASK["missing"])
    except ApplicationError as error:
        tell("error", uri=error.message)
    payload = TASK["payload"]
    await session.publish(
        TASK["publish"], payload["args"], payload["kwargs"], {"acknowledge": True}
    )
    tell("published")
    await called.wait()
    await heard.wait()
    await session.leave()
    tell("left")


if __name__ == "__main__":
    asyncio.run(main())
