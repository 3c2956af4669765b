"""The world around a process that may be killed: a supervisor that starts it again, the provider, and people.

world.asks("POST", "/v1/incidents", ARREST)     somebody asks; None where the process died over it
world.asks_again()                              the very same request once more
world.passes(minutes=5)                         time goes by, and everything due happens at its moment
"""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from alertnet.sandbox import Call, Handset, Sandbox, Unreachable, WebhookAnswer
from tests.crashes import database, program
from tests.crashes.database import ACCOUNT, TOKEN, Original
from tests.crashes.effects import Referee
from tests.crashes.gates import before_provider, before_relay
from tests.crashes.process import ORDER_SECONDS, Process
from tests.support.forking import FORKING

NIGHT = datetime(2026, 11, 27, 2, 14, tzinfo=UTC)
URL = "https://alarm.example.org"
"""Where the provider finds us; whichever process lives listens on a port of its own."""
FORM = "application/x-www-form-urlencoded"


class Request(NamedTuple):
    """One request to us, word for word."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]


class World:
    """An installation on a copy of a database, its provider and its people; use it as a context."""

    def __init__(self, original: Original) -> None:
        self._stack = ExitStack()
        self._original = original
        self.database_url = original.copy()
        self.clock = program.SharedClock(FORKING.RawValue("q"))
        self.clock.move(NIGHT)
        self.referee = Referee(self.kills)
        self._process: Process | None = None
        self._last: Callable[[], WebhookAnswer | None] | None = None
        self._backup: str | None = None
        self.notes: dict[str, str] = {}
        """What people have written down for later."""
        self.answer: WebhookAnswer | None = None
        """What we answered last; None where the process died over it."""
        self.call: Call | None = None
        """The last one to us."""
        sandbox = Sandbox(account_sid=ACCOUNT, auth_token=TOKEN, public_url=URL, now=self.clock, post=self._post)
        self.sandbox = self._stack.enter_context(sandbox)
        enter, passes = self._stack.enter_context, self.referee.passes
        self._settings = database.settings(original.folder, self.database_url) | {
            "ALERTNET_PUBLIC_URL": URL,
            "ALERTNET_TWILIO_FROM": self.sandbox.number,
            "ALERTNET_TWILIO_API_URL": enter(before_provider(self.sandbox.api_url, passes)),
            "ALERTNET_SMTP_URL": enter(before_relay(self.sandbox.smtp_url, passes)),
        }
        self._network = original.network

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
            settings = {**self._settings, "ALERTNET_DATABASE_URL": self.database_url}
            installed = program.Installed(settings, self._network, self._original.templates)
            self._process = Process(installed, self.clock, self.referee)
        return self._process

    def does(self, order: str) -> Any:
        """What comes of an order to the process; None where it died over it."""
        return self.restarts().does(order)

    def works(self) -> bool:
        """The worker does everything that is due; whether there was anything."""
        return bool(self.does("step"))

    # Those who run it

    def edits(self) -> None:
        """Somebody edits the trees, and starts the process again."""
        self.kills()
        self._network = self._original.edited

    def backs_up(self) -> None:
        """The database as it is now is kept apart."""
        self.kills()
        self._backup = self._original.copy(self.database_url)

    def restores(self) -> None:
        """What was kept is the database now."""
        assert self._backup is not None
        self.kills()
        self.database_url = self._backup

    def declares_restored(self) -> WebhookAnswer | None:
        """Somebody types `alertnet db restored`: its exit code, and what it says; None where it died over it."""
        self._last = self.declares_restored
        said = self.does("restored")
        return None if said is None else WebhookAnswer(0, said)

    # Those who ask

    def asks(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, by: str = "key"
    ) -> WebhookAnswer | None:
        """Somebody asks the API, under an Idempotency-Key if there is one; `by`: with which of the original's keys."""
        bearer = getattr(self._original, by)
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        return self._send(Request(method, path, b"" if body is None else json.dumps(body).encode(), headers))

    def opens(self, path: str, **form: str) -> WebhookAnswer | None:
        """Somebody presses a button on the page of a link."""
        return self._send(Request("POST", path, urlencode(form).encode(), {"Content-Type": FORM}))

    def asks_again(self) -> WebhookAnswer | None:
        """The last one who asked does the very same once more, as whoever gets no answer does."""
        assert self._last is not None
        return self._last()

    def sees(self, path: str, *, by: str = "key") -> Any:
        """What the API shows there."""
        last, answer = self._last, self.asks("GET", path, by=by)
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
            moments = [at for at in (self.does("next_due"), self.sandbox.next_due()) if at is not None]
            self.clock.move(min(end, max(min(moments, default=end), self.clock() + timedelta(milliseconds=1))))
        self.settles()

    def _post(self, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> WebhookAnswer:
        """How the provider calls us: once, whether anybody is there or not."""
        path = urlsplit(url)._replace(scheme="", netloc="").geturl()
        request = Request("POST", path, urlencode(params).encode(), {**headers, "Content-Type": FORM})
        answer = self._send(request, restart=False)
        if answer is None:
            raise Unreachable
        return answer

    def _send(self, request: Request, *, restart: bool = True) -> WebhookAnswer | None:
        process = self.restarts() if restart else self._process
        self._last, self.answer = partial(self._send, request), None
        if process is None or not process.lives:
            return None
        connection = HTTPConnection("127.0.0.1", process.port, timeout=ORDER_SECONDS)
        try:
            connection.request(request.method, request.path, request.body, dict(request.headers))
            response = connection.getresponse()
            self.answer = WebhookAnswer(response.status, response.read().decode())
        except (OSError, HTTPException):
            process.ends()
            return None
        finally:
            connection.close()
        process.does("rest")
        return self.answer
