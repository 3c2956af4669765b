"""The view of the timeline for the outside (B5), and the texts that people sent, as written."""

import json
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import LargeBinary, Row, Select, bindparam, func, select, type_coerce
from typing_extensions import TypedDict

from alertnet.core.codec import value
from alertnet.core.disclosure import DURESS, ReceivedText, without_secrets
from alertnet.core.inbound.field_report import LATE_AFTER, reports_nothing, stands_for
from alertnet.core.incident import Severity, gravest
from alertnet.store.db.columns import ReadableJson, if_sound, vault_of
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.vault import Unreadable
from alertnet.store.records import incidents
from alertnet.store.tables import IS_OPEN, timeline
from alertnet.store.tables import incidents as incident_rows
from alertnet.store.views.shapes import TextView, moment

TEXTS = ("report_received", "withdrawal_asked", "sms_received", "mail_received", "device_alarm", "action_reported")
_SAYS_SOMETHING = ("text", "understood", "action", "position", "left_out", "attached")
_MAKE_GRAVER = ("report_received", "withdrawal_asked", "merged")
"""The entries that say how grave an incident under duress is without it."""
_PROVEN = ("true", DURESS)
"""The results of checking a PIN that prove a report."""
MOST = 20
"""The latest ones only, since a page is read on a phone."""
MOST_SHOWN = 500


def is_forced(text: dict[str, Any]) -> bool:
    """Whether a text that reported nothing is on record only for its duress PIN."""
    return text.get("pin") == DURESS and reports_nothing(text)


UNREAD = "unread"
"""The kind of an entry that can't be read (A11)."""
_PAYLOAD = type_coerce(timeline.c.payload, ReadableJson()).label("payload")
_ENTRIES: Select[Any] = select(*timeline.c["seq", "at", "kind", "hash"], _PAYLOAD)
_TEXTS = Prepared(
    _ENTRIES.where(timeline.c.chain == bindparam("incident"), timeline.c.kind.in_(TEXTS))
    .order_by(timeline.c.seq.desc())
    .limit(bindparam("most"))
)


@value
class Entry:
    """One line of a timeline; `payload` is empty once it was purged, and where it can't be read, as `kind` says."""

    at: datetime
    kind: str
    payload: Mapping[str, Any]


class EntryView(TypedDict):
    """One line of a timeline for the outside; `payload` is None once it was purged, or where it can't be read."""

    seq: int
    at: str
    kind: str
    payload: dict[str, Any] | None
    hash: str


def entries(
    session: Session, chain: str, after: int, limit: int | None, *, with_duress: bool = True
) -> tuple[list[EntryView], int]:
    """Read up to that many entries of a chain after that seq.

    Gives those shown, in order, and the seq of the last read.
    """
    query = _ENTRIES.where(timeline.c.chain == chain, timeline.c.seq > after)
    rows = session.execute(query.order_by(timeline.c.seq).limit(limit)).all()
    shown = [
        EntryView(seq=row.seq, at=moment(row.at), kind=kind, payload=payload, hash=row.hash.hex())
        for row, kind, payload in _shown(session, chain, rows, with_duress)
    ]
    return shown, rows[-1].seq if rows else after


def latest(
    session: Session, chain: str, most: int | None, always: Collection[str] = (), *, with_duress: bool
) -> tuple[list[Entry], int, int]:
    """The latest entries of a chain, after all of the kinds `always`; the last seq, and how many others came before.

    `most` None: all of them.
    """
    last = heads(session, [chain]).get(chain, 0)
    query = _ENTRIES.where(timeline.c.chain == chain, timeline.c.seq <= last)
    if most is not None:
        query = query.where((timeline.c.seq > last - most) | timeline.c.kind.in_(always))
    rows = session.execute(query.order_by(timeline.c.seq)).all()
    shown = [
        Entry(row.at, UNREAD if isinstance(row.payload, Exception) else kind, payload or {})
        for row, kind, payload in _shown(session, chain, rows, with_duress)
    ]
    return shown, last, last - len(rows)


def _shown(
    session: Session, chain: str, rows: Sequence[Row[Any]], with_duress: bool
) -> Iterator[tuple[Row[Any], str, dict[str, Any] | None]]:
    """The rows that are shown, each with its kind and payload as they are shown."""
    forced = {} if with_duress else _forced(session, chain)
    openly = {} if with_duress else reported_openly(session, chain)
    for row in rows:
        if row.at not in forced or row.seq < forced[row.at]:
            payload = if_sound(row.payload)
            if openly and payload and "severity" in payload:
                payload = payload | {"severity": _as_said(payload["severity"], openly, row.at)}
            yield row, *((row.kind, payload) if with_duress else without_secrets(row.kind, payload))


def _forced(session: Session, chain: str) -> dict[datetime, int]:
    """When texts came that reported only duress, each with the seq where the entries that came with it begin."""
    query = _ENTRIES.where(timeline.c.chain == chain, timeline.c.kind == "report_received")
    return {
        row.at: row.seq
        for row in session.execute(query.order_by(timeline.c.seq.desc()))
        # One that can't be read may be such a text.
        if isinstance(row.payload, Exception) or (row.payload and is_forced(row.payload))
    }


def reported_openly(session: Session, chain: str) -> dict[datetime, Severity]:
    """How grave an incident is without what came under duress, from when on; empty where nothing has."""
    query = select(timeline.c.at, _PAYLOAD).where(timeline.c.chain == chain, timeline.c.kind.in_(_MAKE_GRAVER))
    found: dict[datetime, Severity] = {}
    for at, payload in session.execute(query.order_by(timeline.c.seq)):
        if "openly" in (if_sound(payload) or {}):
            found[at] = gravest(Severity(payload["openly"]), *found.values())
    return found


def said_openly(severity: Severity, openly: Mapping[datetime, Severity], at: datetime | None = None) -> Severity:
    """That severity, but no graver than was said openly, by then if a moment is given."""
    known = [each for began, each in openly.items() if at is None or began <= at]
    return max([severity, *known[-1:]], key=lambda each: each.rank)


def _as_said(shown: Any, openly: Mapping[datetime, Severity], at: datetime) -> Any:
    # Of a change the history has what was before, and what is since.
    if isinstance(shown, list):
        return [_as_said(each, openly, at) for each in shown]
    return said_openly(Severity(shown), openly, at).value


# The last entry of each is looked up in the key; grouped, all entries between would be read.
_LAST = select(func.max(timeline.c.seq)).where(timeline.c.chain == incident_rows.c.id).scalar_subquery()
_HEADS = select(incident_rows.c.id, _LAST.label("seq"))
_HEADS_OF_OPEN = Prepared(_HEADS.where(IS_OPEN))
_HEADS_OF = Prepared(_HEADS.where(incident_rows.c.id.in_(bindparam("ids"))))


def heads(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """The last seq of each of those incidents, by its id."""
    return dict(_HEADS_OF.all(session, {"ids": list(ids)}))


def heads_of_open(session: Session) -> dict[str, int]:
    """The last seq of each open incident, by its id: what is on the board, and whether it has changed."""
    return dict(_HEADS_OF_OPEN.all(session, {}))


def by_whom(session: Session, chains: Sequence[str], kinds: Collection[str]) -> dict[str, list[str | None]]:
    """For each chain who did something of those kinds, in order; None for what can't be read (A11)."""
    query = select(timeline.c.chain, type_coerce(timeline.c.payload, LargeBinary).label("sealed"))
    query = query.where(timeline.c.chain.in_(chains), timeline.c.kind.in_(kinds), timeline.c.payload.is_not(None))
    found: dict[str, list[str | None]] = {chain: [] for chain in chains}
    vault = vault_of(session.dialect)
    for row in session.execute(query.order_by(timeline.c.chain, timeline.c.seq)):
        try:
            by = json.loads(vault.open(row.sealed)).get("by") or ""
        except (Unreadable, ValueError, AttributeError):
            by = None
        if by not in ("", *found[row.chain]):
            found[row.chain].append(by)
    return found


def texts_of(session: Session, incident: str, most: int = MOST) -> list[ReceivedText]:
    """The latest texts of an incident, oldest first, without erased ones or those of a report that was split off.

    An action that was told only in words is among the texts already, and is left out.
    """
    found = _TEXTS.all(session, {"incident": incident, "most": most})
    rows = [(row.at, if_sound(row.payload)) for row in found]
    came_to = {payload["came_to"] for _, payload in rows if payload and "came_to" in payload}
    gone = incidents.split_off(session, incident, came_to)
    number_of = cache(lambda id: _number_of(session, id))
    return [
        ReceivedText(
            at=datetime.fromisoformat(payload["heard_at"]) if payload.get("heard_at") else at,
            sender=payload.get("by") or payload.get("contact") or "",
            words=_words(payload),
            tree=payload.get("tree"),
            contact=payload.get("contact"),
            # A text that was joined to this incident later had come to another.
            number=number_of(payload.get("came_to", incident)) if payload.get("by") else None,
            understood=tuple(payload.get("understood", ())),
            is_verified=payload.get("pin") in _PROVEN,
            action=payload.get("action"),
            arrived_at=_arrival(at, payload),
            attached=payload.get("attached", 0),
        )
        for at, payload in reversed(rows)
        if payload
        and not payload.get("in_words")
        and payload.get("came_to") not in gone
        and any(payload.get(name) for name in _SAYS_SOMETHING)
    ]


def _words(payload: dict[str, Any]) -> str:
    text = payload.get("text") or payload.get("note")
    return "\n".join(filter(None, (payload.get("position"), text, payload.get("left_out"))))


def shown_texts(session: Session, incident: str, people: Container[str]) -> list[TextView]:
    """All that people wrote and reported about an incident; `people`: the codes of those affected."""
    return [
        TextView(
            at=moment(each.at),
            sender=f"{each.tree}/{each.contact}" if each.contact else each.sender,
            number=each.number,
            text=each.words,
            understood=list(each.understood),
            codes={code: what.value for code in each.understood if (what := stands_for(code, people))},
            verified=each.is_verified,
            action=each.action,
            arrived_at=moment(each.arrived_at) if each.arrived_at else None,
        )
        for each in texts_of(session, incident, MOST_SHOWN)
    ]


def _arrival(at: datetime, payload: dict[str, Any]) -> datetime | None:
    """When a late text reached us; None for one that was not late, or was joined to this incident later."""
    heard_at = payload.get("heard_at")
    if heard_at is None or "came_to" in payload:
        return None
    return at if at - datetime.fromisoformat(heard_at) > LATE_AFTER else None


def _number_of(session: Session, incident: str) -> str | None:
    known = incidents.get_readable(session, [incident])
    return next((each.facts.raised_from for each in known if not each.facts.field_silent), None)
