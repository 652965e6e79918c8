"""Runs the five pollers side by side: `run_pollers.py BASE_URL [DOCUMENT]`.

With a document they are the ones it shows, otherwise those of clients.py. A line of JSON for
everything that one of them handles goes to file descriptor 3.
"""

import asyncio
import json
import os
import sys
import time

import clients
import reference

# Half a minute becomes 0.3 s, five minutes become 3 s, and nobody asks more often than this.
SCALE = 1 / 100
SHORTEST = 0.05


def shorten_pauses():
    sleep = asyncio.sleep

    async def shortened(delay, result=None):
        return await sleep(max(SHORTEST, delay * SCALE) if delay > 0 else 0, result)

    asyncio.sleep = shortened


async def run(base, pollers):
    out = os.fdopen(3, "w", buffering=1, encoding="utf-8")

    def handler(name):
        async def handle(what):
            at = time.time() * 1000
            said = {"ids": [event["id"] for event in what]} if isinstance(what, list) else {"payload": what}
            out.write(json.dumps({"poller": name, "at": at, **said}) + "\n")

        return handle

    # None of them ever returns; the first that fails ends all.
    await asyncio.gather(*(poll(base, handler(name)) for name, poll in pollers.items()))


if __name__ == "__main__":
    base, *document = sys.argv[1:]
    shorten_pauses()
    asyncio.run(run(base, reference.pollers(document[0]) if document else clients.POLLERS))
