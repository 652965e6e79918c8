"""A receiver of pushed events that verifies each twice: `verify_push.py SECRET [DOCUMENT]`.

Once with the official package, and once with a few lines, which are those of the document where one is given. What it
found goes to file descriptor 3, a line of JSON each; the first line is its port.
"""

import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import reference
from standardwebhooks.webhooks import Webhook

OUT = os.fdopen(3, "w", buffering=1, encoding="utf-8")


def check(secret):
    """What somebody writes by hand: raises where the signature is wrong."""

    def verify(headers, body):
        content = f"{headers['X-Webhook-Timestamp']}.{body}".encode()
        wanted = "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, headers["X-Webhook-Signature"]):
            raise ValueError("wrong signature")
        if abs(time.time() - int(headers["X-Webhook-Timestamp"])) > 300:
            raise ValueError("too old")

    return verify


def check_of(document, secret):
    """The document's, which takes a request."""
    verify = reference.function(document, "verify_webhook", {"SECRET": secret, "time": time, "hmac": hmac, "hashlib": hashlib})
    return lambda headers, body: verify(SimpleNamespace(headers=headers, body=body))


def passes(verify, *arguments):
    try:
        verify(*arguments)
        return True
    except json.JSONDecodeError:
        # The official package parses what it has verified.
        return True
    except Exception:
        return False


def main(secret, document=None):
    lines = check_of(document, secret) if document else check(secret)
    webhook = Webhook(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            said = {
                "id": self.headers["webhook-id"],
                "standard": passes(webhook.verify, body, dict(self.headers)),
                "lines": passes(lines, self.headers, body),
                "forged": passes(lines, self.headers, body + " "),
            }
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()
            OUT.write(json.dumps(said) + "\n")

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    OUT.write(json.dumps({"port": server.server_port}) + "\n")
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
