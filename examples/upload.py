"""Send the arguments of one call part by part, with results on the way back.

Usage: python upload.py [URL] [REALM]
"""

import asyncio
import hashlib
import sys

from wampedge.client import CallInput, Session

PICTURE = b"not really a picture " * 10_000


async def store(chunks: CallInput) -> str:
    digest, size = hashlib.sha256(), 0
    async for chunk in chunks:
        digest.update(chunk.value)
        size += len(chunk.value)
        chunks.progress(size)
    return digest.hexdigest()[:8]


async def main(url: str, realm: str) -> None:
    async with await Session.connect(url, realm) as house, await Session.connect(url, realm) as me:
        await house.register("home.pictures.store", store, takes_input=True)

        async with me.open_call("home.pictures.store", wants_progress=True) as call:
            for start in range(0, len(PICTURE), 60_000):
                await call.send(PICTURE[start : start + 60_000])
                stored = await anext(call.results)
                print("stored:", stored.value)
            print("sent: ", hashlib.sha256(PICTURE).hexdigest()[:8])
            print("there:", (await call.finish(b"")).value)


if __name__ == "__main__":
    asyncio.run(main(*(sys.argv[1:] or ["ws://127.0.0.1:8080/ws", "edge"])))
