"""Turning decisions into letters: what each contact is told, in its words, with its code and link."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from alertnet.core.directory.contact import WRITTEN, Contact, Method, MethodKind
from alertnet.core.directory.usable_methods import Reach
from alertnet.core.disclosure import Said, Subject
from alertnet.core.notification import URGENT, Kind
from alertnet.flows.credentials.page_links import link_token
from alertnet.flows.credentials.written_codes import written_code
from alertnet.flows.notifications.already_queued import alarm_waits
from alertnet.flows.unit.locked_incident import Case
from alertnet.flows.unit.unit_of_work import Letter, Service
from alertnet.store.tables import notifications


def said(case: Case, tree: str, timezone: str) -> Said:
    """The words that every message of this incident shares."""
    pinned = case.tree(tree)
    return Said(
        sender=pinned.sender,
        organisation=pinned.title,
        ref=case.incident.ref,
        callback=pinned.callback,
        timezone=timezone,
        type=case.facts.type,
        severity=case.facts.severity,
        drill=case.facts.drill,
        at=case.incident.opened_at,
    )


def alert(
    case: Case,
    kind: Kind,
    tree: str,
    contact: Contact,
    place: int,
    *,
    service: Service,
    level: str,
    planned_at: datetime,
    expires_at: datetime,
) -> str:
    """An alert or reminder to one method of a contact, counting for its escalation."""
    method = contact.all_methods[place]
    code = written_code(case, tree, contact)
    link, token = link_token(case, tree, contact, method.kind, method.address, escalation=service.escalation)
    words = replace(
        said(case, tree, contact.timezone),
        code=code.text if code else None,
        answerable=code is not None,
        link=token,
    )
    letter = replace(
        _letter(case, kind, tree, contact, method, words),
        level=level,
        round=service.round,
        escalation=service.escalation,
        code=code.id if code else None,
        link=link,
        planned_at=planned_at,
        expires_at=expires_at,
    )
    return case.outbox.post(letter, ((tree, service),))


def write(
    case: Case,
    kind: Kind,
    tree: str,
    contact: Contact,
    words: Said,
    *,
    methods: frozenset[MethodKind] = WRITTEN,
    alarm: str | None = None,
    code: str | None = None,
    with_link: bool = False,
    send: bool = True,
    again: bool = False,
    anew: bool = False,
    once: bool = False,
    leaves_at: datetime | None = None,
) -> None:
    """A message that is no alert, by all the contact's methods of those kinds; if it is closed, by those for that too.

    `again`: it was said before, and leaves after what is new. Of an `alarm` that is repeated, what has not left yet by
    a method is not written again, unless it has to say something else (`anew`). `once`: to a number or
    address that several contacts share it goes once.
    """
    reach = Reach(contact, case.plans[tree].times[contact.id])
    chosen = [method for method in reach.at_any_hour(case.tx.now) if method.kind in methods]
    for method in _each_address(chosen):
        if alarm is not None and not (case.fresh or anew) and alarm_waits(case, method, alarm):
            continue
        link, token = None, words.link
        if with_link:
            link, token = link_token(case, tree, contact, method.kind, method.address, alarm=alarm)
        its_words = replace(words, link=token, timezone=contact.timezone)
        letter = _letter(case, kind, tree, contact, method, its_words)
        letter = replace(letter, alarm=alarm, code=code, link=link, rank=case.rank(kind, again=again))
        if once and case.outbox.has_posted(letter):
            continue
        case.outbox.post(replace(letter, leaves_at=leaves_at), send=send)


def notify_coordinators(
    case: Case,
    subject: Subject,
    about: str | None = None,
    *,
    besides: tuple[str, str] | None = None,
    acknowledgement: str | None = None,
    leaves_at: datetime | None = None,
) -> None:
    """A notice to each coordinator who was told of the incident, or to all where none was yet: one SMS or mail.

    In the quiet hours of a coordinator it is a mail, or else an SMS at their end. `leaves_at`: not before then.
    `besides`: (tree, contact) of the one who needs none. `acknowledgement`: the answer that it is about, with a link to
    the page on which it can be taken back.
    """
    everybody = case.coordinators()
    told = _told(case)
    listening = [each for each in everybody if told & case.names(each[0], each[1].id)] or everybody
    spared = case.names(*besides) if besides else set()
    for tree, contact in listening:
        if (tree, contact.id) not in spared:
            words = replace(said(case, tree, contact.timezone), subject=subject, about=about, at=case.tx.now)
            _notice(case, tree, contact, words, acknowledgement, leaves_at or case.tx.now)


def _notice(
    case: Case, tree: str, contact: Contact, words: Said, acknowledgement: str | None, leaves_at: datetime
) -> None:
    usable = Reach(contact, case.plans[tree].times[contact.id]).for_a_notice(leaves_at)
    if usable is None:
        return
    method, at = usable
    link, token = None, None
    if acknowledgement is not None:
        link, token = link_token(case, tree, contact, method.kind, method.address, acknowledgement=acknowledgement)
    letter = _letter(case, Kind.NOTICE, tree, contact, method, replace(words, link=token))
    case.outbox.post(replace(letter, link=link, leaves_at=at))


def _letter(case: Case, kind: Kind, tree: str, contact: Contact, method: Method, words: Said) -> Letter:
    return Letter(
        kind=kind,
        contact=contact.id,
        method=method.kind,
        address=method.address,
        language=contact.language,
        said=words,
        planned_at=case.tx.now,
        rank=case.rank(kind),
        incident=case.incident.id,
        tree=tree,
        extension=method.extension,
    )


def _told(case: Case) -> set[tuple[str, str]]:
    """(tree, contact) of those who were sent something that rings."""
    if case.fresh:
        return set()
    query = select(notifications.c.tree, notifications.c.contact).where(
        notifications.c.incident_id == case.incident.id,
        notifications.c.kind.in_([kind.value for kind in URGENT]),
    )
    return {(row.tree, row.contact) for row in case.tx.session.execute(query.distinct())}


def _each_address(methods: list[Method]) -> list[Method]:
    """Each address once for each kind of method."""
    return list({(method.kind, method.address): method for method in methods}.values())
