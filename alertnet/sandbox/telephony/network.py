"""The state of the simulated network: phones, messages, calls, and what is due. No I/O, no clock of its own."""

import heapq
import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from alertnet.core.codec import value
from alertnet.sandbox.telephony.faults import Fault, Faults
from alertnet.sandbox.telephony.twiml import Gather, Record, Say, Verb

FINISHED = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
"""Call statuses that are final."""


class Behaviour(StrEnum):
    """How a number's owner or carrier treats calls and texts."""

    MANUAL = "manual"
    """Texts arrive; calls ring until somebody answers, rejects or the time is up."""
    SWITCHED_OFF = "switched_off"
    """Texts are undelivered (30003), calls get no answer."""
    NO_COVERAGE = "no_coverage"
    """Texts stay `sent` until the behaviour changes, calls get no answer."""
    BUSY = "busy"
    VOICEMAIL = "voicemail"
    """Calls are answered by a machine that presses no keys; texts arrive."""
    INVALID = "invalid"
    """No such number: 21211 for texts, 21217 for calls."""
    OPTED_OUT = "opted_out"
    """Texts are refused with 21610; calls ring."""
    WRONG_PERSON = "wrong_person"
    """A stranger, who answers and presses 9 and the star; texts arrive."""
    NO_RECEIPTS = "no_receipts"
    """Texts arrive, but stay `sent` for ever."""


@dataclass
class Message:
    """One SMS in either direction, with the provider's `status`."""

    sid: str
    direction: str
    sender: str
    to: str
    body: str
    status: str
    created_at: datetime
    updated_at: datetime
    listed_from: datetime
    sent_at: datetime | None = None
    status_callback: str | None = None
    error_code: int | None = None
    faults: Mapping[Fault, timedelta] = field(default_factory=dict)
    pictures: int = 0


@value
class Heard(Say):
    """A sentence that was said in a call, and when."""

    at: datetime


@dataclass
class CallRecord:
    """One call in either direction: its state, what was said, and what it waits for."""

    sid: str
    direction: str
    sender: str
    to: str
    url: str
    status: str
    created_at: datetime
    updated_at: datetime
    listed_from: datetime
    timeout: timedelta = timedelta(seconds=60)
    """How long it rings."""
    send_digits: str | None = None
    status_callback: str | None = None
    events: frozenset[str] = frozenset({"completed"})
    faults: Mapping[Fault, timedelta] = field(default_factory=dict)
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    sequence: int = 0
    """How many progress events it had."""
    heard: list[Heard] = field(default_factory=list)
    put_through_to: str | None = None
    gather: Gather | None = None
    """The question it waits for, if any; `rest` follows on silence."""
    record: Record | None = None
    """The recording in progress, if any."""
    rest: tuple[Verb, ...] = ()
    keyed: str = ""
    """The keys pressed one by one at this question so far."""

    @property
    def seconds(self) -> int:
        """The length of the conversation; 0 while it lasts, or where nobody answered."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return int((self.ended_at - self.answered_at).total_seconds())


@value
class Recording:
    """What was spoken in a call: the sound, the SID of its call, when it began, its length."""

    sound: bytes
    call: str
    created_at: datetime
    seconds: int


Action = Callable[[datetime], object]
"""An event, called with the moment at which it was due."""


class Network:
    """All state of the sandbox; changes need `lock`.

    Nothing happens at once: what follows from a change is planned, and taken by whoever lets time pass (`take_due`).
    """

    def __init__(self, account_sid: str, now: Callable[[], datetime], ids: Iterator[int]) -> None:
        self.account_sid = account_sid
        self.now = now
        self.lock = threading.Condition(threading.RLock())
        self.faults = Faults()
        self.messages: dict[str, Message] = {}
        self.calls: dict[str, CallRecord] = {}
        self.recordings: dict[str, Recording] = {}
        self.inboxes: defaultdict[str, list[Message]] = defaultdict(list)
        self.held: defaultdict[str, list[Message]] = defaultdict(list)
        """Messages that wait for coverage."""
        self.behaviours: defaultdict[str, Behaviour] = defaultdict(lambda: Behaviour.MANUAL)
        self._under_way = 0
        self._ids = ids
        self._order = itertools.count()
        self._agenda: list[tuple[datetime, int, Action]] = []

    def new_sid(self, prefix: str) -> str:
        """A new SID as the provider forms them: the prefix (`SM`, `CA`) and 32 hexadecimal digits."""
        return f"{prefix}{next(self._ids):032x}"

    def plan(self, at: datetime, action: Action) -> None:
        """Plan an event, after those planned earlier for the same moment."""
        with self.lock:
            heapq.heappush(self._agenda, (at, next(self._order), action))
            self.lock.notify_all()

    def take_due(self) -> tuple[datetime, Action] | None:
        """Take the earliest event that is due off the agenda, under way until `done` is called; None where none is."""
        with self.lock:
            if not self._agenda or self._agenda[0][0] > self.now():
                return None
            at, _, action = heapq.heappop(self._agenda)
            self._under_way += 1
            return at, action

    def done(self) -> None:
        """Note that an event that was taken has happened."""
        with self.lock:
            self._under_way -= 1

    @property
    def is_busy(self) -> bool:
        """Whether a planned event is happening right now."""
        with self.lock:
            return self._under_way > 0

    def next_due(self) -> datetime | None:
        """When the next event is due; None where none is planned."""
        with self.lock:
            return self._agenda[0][0] if self._agenda else None

    def wait_for_due(self, at_most: timedelta) -> None:
        """Block until something may be due, at most that long."""
        with self.lock:
            wait = min(self._agenda[0][0] - self.now(), at_most) if self._agenda else at_most
            if wait > timedelta(0):
                self.lock.wait(wait.total_seconds())

    def wake(self) -> None:
        """Wake threads in `wait_for_due`."""
        with self.lock:
            self.lock.notify_all()

    def ringing(self, number: str) -> CallRecord | None:
        """The call that has been ringing longest at this number."""
        with self.lock:
            calls = self.calls.values()
            return next((call for call in calls if call.to == number and call.status == "ringing"), None)
