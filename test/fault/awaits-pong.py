"""`address frames`: sends frames in raw mode, awaits the pong to one ping, says so, and stays until it is killed."""

import asyncio
import sys

from websockets.asyncio.client import connect


async def main(address, frames):
    async with connect(address) as ws:
        for n in range(frames):
            await ws.send(f"frame {n}")
        first = await ws.ping()
        second = await ws.ping()
        await first
        await second
        print("stored", flush=True)
        await asyncio.Event().wait()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
