"""The console for one signed-in user: what all pages show of and for them, and how a form of theirs acts, once."""

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network, zone_among
from alertnet.core.disclosure import Subject
from alertnet.core.errors import Forbidden, TooMany
from alertnet.core.limits import ACTS, Limit
from alertnet.flows.desk.incident import in_codes
from alertnet.flows.desk.names import names_in
from alertnet.flows.unit.idempotent_request import Show, accept
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role, SignedIn
from alertnet.store.records.editions import Edition
from alertnet.store.records.idempotency import ApiAnswer, Once
from alertnet.web.auth import hash_of, runtime_of
from alertnet.web.console.live import Look, Regions, Watch
from alertnet.web.console.sessions import (
    COOKIE,
    OTHER_SESSION,
    DoneBefore,
    SignedOut,
    Viewer,
    check_origin,
    maker_of,
    proof_of,
)
from alertnet.web.console.shown import go_to, language_of, may_act, rendered, show, streamed
from alertnet.web.console.translation import say_by, words
from alertnet.web.console.translation import sayer as phrase_sayer
from alertnet.web.forms import Form

DeskAct = Callable[[Tx], tuple[LockedIncident | None, str]]
"""Changes an incident, or (None) something outside incidents; returns the address where its result is shown."""

LONGEST_SEEN = 64

PROOF = "__PROOF__"
"""Placeholder for the proof of the session in HTML that is rendered once for many sessions."""


@value
class Desk:
    """One request of a signed-in user."""

    request: Request
    runtime: Runtime
    who: SignedIn

    @cached_property
    def edition(self) -> Edition:
        """The trees and templates in force when the request came."""
        return self.runtime.edition

    @property
    def network(self) -> Network:
        return self.edition.network

    @property
    def zone(self) -> str:
        """The time zone for what belongs to no tree."""
        return zone_of(self.edition)

    @property
    def language(self) -> str:
        return language_of(self.request)

    def country_name(self, country: str) -> str:
        """The name of a country in the page's language."""
        return self.runtime.renderer(self.edition.templates).country(country, self.language)

    @property
    def acts(self) -> bool:
        """Whether the user may act, and read what people wrote."""
        return may_act(self.who)

    @property
    def by(self) -> str:
        """How the history names this user."""
        return f"user {self.who.user}"

    @property
    def faults(self) -> list[str]:
        """The trees' faults. Observers see only their positions, since the text may hold a name or a number."""
        say = phrase_sayer(self.language)
        return [each.said_in_place(say) if self.acts else each.position for each in self.runtime.trees.faults]

    def show(self, template: str, /, **values: Any) -> Response:
        """Respond with a page. Beside these values it has the user, the proof for forms, the words, zone and moment."""
        common: dict[str, Any] = {
            "proof": proof_of(self.runtime, self.who),
            "zone": self.zone,
            "now": self.runtime.now(),
        }
        known = spoken(self.runtime, self.language)
        return show(self.request, template, who=self.who, **(common | known | values))

    def personal(self, regions: Regions) -> dict[str, Any]:
        """The values of a page that shows those regions, which were rendered for many sessions.

        The session's proof is put into the forms, and "you" written for the name of its own user. An open page does the
        same to the news that it receives.
        """
        proof, you = proof_of(self.runtime, self.who), words(self.language).get("you", "you")
        name = f"<span class=user>{self.who.user}</span>"
        its = {id: html.replace(PROOF, proof).replace(name, you) for id, html in regions.parts.items()}
        return {"regions": its, "version": regions.version}

    def follow(self, look: Look, place: str = "") -> Response:
        """Stream the changes of a page as Server-Sent Events; `place`: see `live.Page`.

        It begins after the last event that the page has received, else after the version that it says it shows.
        """
        seen = self.request.headers.get("Last-Event-ID") or self.request.query_params.get("seen", "")
        watch: Watch = self.request.app.state.watch
        watch.check_room(self.who.id)
        token = self.request.cookies[COOKIE]

        def is_in() -> bool:
            try:
                found = self.runtime.read(users.signed_in, token)
                return found is not None and found.role is self.who.role
            except DatabaseAway:
                return True  # The page says that it is out of date, and goes on when the database answers again.

        return streamed(self.request, watch.changes(look, self.who, seen, is_in, place))

    def check_form(self, form: Form, role: Role = Role.OBSERVER) -> None:
        """Refuse (`Forbidden`) a form that no page of this session made, or that this user's role may not send."""
        check_origin(self.request)
        if maker_of(form, self.who.id, self.runtime.vault) != self.who.user:
            raise Forbidden(OTHER_SESSION)
        if not self.who.role.may(role):
            raise Forbidden(f"{self.who.user} is {self.who.role.value}, and may not do this")

    def check_pace(self, limit: Limit = ACTS) -> None:
        """Count one act against the limit of this session (B9); raises `TooMany` where it is reached."""
        wait = self.request.app.state.throttle.wait(limit, self.who.id, self.runtime.now())
        if wait is not None:
            raise TooMany("acts in this session", timedelta(seconds=wait))

    def act_once(self, form: Form, act: DeskAct, role: Role = Role.COORDINATOR) -> Response:
        """Carry out a form once, if the user has that role and is still signed in; redirects to where the result is.

        The hidden field `seen` names the view from which the form was made. The same view acts once per user, not per
        session, since the session may end between two tries; then it raises `DoneBefore`. `SignedOut`: the session has
        ended meanwhile. See also `check_form` and `check_pace`.
        """
        self.check_form(form, role)
        self.check_pace()
        view = "\n".join(["desk", self.who.user, self.request.url.path, form.get("seen", "")[:LONGEST_SEEN]])
        return go_to(self.runtime.transact(_accept, self.who, act, Once(hash_of(view), hash_of(""))))

    def change_once(self, form: Form, change: Callable[[Tx], LockedIncident], done: str) -> Response:
        """Carry out a form that changes an incident, as `act_once` does; its page says what was `done`."""

        def act(tx: Tx) -> tuple[LockedIncident, str]:
            locked = change(tx)
            return locked, page_of(locked, done)

        return self.act_once(form, act)

    def do_once(self, form: Form, do: Callable[[Tx], object], place: str) -> Response:
        """Carry out a form about something outside incidents, as `act_once` does; the result is shown at `place`."""

        def act(tx: Tx) -> tuple[None, str]:
            do(tx)
            return None, place

        return self.act_once(form, act)


async def desk_of(request: Request, who: Viewer) -> Desk:
    """The console for the user who is signed in, as a FastAPI dependency."""
    return Desk(request, runtime_of(request), who)


AtDesk = Annotated[Desk, Depends(desk_of)]


def spoken(runtime: Runtime, language: str) -> dict[str, Any]:
    """The functions and word lists by which templates say types, severities, statements and names."""
    renderer = runtime.renderer(runtime.edition.templates)
    words = renderer.words(language)

    def called(tree: str, contact: str) -> str:
        """The name of a contact, or its id where only a running incident still knows it and no tree in force does."""
        known = runtime.edition.network.trees[tree].contacts if tree in runtime.edition.network.trees else {}
        return known[contact].called if contact in known else contact

    def statement(subject: str, about: str, type: str) -> str:
        return words.statement(Subject(subject), about or None, words.types[type])

    return {
        "types": words.types,
        "severities": words.severities,
        "statement": statement,
        "called": called,
        "country_name": lambda country: renderer.country(country, language),
        "reasons_to_wait": words.reasons_to_wait,
        "coded": lambda details: in_codes(details, renderer, language),
    }


def shared_renderer(runtime: Runtime, language: str, acts: bool, **values: Any) -> Callable[..., str]:
    """A function that renders templates for all sessions that share a language, and may act or not."""
    known = spoken(runtime, language) | {"acts": acts, "proof": PROOF} | values
    return lambda template, **more: rendered(template, language, **known, **more)


def page_of(locked: LockedIncident, done: str) -> str:
    """The address of the incident's page, which says what was `done`."""
    return f"/desk/incidents/{locked.incident.ref}?done={done}"


def zone_of(edition: Edition) -> str:
    """The time zone for what belongs to no tree: that of the nearest."""
    return zone_among(edition.network.trees.values())


def sayer(runtime: Runtime, language: str) -> Callable[[str], str]:
    """A function that translates the English words of an incident's history into that language."""
    words = runtime.renderer(runtime.edition.templates).words(language)
    return say_by(names_in(words.types, words.severities), language)


def _accept(tx: Tx, who: SignedIn, act: DeskAct, once: Once) -> str:
    if not users.is_still_signed_in(tx, who):
        raise SignedOut

    def carry_out(tx: Tx) -> tuple[LockedIncident | None, Show]:
        locked, place = act(tx)
        return locked, lambda _: ApiAnswer(303, None, place)

    accepted = accept(tx, carry_out, once)
    place = (accepted.answer.location if accepted.answer is not None else None) or "/desk"
    if accepted.is_again:
        raise DoneBefore(place)
    return place
