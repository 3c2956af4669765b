"""Plays a case through, as rows that light up one after another: who is told when, and who is not."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.languages import Title
from alertnet.core.forecast.script import Does, Script, ScriptReader
from alertnet.core.forecast.simulate import rehearse
from alertnet.core.forecast.simulation import Rehearsal, Told
from alertnet.core.incident import Facts
from alertnet.core.notification import Kind
from alertnet.core.resolution.known_people import checked
from alertnet.flows.desk.names import REASONS

MINUTE = timedelta(minutes=1)
DEEDS = {"acknowledged": "takes charge", "relayed": "passes it on", "declined": "can't"}
"""What a contact does, in words, by the kind of its history entry."""


@value
class Light:
    """Something that reaches a contact, so many minutes after the opening. `what`: a kind of message, or a deed."""

    minutes: int
    at: datetime
    what: str
    methods: tuple[str, ...] = ()
    arrives: bool = True


@value
class Row:
    """A contact that is told, what reaches it in order, and (`again`) the minutes at which it is told once more."""

    tree: str
    id: str
    called: str
    zone: str
    lights: tuple[Light, ...]
    again: tuple[int, ...]
    closed_by: str | None = None


@value
class Opening:
    """A level that opens or waits for a go."""

    minutes: int
    at: datetime
    title: Title
    level: str
    waits: bool


@value
class Night:
    """A case played through. `left_out`: those not told, by reason; `ends`: after how many minutes it is over."""

    opened_at: datetime
    zone: str
    facts: Facts
    minutes: int
    rows: tuple[Row, ...]
    steps: tuple[Opening, ...]
    left_out: Mapping[str, tuple[str, ...]]
    ignored: tuple[str, ...]
    ends: int | None
    warnings: tuple[str, ...]

    def told_by(self, minutes: int) -> int:
        """How many people have been told by then."""
        return sum(row.lights[0].minutes <= minutes for row in self.rows)


@value
class Comparison:
    """How one night differs from another.

    `moved`: by tree and contact, how many minutes later somebody is first told (less than 0: earlier; 0: only later
    messages differ; None: was not told before). `gone`: those who were told and are not any more.
    """

    moved: Mapping[tuple[str, str], int | None]
    gone: tuple[Row, ...]


def compared(before: Night, after: Night) -> Comparison:
    """Compare two nights, contact by contact."""
    old, new = ({(row.tree, row.id): row for row in night.rows} for night in (before, after))
    moved: dict[tuple[str, str], int | None] = {}
    for key, row in new.items():
        was = old.get(key)
        if was is None:
            moved[key] = None
        elif (was.lights, was.again) != (row.lights, row.again):
            moved[key] = row.lights[0].minutes - was.lights[0].minutes
    return Comparison(moved, tuple(row for key, row in old.items() if key not in new))


def play(
    network: Network, reported: Facts, opened_at: datetime, lasts: timedelta, answers: Sequence[str], *, gives_go: bool
) -> Night:
    """Play what would happen on these trees; `answers`: who takes charge when, as in `embassy-es@12m`."""
    facts = checked(reported, network)
    deeds = ScriptReader(network, facts).deeds("answers", Does.ANSWERS, answers)
    script = Script(deeds, gives_go=gives_go)
    rehearsal = rehearse(facts, network.trees.values(), opened_at, opened_at + lasts, script)
    rows = sorted(_rows(network, rehearsal, opened_at), key=lambda row: (row.lights[0].minutes, row.tree, row.id))
    left_out: dict[str, dict[str, None]] = {}
    for each in rehearsal.pruned:
        names = left_out.setdefault(REASONS.get(each.reason.value, each.reason.value), {})
        names[network.trees[each.tree].contacts[each.contact].called] = None
    return Night(
        opened_at,
        network.zone_of(facts.country),
        facts,
        int(lasts / MINUTE),
        tuple(rows),
        tuple(_steps(network, rehearsal, opened_at)),
        {reason: tuple(names) for reason, names in left_out.items()},
        tuple(f"{each.deed.about}: {each.why}" for each in rehearsal.ignored),
        round((rehearsal.ends_at - opened_at) / MINUTE) if rehearsal.ends_at else None,
        rehearsal.warnings,
    )


def _rows(network: Network, rehearsal: Rehearsal, opened_at: datetime) -> Iterator[Row]:
    of_contact: dict[tuple[str, str], list[Told]] = {}
    for told in rehearsal.told:
        of_contact.setdefault((told.tree, told.contact.id), []).append(told)
    closed = {(each.tree, each.contact): each.by for each in reversed(rehearsal.closed)}
    for (tree, id), everything in of_contact.items():
        seen: set[tuple[object, ...]] = set()
        new: dict[tuple[datetime, Kind], list[Told]] = {}
        again: set[int] = set()
        for told in everything:
            key = (told.kind, told.method.kind, told.level, told.round)
            if told.kind is Kind.REMINDER or key in seen:
                again.add(_after(told.at, opened_at))
            else:
                seen.add(key)
                new.setdefault((told.at, told.kind), []).append(told)
        lights = [_light(at, kind, told, opened_at) for (at, kind), told in new.items()]
        lights += _deeds(rehearsal, tree, id, opened_at)
        contact = network.trees[tree].contacts[id]
        ordered = tuple(sorted(lights, key=lambda light: light.at))
        yield Row(tree, id, contact.called, contact.timezone, ordered, tuple(sorted(again)), closed.get((tree, id)))


def _light(at: datetime, kind: Kind, told: Sequence[Told], opened_at: datetime) -> Light:
    methods = tuple(dict.fromkeys(each.method.kind.value for each in told))
    return Light(_after(at, opened_at), at, kind.value, methods, all(each.arrives for each in told))


def _deeds(rehearsal: Rehearsal, tree: str, id: str, opened_at: datetime) -> Iterator[Light]:
    for noted in rehearsal.noted:
        if noted.tree == tree and noted.kind in DEEDS and noted.payload.get("contact") == id:
            yield Light(_after(noted.at, opened_at), noted.at, DEEDS[noted.kind])


def _steps(network: Network, rehearsal: Rehearsal, opened_at: datetime) -> Iterator[Opening]:
    seen = set()
    for noted in rehearsal.noted:
        level = str(noted.payload.get("level"))
        waits = noted.kind == "go_asked"
        if noted.kind in ("level_opened", "go_asked") and (noted.tree, level, waits) not in seen:
            seen.add((noted.tree, level, waits))
            yield Opening(_after(noted.at, opened_at), noted.at, network.trees[noted.tree].title_to_read, level, waits)


def _after(at: datetime, opened_at: datetime) -> int:
    return int((at - opened_at) / MINUTE)
