"""Five pollers as people write them, against nothing but a base URL.

Each asks for ever and hands what it gets to `handle`. The pauses are those of real clients; the
runner makes them short.
"""

import asyncio
from datetime import datetime, timezone

import httpx


async def by_time(base, handle):
    """Every half minute whatever was appended since the last answer, by this machine's clock."""
    since = ""
    async with httpx.AsyncClient(timeout=10) as http:
        while True:
            answer = await http.get(f"{base}/updates", params={"since": since})
            if answer.is_success:
                # A time without an offset, taken when the answer is there.
                since = datetime.now(timezone.utc).replace(tzinfo=None).isoformat()
                await handle(answer.json()["updates"])
            await asyncio.sleep(30)


async def held(base, handle):
    """Asks at once again; the server answers when there is something."""
    position = None
    async with httpx.AsyncClient(timeout=60) as http:
        while True:
            answer = await http.get(f"{base}/long-poll", params={"last_event_id": position})
            if not answer.is_success:
                continue
            for event in answer.json()["events"]:
                await handle([event])
                position = event["id"]


async def adaptive(base, handle):
    """Asks without a position, the less often the less there is."""
    pause = 1
    async with httpx.AsyncClient() as http:
        while True:
            try:
                updates = (await http.get(f"{base}/updates")).json()["updates"]
                pause = max(1, pause // 2) if updates else min(300, pause * 2)
                await handle(updates)
            except (httpx.HTTPError, ValueError, KeyError):
                pause = 300
            await asyncio.sleep(pause)


async def newest(base, handle):
    """Follows one resource by its ETag."""
    etag = None
    async with httpx.AsyncClient() as http:
        while True:
            condition = {"If-None-Match": etag} if etag else {}
            answer = await http.get(f"{base}/resource", headers=condition)
            if answer.status_code == httpx.codes.OK:
                etag = answer.headers["ETag"]
                await handle(answer.json())
            await asyncio.sleep(30)


async def fallback(base, handle):
    """Behind a push that may miss something: every five minutes what follows the last event seen."""
    position = None
    while True:
        await asyncio.sleep(300)
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{base}/events", params={"since_id": position})
        for event in answer.json().get("events", []):
            await handle([event])
            position = max(position or "", event["id"])


class Hybrid:
    """Is pushed to, and asks every five minutes for what it may have missed."""

    def __init__(self, base, url, handle):
        self.base, self.url, self.handle = base, url, handle
        self.done = set()
        self.position = None
        self.task = None

    async def setup(self):
        async with httpx.AsyncClient() as http:
            await http.post(f"{self.base}/webhooks/subscribe", json={"url": self.url, "events": ["*"]})
        self.task = asyncio.create_task(self.catch_up())

    async def catch_up(self):
        while True:
            await asyncio.sleep(300)
            async with httpx.AsyncClient() as http:
                answer = await http.get(f"{self.base}/events", params={"since_id": self.position})
            for event in answer.json().get("events", []):
                await self.handle_webhook(event)

    async def handle_webhook(self, event):
        if event["id"] not in self.done:
            self.done.add(event["id"])
            await self.handle(event)
        self.position = max(self.position or "", event["id"])


POLLERS = {
    "by_time": by_time,
    "held": held,
    "adaptive": adaptive,
    "newest": newest,
    "fallback": fallback,
}
