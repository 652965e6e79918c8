"""What Prometheus' own parser reads at `openmetrics.py URL TOKEN`: every sample, a line of JSON to file descriptor 3.

It raises where the text is not OpenMetrics: a family told twice, samples out of order, a histogram without its end.
"""

import json
import os
import sys

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families

OUT = os.fdopen(3, "w", buffering=1, encoding="utf-8")

url, token = sys.argv[1:]
answer = httpx.get(url, headers={"authorization": f"Bearer {token}"}, timeout=20)
answer.raise_for_status()
for family in text_string_to_metric_families(answer.text):
    for sample in family.samples:
        line = {"family": family.name, "type": family.type, "name": sample.name, "labels": sample.labels, "value": sample.value}
        OUT.write(json.dumps(line) + "\n")
OUT.write(json.dumps({"end": answer.headers["content-type"]}) + "\n")
