"""A hybrid client, which is pushed to and polls for what it misses: `run_hybrid.py BASE_URL [DOCUMENT]`.

With a document it is the one that it shows, otherwise that of clients.py; nothing is given to it but the base URL with
the credentials in it, and the URL of the server that runs here and hands it what is pushed. `POST /down` and `POST /up`
make this server refuse what is pushed, and take it again. A line of JSON for every event that the client handles goes
to file descriptor 3; the first line is the port.
"""

import asyncio
import json
import os
import sys

import clients
import reference
import run_pollers

OUT = os.fdopen(3, "w", buffering=1, encoding="utf-8")


async def handled(event):
    OUT.write(json.dumps({"handled": event["id"]}) + "\n")


class Server:
    """As little HTTP as a pushed event needs."""

    def __init__(self):
        self.client = None
        self.down = False

    async def answer(self, path, body):
        if path in ("/down", "/up"):
            self.down = path == "/down"
            return 204
        if self.down:
            return 503
        event = json.loads(body)
        # What has no id is the question whether this URL wants any.
        if "id" in event:
            await self.client.handle_webhook(event)
        return 200

    async def serve(self, reader, writer):
        try:
            while line := await reader.readline():
                path = line.split()[1].decode()
                length = 0
                while (header := (await reader.readline()).strip().lower()):
                    if header.startswith(b"content-length:"):
                        length = int(header.split(b":")[1])
                status = await self.answer(path, await reader.readexactly(length))
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def main(base, document=None):
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    make = reference.hybrid(document) if document else clients.Hybrid
    server.client = make(base, f"http://127.0.0.1:{port}/hook", handled)
    await server.client.setup()
    OUT.write(json.dumps({"port": port}) + "\n")
    await asyncio.Event().wait()


if __name__ == "__main__":
    run_pollers.shorten_pauses()
    asyncio.run(main(*sys.argv[1:]))
