"""The world around a process that may be killed: a supervisor that starts it again, the provider, and people.

world.asks("POST", "/v1/incidents", ARREST)     somebody asks; None where the process died over it
world.asks_again()                              the very same request once more
world.passes(minutes=5)                         time goes by, and everything due happens at its moment
"""

import json
import multiprocessing
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from alertnet.sandbox import Answer, Handset, Sandbox, Unreachable
from tests.crashes import database, program
from tests.crashes.database import ACCOUNT, TOKEN, Original
from tests.crashes.effects import Referee
from tests.crashes.gates import before_provider, before_relay

NIGHT = datetime(2026, 11, 27, 2, 14, tzinfo=UTC)
URL = "https://alarm.example.org"
"""Where the provider finds us; whichever process lives listens on a port of its own."""
ORDER_SECONDS = 60
FORM = "application/x-www-form-urlencoded"

# A child of the fork server begins with everything imported, in milliseconds.
forking = multiprocessing.get_context("forkserver")
forking.set_forkserver_preload(["tests.crashes.program", "alertnet.runtime_channels", "alertnet.channels.twilio_sms"])


class Request(NamedTuple):
    """One request to us, word for word."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]


class Process:
    """One life of the process under test, which does what it is ordered as long as it lives."""

    def __init__(self, installed: program.Installed, clock: program.SharedClock, referee: Referee) -> None:
        self._orders, theirs = forking.Pipe()
        leaves, their_leaves = forking.Pipe()
        arguments = (installed, clock.microseconds, theirs, their_leaves)
        self._process: BaseProcess = forking.Process(target=program.run, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        their_leaves.close()
        threading.Thread(target=_give_leave, args=(leaves, referee), daemon=True).start()
        self.port: int = self._answer()

    @property
    def lives(self) -> bool:
        return self._process.is_alive()

    def killed(self) -> None:
        """Kill -9: dead without a moment's notice."""
        self._process.kill()
        self._process.join()

    def ends(self) -> None:
        """It is being killed: wait until it is dead."""
        self._process.join(ORDER_SECONDS)
        assert not self.lives, "the process lives, and does not answer"

    def does(self, order: str) -> Any:
        """What comes of an order; None where the process died over it."""
        try:
            self._orders.send(order)
            return self._answer()
        except (EOFError, OSError):
            self.ends()
            return None

    def _answer(self) -> Any:
        assert self._orders.poll(ORDER_SECONDS), "the process does not answer"
        return self._orders.recv()


class World:
    """An installation on a copy of a database, its provider and its people; use it as a context."""

    def __init__(self, original: Original) -> None:
        self._stack = ExitStack()
        self._original = original
        self.database_url = original.copy()
        self.clock = program.SharedClock(forking.RawValue("q"))
        self.clock.move(NIGHT)
        self.referee = Referee(self.kills)
        self._process: Process | None = None
        self._last: Request | None = None
        self.answer: Answer | None = None
        """What we answered last; None where the process died over it."""
        sandbox = Sandbox(account_sid=ACCOUNT, auth_token=TOKEN, public_url=URL, now=self.clock, post=self._post)
        self.sandbox = self._stack.enter_context(sandbox)
        enter, passes = self._stack.enter_context, self.referee.passes
        settings = database.settings(original.folder, self.database_url) | {
            "ALERTNET_PUBLIC_URL": URL,
            "ALERTNET_TWILIO_FROM": self.sandbox.number,
            "ALERTNET_TWILIO_API_URL": enter(before_provider(self.sandbox.api_url, passes)),
            "ALERTNET_SMTP_URL": enter(before_relay(self.sandbox.smtp_url, passes)),
        }
        self._installed = program.Installed(settings, original.network, original.templates)

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *_: object) -> None:
        self.kills()
        self._stack.close()

    # The process

    def kills(self) -> None:
        """The process is dead, whatever it was at."""
        if self._process is not None:
            self._process.killed()

    def restarts(self) -> Process:
        """The process lives: the supervisor has started it again where it had died."""
        if self._process is None or not self._process.lives:
            self._process = Process(self._installed, self.clock, self.referee)
        return self._process

    def works(self) -> bool:
        """The worker does everything that is due; whether there was anything."""
        return bool(self.restarts().does("step"))

    # Those who ask

    def asks(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Answer | None:
        """Somebody asks the API, under an Idempotency-Key if there is one."""
        headers = {"Authorization": f"Bearer {self._original.key}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        return self._send(Request(method, path, b"" if body is None else json.dumps(body).encode(), headers))

    def opens(self, path: str, **form: str) -> Answer | None:
        """Somebody presses a button on the page of a link."""
        return self._send(Request("POST", path, urlencode(form).encode(), {"Content-Type": FORM}))

    def asks_again(self) -> Answer | None:
        """The last one who asked sends the very same request once more, as whoever gets no answer does."""
        assert self._last is not None
        return self._send(self._last)

    def sees(self, path: str) -> Any:
        """What the API shows there."""
        answer, last = self.asks("GET", path), self._last
        assert answer is not None, path
        assert answer.status == 200, answer
        self._last = last
        return json.loads(answer.body)

    # Time and the people outside

    def phone(self, number: str) -> Handset:
        """The phone with that number."""
        return self.sandbox.handset(number)

    def hangs_up(self) -> None:
        """Whoever is in a call ends it, as our provider does where we have died over it."""
        for number in {call.to for call in self.sandbox.network.calls.values() if call.status == "in-progress"}:
            for call in self.phone(number).calls:
                call.hang_up()

    def settles(self) -> None:
        """Everything that is due now happens, and all that follows from it."""
        while self.works() or self.sandbox.settle():
            pass

    def passes(self, **span: float) -> None:
        """Time goes by from one due moment to the next."""
        end = self.clock() + timedelta(**span)
        while self.clock() < end:
            self.settles()
            moments = [at for at in (self.restarts().does("next_due"), self.sandbox.next_due()) if at is not None]
            self.clock.move(min(end, max(min(moments, default=end), self.clock() + timedelta(milliseconds=1))))
        self.settles()

    def _post(self, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """How the provider calls us: once, whether anybody is there or not."""
        path = urlsplit(url)._replace(scheme="", netloc="").geturl()
        request = Request("POST", path, urlencode(params).encode(), {**headers, "Content-Type": FORM})
        answer = self._send(request, restart=False)
        if answer is None:
            raise Unreachable
        return answer

    def _send(self, request: Request, *, restart: bool = True) -> Answer | None:
        process = self.restarts() if restart else self._process
        self._last, self.answer = request, None
        if process is None or not process.lives:
            return None
        connection = HTTPConnection("127.0.0.1", process.port, timeout=ORDER_SECONDS)
        try:
            connection.request(request.method, request.path, request.body, dict(request.headers))
            response = connection.getresponse()
            self.answer = Answer(response.status, response.read().decode())
        except (OSError, HTTPException):
            process.ends()
            return None
        finally:
            connection.close()
        process.does("rest")
        return self.answer


def _give_leave(leaves: Connection, referee: Referee) -> None:
    with suppress(EOFError, OSError):
        while True:
            effect = leaves.recv()
            if referee.passes(effect):
                leaves.send(None)
