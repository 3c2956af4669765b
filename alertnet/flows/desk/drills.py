"""Drill reports: the result for each contact as a page and as CSV; and the list of drills."""

from collections.abc import Iterator

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import zone_among
from alertnet.core.errors import WrongState
from alertnet.core.incident import Facts, Incident
from alertnet.core.monitoring.drills import Sums, TookPart, sums_of
from alertnet.core.resolution.known_people import with_records
from alertnet.flows.desk.figures import as_csv, as_text
from alertnet.flows.incidents.open_incident import plans_in_force
from alertnet.store.db.tx import Tx
from alertnet.store.queues import drills
from alertnet.store.queues.drills import StoredDrill
from alertnet.store.records import editions, incidents
from alertnet.store.records.editions import Edition
from alertnet.store.views import figures

COLUMNS = (
    *("tree", "contact", "reached", "answer", "via", "answered_after_s"),
    *("method", "tries", "arrived", "failures", "dead"),
)
"""Columns of the CSV: a row for each contact and method."""
MOST_LISTED = 50


@value
class DrillReport:
    """The results of a drill so far; `names`: its contacts' names, by tree and id."""

    incident: Incident
    timezone: str
    parts: tuple[TookPart, ...]
    names: dict[tuple[str, str], str]

    @property
    def sums(self) -> Sums:
        """How many were alerted, were reached, and have answered."""
        return sums_of(self.parts)

    def as_csv(self) -> str:
        """All results as CSV, times in seconds."""
        return as_csv([COLUMNS, *self._rows()])

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for part in self.parts:
            took = "" if part.took is None else round(part.took.total_seconds())
            whose = (part.tree, as_text(part.contact), _yes(part.is_reached), part.answer, part.via, took)
            for each in part.fared:
                yield *whose, each.method, each.tries, each.arrived, " ".join(each.failures), _yes(each.is_dead)


@value
class ToCome:
    """A planned drill, and the names of those who would take part by the trees in force."""

    stored: StoredDrill
    names: tuple[str, ...]


@value
class Drills:
    """The planned drills, the next first, and the others, the latest first, with their results."""

    to_come: tuple[ToCome, ...]
    past: tuple[tuple[StoredDrill, Sums | None], ...]


def read_drills(tx: Tx, edition: Edition) -> Drills:
    to_come = (ToCome(each, _names(tx, edition, each.drill.facts)) for each in drills.to_come(tx.session))
    past = drills.past(tx.session, MOST_LISTED)
    held = [each.incident for each in past if each.incident]
    parts = figures.took_part(tx.session, {id: id for id in held}) if held else {}
    came_to = [sums_of(parts.get(each.incident, ())) if each.incident else None for each in past]
    return Drills(tuple(to_come), tuple(zip(past, came_to, strict=True)))


def read_drill(tx: Tx, ref: str) -> DrillReport:
    """The report of a drill that has begun."""
    incident = incidents.get(tx.session, incidents.id_of(tx, ref))
    if not incident.facts.drill:
        raise WrongState(f"incident {incident.ref}", "no drill", "its report is that of an incident")
    trees = editions.plans(tx, incident.facts, incident.trees)
    parts = figures.took_part(tx.session, dict.fromkeys(incident.every_id, incident.id))
    return DrillReport(
        incident,
        timezone=zone_among(plan.tree for plan in trees.values()),
        parts=tuple(parts.get(incident.id, ())),
        names={(id, each.id): each.called for id, plan in trees.items() for each in plan.tree.contacts.values()},
    )


def _names(tx: Tx, edition: Edition, facts: Facts) -> tuple[str, ...]:
    plans, _ = plans_in_force(tx, edition, with_records(facts, edition.network))
    told = (plan.tree.contacts[id].called for plan in plans.values() for level in plan.levels for id in level.contacts)
    return tuple(dict.fromkeys(told))


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
