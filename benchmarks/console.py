"""Measures the cost of the console: a board with 200 open incidents, and an alarm beside 200 open pages.

Two programs run in one run, in turn: one has no open pages, the other has them, half of them boards.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from urllib.request import Request, urlopen

from alertnet.flows.credentials.users import add_user, hash_password
from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import wire
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role
from benchmarks import program
from benchmarks.client import Client, Raised
from benchmarks.figures import Figure, percentile
from benchmarks.program import ROOT, Program
from benchmarks.sink import Sink
from benchmarks.trees import trees

INCIDENTS, PAGES, A_SESSION = 200, 200, 20
TURNS, WARM_UP, LOOKS = 100, 20, 20
GAP_SECONDS, SETTLE_SECONDS = 0.05, 8
PAGE_SECONDS = 60

MOST_MS, MOST_MS_LATER, MOST_KB, MOST_EVENT_KB = 100.0, 300.0, 14.0, 1.0
MOST_TIMES_ALONE = 1.1
"""A larger ratio is a cost: it is beyond the scatter between two equal programs."""


@dataclass(frozen=True)
class Seen:
    """What the open pages received: when each incident first came, and the sizes of the events."""

    first: dict[str, int]
    sizes: list[int]


def measure() -> list[Figure]:
    """The board, the events, and what an alarm takes beside the pages, as the ratio of the medians."""
    cookies: list[str] = []
    waits: dict[str, list[float]] = {"alone": [], "watched": []}
    raised: list[Raised] = []
    with Sink() as sink, ExitStack() as stack:
        one = stack.enter_context(program.alertnet(trees({"CO": 7200}), sink.url))
        other = stack.enter_context(program.alertnet(trees({"CO": 7200}), sink.url, prepare=partial(_sign_in, cookies)))
        programs = {"alone": one, "watched": other}
        refs = {name: _open(each) for name, each in programs.items()}
        sink.wait_for_all(len(programs) * INCIDENTS, PAGE_SECONDS)
        looks = [_look(other, cookies[0]) for _ in range(LOOKS)]
        with _pages(other, cookies, refs["watched"]) as seen, ExitStack() as connections:
            clients = {name: connections.enter_context(Client(each)) for name, each in programs.items()}
            for turn in range(WARM_UP + TURNS):
                for name, client in clients.items():
                    each = client.raise_incident()
                    wait = (sink.wait(each.ref) - each.sent_at) / 1e6
                    time.sleep(GAP_SECONDS)
                    if turn >= WARM_UP:
                        waits[name].append(wait)
                        raised += [each] if name == "watched" else []
            time.sleep(SETTLE_SECONDS)
    later = [(seen.first[each.ref] - each.answered_at) / 1e6 for each in raised]
    ratio = median(waits["watched"]) / median(waits["alone"])
    return [
        Figure("board with 200 open, median", median(ms for ms, _ in looks), "ms", MOST_MS),
        Figure("board with 200 open, compressed", looks[0][1] / 1000, "kB"),
        Figure("commit to open page, median", median(later), "ms", MOST_MS_LATER),
        Figure("commit to open page, p90", percentile(later, 90), "ms"),
        Figure("event, median", median(seen.sizes) / 1000, "kB", MOST_EVENT_KB),
        *(Figure(f"POST to provider, {name}, median", median(each), "ms") for name, each in waits.items()),
        *(Figure(f"POST to provider, {name}, p90", percentile(each, 90), "ms") for name, each in waits.items()),
        Figure("200 open pages / none, medians", ratio, "x", MOST_TIMES_ALONE),
    ]


def _open(at: Program) -> list[str]:
    """References of the incidents that are open from the beginning."""
    with Client(at) as client:
        return [client.raise_incident().ref for _ in range(INCIDENTS)]


def _sign_in(cookies: list[str], env: Mapping[str, str]) -> None:
    """Sign in as many coordinators as the pages need."""
    runtime = wire(read_settings(env))
    password = hash_password("nobody signs in by it", runtime.entropy)
    try:
        cookies += [runtime.transact(_session, f"user{number}", password) for number in range(PAGES // A_SESSION)]
    finally:
        runtime.close()


def _session(tx: Tx, name: str, password: str) -> str:
    add_user(tx, name, Role.COORDINATOR, password, "benchmark")
    user = users.named(tx, name)
    assert user is not None
    return users.begin_session(tx, user)


def _look(of: Program, cookie: str) -> tuple[float, int]:
    """The time of the board in milliseconds, and its size on the wire in bytes."""
    began = time.monotonic_ns()
    request = Request(f"{of.url}/desk", headers={"Cookie": f"desk={cookie}", "Accept-Encoding": "gzip"})
    with urlopen(request) as answer:
        size = len(answer.read())
    return (time.monotonic_ns() - began) / 1e6, size


@contextmanager
def _pages(of: Program, cookies: list[str], refs: list[str]) -> Iterator[Seen]:
    """Keep so many pages open inside the block; what they received is known afterwards."""
    paths = ["/desk/live" if place % 2 else f"/desk/incidents/{refs[place]}/live" for place in range(PAGES)]
    asked = [[of.url + path, cookies[place // A_SESSION]] for place, path in enumerate(paths)]
    command = [sys.executable, "-m", "benchmarks.pages", json.dumps(asked)]
    seen = Seen({}, [])
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdout.readline()  # All pages are open.
        yield seen
        reader.stdin.close()
        first, sizes = json.loads(reader.stdout.read())
        seen.first.update(first)
        seen.sizes.extend(sizes)
