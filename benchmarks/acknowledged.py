"""Measures what still leaves after an acknowledgement, when a thousand alerts wait for a slow provider."""

import json
import time
from urllib.request import Request, urlopen

from benchmarks import program
from benchmarks.client import Client
from benchmarks.figures import Figure
from benchmarks.sink import Sink
from benchmarks.trees import TEAMS

CONTACTS = 1000
TOLD = 100
"""How many have been told when the first of them acknowledges."""

PROVIDER_SECONDS = 0.2
PATIENCE_SECONDS = 120
QUIET_SECONDS = 5
"""Seconds in which everything queued would have left, at the pace before."""

LATEST_MS = 100

HEAD = """\
tree: bench-co
title: Benchmark network
scope: international
serves: {countries: [CO]}
timezone: UTC
language: en
sender: BENCH
callback: "+573005550000"
last_resort: [contact-0]
contacts:
"""


def measure() -> list[Figure]:
    """How many alerts reached the provider after the answer to the acknowledgement, soon and late."""
    with Sink(PROVIDER_SECONDS) as sink, program.alertnet(_trees(), sink.url) as ours, Client(ours) as client:
        ref = client.raise_incident().ref
        sink.wait(ref, TOLD, PATIENCE_SECONDS)
        _acknowledge(f"{ours.url}/v1/incidents/{ref}/acknowledgements", ours.key)
        acknowledged_at = time.monotonic_ns()
        time.sleep(QUIET_SECONDS)
        # Those told before may get a message about the answer.
        after = [(at - acknowledged_at) / 1e6 for at in sink.first.values() if at > acknowledged_at]
    return [
        Figure("alerted before it, of 1,000", len(sink.first) - len(after), ""),
        Figure("alerted after it", len(after), "", 0),
        Figure(f"alerted more than {LATEST_MS} ms after it", sum(each > LATEST_MS for each in after), "", 0),
    ]


def _trees() -> dict[str, str]:
    roles = ["coordinator"] + ["ngo"] * (CONTACTS - 1)
    contacts = (
        f'  contact-{n}: {{role: {role}, organisation: Office {n}, methods: [{{sms: "+5730056{n:05}"}}]}}\n'
        for n, role in enumerate(roles)
    )
    everybody = ", ".join(f"contact-{n}" for n in range(CONTACTS))
    levels = f"levels:\n  - {{name: Everybody, notify: [{everybody}], wait: 2h}}\n"
    return {"co.yaml": HEAD + "".join(contacts) + levels, "teams.yaml": TEAMS}


def _acknowledge(url: str, key: str) -> None:
    body = json.dumps({"tree": "bench-co", "contact": "contact-1", "kind": "acknowledged"}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    urlopen(Request(url, body, headers), timeout=PATIENCE_SECONDS).close()
