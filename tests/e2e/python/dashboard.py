"""What Grafana's own models make of `dashboard.py FILE`: what they leave out goes to file descriptor 3, then the end.

A member that a model does not know is none that Grafana reads: it is misspelt, or in the wrong place.
"""

import json
import os
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

OUT = os.fdopen(3, "w", buffering=1, encoding="utf-8")


def lost(written, read, path=""):
    if isinstance(written, dict):
        for name, value in written.items():
            if not isinstance(read, dict) or name not in read:
                yield f"{path}.{name}"
            else:
                yield from lost(value, read[name], f"{path}.{name}")
    elif isinstance(written, list):
        if not isinstance(read, list) or len(read) != len(written):
            yield path
        else:
            for place, (one, other) in enumerate(zip(written, read)):
                yield from lost(one, other, f"{path}[{place}]")
    elif written != read:
        yield f"{path}: {written!r} is read as {read!r}"


with open(sys.argv[1], encoding="utf-8") as file:
    written = json.load(file)
read = json.loads(json.dumps(Dashboard.from_json(written), cls=JSONEncoder))
for path in lost(written, read):
    OUT.write(json.dumps({"lost": path}) + "\n")
OUT.write(json.dumps({"end": len(read["panels"])}) + "\n")
