"""The process under test: web and worker of alertnet, one thing at a time, on a time that the test moves.

Nothing of the program is replaced. Commits are announced by an event of the engine, replies by a layer around the
application; both wait for leave, which never comes where the process is killed instead. What goes to the provider
passes a gate outside (see `gates`).
"""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import uvicorn
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertnet.cli.server.web_server import listen
from alertnet.core.directory.contact_tree import Network
from alertnet.flows.system.purge import PurgeDecision
from alertnet.messages.templates.load import Templates
from alertnet.runtime.hang_ups import HangUps
from alertnet.runtime.logging import configure
from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import Runtime, wire
from alertnet.web.app import make_app
from alertnet.worker.purging import purge_old
from alertnet.worker.self_monitoring import beat
from alertnet.worker.service import Worker
from alertnet.worker.startup_recovery import declare_restored
from tests.crashes.effects import Effect, Kind
from tests.support.timed_program import recover

Announce = Callable[[Effect], None]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DOORWAYS = frozenset({"unit"})
"""Rooms whose flows let another one in, and write what it has left to them."""


class SharedClock:
    """The only time there is, in whichever process: microseconds since the epoch in shared memory."""

    def __init__(self, microseconds: Any) -> None:
        self.microseconds = microseconds

    def __call__(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.microseconds.value)

    def move(self, at: datetime) -> None:
        """It is that moment now."""
        self.microseconds.value = (at - EPOCH) // timedelta(microseconds=1)


class Installed(NamedTuple):
    """What is installed where the process runs."""

    settings: Mapping[str, str]
    network: Network
    templates: Templates


def run(installed: Installed, microseconds: Any, orders: Connection, leaves: Connection) -> None:
    """Tell on which port it serves, and do what is ordered while there are orders (see `process`)."""
    configure(level=logging.ERROR)
    announce = _asking_leave(leaves)
    settings, network, templates = installed
    with closing(wire(read_settings(settings), network, templates, clock=SharedClock(microseconds))) as runtime:
        announce_commits(runtime.engine, announce)
        replies = Replies(make_app(runtime), announce)
        worker, hang_ups = Worker(runtime), LastOfAll(lambda call: runtime.hang_up([call]))
        vars(runtime)["hang_ups"] = hang_ups
        does: dict[str, Callable[[], object]] = {
            "step": worker.step,
            "next_due": worker.next_due,
            "poll_missed_inbound": partial(_then, worker.poll_missed_inbound, hang_ups.finish),
            "beat": partial(_beat, runtime, worker.id),
            "recover": partial(_then, partial(recover, runtime), hang_ups.finish),
            "restored": partial(_then, partial(_declare_restored, runtime, announce), hang_ups.finish),
            "purge": lambda: purge_old(runtime, runtime.now(), PurgeDecision("alertnet", "old"), rest=lambda: None),
            "rest": partial(_then, replies.rest, hang_ups.finish),
        }
        with _serving(replies) as port:
            orders.send(port)
            while (order := orders.recv()) is not None:
                orders.send(does[order]())


class LastOfAll(HangUps):
    """Ends calls once all else is done that was ordered, so that effects have one order each time."""

    def __init__(self, hang_up: Callable[[str], None]) -> None:
        super().__init__(hang_up)
        self._waiting: list[str] = []

    def soon(self, calls: Iterable[str]) -> None:
        self._waiting += calls

    def finish(self, within_seconds: float | None = None) -> None:
        while self._waiting:
            self._hang_up(self._waiting.pop(0))


def _then(work: Callable[[], object], after: Callable[[], object]) -> object:
    """What the work gives, when what comes after it is done too."""
    value = work()
    after()
    return value


def _beat(runtime: Runtime, worker: str) -> None:
    """Nobody outside waits for what it would have done there."""
    beat(runtime, worker, _nobody)


def _nobody(url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> None:
    """Who is pinged."""


def _declare_restored(runtime: Runtime, announce: Announce) -> str:
    """What `alertnet db restored` does; it ends with an exit code."""
    declared, refs = declare_restored(runtime, None, "an operator")
    announce(Effect(Kind.REPLY, "0"))
    return f"{declared.taken_at} {declared.queued} {refs}"


def announce_commits(engine: Engine, announce: Announce) -> None:
    """Announce every commit that changes something, with the flow that changed it first."""

    @event.listens_for(engine, "begin")
    def begin(connection: DatabaseConnection) -> None:
        connection.info.pop("flow", None)

    @event.listens_for(engine, "after_cursor_execute")
    def note(connection: DatabaseConnection, cursor: Any, statement: str, *_: object) -> None:
        # SQLite does not know yet how many rows an INSERT with RETURNING gives.
        is_change = statement.startswith("INSERT") or (statement.startswith(("UPDATE", "DELETE")) and cursor.rowcount)
        if is_change:
            connection.info.setdefault("flow", _flow())

    @event.listens_for(engine, "commit")
    def commit(connection: DatabaseConnection) -> None:
        if flow := connection.info.pop("flow", None):
            announce(Effect(Kind.COMMIT, flow))


def _flow() -> str:
    """What is under way on this thread: the outermost function of `alertnet.flows`, else of `alertnet.store`."""
    calls = [
        (*module.split(".")[1:], frame.f_code.co_name)
        for frame, _ in traceback.walk_stack(None)
        if (module := frame.f_globals.get("__name__", "")).startswith(("alertnet.flows.", "alertnet.store."))
    ]
    flows = [call for call in calls if call[0] == "flows"]
    inner = [flow for flow in flows if flow[1] not in DOORWAYS]
    return ".".join((inner or flows or calls)[-1][-2:])


class Replies:
    """Announces each reply before its first byte, and knows when nothing is under way any more."""

    def __init__(self, app: ASGIApp, announce: Announce) -> None:
        self._app = app
        self._announce = announce
        self._under_way = 0
        self._changed = threading.Condition()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def announced(message: Message) -> None:
            # Looking changes nothing, and so a reply to it is no effect.
            if message["type"] == "http.response.start" and scope["method"] != "GET":
                self._announce(Effect(Kind.REPLY, str(message["status"])))
            await send(message)

        self._count(1)
        try:
            await self._app(scope, receive, announced)
        finally:
            self._count(-1)

    def rest(self) -> None:
        """Wait until every request is over, with what it left to be done after the reply."""
        with self._changed:
            self._changed.wait_for(lambda: self._under_way == 0)

    def _count(self, change: int) -> None:
        with self._changed:
            self._under_way += change
            self._changed.notify_all()


def _asking_leave(leaves: Connection) -> Announce:
    lock = threading.Lock()

    def announce(effect: Effect) -> None:
        with lock:
            leaves.send(effect)
            leaves.recv()

    return announce


@contextmanager
def _serving(app: ASGIApp) -> Iterator[int]:
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    listening = listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.002)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
