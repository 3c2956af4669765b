"""Members of two countries who report places by SMS, at once or later, and move from team to team (A2, B1)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, Select, select

from alertnet.core.codec import from_plain
from alertnet.core.incident import Facts
from alertnet.flows.credentials.pins import set_pins
from alertnet.store.tables import escalations, incidents, served
from simulation.checks.recipients import PLACE
from simulation.outside.field import NEWS, PIN, REPORT
from simulation.outside.people import People
from simulation.world.countries import ABROAD, COUNTRIES, HOME, MOVERS, moved
from simulation.world.expected_plan import told_by
from simulation.world.story import Found
from simulation.world.world import START, World

STANDS_STILL = timedelta(seconds=100)
"""How long a process may have stood still since it looked up whose phone it is."""

_INCIDENTS: Select[Any] = select(incidents).where(incidents.c.purged_at.is_(None))
_ESCALATIONS: Select[Any] = select(*escalations.c["id", "incident_id", "tree", "status"])
_TOLD: Select[Any] = select(served.c.escalation_id).where(served.c.level_index == 0)


class Abroad:
    """Report in nights with two countries that are not quiet; all other nights are unchanged."""

    def __init__(self, world: World, people: People) -> None:
        self.world = world
        self.people = people
        self.random = world.draws("abroad")
        self.comes = ABROAD in world.network.teams and not world.mischief.quiet
        homes = zip(MOVERS, COUNTRIES.values(), strict=True)
        self.homes: dict[str, list[tuple[datetime, str]]] = {MOVERS[id]: [(START, country)] for id, country in homes}
        """In which country the owner of each phone is since when."""

    @property
    def reports(self) -> int:
        """How many incidents may result: news of what is closed already is one of its own."""
        return sum(each.sender in self.homes for each in self.world.texts.values()) * self.comes

    def begin(self) -> None:
        """Set the PINs, and plan the texts and moves."""
        for id, phone in MOVERS.items() if self.comes else ():
            for team in COUNTRIES:
                self.world.database.pattern.transact(set_pins, f"{team}/{id}", PIN)
            self._plans(id, phone)

    def _plans(self, id: str, phone: str) -> None:
        random, length = self.random, self.world.length
        raised, place = random.uniform(2, length / 2), random.choice(["", "", "", " L12", " L21"])
        self._writes(raised, phone, f"{REPORT} {PIN} {random.choice([20, 31, 40])}{place}")
        if random.random() < 0.8:
            told_later = f"{NEWS} {PIN} {random.choice(['L12', 'L21', 'L4'])}"
            self._writes(raised + random.uniform(2, 120), phone, told_later)
        if random.random() < 0.6:
            self.world.time.after(random.uniform(1, length), partial(self._moves, id))

    def _writes(self, seconds: float, phone: str, text: str) -> None:
        self.world.time.after(seconds, partial(self.people.write, phone, text))

    def _moves(self, id: str) -> None:
        world, teams = self.world, moved(self.world.network.teams, id)
        there = next(team for team in teams.values() if id in team.members)
        world.story.tell("desk", f"moves {id} to team {there.id}, in {there.country}")
        world.network = replace(world.network, teams=teams)
        world.edition = world.publish(replace(world.edition.network, teams=teams))
        world.has_committed()
        self.homes[MOVERS[id]].append((world.time.now, there.country))

    def countries_of(self, row: Row[Any], facts: Facts) -> set[str]:
        """Where an incident can have happened by what was reported."""
        if row.ref in self.world.opened:
            return {self.world.opened[row.ref].country}
        if facts.raised_from not in self.homes:
            return {COUNTRIES[HOME]}
        homes, slack = self.homes[facts.raised_from], self.world.mischief_was.slack(1)
        since = max(at for at, _ in homes if at == START or at < row.opened_at - STANDS_STILL - slack)
        return {country for at, country in homes if since <= at <= row.opened_at + slack}


def check_abroad(world: World, abroad: Abroad, history: Sequence[Row[Any]]) -> Found:
    """A2, B1: each incident is of the country of whoever reported it, and all trees that serve it tell of it."""
    if ABROAD not in world.network.teams:
        return
    rows = world.database.rows(_ESCALATIONS)
    told = set(world.database.column(_TOLD))
    for incident in world.database.rows(_INCIDENTS):
        facts = from_plain(Facts, incident.facts)
        if facts.lone_text:
            continue
        countries = abroad.countries_of(incident, facts)
        if facts.country not in countries:
            yield (
                "B1",
                f"{incident.ref} was reported in {', '.join(countries)}, and is taken for one in {facts.country}",
            )
        own = {row.tree: row for row in rows if row.incident_id == incident.id}
        trees = world.network.trees
        began = {row.tree for row in own.values() if row.id in told or trees[row.tree].start.after}
        is_known = incident.ref in world.opened or facts.raised_from in abroad.homes
        reported = replace(facts, place=_place_at_first(world, incident, history))
        for tree in sorted(_that_coordinate(world, reported) - began if is_known else ()):
            yield "A2", f"{incident.ref} at {reported.place} in {facts.country}: nobody of {tree} was told of it"
        goes_on = incident.status == "open" and incident.part_of is None
        for tree in sorted(_that_coordinate(world, facts) & own.keys() if goes_on else ()):
            if own[tree].status == "stopped":
                yield "A2", f"{incident.ref} at {facts.place} in {facts.country}: {tree} serves it, and was stopped"


def _place_at_first(world: World, incident: Row[Any], history: Sequence[Row[Any]]) -> str | None:
    """The place in what opened it."""
    if incident.ref in world.opened:
        return world.opened[incident.ref].place
    own = [row for row in history if row.chain == incident.id and "came_to" not in row.payload]
    codes = next((row.payload["understood"] for row in own if row.kind == "report_received"), ())
    # Where a text came before the report, its place is that of a report which names none.
    before = incident.facts.get("place") if any(row.kind == "text_opened" for row in own) else None
    return next((code for code in codes if PLACE.fullmatch(code)), before)


def _that_coordinate(world: World, facts: Facts) -> set[str]:
    """The trees whose coordinators have to hear of it."""
    trees = list(world.network.trees.values())
    return {tree.id for tree in trees if told_by(trees, tree, tree.levels[0], facts)}
