"""Users of the API: they raise incidents, and coordinators change what is known of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from starlette.responses import Response

from alertnet.core.escalation.quorum import RECEIVED, Action, AnswerKind
from alertnet.core.incident import CloseReason, Facts, Perpetrator, PersonKind, Scope, Severity
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import api_keys
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.store.tables import ACTING, acknowledgements, incidents
from alertnet.web.api import actions, re_resolve
from alertnet.web.api.incidents import Person, Report, raising
from alertnet.web.api.models import (
    Closing,
    Consent,
    Deed,
    Exclusion,
    Merging,
    News,
    Reopening,
    Reresolution,
    Splitting,
    Verdict,
    Vouched,
)
from alertnet.web.auth import KnownKeys
from alertnet.web.door import Door, InFlight
from simulation.checks.promises import Promises
from simulation.hosts.runtime import SeededEntropy
from simulation.hosts.web import Web, WebAnswer
from simulation.outside.people import People
from simulation.world.cast import PUBLIC_LEVEL, SECRET
from simulation.world.countries import ABROAD
from simulation.world.world import World

TRIES_EVERY = 8.0  # Seconds.

_HELD: Select[Any] = (
    select(acknowledgements.c.id, acknowledgements.c.contact, acknowledgements.c.kind, incidents.c.ref)
    .join(incidents, incidents.c.id == acknowledgements.c.incident_id)
    .where(acknowledgements.c.revoked_at.is_(None), acknowledgements.c.kind != RECEIVED)
    .order_by(acknowledgements.c.at)
)
_PART = incidents.alias("part")
_PARTS: Select[Any] = select(_PART.c.ref, incidents.c.ref.label("whole")).join(_PART, _PART.c.part_of == incidents.c.id)
_ACTS = incidents.alias("acts")
_ACTING_FOR = select(func.coalesce(_ACTS.c.part_of, _ACTS.c.id)).where(_ACTS.c.ref == bindparam("ref"))
_TOGETHER: Select[Any] = select(incidents.c.ref).where(_ACTING_FOR.scalar_subquery() == ACTING)
"""The references of all reports that are one incident with that one."""
_OPEN: Select[Any] = select(incidents.c.ref).where(incidents.c.status == "open")

Ask = Callable[[Door], Response]


@dataclass(frozen=True)
class Accepted:
    """A request that was answered with a 2xx, and its answer's data."""

    key: str
    answer: Any


class Coordinators:
    """A holder of an API key; each request has an Idempotency-Key and is repeated until it is answered."""

    def __init__(self, world: World, web: Web, people: People, promises: Promises) -> None:
        self.world = world
        self.web = web
        self.people = people
        self.promises = promises
        self.accepted: list[Accepted] = []
        self.reports = 0
        self._asked = 0
        # It has its own entropy, so that everything else in a night is the same whatever there is to choose from.
        self._places = world.draws("reported places")
        self._asks = world.draws("what is asked")
        self._countries = world.draws("reported countries")
        self._merging = world.draws("merging")
        self.merges = not (world.mischief.quiet or world.mischief.edits) and self._merging.comes()
        """Whether two reports are taken for one event in this night."""
        self._sorting = world.draws("sorts reports")
        sorts = not (world.mischief.quiet or world.mischief.edits or self.merges) and self._sorting.comes()
        self.sortings = self._sorting.choice([4, 8, 16]) if sorts else 0
        """How often reports are taken for one event, or one of several for another after all."""
        self._editing = world.draws("edits beside")
        sees_both = (self.merges or self.sortings) and self._editing.comes()
        self.edits_at = self._editing.uniform(5, world.length * 0.9) if sees_both else None
        """When the trees are edited in a night in which reports are merged, in seconds."""
        self._speaking = world.draws("speaks out")
        self._may_be_public = "press" in world.network.trees["colombia"].contacts
        self._doubting = world.draws("takes back")
        self.takings_back = 0 if world.mischief.quiet else self._doubting.choice([0, 0, 0, 1, 3])
        """How many answers are revoked."""
        self._deciding = world.draws("named levels")
        self._verdicts = 0 if world.mischief.quiet or not self._deciding.comes() else self._deciding.choice([3, 6, 12])
        self._key = world.database.pattern.transact(_make_key)

    def begin(self) -> None:
        """Plan what is decided about levels by name, in some nights."""
        for _ in range(self._verdicts):
            self.world.time.after(self._deciding.uniform(5, self.world.length), self.decides)

    def raises(self) -> None:
        report = self._report()
        self.reports += 1
        words = f"{report.severity} {report.type}, consent {report.consent}, by the {report.perpetrator}"
        opened = partial(self._opened, report.facts("north"))

        def raised(door: Door) -> Response:
            return door.carry_out(report, raising(report, door))

        self.post(f"raises: {words}", raised, opened)

    def does_something(self) -> None:
        """Change something about an open incident."""
        if self.world.opened:
            decides = partial(self._decides, random=self.world.random)
            deeds = (self._news, self._narrows, self._widens, self._spares, decides)
            others = (self._vouches, self._acts, self._closes)
            self.world.random.choice(deeds + others)(self.world.random.choice(list(self.world.opened)))

    def sees_one_event(self) -> None:
        """Merge two accepted reports, and half the time find later that they were two events."""
        if len(self.world.opened) < 2:
            return
        part, whole = self._merging.sample(sorted(self.world.opened), 2)
        self._merges(part, whole)
        if self._merging.random() < 0.5:
            self.world.time.after(self._merging.uniform(5, 900), partial(self._splits, part, whole))

    def sorts_at(self, length: float) -> float:
        """When somebody sorts the reports, in seconds of a night of that length."""
        return self._sorting.uniform(length / 6, length)

    def sorts_reports(self) -> None:
        """Split a report off, or merge any two that are open, whatever was merged into either before."""
        parts, refs = self.world.database.rows(_PARTS), sorted(self.world.database.column(_OPEN))
        if parts and self._sorting.random() < 0.4:
            chosen = self._sorting.choice(sorted(parts))
            self._splits(chosen.ref, chosen.whole)
        elif len(refs) > 1:
            self._merges(*self._sorting.sample(refs, 2))

    def _merges(self, part: str, whole: str) -> None:
        self.world.asked.merges = True
        merging = Merging(into=whole)
        self.post(f"{part}: merged into {whole}", lambda door: actions.merge_into(part, merging, door))

    def _splits(self, part: str, whole: str) -> None:
        self.world.asked.split_off.add(part)
        splitting = Splitting(reports=[part])
        self.post(f"{part}: split off", lambda door: actions.split_off(whole, splitting, door))

    def doubts_at(self, length: float) -> float:
        """When somebody doubts an answer, in seconds of a night of that length."""
        return self._doubting.uniform(length / 4, length)

    def takes_back(self) -> None:
        """Revoke one of the valid answers, as somebody else's."""
        held = self.world.database.rows(_HELD)
        for answer in self._doubting.sample(held, 1) if held else ():
            ask = partial(actions.revoke_acknowledgement, answer.ref, answer.id)
            self.post(f"{answer.ref}: {answer.contact} has not {answer.kind}", ask)

    def decides(self) -> None:
        """Hold, refuse or open a level of an open incident, or all that comes next."""
        if self.world.opened:
            self._decides(self._deciding.choice(list(self.world.opened)), self._deciding)

    def edits(self) -> None:
        """Edit the trees; for an open incident somebody may look at the difference, or apply it."""
        self.world.edit_trees()
        for ref in self.world.opened:
            follows = self.world.random.choice([self._looks, self.re_resolves, None])
            if follows is not None:
                self.world.time.after(self.world.random.uniform(0, 30), partial(follows, ref))

    def _opened(self, facts: Facts, answer: Any) -> None:
        self.promises.was_accepted(answer["ref"])
        known = self.world.network.people
        # What is on record of a person joins what was reported.
        recorded = ((each, known[each.code]) for each in facts.people)
        people = (replace(each, organisation=one.organisation, consent=one.consent) for each, one in recorded)
        self.world.opened[answer["ref"]] = replace(facts, people=tuple(people))

    def _news(self, ref: str) -> None:
        """Send news, and sometimes at once exclude somebody who must not be told of it."""
        severity = self.world.random.choice([None, Severity.CRITICAL, Severity.SERIOUS])
        perpetrator = self.world.random.choice([None, None, Perpetrator.ARMY])
        news = News(text=f"{SECRET} was seen", severity=severity, perpetrator=perpetrator)
        self.post(f"{ref}: news, severity {severity}", lambda door: actions.update(ref, news, door))
        if self.world.random.random() < 0.5:
            follows = self.world.random.choice([self._narrows, self._spares])
            self.world.time.after(self.world.random.uniform(0, 3), partial(follows, ref))

    def _narrows(self, ref: str) -> None:
        scope = self.world.random.choice([Scope.INTERNAL, Scope.NATIONAL])
        self.records_consent(ref, scope)

    def _widens(self, ref: str) -> None:
        """Record wider consent; half the time look at what it would change, and apply that."""
        self.records_consent(ref, Scope.INTERNATIONAL)
        if self.world.random.random() < 0.5:
            self.world.time.after(self.world.random.uniform(0, 60), partial(self.re_resolves, ref))

    def records_consent(self, ref: str, scope: Scope, *people: str) -> None:
        """Record what a family has said, of all of it or of these people."""
        consent = Consent(scope=scope, given_by="the family", how="by telephone", people=list(people))

        def holds(_: object) -> None:
            self.world.asked.consents.setdefault(ref, []).append(scope)

        what = f"{ref}: consent{''.join(f' of {each}' for each in people)} is {scope}"
        self.post(what, lambda door: actions.record_consent(ref, consent, door), holds)

    def _looks(self, ref: str) -> None:
        """Only look at what would change."""
        look = Reresolution(apply=False)
        ask = partial(re_resolve.re_resolve_incident, ref, look)
        self.post(f"{ref}: what would change", ask)

    def re_resolves(self, ref: str) -> None:
        """Look at the difference, and apply it."""
        seen: list[str] = []

        def ask(door: Door) -> Response:
            if not seen:
                shown = re_resolve.re_resolve_incident(ref, Reresolution(apply=False), door)
                seen.append(json.loads(bytes(shown.body))["hash"])
            self.world.asked.re_resolved |= {ref, *self.world.database.column(_TOGETHER, ref=ref)}
            asked = Reresolution(apply=True, expected=seen[0])
            return re_resolve.re_resolve_incident(ref, asked, door)

        self.post(f"{ref}: re-resolved", ask)

    def _spares(self, ref: str) -> None:
        ids = sorted(self.world.network.contact_ids)
        spared = self.world.random.sample(ids, 1)
        exclusion = Exclusion(contacts=spared)
        self.post(f"{ref}: not {spared[0]}", lambda door: actions.spare(ref, exclusion, door))

    def _decides(self, ref: str, random: Random) -> None:
        tree = random.choice(list(self.world.network.trees.values()))
        named = {"tree": tree.id, "level": random.choice(tree.levels).name} if random.random() < 0.8 else {}
        self.decides_on(ref, random.choice(["go", "hold", "refuse"]), **named)

    def decides_on(self, ref: str, decision: str, **named: str) -> None:
        """Hold, refuse or open a level."""
        verdict = Verdict.model_validate({"decision": decision, **named})
        if decision == "go" and named.get("level") == PUBLIC_LEVEL:
            self.world.asked.let_go.add(ref)
        what = f"{ref}: {verdict.decision} {named.get('level', '')}"
        self.post(what, lambda door: actions.decide_level(ref, verdict, door))

    def _vouches(self, ref: str) -> None:
        random = self.world.random
        tree = random.choice(list(self.world.network.trees.values()))
        contact, kind = random.choice(sorted(tree.contacts)), random.choice(list(AnswerKind))
        heard = Vouched(tree=tree.id, contact=contact, kind=kind)
        self.people.proves("vouched", f"{tree.id}/{contact}")
        self.post(f"{ref}: {contact} has {kind}", lambda door: actions.vouch(ref, heard, door))

    def _acts(self, ref: str) -> None:
        tree = self.world.random.choice(list(self.world.network.trees.values()))
        contact = self.world.random.choice(sorted(tree.contacts))
        deed = Deed(contact=contact, action=Action.VISITED, tree=tree.id)
        self.post(f"{ref}: {contact} went there", lambda door: actions.report(ref, deed, door))

    def _closes(self, ref: str) -> None:
        reason = self.world.random.choice([CloseReason.RESOLVED, CloseReason.FALSE_ALARM])
        closing = Closing(reason=reason, text=f"{SECRET} is back")
        self.post(f"{ref}: closed, {reason}", lambda door: actions.close(ref, closing, door))
        if self.world.random.random() < 0.5:
            self.world.time.after(self.world.random.uniform(0, 1800), partial(self._reopens, ref))

    def _reopens(self, ref: str) -> None:
        """Reopen it, sometimes before it was closed at all, since that request was lost."""
        reopening = Reopening(reason=f"{SECRET} was taken again")
        self.post(f"{ref}: reopened", lambda door: actions.reopen(ref, reopening, door))

    def _report(self) -> Report:
        random = self.world.random
        person = Person(code="P7", kind=PersonKind.ACCOMPANIER, nationality="ES", name=f"Maria {SECRET}")
        return Report(
            type=random.choice(["arrest", "threat", "raid", "defamation"]),
            country=self._countries.choice(["CO", "CO", "PE", "EC"]) if ABROAD in self.world.network.teams else "CO",
            severity=random.choice(list(Severity)),
            place=self._places.choice([f"Vereda {SECRET}", None, "L12", "L21"]),
            summary=f"{SECRET} was taken",
            details=f"they took {SECRET} from the house",
            ask=self._asks.choice([None, None, "visit", f"look for {SECRET}"]),
            people=[person] if random.random() < 0.7 else [],
            perpetrator=random.choice([Perpetrator.ARMY, Perpetrator.ARMY, Perpetrator.UNKNOWN, Perpetrator.NONE]),
            consent=self._consent(random.choice([*[Scope.INTERNATIONAL] * 2, Scope.NATIONAL, Scope.INTERNAL])),
            exclude=["defenders"] if "defenders" in self.world.names and random.random() < 0.2 else [],
        )

    def _consent(self, drawn: Scope) -> Scope:
        return Scope.PUBLIC if self._may_be_public and self._speaking.random() < 0.7 else drawn

    def post(self, what: str, ask: Ask, done: Callable[[Any], object] = lambda _: None) -> None:
        """Ask for something, until it is answered; `done` hears the answer where it is done."""
        self._asked += 1
        self._try(what, f"key-{self._asked}", ask, done)

    def _try(self, what: str, key: str, ask: Ask, done: Callable[[Any], object]) -> None:
        twice = self.world.random.random() < self.world.mischief.callback_doubled

        def act(runtime: Runtime) -> Response:
            return ask(Door(runtime, InFlight(), KnownKeys(), self._key, key, what))

        def hear(answer: WebAnswer) -> None:
            if isinstance(answer, Response):
                self.world.story.tell("desk", f"{what}: {answer.status_code}")
                self.accepted.append(Accepted(key, json.loads(bytes(answer.body))))
                done(self.accepted[-1].answer)
            elif answer is not None:
                self.world.story.tell("desk", f"{what}: {answer}")
            else:
                self.world.story.tell("desk", f"{what}: no answer")
                self.world.time.after(TRIES_EVERY, partial(self._try, what, key, ask, done))

        self.web.request(what, act, hear, twice=twice)


def _make_key(tx: Tx) -> ApiKey:
    """A key that may do everything, the same in every night."""
    _, text = api_keys.create(replace(tx, entropy=SeededEntropy(Random("key"))), "north", ("administer",))
    key = api_keys.find(tx.session, text)
    assert key is not None
    return key
