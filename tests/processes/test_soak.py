"""One process for half an hour, in a time that runs fifty times as fast, with all that happens to it in a day.

SOAK_MINUTES and SOAK_SEED say otherwise: `make soak MINUTES=1`.
"""

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from alertnet.sandbox import Fault, Unreachable
from tests.processes.installation import ARREST, COORDINATOR, Installation, Process, eventually
from tests.scenarios.world import code_in

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
SEED = int(os.environ.get("SOAK_SEED", "4711"))
SPEED = 50
REST_SECONDS = 0.5
"""Between two things that happen: less than half a minute of its time."""
IN_TIME = timedelta(minutes=1)
LATE_SECONDS = 300
"""By how much the network may be late on a machine that has much else to do: by two minutes, as was seen."""
MOST_OPEN = 6
MOST_FILES = 512
MOST_MEGABYTES = 400
MOST_THREADS = 250
FLAT = {"files": 1.5, "threads": 1.5, "megabytes": 1.25}
"""How much more than in its second quarter it may have in its last.

In three minutes what it meets for the first time takes 16 % more; what leaks takes more than that, the longer the more.
"""

FAULTS = (Fault.LOSE_ANSWER, Fault.ERROR_429, Fault.ERROR_500, Fault.ERROR_503, Fault.CALL_BACK_TWICE, Fault.DRIP)
DEADLY = ("thread_died", "unraisable", "out_of_files", "web_failed", "process_ending")


class Soak:
    """What happens to the process, drawn from a seed."""

    def __init__(self, installation: Installation, random: Random) -> None:
        self.installation = installation
        self.random = random
        self.raised: list[str] = []
        self.open: list[str] = []
        self.count = 0
        self._connections = ExitStack()
        self._doings: list[tuple[int, Callable[[], object]]] = [
            (5, self.raises),
            (5, self.answers),
            (3, self.closes),
            (2, self.tells_news),
            (3, self.looks),
            (2, self.hangs),
            (1, self.lets_go),
            (2, self.fails),
        ]

    def happens(self) -> None:
        """One thing more."""
        weights, doings = zip(*self._doings, strict=True)
        (do,) = self.random.choices(doings, weights)
        do()
        self.count += 1

    def raises(self) -> None:
        if len(self.open) >= MOST_OPEN:
            self.closes()
        answer = self.installation.asks("/v1/incidents", ARREST, once=f"soak-{self.count}")
        assert answer.status == 201, answer
        self.raised.append(answer.body["ref"])
        self.open.append(answer.body["ref"])

    def answers(self) -> None:
        texts = [text for text in self.installation.coordinator.inbox if any(ref in text for ref in self.open)]
        if texts:
            with suppress(Unreachable, AssertionError):
                self.installation.coordinator.sends(f"OK {code_in(self.random.choice(texts[-5:]))}")

    def closes(self) -> None:
        if self.open:
            ref = self.open.pop(self.random.randrange(len(self.open)))
            assert self.installation.asks(f"/v1/incidents/{ref}/close", {"reason": "false_alarm"}).status == 200

    def tells_news(self) -> None:
        if self.open:
            ref = self.random.choice(self.open)
            severity = self.random.choice(["critical", "serious"])
            news = {"text": "news", **({"severity": severity} if severity == "critical" else {})}
            assert self.installation.asks(f"/v1/incidents/{ref}/updates", news).status == 200

    def looks(self) -> None:
        for path in ("/v1/incidents", "/healthz", "/v1/trees"):
            assert self.installation.asks(path).status == 200, path

    def hangs(self) -> None:
        """Half a request, many times; or an event stream that nobody reads."""
        half = b"POST /twilio/sms HTTP/1.1\r\nHost: alarm\r\nContent-Length: 500\r\n\r\nBody"
        stream = f"GET /v1/incidents/{(self.raised or ['A-2222'])[-1]}/events HTTP/1.1\r\nHost: alarm\r\n".encode()
        whole = stream + f"Authorization: Bearer {self.installation.key}\r\n\r\n".encode()
        for _ in range(self.random.choice([5, 50])):
            connection = socket.create_connection(("127.0.0.1", self.installation.port), timeout=30)
            self._connections.enter_context(connection)
            connection.sendall(half)
        if len(self.raised) % 3 == 0:
            connection = socket.create_connection(("127.0.0.1", self.installation.port), timeout=30)
            self._connections.enter_context(connection)
            connection.sendall(whole)

    def lets_go(self) -> None:
        self._connections.close()

    def fails(self) -> None:
        fault = self.random.choice(FAULTS)
        self.installation.sandbox.misbehaves(fault, number=self.random.choice([COORDINATOR, None]))

    def is_over(self) -> None:
        """Everybody has gone, and the provider works again."""
        self.lets_go()
        self.installation.sandbox.network.faults.clear()

    def network_is_in_time(self) -> bool:
        """Whether the stand-in network, which brings one thing after the other, has none left from before."""
        due = self.installation.sandbox.network.next_due()
        return due is None or due > self.installation.sandbox.network.now() - IN_TIME


@pytest.mark.long
def test_a_day_at_fifty_times_the_speed_ends_only_when_it_is_told_to_and_grows_by_nothing(tmp_path: Path) -> None:
    """A2, A11: it goes on, takes no more than it did, tells whoever is to be told, and ends in good order."""
    installation = Installation(tmp_path, f"sqlite:///{tmp_path / 'soak.db'}", hurried=True, speed=SPEED)
    installation.most_files = MOST_FILES
    try:
        process = installation.serves()
        installation.is_up(process, workers=1)
        soak = Soak(installation, Random(SEED))
        live(soak, process)
        soak.is_over()
        eventually(soak.network_is_in_time, "the network has brought what it still had", LATE_SECONDS)
        last = installation.raises()
        eventually(lambda: installation.heard(last), "whoever was to be told of the last one is told")
        code = process.ends()
    finally:
        installation.close()

    assert code == 0, process.log[-3000:]
    told = [json.loads(line) for line in process.log.splitlines() if line.startswith("{")]
    assert [each["cause"] for each in told if each["event"] == "process_ended"] == ["in good order"]
    assert [each for each in told if each["event"] in DEADLY] == [
        each for each in told if each["event"] == "process_ending" and each["cause"] == "SIGTERM"
    ]


def live(soak: Soak, process: Process) -> None:
    """Let things happen for so long, and see that the process lives and takes no more than it may."""
    until = time.monotonic() + MINUTES * 60
    seen: list[dict[str, int]] = []
    most: dict[str, int] = {}
    while time.monotonic() < until:
        soak.happens()
        process.lives(REST_SECONDS)
        seen.append(process.use)
        most = {name: max(used, most.get(name, 0)) for name, used in seen[-1].items()}
        assert most["files"] <= MOST_FILES, most
        assert most["threads"] <= MOST_THREADS, most
        assert most["megabytes"] <= MOST_MEGABYTES, most
    assert not growing(seen), growing(seen)
    sys.stdout.write(f"\n{soak.count} things, {len(soak.raised)} incidents; at most {most}\n")


def growing(seen: list[dict[str, int]]) -> dict[str, tuple[int, int]]:
    """What it has more of in its last quarter than in its second: of each the least, when nothing was under way."""
    quarter = len(seen) // 4
    least = {
        name: (min(each[name] for each in seen[quarter : 2 * quarter]), min(each[name] for each in seen[-quarter:]))
        for name in FLAT
    }
    return {name: (before, after) for name, (before, after) in least.items() if after > before * FLAT[name]}
