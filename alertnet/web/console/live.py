"""Keeps open pages of the console up to date by Server-Sent Events.

A page consists of regions, each the inner HTML of an element with an id. Its stream sends what has changed in them. A
page that lost its connection goes on from the version that it shows. Of a list only the items that differ are sent.
Large regions are only announced (`FETCHED`), and the page fetches them when they come into view.

One listener per process looks after each commit. Each change is rendered and compressed once for all pages that show
the same, and only those pages are woken.
"""

import asyncio
import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Protocol

import structlog
from fastapi import HTTPException

from alertnet.core.codec import value
from alertnet.core.limits import OPEN_PAGES
from alertnet.core.monitoring.self_monitoring import Part as PartOfOurs
from alertnet.flows.desk.board import troubles_now
from alertnet.runtime.database.transactions import isolated
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import SignedIn
from alertnet.store.views import timeline_view
from alertnet.web.after_commits import look_after_commits
from alertnet.web.console.shown import Part

LOOK_SECONDS = 0.25
STILL_THERE_SECONDS = 15.0
"""After so many seconds without news a page is told that there is none, and so knows that the connection holds."""
RENEWED, STAYS = timedelta(seconds=15), timedelta(seconds=40)
"""How often a process records who is looking at which page, and for how long such a record counts."""
MOST_PAGES = 300

FETCHED = frozenset({"picture", "ahead", "notified"})
"""Regions that are too large for an event, or folded until somebody opens them."""
ITEM, PARAGRAPH = (re.compile(rf"((?:{ends})\s*)") for ends in ("</li>|</tr>", "</p>|</blockquote>"))

Change = str | bool | list[int | str] | None
"""How a region changed: its new HTML, True where the page fetches it, None where the region is gone.

A list gives `[kept at its start, kept at its end, items before, HTML between]`.
"""

IncidentState = tuple[int | None, tuple[PartOfOurs, ...]]
"""The length of an incident's history, and what of ourselves is in trouble: the page changes with these alone."""

log = structlog.get_logger(__name__)
AWAY, OVER = Part("event: away\ndata: {}\n\n"), Part("event: over\ndata: {}\n\n")


@value
class Regions:
    """The HTML of a page by element id. `source` is what it was made from; an equal source gives equal HTML."""

    parts: Mapping[str, str]
    source: object = field(default=None, compare=False)
    _told: dict[tuple[str, int], Part] = field(default_factory=dict, compare=False)

    @cached_property
    def version(self) -> str:
        """A hash of all regions (16 hex digits)."""
        return hashlib.sha256(json.dumps(sorted(self.parts.items())).encode()).hexdigest()[:16]

    def since(self, before: "Regions | None") -> dict[str, Change]:
        """What has changed since `before`; everything where `before` is None."""
        known = before.parts if before is not None else {}
        changed = {id: html for id, html in self.parts.items() if known.get(id) != html}
        told: dict[str, Change] = {
            id: True if id in FETCHED else difference(known.get(id), html) for id, html in changed.items()
        }
        return {**told, **dict.fromkeys(id for id in known if id not in self.parts)}

    def news(self, before: "Regions | None", at: float) -> Part:
        """The event for pages that show `before`. It is made once and shared; `at` is the server's time in seconds."""
        if before is None:
            return self._event(None, at)
        # The server's time is in the event, so it is shared only within the same second.
        shared = before.version, round(at)
        if shared not in self._told:
            self._told[shared] = self._event(before, at)
        return self._told[shared]

    def _event(self, before: "Regions | None", at: float) -> Part:
        news = {"now": at, "regions": self.since(before), "all": before is None}
        return Part(f"id: {self.version}\ndata: {json.dumps(news, ensure_ascii=False)}\n\n")


def difference(before: str | None, now: str) -> Change:
    """The changed items of a list; the whole text where it is no list, or its former state is not known."""
    ends = PARAGRAPH if now.startswith("<p") else ITEM
    old, new = _items(before or "", ends), _items(now, ends)
    if not old or new is None:
        return now
    most = min(len(old), len(new))
    first = next((place for place in range(most) if old[place] != new[place]), most)
    last = next((place for place in range(most - first) if old[-1 - place] != new[-1 - place]), most - first)
    return [first, last, len(old), "".join(new[first : len(new) - last])]


def _items(html: str, ends: re.Pattern[str]) -> list[str] | None:
    """The items of a list; None where the HTML is no list."""
    *parts, rest = ends.split(html)
    return None if rest else [each + end for each, end in zip(parts[::2], parts[1::2], strict=True)]


class Look(Protocol):
    """A page as far as several users see the same. Equal looks are rendered once."""

    def __hash__(self) -> int: ...

    @property
    def incident(self) -> str:
        """The id of the incident that the page is about; empty where it is about several."""

    def regions(self, runtime: Runtime, before: Regions | None, state: IncidentState) -> Regions:
        """Render the page; returns `before`, its last rendering, where nothing has changed."""


@dataclass(eq=False)
class Page:
    """An open page. `place` is what it is about; those who look at the same place see each other's names."""

    look: Look
    who: SignedIn
    place: str
    told: tuple[str, ...] | None = None
    """The other users whom the page shows as looking at the same."""
    before: Regions | None = None
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Watch:
    """Follows all open pages of this process until it shuts down (`leaving`)."""

    def __init__(self, runtime: Runtime, leaving: threading.Event) -> None:
        self._runtime = runtime
        self._leaving = leaving
        self._pages: set[Page] = set()
        self._by_session: Counter[str] = Counter()
        self._noted: frozenset[tuple[str, str]] = frozenset()
        self._renew_at = runtime.now()
        self._looking: Mapping[str, tuple[str, ...]] = {}
        self._shown: dict[Look, Regions] = {}
        self._known_in: frozenset[SignedIn] = frozenset()
        """The users found to be signed in after the news was read, asked once for all their pages."""
        self._is_away = False
        self._listener: asyncio.Task[None] | None = None

    async def changes(
        self, look: Look, who: SignedIn, seen: str, is_in: Callable[[], bool], place: str = ""
    ) -> AsyncIterator[Part]:
        """The events of one page that shows the version `seen`, until its session ends; `place`: see `Page`."""
        page = Page(look, who, place, None if place else ())
        with self._following(page):
            while not self._leaving.is_set():
                now = await self._beyond(page)
                # Ask after the wait: the session may have ended during it.
                is_news = now is not None and now is not page.before
                if not (is_news and who in self._known_in) and not await asyncio.to_thread(is_in):
                    yield OVER
                    return
                if page.told != (others := self.others(place, who.user)):
                    page.told = others
                    yield Part(f"event: here\ndata: {json.dumps(others)}\n\n")
                if self._is_away:
                    yield AWAY
                elif now is None or now is page.before or (page.before is None and now.version == seen):
                    page.before = page.before or now
                    yield Part(f"event: still\ndata: {self._runtime.now().timestamp():.0f}\n\n")
                else:
                    before, page.before = page.before, now
                    yield now.news(before, self._runtime.now().timestamp())

    def shown(self, look: Look) -> Regions | None:
        """The latest rendering for pages with that look; None where no page has it."""
        return self._shown.get(look)

    def others(self, place: str, user: str) -> tuple[str, ...]:
        """The other users who looked at that place last, in any process."""
        return tuple(each for each in self._looking.get(place, ()) if each != user)

    def check_room(self, session: str) -> None:
        """Refuse (429) another page where this session, or this process, has too many open."""
        if len(self._pages) >= MOST_PAGES or self._by_session[session] >= OPEN_PAGES:
            raise HTTPException(429, "too many pages are open", {"Retry-After": "30"})

    @contextmanager
    def _following(self, page: Page) -> Iterator[None]:
        self._pages.add(page)
        self._by_session[page.who.id] += 1
        self._wake([page])
        if self._listener is None:
            self._listener = asyncio.create_task(look_after_commits(self._runtime, self._look, LOOK_SECONDS))
        try:
            yield
        finally:
            self._pages.remove(page)
            self._by_session -= Counter([page.who.id])
            if all(each.look != page.look for each in self._pages):
                self._shown.pop(page.look, None)
            if not self._pages and self._listener is not None:
                self._listener.cancel()
                self._listener = None

    async def _beyond(self, page: Page) -> Regions | None:
        """Wait for news and give the latest rendering; None after `STILL_THERE_SECONDS` without any."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STILL_THERE_SECONDS):
                await page.woken.wait()
                page.woken.clear()
                return self._shown.get(page.look)
        return None

    def _wake(self, pages: Iterable[Page], *, to_all: bool = False) -> None:
        """Wake only the pages that have news; most pages are about something else."""
        for page in pages:
            is_new = self._shown.get(page.look, page.before) is not page.before
            if is_new or to_all or self._leaving.is_set() or page.told != self.others(page.place, page.who.user):
                page.woken.set()

    async def _look(self) -> None:
        before = {page.look: self._shown.get(page.look) for page in self._pages}
        everybody, was_away = {page.who for page in self._pages}, self._is_away
        try:
            shown, self._known_in = await asyncio.to_thread(self._read, before, everybody)
            self._is_away = False
        except Exception as error:
            # The pages say that they are out of date. If the listener ended here, they would seem to be current.
            log.warning("console_look_failed", error=type(error).__name__)
            shown, self._known_in, self._is_away = {}, frozenset(), True
        open = {page.look for page in self._pages}
        self._shown |= {look: regions for look, regions in shown.items() if look in open}
        self._wake(self._pages, to_all=was_away or self._is_away)
        # Changes are shown even where the users who look on can't be recorded.
        with isolated(log, "presence_failed"):
            await asyncio.to_thread(self._look_around, frozenset((p.who.user, p.place) for p in self._pages if p.place))
        self._wake(self._pages)

    def _read(
        self, before: Mapping[Look, Regions | None], everybody: Iterable[SignedIn]
    ) -> tuple[dict[Look, Regions], frozenset[SignedIn]]:
        """Render all looks. If anything is new, also ask which of these users are still signed in."""
        about = sorted({look.incident for look in before if look.incident})
        # One question for all pages, however many incidents they are about.
        heads, troubles = self._runtime.read(_news, about) if about else ({}, ())
        shown = {
            look: look.regions(self._runtime, regions, (heads.get(look.incident), troubles))
            for look, regions in before.items()
        }
        if all(shown[look] is regions for look, regions in before.items()):
            return shown, frozenset()
        return shown, self._runtime.read(lambda tx: frozenset(e for e in everybody if users.is_still_signed_in(tx, e)))

    def _look_around(self, here: frozenset[tuple[str, str]]) -> None:
        """Record who looks at what in this process if that changed or grows old, and read it for all processes."""
        now = self._runtime.now()
        if gone := self._noted - here:
            self._runtime.transact(users.look_away, gone)
        if here - self._noted or (here and now >= self._renew_at):
            self._runtime.transact(users.look_at, here, now + STAYS)
            self._renew_at = now + RENEWED
        self._noted = here
        self._looking = self._runtime.read(users.looking_at) if here else {}


def _news(tx: Tx, about: Sequence[str]) -> tuple[Mapping[str, int], tuple[PartOfOurs, ...]]:
    """The lengths of these incidents' histories, and what of ourselves is in trouble."""
    return timeline_view.heads(tx.session, about), troubles_now(tx)
