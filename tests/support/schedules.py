"""Two flows at one moment on PostgreSQL, in each order that one preemption makes.

The first is stopped before one of its statements. The other runs to its end, or until it waits for a lock; then the
first goes on. What comes of it must be what comes of one after the other, in whichever order.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, current_thread
from typing import Any

from sqlalchemy import Connection, event, select, text

from alertnet.core.errors import AlertnetError
from alertnet.runtime.wiring import Runtime
from alertnet.store.tables import acknowledgements, alarms, escalations, incidents, metadata, notifications

Act = Callable[[], object]
Outcome = tuple[dict[str, str], dict[str, Counter[tuple[str, ...]]]]
"""What came of each act, and what the outside may see of it."""

PATIENCE = 20.0  # seconds until a schedule is given up
WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid AND wait_event_type = 'Lock'")
DEADLOCKS = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
SEEN = {
    incidents: ("status", "close_reason", "type", "severity"),
    escalations: ("tree", "status", "level", "round", "due_at"),
    notifications: ("kind", "contact", "method", "status"),
    acknowledgements: ("contact", "kind", "via", "revoked_at"),
    alarms: ("kind", "subject", "about", "answer", "answered_by", "due_at"),
}


@dataclass
class Gate:
    """The statements of one act; it is stopped before that one."""

    stop: int | None = None
    count: int = 0
    pid: int = 0
    is_stopped: Event = field(default_factory=Event)
    may_go: Event = field(default_factory=Event)

    def before_statement(self) -> None:
        if self.count == self.stop:
            self.is_stopped.set()
            assert self.may_go.wait(PATIENCE)
        self.count += 1


class Schedules:
    """The schedules of two acts, each on the database as it is when this is made."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._gates: dict[object, Gate] = {}
        self._reset = "; ".join(
            [
                "SET LOCAL session_replication_role = replica",
                *(f'DELETE FROM public."{name}"' for name in metadata.tables),
                *(f'INSERT INTO public."{name}" SELECT * FROM before."{name}"' for name in metadata.tables),
            ]
        )

    @contextmanager
    def kept(self) -> Iterator[None]:
        """The database as it is now is kept aside until the end of the block."""
        copies = [f'CREATE TABLE before."{name}" AS SELECT * FROM public."{name}"' for name in metadata.tables]
        self._do("; ".join(["CREATE SCHEMA before", *copies]))
        event.listen(self._runtime.engine, "before_cursor_execute", self._pass)
        event.listen(self._runtime.engine, "commit", self._pass)
        yield
        event.remove(self._runtime.engine, "before_cursor_execute", self._pass)
        event.remove(self._runtime.engine, "commit", self._pass)
        self._do("DROP SCHEMA before CASCADE")

    def serial(self, *acts: tuple[str, Act]) -> Outcome:
        """What comes of them one after the other."""
        self._do(self._reset)
        return {name: _came_of(act) for name, act in acts}, self._seen()

    def preempted(self, first: tuple[str, Act], second: tuple[str, Act]) -> Iterator[tuple[int, Outcome]]:
        """What comes of them with the first stopped before each of its statements in turn; with that one's number."""
        stop, gate = 0, Gate()
        while gate.count >= stop:
            self._do(self._reset)
            gate = Gate(stop)
            came_of = self._run(gate, first, second)
            yield stop, (came_of, self._seen())
            stop += 1

    def deadlocks(self) -> int:
        """How many PostgreSQL has undone so far."""
        with self._runtime.engine.connect() as connection:
            return int(connection.scalar(DEADLOCKS) or 0)

    def _run(self, gate: Gate, first: tuple[str, Act], second: tuple[str, Act]) -> dict[str, str]:
        other = Gate()
        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(self._act, gate, first[1])
            while not (gate.is_stopped.is_set() or one.done()):
                time.sleep(0.001)
            two = pool.submit(self._act, other, second[1])
            self._wait(two, other)
            gate.may_go.set()
            return {first[0]: one.result(PATIENCE), second[0]: two.result(PATIENCE)}

    def _act(self, gate: Gate, act: Act) -> str:
        self._gates[current_thread()] = gate
        try:
            return _came_of(act)
        finally:
            del self._gates[current_thread()]

    def _wait(self, act: Future[str], gate: Gate) -> None:
        until = time.monotonic() + PATIENCE
        with self._runtime.engine.connect() as connection:
            while not act.done() and not (gate.pid and connection.scalar(WAITS, {"pid": gate.pid})):
                assert time.monotonic() < until, "it neither ends nor waits for a lock"
                connection.rollback()
                time.sleep(0.001)

    def _pass(self, connection: Connection, *_: object) -> None:
        if (gate := self._gates.get(current_thread())) is not None:
            gate.pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
            gate.before_statement()

    def _do(self, statements: str) -> None:
        with self._runtime.engine.begin() as connection:
            for each in statements.split("; "):
                connection.exec_driver_sql(each)

    def _seen(self) -> dict[str, Counter[tuple[str, ...]]]:
        def read(tx: Any) -> dict[str, Counter[tuple[str, ...]]]:
            return {
                table.name: Counter(tuple(map(str, row)) for row in tx.session.execute(select(*table.c[names])))
                for table, names in SEEN.items()
            }

        return self._runtime.read(read)


def _came_of(act: Act) -> str:
    try:
        act()
    except AlertnetError as refused:
        return type(refused).__name__
    return "done"
