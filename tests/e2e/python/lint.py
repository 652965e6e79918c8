"""What REDbot, and httplint in it, note of a list of requests.

The list is the first argument, a JSON array of `{"method", "url", "headers", "probe"}`; for each a
line with `{"status", "error", "notes"}` goes to file descriptor 3. Where `probe` is set REDbot also
sends requests of its own: conditional ones, for ranges, for compression.
"""

import json
import os
import sys
from configparser import ConfigParser

import thor
from redbot.resource import HttpResource

# The server under test listens on loopback, which REDbot refuses by default.
CONFIG = ConfigParser()
CONFIG.read_dict({"redbot": {"enable_local_access": "True"}})


def described(linter, probe=None):
    return [
        {
            "note": type(note).__name__,
            "level": note.level.value,
            "subject": note.subject,
            "summary": str(note.summary),
            "probe": probe,
        }
        for note in linter.notes
    ]


def result(resource):
    notes = described(resource.response)
    for probe, request in resource.subreqs.items():
        notes += described(request.response, probe)
    error = resource.fetch_error
    return {
        "status": resource.response.status_code,
        "error": str(error.desc) if error else None,
        "notes": notes,
    }


def lint(requests, out):
    """One after the other: a hold among them would otherwise delay what is beside it."""

    def start(left):
        if not left:
            thor.stop()
            return
        wanted = left[0]
        resource = HttpResource(CONFIG["redbot"], active_checks_enabled=wanted["probe"])
        resource.set_request(wanted["url"], wanted["method"], list(wanted["headers"].items()))

        @thor.events.on(resource)
        def check_done():
            out.write(json.dumps(result(resource)) + "\n")
            thor.schedule(0, start, left[1:])

        resource.check()

    thor.schedule(0, start, requests)
    thor.run()


if __name__ == "__main__":
    lint(json.loads(sys.argv[1]), os.fdopen(3, "w", buffering=1, encoding="utf-8"))
