"""The pollers of a document, taken out of it as they stand there.

The document shows classes in fenced blocks of Python. Those wanted are compiled from it, unchanged,
and run with nothing given to them but the base URL.
"""

import ast
import asyncio
import datetime
import re

import httpx

WANTED = {
    "by_time": "SimplePollingClient",
    "held": "LongPollingClient",
    "adaptive": "SmartPollingClient",
    "newest": "ETagPollingClient",
    "fallback": "HybridClient",
}


def classes(document):
    """The wanted classes by name."""
    nodes = {}
    for block in re.findall(r"^```python\n(.*?)^```", document, re.DOTALL | re.MULTILINE):
        try:
            body = ast.parse(block).body
        except SyntaxError:
            # Sketches and examples of JSON.
            continue
        for node in body:
            if isinstance(node, ast.ClassDef) and node.name in WANTED.values():
                nodes.setdefault(node.name, node)
    # What the document's own imports bind; nothing else of it is run.
    names = {"asyncio": asyncio, "httpx": httpx, "datetime": datetime.datetime}
    module = ast.Module(body=list(nodes.values()), type_ignores=[])
    exec(compile(module, "reference", "exec"), names)
    return {name: names[name] for name in WANTED.values()}


def pollers(path):
    """Coroutines by name, each a function of the base URL and a handler of lists."""
    with open(path, encoding="utf-8") as file:
        found = classes(file.read())

    def simple(base, handle):
        return found["SimplePollingClient"](base).poll(handle)

    def long(base, handle):
        return found["LongPollingClient"](base).poll(lambda event: handle([event]))

    def smart(base, handle):
        return found["SmartPollingClient"](base).poll(handle)

    def etag(base, handle):
        return found["ETagPollingClient"](base).poll(handle)

    def hybrid(base, handle):
        class Hybrid(found["HybridClient"]):
            """What the document leaves to the application: where events go, and which did."""

            def __init__(self):
                super().__init__(base, "http://backend.invalid/")
                self.done = set()

            async def is_processed(self, event_id):
                return event_id in self.done

            async def process_event(self, event):
                self.done.add(event["id"])
                await handle([event])

        return Hybrid().fallback_polling()

    return dict(zip(WANTED, (simple, long, smart, etag, hybrid)))
