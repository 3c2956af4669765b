"""Sends claimed attempts: renders each, checks it once more, gives it to its channel, and records the outcome."""

import select
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import structlog

from alertnet.channels.base import Accepted, Handover, Outgoing, Overlapping, Refused, Result
from alertnet.core.directory.contact import MethodKind
from alertnet.core.monitoring.metrics import DUE_TO_SENT, SENDS, once, took
from alertnet.core.notification import Kind
from alertnet.flows.mail.receive_mail import may_answer_by_mail
from alertnet.flows.sending import render_and_send
from alertnet.flows.sending.encrypt_mail import record_unsealed
from alertnet.flows.sending.record_outcome import SendOutcome, record, record_each
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.runtime.database.transactions import DatabaseAway, isolated
from alertnet.runtime.logging import written_together
from alertnet.runtime.wiring import Runtime
from alertnet.worker.platform import Event
from alertnet.worker.routes import Routes
from alertnet.worker.thread_pools import Share

T = TypeVar("T")

GATHER_SECONDS = 0.005
"""Seconds within which answers are recorded together."""

log = structlog.get_logger(__name__)


class Batcher(Generic[T]):
    """Joins items from many threads: `work` gets all that wait, in order of arrival, on the thread that came first.

    The other threads go on at once, and don't learn the result.
    """

    def __init__(self, work: Callable[[Sequence[T]], object]) -> None:
        self._work = work
        self._waiting: list[T] = []
        """Items whose work has not begun."""
        self._lock = threading.Lock()
        self._at_work = False

    def __call__(self, *items: T) -> None:
        """Have the work done for these items. If this thread must do it, returns when all is done.

        Raises what `work` raised, on the thread that did it; items that wait then are done with the next one.
        """
        with self._lock:
            self._waiting += items
            if self._at_work:
                return
            self._at_work = True
        try:
            while batch := self._next():
                self._work(batch)
        except BaseException:
            self._at_work = False
            raise

    def _next(self) -> list[T]:
        with self._lock:
            batch, self._waiting = self._waiting, []
            self._at_work = bool(batch)
            return batch


class Commit:
    """The commit of a claim, as seen by threads that prepare its messages meanwhile.

    Messages ready by then are written by the very thread that commits, so that no other need be woken first; but only
    while the claim is untouched (A4). Otherwise each checks for itself whether it may still leave.
    """

    def __init__(self, over: Event, is_untouched: Callable[[], bool]) -> None:
        """`is_untouched`: whether nothing can have happened to the claim, called once it is on disk."""
        self._over = over
        self._is_untouched = is_untouched
        self._lock = threading.Lock()
        self._holds: bool | None = None
        self._ready: list[TakenAlong] = []

    def holds(self) -> None:
        """Note that the claim is committed, on disk, and let leave what is ready."""
        self._end(True)
        try:
            if self._is_untouched():
                for each in self._ready:
                    each.leaves()
        finally:
            self._over.set()

    def fails(self) -> None:
        """Note that the claim was rolled back."""
        self._end(False)
        self._over.set()

    def wait(self) -> bool:
        """Wait for the commit; whether it is on disk."""
        self._over.wait()
        return bool(self._holds)

    def takes_along(self, write: Callable[[], object]) -> "TakenAlong | None":
        """Have `write` called at the commit, if the claim is untouched; None where the commit is already over."""
        taken = TakenAlong(write)
        with self._lock:
            if self._holds is not None:
                return None
            self._ready.append(taken)
        return taken

    def _end(self, holds: bool) -> None:
        with self._lock:
            self._holds = holds


@dataclass(eq=False)
class TakenAlong:
    """A message written by another thread than the one that receives the result."""

    write: Callable[[], object]
    is_done: bool = False

    def leaves(self) -> None:
        """Let it leave."""
        self.is_done = True
        self.write()


@dataclass(frozen=True)
class _Ready:
    """An attempt that is ready to leave; `has_left` waits for its commit."""

    claimed: Claimed
    handover: Handover
    has_left: Callable[[], bool]


def _given(share: Share, lease: str, work: Callable[[], None]) -> bool:
    """Whether another thread takes over the work; False where the threads are ending, or the system has none left."""
    try:
        share.give(lease, work)
    except RuntimeError:
        return False
    return True


class Sending:
    """Sends claimed attempts; for any number of threads."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.routes = Routes(runtime)
        self._record = Batcher(self._record_all)

    def send(self, claimed: Claimed, commit: Commit | None = None) -> None:
        """Give an attempt to its channel, unless it must no longer leave, and have the outcome recorded.

        `commit`: of its claim, where it is still to come. Nothing leaves before it, nor where it is rolled back.
        """
        outgoing = self._made_ready(claimed)
        result = self._hand_over(claimed, outgoing, commit) if isinstance(outgoing, Outgoing) else outgoing
        if commit is None or commit.wait():
            self._settle([(claimed, result)])

    def send_together(self, batch: Sequence[Claimed], commit: Commit | None, share: Share) -> None:
        """Send several by one `Overlapping` route: one thread waits for all their answers."""
        ours: set[str] | None = set() if commit is None else None
        found = [self._made_overlapping(each, commit, ours) for each in batch]
        ready = [each for each in found if each is not None]
        others = [claimed for claimed, each in zip(batch, found, strict=True) if each is None]
        alone = [(each.lease, partial(self._send_alone, each, commit)) for each in (others if ready else others[1:])]
        refused = [work for lease, work in alone if not _given(share, lease, work)]
        if not ready:
            self._send_alone(others[0], commit)
        elif commit is None or commit.wait():
            if ours is not None:
                with suppress(DatabaseAway):
                    ours |= self.runtime.ask(render_and_send.still_ours, [each.claimed for each in ready])
            self._hear(ready, share)
        else:
            for each in ready:
                each.handover.withdraw()
        for work in refused:
            work()

    def _send_alone(self, claimed: Claimed, commit: Commit | None) -> None:
        with suppress(DatabaseAway):
            self.send(claimed, commit)

    def _made_overlapping(self, claimed: Claimed, commit: Commit | None, ours: set[str] | None) -> "_Ready | None":
        """The attempt, ready to leave; None where `send` must take it, which also reports why."""
        with suppress(Exception):
            channel = self.runtime.outlets[claimed.method, claimed.provider].channel
            if isinstance(channel, Overlapping):
                outgoing = self.compose(claimed)
                if (handover := channel.prepare(outgoing)) is not None:
                    return _Ready(claimed, handover, self._leaving(claimed, outgoing, handover.write, commit, ours))
        return None

    def _hear(self, ready: Sequence["_Ready"], share: Share) -> None:
        """Let leave what may, and settle the results; those that come within a moment together."""
        pending: dict[int, _Ready] = {}
        heard: list[tuple[Claimed, Result | None]] = []
        speaks = select.poll()
        for each in ready:
            fault: Result | None = None
            try:
                if each.has_left():
                    pending[each.handover.fileno()] = each
                    speaks.register(each.handover.fileno(), select.POLLIN)
                    continue
            except Exception:
                log.exception("channel_failed", attempt=each.claimed.id, method=each.claimed.method)
                fault = render_and_send.FAULT
            each.handover.withdraw()
            heard.append((each.claimed, fault))
        while pending:
            first = next(iter(pending))
            seconds = GATHER_SECONDS if heard else pending[first].handover.seconds_left()
            speaking = [place for place, _ in speaks.poll(seconds * 1000)]
            if heard and not speaking:
                # Not on this thread, which must receive the other results, unless there is no other.
                if not _given(share, heard[0][0].lease, settle := partial(self._settle, heard)):
                    settle()
                share.free([claimed.lease for claimed, _ in heard[1:]])
                heard = []
            for place in speaking or [first]:
                each = pending[place]
                if (result := render_and_send.hear(each.handover, each.claimed)) is not None:
                    heard.append((each.claimed, result))
                    speaks.unregister(place)
                    del pending[place]
        share.free([claimed.lease for claimed, _ in heard[1:]])
        self._settle(heard)

    def _settle(self, heard: Sequence[tuple[Claimed, Result | None]]) -> None:
        """Report each result to monitoring, and have it recorded."""
        with written_together():
            for claimed, result in heard:
                with isolated(log, "job_failed", job=claimed.lease):
                    self._tell(claimed, result)
        self._record(
            *(SendOutcome(each.id, each.lease, render_and_send.outcome_of(each, result)) for each, result in heard)
        )

    def _tell(self, claimed: Claimed, result: Result | None) -> None:
        """Report the result to those who watch provider health and count what we send."""
        if result is None:
            log.info("attempt_withheld", attempt=claimed.id, method=claimed.method)
            return
        self.routes.note((claimed.method, claimed.provider), result, claimed.id)
        self._count(claimed, result)
        log.info(
            "attempt_made",
            ref=claimed.said.ref,
            attempt=claimed.id,
            method=claimed.method,
            provider=claimed.provider,
            kind=claimed.kind,
            result=type(result).__name__,
            why=getattr(result, "code", None),
        )

    def _count(self, claimed: Claimed, result: Result) -> None:
        counting, method = self.runtime.counting, claimed.method.value
        counted = once(SENDS, method, claimed.provider, type(result).__name__.lower())
        if claimed.due_at is not None and isinstance(result, Accepted):
            counted |= took(DUE_TO_SENT, (self.runtime.now() - claimed.due_at).total_seconds(), method)
        counting.add(counted)
        if claimed.kind is Kind.ALERT:
            counting.sent(claimed.id)

    def compose(self, claimed: Claimed) -> Outgoing:
        """The message as it leaves; raises `Unknown` where it has no template, `DatabaseAway` if none can be read."""
        renderer = self.runtime.renderer(claimed.templates or self.runtime.edition.templates)
        settings = self.runtime.settings
        is_read = claimed.method is MethodKind.EMAIL and settings.mailbox is not None
        reads_mail = is_read and self.runtime.read(may_answer_by_mail, claimed)
        return render_and_send.render(claimed, renderer, settings.public_url or "", reads_mail=reads_mail)

    def compose_or_none(self, claimed: Claimed) -> Outgoing | None:
        """The message; None, and a line in the log, where it can't be rendered. Raises `DatabaseAway`."""
        with isolated(log, "message_unspeakable", attempt=claimed.id, method=claimed.method, kind=claimed.kind):
            return self.compose(claimed)
        return None

    def _made_ready(self, claimed: Claimed) -> Outgoing | Refused:
        """The message as it leaves, or why it can't be rendered."""
        if (claimed.method, claimed.provider) not in self.runtime.outlets:
            return render_and_send.UNCONFIGURED
        return self.compose_or_none(claimed) or render_and_send.UNRENDERED

    def _hand_over(self, claimed: Claimed, outgoing: Outgoing, commit: Commit | None) -> Result | None:
        """The result of its channel; None where it must no longer leave."""
        channel = self.runtime.outlets[claimed.method, claimed.provider].channel
        return render_and_send.hand_over(
            channel, outgoing, lambda write: self._leaving(claimed, outgoing, write, commit)()
        )

    def _leaving(
        self,
        claimed: Claimed,
        outgoing: Outgoing,
        write: Callable[[], object],
        commit: Commit | None,
        ours: set[str] | None = None,
    ) -> Callable[[], bool]:
        """Let it leave at the commit of its claim; if that is over, after checking that it is still ours.

        The returned function waits for the commit, and says whether it has left. `ours`: the attempts that were checked
        by then; without it each is checked alone.
        """
        units = render_and_send.units(outgoing)
        # Mail is a dialogue with the relay, line by line, for which the committing thread can't wait.
        is_at_once = units == claimed.units and outgoing.method is not MethodKind.EMAIL
        along = commit.takes_along(write) if commit is not None and is_at_once else None

        def has_left() -> bool:
            if commit is not None and not commit.wait():
                return False
            if along is not None and along.is_done:
                return True
            try:
                is_ours = self._is_ours(claimed, outgoing, units, ours if units == claimed.units else None)
            except DatabaseAway:
                return False
            if is_ours:
                write()
            return is_ours

        return has_left

    def _is_ours(self, claimed: Claimed, outgoing: Outgoing, units: int, ours: set[str] | None) -> bool:
        runtime = self.runtime
        self.routes.charge(claimed, units, paid=claimed.units)
        known = runtime.ask(render_and_send.still_ours, [claimed]) if ours is None else ours
        if claimed.id not in known:
            self.routes.charge(claimed, 0, paid=units)
            return False
        if outgoing.unsealed:
            runtime.transact(record_unsealed, claimed.id, outgoing.unsealed)
        return True

    def _record_all(self, outcomes: Sequence[SendOutcome]) -> None:
        """Record the outcomes of a moment together, and alone those for which that is not possible (A11)."""
        try:
            recorded = self.runtime.transact(record_each, outcomes)
            alone = [each for each, is_recorded in zip(outcomes, recorded, strict=True) if not is_recorded]
        except DatabaseAway:
            return
        except Exception:
            log.exception("outcomes_failed", attempts=[each.attempt for each in outcomes])
            alone = list(outcomes)
        for outcome in alone:
            # One that waits long for its incident, locked elsewhere, must not hold back the others.
            with suppress(DatabaseAway), isolated(log, "outcome_failed", attempt=outcome.attempt):
                self.runtime.transact(record, outcome)
