"""Carry bytes that the router must not look into, and say how they are packed.

Usage: python passthru.py [URL] [REALM]
"""

import asyncio
import sys
import zlib

from wampedge.client import CallDetails, CallResult, Passthru, Session

PACKED = Passthru("x_zlib", serializer="utf8")


def shout(blob: bytes, *, details: CallDetails) -> CallResult:
    assert details.passthru == PACKED
    answer = zlib.compress(zlib.decompress(blob).upper())
    return CallResult.of(answer).packed(PACKED)


async def main(url: str, realm: str) -> None:
    async with await Session.connect(url, realm) as house, await Session.connect(url, realm) as me:
        await house.register("home.shout", shout, wants_details=True)

        result = await me.call("home.shout", zlib.compress(b"hello"), options=PACKED.options)

        print(result.passthru)
        print(zlib.decompress(result.value).decode())


if __name__ == "__main__":
    asyncio.run(main(*(sys.argv[1:] or ["ws://127.0.0.1:8080/ws", "edge"])))
