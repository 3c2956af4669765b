"""alertnet as it is installed somewhere: real processes on a real database, and a network that calls back over HTTP."""

import json
import os
import resource
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import Any

from sqlalchemy import select

from alertnet.cli import main
from alertnet.runtime.clock import system_clock
from alertnet.runtime.settings.settings import read_settings
from alertnet.sandbox import Handset, Sandbox
from alertnet.store.records.credentials import api_keys
from alertnet.store.tables import workers
from tests.database import migrate
from tests.ports import free_port
from tests.processes import hurried
from tests.processes.hurried import SPEED, hurried_since
from tests.support.forking import FORKING, run
from tests.support.program import made_program

REPOSITORY = Path(__file__).parents[2]
ACCOUNT, TOKEN = "AC" + "0" * 32, "a-token"
COORDINATOR = "+573005550101"
ARREST = {"type": "arrest", "country": "CO", "perpetrator": "army", "consent": "international"}
WITHIN_SECONDS = 180
"""Far more than what is due at once takes, so that a busy machine is no failure."""


def eventually(holds: Callable[[], object], what: str, within_seconds: float = WITHIN_SECONDS) -> None:
    """Wait for it.

    Raises:
        AssertionError: it did not come about.
    """
    until = time.monotonic() + within_seconds
    while not holds():
        assert time.monotonic() < until, f"it never came about that {what}"
        time.sleep(0.1)


@dataclass(frozen=True)
class Answer:
    """What the API answered; status 0: nothing did."""

    status: int
    body: Any = None
    headers: Message = field(default_factory=Message)


class Process:
    """`alertnet WORDS` in the folder of its log, or another program; with at most so many open files."""

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        program: Callable[[], object] = main,
        most_files: int | None = None,
    ) -> None:
        self._log = log
        log.touch()
        arguments = (most_files, words, log.parent, environment, log, program)
        self._process = FORKING.Process(target=_run, args=arguments)
        self._process.start()

    @property
    def log(self) -> str:
        """What it has written."""
        return self._log.read_text()

    def killed(self) -> None:
        """Dead without a moment's notice; nothing happens if it is."""
        self._process.kill()
        self._process.join()

    @property
    def use(self) -> dict[str, int]:
        """What it takes now: open `files`, `threads`, and `megabytes` of memory (Linux)."""
        about = Path(f"/proc/{self._process.pid}")
        status = dict(line.split(":", 1) for line in (about / "status").read_text().splitlines())
        files = len(list((about / "fd").iterdir()))
        return {"files": files, "threads": int(status["Threads"]), "megabytes": int(status["VmRSS"].split()[0]) >> 10}

    def ends(self) -> int:
        """It is told to end, and has; its exit code."""
        self._process.terminate()
        self._process.join(WITHIN_SECONDS)
        assert self._process.exitcode is not None, "it does not end"
        return self._process.exitcode

    @property
    def has_ended(self) -> bool:
        """Whether it is over, by itself or not."""
        return not self._process.is_alive()

    def lives(self, seconds: float) -> None:
        """It goes on for that long.

        Raises:
            AssertionError: it has ended by itself; with what it wrote.
        """
        self._process.join(seconds)
        self.is_up()

    def paused(self) -> None:
        """Not scheduled any more, as on a machine that hangs."""
        self._gets(signal.SIGSTOP)

    def resumed(self) -> None:
        self._gets(signal.SIGCONT)

    def is_up(self) -> bool:
        """True.

        Raises:
            AssertionError: it has ended by itself; with what it wrote.
        """
        assert self._process.is_alive(), self.log
        return True

    def _gets(self, signal: signal.Signals) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, signal)


class Installation:
    """A folder with a database, a network on this machine, and the processes that were started.

    `hurried`: time runs `speed` times as fast, in the processes and in the network. `trees`: others than the examples.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        hurried: bool = False,
        speed: int = SPEED,
        trees: Path = REPOSITORY / "contact_trees",
    ) -> None:
        self.most_files: int | None = None
        """How many files each process may open that starts from now on; None: as many as this one."""
        self._folder = folder
        self._stack = ExitStack()
        self._since = system_clock() if hurried else None
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._speed = speed
        clock = hurried_since(self._since, speed) if self._since else system_clock
        sandbox = Sandbox(account_sid=ACCOUNT, auth_token=TOKEN, public_url=self.url, live=True, now=clock)
        self.sandbox = self._stack.enter_context(sandbox)
        self.environment = self._settings(database_url, trees)
        self.runtime = self._stack.enter_context(closing(made_program(read_settings(self.environment))))
        self.key = self._prepare()

    def close(self) -> None:
        """Everything ends."""
        self._stack.close()

    @property
    def coordinator(self) -> Handset:
        """The phone of the one who is told first."""
        return self.sandbox.handset(COORDINATOR)

    def starts(self, *words: str, **settings: str) -> Process:
        """`alertnet WORDS`; or, where time is hurried, the same in that time."""
        log = self._folder / f"{'-'.join(words)}-{time.monotonic_ns()}.log"
        process = Process(
            words if self._since is None else self._hurried(words),
            self.environment | settings,
            log,
            program=main if self._since is None else hurried.main,
            most_files=self.most_files,
        )
        self._stack.callback(process.killed)
        return process

    def serves(self, *words: str) -> Process:
        """`alertnet serve`."""
        return self.starts("serve", "--port", str(self.port), *words)

    def works(self, **settings: str) -> Process:
        """`alertnet worker`, with settings of its own."""
        return self.starts("worker", **settings)

    def is_up(self, *processes: Process, workers: int = 0) -> None:
        """The web answers, and so many workers work.

        Raises:
            AssertionError: one of the processes has ended by itself, or it takes too long.
        """

        def running() -> bool:
            return all(process.is_up() for process in processes)

        eventually(lambda: running() and self.asks("/healthz").status == 200, "the web answers")
        eventually(lambda: running() and len(self.workers()) >= workers, f"{workers} workers work")

    def asks(self, path: str, body: Any = None, *, once: str | None = None) -> Answer:
        """GET, or POST of a body, with the key; `once`: its Idempotency-Key."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": once} if once else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, _parsed(answer.read()), answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _parsed(error.read()), error.headers)
        except (OSError, HTTPException):
            return Answer(0)

    def raises(self, tries: int = 1) -> str:
        """Somebody reports an arrest, again if there was no answer; the reference, when the 201 has come."""
        for _ in range(tries):
            answer = self.asks("/v1/incidents", ARREST)
            if answer.status != 503:
                break
        assert answer.status == 201, answer
        return str(answer.body["ref"])

    def notifications(self, ref: str, method: str) -> list[dict[str, Any]]:
        """Everything that was to be sent by that method, as the API shows it; empty while nothing answers."""
        answer = self.asks(f"/v1/incidents/{ref}")
        told = answer.body["notifications"] if answer.status == 200 else []
        return [each for each in told if each["method"] == method]

    def heard(self, ref: str) -> list[str]:
        """The texts about an incident that the coordinator's phone has; alertnet writes about itself, too."""
        return [text for text in self.coordinator.inbox if ref in text]

    def texts(self, ref: str) -> list[dict[str, Any]]:
        """The attempts to text the alert to the coordinator."""
        return [
            attempt
            for each in self.notifications(ref, "sms")
            if (each["kind"], each["contact"]) == ("alert", "coordinator")
            for attempt in each["attempts"]
        ]

    def statuses(self, ref: str) -> list[str]:
        """How those attempts stand."""
        return [each["status"] for each in self.texts(ref)]

    def history(self, ref: str) -> list[str]:
        """The kinds of the incident's timeline."""
        return [each["kind"] for each in self.asks(f"/v1/incidents/{ref}/timeline").body["items"]]

    def workers(self) -> set[str]:
        """Every worker that ever began and did not end in good order."""
        return self.runtime.read(lambda tx: set(tx.session.scalars(select(workers.c.id))))

    def _prepare(self) -> str:
        """Migrate, and make a key."""
        migrate(self.runtime.engine)
        _, key = self.runtime.transact(api_keys.create, "north", ("administer",))
        return key

    def _hurried(self, words: tuple[str, ...]) -> list[str]:
        assert self._since is not None
        role = "web" if "--no-worker" in words else words[0]
        return [self._since.isoformat(), str(self._speed), role, *([] if role == "worker" else [str(self.port)])]

    def _settings(self, database_url: str, trees: Path) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return inherited | {
            "PYTHONPATH": str(REPOSITORY),
            "ALERTNET_DATABASE_URL": database_url,
            "ALERTNET_SECRET_KEY": "a secret for tests that is long enough",
            "ALERTNET_PUBLIC_URL": self.url,
            "ALERTNET_CONTACT_TREES": str(trees),
            "ALERTNET_MESSAGE_TEMPLATES": str(REPOSITORY / "message_templates"),
            "ALERTNET_SMTP_URL": self.sandbox.smtp_url,
            "ALERTNET_RATES": "sms=0,calls=0",
            "ALERTNET_TWILIO_API_URL": self.sandbox.api_url,
            "ALERTNET_TWILIO_FROM": self.sandbox.number,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
        }


def _run(
    most_files: int | None,
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    program: Callable[[], object],
) -> None:
    if most_files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    run(words, folder, environment, log, log, program=program)


def _parsed(body: bytes) -> Any:
    return json.loads(body) if body else None
