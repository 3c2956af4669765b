"""What the open pages of the console show, kept new: looked at after each commit, rendered once for all who see it.

A page shows regions, each the inner HTML of an element by its id. Its stream says what of them has changed since, as
soon as it does; whoever was cut off goes on from what it last saw. Of a list only the items that differ are sent, of a
picture and the like that there is a newer one: the page fetches it once it is in sight. One listener for all of it.
"""

import asyncio
import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, lru_cache, partial
from typing import Protocol

import structlog
from fastapi import HTTPException

from alertnet.core.limits import OPEN_PAGES
from alertnet.runtime.database.transactions import isolated
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import SignedIn
from alertnet.store.views import timeline_view
from alertnet.web.after_commits import look_after_commits

LOOK_SECONDS = 0.25
STILL_THERE_SECONDS = 15.0
"""A page hears so often that nothing is new, and knows by it that the line holds."""
RENEWED, STAYS = timedelta(seconds=15), timedelta(seconds=40)
"""So often a process says who looks at what here, and for so long the others believe it."""
MOST_PAGES = 300

FETCHED = frozenset({"picture", "ahead", "notified"})
"""Regions too large for an event, or folded in until somebody wants them."""
ITEM, PARAGRAPH = (re.compile(rf"((?:{ends})\s*)") for ends in ("</li>|</tr>", "</p>|</blockquote>"))

Change = str | bool | list[int | str] | None
"""Of a region: what it is now, True where it is to be fetched, None where it is gone. Of a list: how many items stay at
its beginning, how many at its end, how many there were, and what stands between them now.
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Regions:
    """What a page shows, by the ids of elements. `source`: what it was made of; from the same nothing else is made."""

    parts: Mapping[str, str]
    source: object = field(default=None, compare=False)

    @cached_property
    def version(self) -> str:
        """Another one wherever anything differs."""
        return hashlib.sha256(json.dumps(sorted(self.parts.items())).encode()).hexdigest()[:16]

    def since(self, before: "Regions | None") -> dict[str, Change]:
        """What has changed since then; all of it where that is not known."""
        known = before.parts if before is not None else {}
        changed = {id: html for id, html in self.parts.items() if known.get(id) != html}
        told: dict[str, Change] = {
            id: True if id in FETCHED else difference(known.get(id), html) for id, html in changed.items()
        }
        return {**told, **dict.fromkeys(id for id in known if id not in self.parts)}


@lru_cache(maxsize=256)
def difference(before: str | None, now: str) -> Change:
    """What of a list differs; all of what is none, or was not known. Asked for each page, and found once."""
    ends = PARAGRAPH if now.startswith("<p") else ITEM
    old, new = _items(before or "", ends), _items(now, ends)
    if not old or new is None:
        return now
    most = min(len(old), len(new))
    first = next((place for place in range(most) if old[place] != new[place]), most)
    last = next((place for place in range(most - first) if old[-1 - place] != new[-1 - place]), most - first)
    return [first, last, len(old), "".join(new[first : len(new) - last])]


def _items(html: str, ends: re.Pattern[str]) -> list[str] | None:
    """The items of a list; None where it is none."""
    *parts, rest = ends.split(html)
    return None if rest else [each + end for each, end in zip(parts[::2], parts[1::2], strict=True)]


class Look(Protocol):
    """A page as far as many see the same of it; equal ones are rendered once."""

    def __hash__(self) -> int: ...

    @property
    def incident(self) -> str:
        """The id of the one that it is about; empty where it is about none alone."""
        ...

    def regions(self, runtime: Runtime, before: Regions | None, seq: int | None) -> Regions:
        """What it shows now; `before`: what it showed last, to be given back where nothing has changed.

        `seq`: how far the history of its incident has come.
        """
        ...


class Watch:
    """Looks for all pages that are open in this process, until it is about to end: `leaving`."""

    def __init__(self, runtime: Runtime, leaving: threading.Event) -> None:
        self._runtime = runtime
        self._leaving = leaving
        self._open: Counter[Look] = Counter()
        self._by_session: Counter[str] = Counter()
        self._here: Counter[tuple[str, str]] = Counter()
        self._noted: frozenset[tuple[str, str]] = frozenset()
        self._renew_at = runtime.now()
        self._looking: Mapping[str, tuple[str, ...]] = {}
        self._shown: dict[Look, Regions] = {}
        self._following_now: Counter[SignedIn] = Counter()
        self._known_in: frozenset[SignedIn] = frozenset()
        """Those who were signed in after what is shown was read, asked once for all their pages."""
        self._is_away = False
        self._news = asyncio.Condition()
        self._listener: asyncio.Task[None] | None = None

    async def changes(
        self, look: Look, who: SignedIn, seen: str, is_in: Callable[[], bool], place: str = ""
    ) -> AsyncIterator[str]:
        """The events of one page that showed the version `seen`, until its session ends.

        `place`: what the page is about, where those who look at the same see each other.
        """
        async with self._following(look, who, place):
            before: Regions | None = None
            told: tuple[str, ...] | None = None if place else ()
            while not self._leaving.is_set():
                now = await self._beyond(look, before, partial(self._are_others, place, who.user, told))
                # Asked after the wait: it may have ended meanwhile.
                is_news = now is not None and now is not before
                if not (is_news and who in self._known_in) and not await asyncio.to_thread(is_in):
                    yield "event: over\ndata: {}\n\n"
                    return
                if told != self.others(place, who.user):
                    told = self.others(place, who.user)
                    yield f"event: here\ndata: {json.dumps(told)}\n\n"
                if self._is_away:
                    yield "event: away\ndata: {}\n\n"
                    await asyncio.sleep(LOOK_SECONDS)
                elif now is None or now is before or (before is None and now.version == seen):
                    before = before or now
                    yield f"event: still\ndata: {self._runtime.now().timestamp():.0f}\n\n"
                else:
                    news = {"now": self._runtime.now().timestamp(), "regions": now.since(before), "all": before is None}
                    before = now
                    yield f"id: {now.version}\ndata: {json.dumps(news)}\n\n"

    def shown(self, look: Look) -> Regions | None:
        """What pages that look at the same were shown last, where there are any."""
        return self._shown.get(look)

    def others(self, place: str, user: str) -> tuple[str, ...]:
        """Who else looked at that place last, in any process."""
        return tuple(each for each in self._looking.get(place, ()) if each != user)

    def _are_others(self, place: str, user: str, told: tuple[str, ...] | None) -> bool:
        return told != self.others(place, user)

    def check_room(self, session: str) -> None:
        """Refuse one page more where there are enough.

        Raises:
            HTTPException: 429, too many are open.
        """
        if self._open.total() >= MOST_PAGES or self._by_session[session] >= OPEN_PAGES:
            raise HTTPException(429, "too many pages are open", {"Retry-After": "30"})

    @asynccontextmanager
    async def _following(self, look: Look, who: SignedIn, place: str) -> AsyncIterator[None]:
        self._open[look] += 1
        self._by_session[who.id] += 1
        self._following_now[who] += 1
        if place:
            self._here[who.user, place] += 1
        if self._listener is None:
            self._listener = asyncio.create_task(look_after_commits(self._runtime, self._look, LOOK_SECONDS))
        try:
            yield
        finally:
            self._open -= Counter([look])
            self._by_session -= Counter([who.id])
            self._following_now -= Counter([who])
            self._here -= Counter([(who.user, place)])
            if look not in self._open:
                self._shown.pop(look, None)
            if not self._open and self._listener is not None:
                self._listener.cancel()
                self._listener = None

    async def _beyond(self, look: Look, before: Regions | None, is_news: Callable[[], bool]) -> Regions | None:
        """What is shown once that is another than before, or there is other news; None: nothing is new for a while."""

        def is_new() -> bool:
            shown = look in self._shown
            return self._is_away or self._leaving.is_set() or (shown and (self._shown[look] is not before or is_news()))

        with suppress(TimeoutError):
            async with asyncio.timeout(STILL_THERE_SECONDS), self._news:
                await self._news.wait_for(is_new)
                return self._shown.get(look)
        return None

    async def _look(self) -> None:
        before = {look: self._shown.get(look) for look in self._open}
        everybody = tuple(self._following_now)
        try:
            shown, known_in = await asyncio.to_thread(self._read, before, everybody)
            is_away = False
        except Exception as error:
            # Whoever looks on is told so; a listener that ended would let them believe that nothing happens.
            log.warning("console_look_failed", error=type(error).__name__)
            shown, known_in, is_away = {}, frozenset[SignedIn](), True
        async with self._news:
            self._shown |= {look: regions for look, regions in shown.items() if look in self._open}
            self._known_in, self._is_away = known_in, is_away
            self._news.notify_all()
        # What happens is shown all the same, where who looks on can't be noted.
        with isolated(log, "presence_failed"):
            await asyncio.to_thread(self._look_around, frozenset(self._here))
        async with self._news:
            self._news.notify_all()

    def _read(
        self, before: Mapping[Look, Regions | None], everybody: Iterable[SignedIn]
    ) -> tuple[dict[Look, Regions], frozenset[SignedIn]]:
        """What is shown now, and who of those is signed in after that was read."""
        about = sorted({look.incident for look in before if look.incident})
        heads = self._runtime.read(lambda tx: timeline_view.heads(tx.session, about)) if about else {}
        shown = {
            look: look.regions(self._runtime, regions, heads.get(look.incident)) for look, regions in before.items()
        }
        known_in = [who for who in everybody if self._runtime.read(users.is_still_signed_in, who)]
        return shown, frozenset(known_in)

    def _look_around(self, here: frozenset[tuple[str, str]]) -> None:
        """Say who looks at what in this process, where that is another than before or grows old, and read who does."""
        now = self._runtime.now()
        if gone := self._noted - here:
            self._runtime.transact(users.look_away, gone)
        if here - self._noted or (here and now >= self._renew_at):
            self._runtime.transact(users.look_at, here, now + STAYS)
            self._renew_at = now + RENEWED
        self._noted = here
        self._looking = self._runtime.read(users.looking_at) if here else {}
