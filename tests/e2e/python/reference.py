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


def definitions(document):
    """Every class and function that the document shows, by name; of several the first."""
    nodes = {}
    for block in re.findall(r"^```python\n(.*?)^```", document, re.DOTALL | re.MULTILINE):
        try:
            body = ast.parse(block).body
        except SyntaxError:
            # Sketches and examples of JSON.
            continue
        for node in body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                nodes.setdefault(node.name, node)
    return nodes


def compiled(document, wanted, names):
    """The wanted ones as they stand there, and nothing else of the document; `names` is what its imports bind."""
    nodes = definitions(document)
    module = ast.Module(body=[nodes[name] for name in wanted], type_ignores=[])
    exec(compile(module, "reference", "exec"), names)
    return {name: names[name] for name in wanted}


def classes(document):
    """The wanted classes by name."""
    names = {"asyncio": asyncio, "httpx": httpx, "datetime": datetime.datetime}
    return compiled(document, WANTED.values(), names)


def function(path, name, names):
    """One function, which knows these names; those of a web framework's are there and empty."""
    with open(path, encoding="utf-8") as file:
        document = file.read()
    framework = {"Request": object, "HTTPException": Exception}
    return compiled(document, [name], {**framework, **names})[name]


def hybrid(path):
    """The hybrid client as a function of the base URL, the URL to be pushed to, and a handler."""
    with open(path, encoding="utf-8") as file:
        client = classes(file.read())["HybridClient"]

    class Hybrid(client):
        """What the document leaves to the application: where events go, and which did."""

        def __init__(self, base, url, handle):
            super().__init__(base, url)
            self.done = set()
            self.handle = handle

        async def is_processed(self, event_id):
            return event_id in self.done

        async def process_event(self, event):
            self.done.add(event["id"])
            await self.handle(event)

    return Hybrid


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

    def fallback(base, handle):
        make = hybrid(path)
        return make(base, "http://backend.invalid/", lambda event: handle([event])).fallback_polling()

    return dict(zip(WANTED, (simple, long, smart, etag, fallback)))
