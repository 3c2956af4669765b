"""Stored incidents: adding, locking, finding and changing them."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, insert, literal, select, update

from alertnet.core.codec import from_plain, to_plain
from alertnet.core.errors import Purged, Unknown
from alertnet.core.incident import (
    CloseReason,
    Facts,
    Incident,
    IncidentStatus,
    Merged,
    Proposed,
    Severity,
    Wider,
    as_ref,
)
from alertnet.store.db.columns import if_sound, sound
from alertnet.store.db.lookups import is_among
from alertnet.store.db.session import UNREADABLE, Session
from alertnet.store.db.statements import Prepared, change_each
from alertnet.store.db.tx import FREE_REFS, Tx
from alertnet.store.tables import ACTING, IS_OPEN, breakers, incidents, lost_codes, with_wholes

REF = re.compile(r"[A-Z]-[A-Z0-9]{4}", re.ASCII)
LONGEST_NAMED = 32
"""The most characters of an unknown reference that are repeated to whoever asked."""

_ADD = Prepared(insert(incidents))
_BY_REF = select(*incidents.c["id", "purged_at"], ACTING.label("acting")).where(incidents.c.ref == bindparam("ref"))
_OF_REF, _OF_TEAM = Prepared(_BY_REF), Prepared(_BY_REF.where(incidents.c.team == bindparam("team")))
_BY_ID: Select[Any] = select(incidents).where(incidents.c.id.in_(bindparam("ids")))
_EACH, _LOCK = Prepared(_BY_ID), Prepared(_BY_ID.order_by(incidents.c.id).with_for_update())
_THESE = select(incidents.c.id).where(incidents.c.id.in_(bindparam("ids")))
_LOCK_ACTING = Prepared(
    select(incidents).where(is_among(incidents.c.id, with_wholes(_THESE))).order_by(incidents.c.id).with_for_update()
)
_LATEST: Select[Any] = select(incidents).where(IS_OPEN).order_by(incidents.c.opened_at.desc()).limit(bindparam("most"))
_LATEST_OPEN = Prepared(_LATEST)
_OPEN_IN = Prepared(
    _LATEST.where(incidents.c.country == bindparam("country"), incidents.c.opened_at > bindparam("since"))
)
_PARTS = Prepared(select(incidents.c.id).where(incidents.c.part_of == bindparam("incident")))
_JOINED = Prepared(
    select(incidents.c.id).where(incidents.c.id.in_(bindparam("ids")), incidents.c.merged_into.in_(bindparam("its")))
)

_PAUSED = "paused"
_REFS: Any = bindparam("refs")
# Every opening asks both, so they are one statement.
_TAKEN_OR_PAUSED = Prepared(
    select(incidents.c.ref)
    .where(incidents.c.ref.in_(_REFS))
    .union_all(
        select(lost_codes.c.ref).where(lost_codes.c.ref.in_(_REFS)),
        select(literal(_PAUSED)).where(breakers.c.held_until.is_not(None)),
    )
)


@dataclass(frozen=True, slots=True)
class _FreeRefs:
    """References that no incident has, and whether anything is paused by hand."""

    refs: list[str]
    is_paused: bool


def add(tx: Tx, incident: Incident, pruned: list[dict[str, Any]]) -> None:
    facts = incident.facts
    _ADD.each(
        tx.session,
        [
            {
                "id": incident.id,
                "ref": incident.ref,
                "status": incident.status.value,
                "type": facts.type,
                "severity": facts.severity.value,
                "country": facts.country,
                "facts": to_plain(facts),
                "trees": incident.trees,
                "templates": incident.templates,
                "pruned": pruned,
                "warnings": list(incident.warnings),
                "team": facts.team,
                "raised_index": tx.vault.index(facts.raised_from) if facts.raised_from else None,
                "opened_at": incident.opened_at,
            }
        ],
    )


def lock(session: Session, ids: Sequence[str], *, in_outline: bool = False) -> dict[str, Incident]:
    """Lock the incidents by id until the transaction ends: the first lock of every flow that changes any.

    `in_outline`: also those that can't be read, as `outlines` gives them. Raises `Unknown` where there is none, and
    `Purged` where there was.
    """
    read = _outline if in_outline else _incident
    return {id: read(row) for id, row in _locked(session, ids).items()}


def lock_acting(session: Session, ids: Sequence[str], *, in_outline: bool = False) -> dict[str, Incident]:
    """Lock the incidents by id; a merged one, be it readable or not, is replaced by the one that acts for it.

    `in_outline`: as for `lock`.
    """
    rows = _locked(session, ids, _LOCK_ACTING)
    acting = {id: rows[id].part_of or id for id in ids}
    # Those into which one was merged while this waited for it.
    into = sorted({*acting.values()} - rows.keys())
    rows |= _locked(session, into) if into else {}
    read = _outline if in_outline else _incident
    found = {id: read(rows[id]) for id in dict.fromkeys(acting.values())}
    return {id: found[its] for id, its in acting.items()}


def _locked(session: Session, ids: Sequence[str], query: Prepared = _LOCK) -> dict[str, Row[Any]]:
    found = {row.id: row for row in query.all(session, {"ids": list(ids)})}
    for id in ids:
        if id not in found:
            raise Unknown("incident", id)
        if (purged_at := found[id].purged_at) is not None:
            raise Purged(found[id].ref, purged_at)
    return found


def id_of(tx: Tx, ref: str, team: str | None = None, *, own: bool = False) -> str:
    """The id of the incident that acts for that reference (as `as_ref` reads it); with `team`, only one of that team.

    `own`: that of the incident itself, for a flow that locks it next; which one acts for it may change until then.
    Raises `Unknown` where there is none, as for another team's, with the same work, and `Purged` where there was.
    """
    wanted = as_ref(ref)
    query, its = (_OF_REF, {}) if team is None else (_OF_TEAM, {"team": team})
    row = query.first(tx.session, {"ref": wanted, **its}) if REF.fullmatch(wanted) else None
    if row is None:
        raise Unknown("incident", ref[:LONGEST_NAMED])
    if row.purged_at is not None:
        raise Purged(wanted, row.purged_at)
    return str(row.id if own else row.acting)


def ask_for_ref(tx: Tx, draw: Callable[[], str]) -> Callable[[], tuple[str, bool]]:
    """Ask for a reference that no incident has or had in a lost database; and whether anything is paused by hand.

    Call what this returns. Several are drawn and looked up together for the flows that share a transaction.
    """
    known: _FreeRefs | None = tx.session.info.get(FREE_REFS)
    if known is not None and known.refs:
        taken = known.refs.pop(), known.is_paused
        return lambda: taken
    drawn = dict.fromkeys(draw() for _ in range(tx.session.flows))
    rows = _TAKEN_OR_PAUSED.ahead(tx.session, {"refs": list(drawn)})

    def free() -> tuple[str, bool]:
        found = {row.ref for row in rows()}
        tx.session.info[FREE_REFS] = _FreeRefs([ref for ref in drawn if ref not in found], _PAUSED in found)
        return ask_for_ref(tx, draw)()

    return free


def open_of_phone(
    tx: Tx, phone: str, *, held_by: str | None = None, team: str | None = None, since: datetime | None = None
) -> str | None:
    """The id of the open incident that the phone raised last and knows of (none that is hidden from it).

    With `held_by` only one that it raised for that team, or for none: the number may have been another's then. With
    `team` also one that concerns the team; with `since` only where the phone's report came after that, whatever it was
    merged into.
    """
    found = all_open_of_phone(tx, phone, held_by=held_by, team=team, since=since)
    return next((each.id for each in found if not each.facts.hidden_from_phone), None)


def all_open_of_phone(
    tx: Tx, phone: str, *, held_by: str | None = None, team: str | None = None, since: datetime | None = None
) -> list[Incident]:
    """All open incidents that the phone raised and that can be read, also those hidden from it, latest first.

    With `held_by`, `team` and `since` as in `open_of_phone`. Drills are left out: whatever the field reports is real.
    """
    return [each for each in _of_phone(tx, phone, held_by, team, since) if each is not None]


def known_of_phone(tx: Tx, phone: str, team: str | None) -> list[Incident] | None:
    """The same, with those of the team, if given; None where one of them can't be read."""
    found = _of_phone(tx, phone, None, team, None)
    return None if None in found else [each for each in found if each is not None]


def _of_phone(
    tx: Tx, phone: str, held_by: str | None, team: str | None, since: datetime | None
) -> list[Incident | None]:
    asked = {"indexes": [*tx.vault.indexes(phone)], "held_by": held_by, "team": team, "since": since}
    asked = {name: each for name, each in asked.items() if each is not None}
    found = _open_by(*asked).readable(tx.session, asked, _if_read)
    return [each for each in found if each is None or not each.facts.drill]


@cache
def _open_by(*asked: str) -> Prepared:
    """Kept for each way to ask, since every text asks: to write it anew took longer than to run it."""
    its = incidents.alias()
    concerns: ColumnElement[bool] = its.c.raised_index.in_(bindparam("indexes"))
    if "held_by" in asked:
        concerns &= its.c.team.is_(None) | (its.c.team == bindparam("held_by"))
    if "team" in asked:
        concerns |= its.c.team == bindparam("team")
    if "since" in asked:
        concerns &= its.c.opened_at > bindparam("since")
    acts = (its.c.status == IncidentStatus.OPEN.value) | its.c.part_of.is_not(None)
    acting = select(func.coalesce(its.c.part_of, its.c.id)).where(concerns, acts)
    query = select(incidents).where(IS_OPEN, incidents.c.id.in_(acting))
    return Prepared(query.order_by(incidents.c.opened_at.desc()))


def open_in(session: Session, country: str, since: datetime) -> list[Incident]:
    """The latest open incidents of a country opened since then that can be read, latest first."""
    return [*_OPEN_IN.readable(session, {"country": country, "since": since, "most": 20}, _incident)]


def latest_open(session: Session, most: int) -> list[Incident]:
    """The latest open incidents that can be read, at most that many, latest first."""
    return [*_LATEST_OPEN.readable(session, {"most": most}, _incident)]


def get(session: Session, id: str) -> Incident:
    """The incident, for reading only."""
    [incident] = get_each(session, [id])
    return incident


def get_acting(session: Session, id: str) -> Incident:
    """The incident, or the one that it was merged into, for reading only."""
    [row] = _EACH.all(session, {"ids": [id]})
    return get(session, row.part_of) if row.part_of else _incident(row)


def split_off(session: Session, incident: str, ids: Collection[str]) -> set[str]:
    """Those of the ids that are no part of the incident any more, nor a text joined to it or to a part of it."""
    if not ids:
        return set()
    its = [incident, *_PARTS.scalars(session, {"incident": incident})]
    return {*ids}.difference(its, _JOINED.scalars(session, {"ids": [*ids], "its": its}))


def get_each(session: Session, ids: Collection[str]) -> list[Incident]:
    """The incidents of those ids, for reading only."""
    return [_incident(row) for row in _EACH.all(session, {"ids": [*ids]})]


def outlines(session: Session, ids: Collection[str]) -> list[Incident]:
    """The incidents of those ids, to end or erase them; of one that can't be read only what stands in clear.

    By such an outline nobody may be told or written to.
    """
    return [_outline(row) for row in _EACH.all(session, {"ids": [*ids]})]


def get_readable(session: Session, ids: Collection[str]) -> list[Incident]:
    """Those of the incidents of those ids that can be read, for reading only."""
    return [each for row in _EACH.all(session, {"ids": [*ids]}) if (each := _if_read(row)) is not None]


def are_readable(session: Session, ids: Collection[str]) -> bool:
    return len(get_readable(session, ids)) == len(ids)


def ranks(session: Session, ids: Collection[str]) -> dict[str, int]:
    """How grave each incident is, the gravest having the lowest rank; no facts are opened for it."""
    query = select(incidents.c.id, incidents.c.severity).where(incidents.c.id.in_(ids))
    return {id: Severity(severity).rank for id, severity in session.execute(query)}


def pruned_of(session: Session, id: str) -> list[dict[str, Any]]:
    """The contacts pruned by the last resolution."""
    return list(session.scalars(select(incidents.c.pruned).where(incidents.c.id == id)).one())


def save_facts(session: Session, incident: Incident, pruned: list[dict[str, Any]]) -> None:
    """Replace the facts, the pruned contacts, the warnings, and what waits for a coordinator."""
    facts = incident.facts
    _save(
        session,
        incident,
        facts=to_plain(facts),
        severity=facts.severity.value,
        type=facts.type,
        pruned=pruned,
        warnings=list(incident.warnings),
        wider=to_plain(incident.wider) or None,
        proposed=to_plain(incident.proposed) if incident.proposed else None,
    )


def save_plan(session: Session, incident: Incident, pruned: list[dict[str, Any]]) -> None:
    """Replace what it runs on: the trees, the facts with the pruned contacts, and the consent that waits."""
    save_facts(session, incident, pruned)
    _save(session, incident, trees=incident.trees, replanned_at=incident.replanned_at)


def save_opening(session: Session, incident: Incident) -> None:
    """Replace the moment of opening, when a text becomes an incident."""
    _save(session, incident, opened_at=incident.opened_at)


def trees_in_use(session: Session) -> set[str]:
    """The hashes of the trees on which open incidents run."""
    return {hash for trees in session.scalars(select(incidents.c.trees).where(IS_OPEN)) for hash in trees.values()}


def held_since(session: Session, ids: Sequence[str]) -> datetime | None:
    """Since when the incident with those ids, or a part of it, is held."""
    since: datetime | None = session.scalar(select(func.min(incidents.c.held_at)).where(incidents.c.id.in_(ids)))
    return since


def save_hold(session: Session, ids: Sequence[str], since: datetime | None) -> None:
    """Replace since when the incident with those ids is held, with its parts."""
    session.execute(update(incidents).where(incidents.c.id.in_(ids)).values(held_at=since))


def save_status(session: Session, incident: Incident) -> None:
    """Replace whether it is open, and why not."""
    _save(
        session,
        incident,
        status=incident.status.value,
        closed_at=incident.closed_at,
        close_reason=incident.close_reason.value if incident.close_reason else None,
        merged_into=incident.merged_into,
    )


def save_merging(session: Session, incident: Incident) -> None:
    """Replace what it is part of, its parts, and the trees that they run on."""
    merged = to_plain(incident.merged) if incident.merged else None
    _save(session, incident, part_of=incident.part_of, merged=merged, trees=incident.trees)


def _save(session: Session, incident: Incident, **values: Any) -> None:
    change_each(session, incidents, [values | {"key": incident.id}])


def facts_of(stored: Any) -> Facts:
    """The facts of a row; raises its fault where they could not be opened."""
    return from_plain(Facts, sound(stored))


def _if_read(row: Row[Any]) -> Incident | None:
    try:
        return _incident(row)
    except UNREADABLE:
        return None


def _outline(row: Row[Any]) -> Incident:
    if (whole := _if_read(row)) is not None:
        return whole
    facts = Facts(row.type, Severity(row.severity), row.country, verified=False, withdrawn=True, team=row.team)
    return _incident(row, facts)


def _incident(row: Row[Any], outline: Facts | None = None) -> Incident:
    """The incident; with the facts of an `outline` also where something of it is damaged."""
    opened = sound if outline is None else if_sound
    merged, proposed = opened(row.merged), opened(row.proposed)
    return Incident(
        id=row.id,
        ref=row.ref,
        status=IncidentStatus(row.status),
        facts=outline or facts_of(row.facts),
        trees=row.trees,
        templates=row.templates,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        close_reason=CloseReason(row.close_reason) if row.close_reason else None,
        merged_into=row.merged_into,
        part_of=row.part_of,
        merged=from_plain(Merged, merged) if merged else None,
        warnings=tuple(row.warnings),
        wider=from_plain(tuple[Wider, ...], opened(row.wider) or ()),
        proposed=from_plain(Proposed, proposed) if proposed else None,
        replanned_at=row.replanned_at,
        held_at=row.held_at,
        purged_at=row.purged_at,
    )
