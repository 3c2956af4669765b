"""The coordinator's page: a decision to be made or an alarm to be answered; opening it changes nothing."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select

from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.notification import Kind
from alertnet.flows import alarms
from alertnet.flows.case import Case, take_up
from alertnet.flows.decide import decide_alarm
from alertnet.flows.letters import said
from alertnet.flows.open_page import Opened, Outcome, find_link, look_at, may_answer
from alertnet.messages.page import Page, Remark
from alertnet.store.tables import alarms as alarm_table
from alertnet.store.tx import Tx

DECISIONS = ("go", "hold", "refuse")
ACKNOWLEDGE = "acknowledge"
ANSWERED = "acknowledged"


def open_question(tx: Tx, token: str) -> Opened | None:
    """The page of a coordinator's link; None when no alarm or decision ever had such a link."""
    link = find_link(tx, token)
    return None if link is None or link.alarm_id is None else _show(tx, link)


def answer_question(tx: Tx, token: str, answer: str) -> Opened | None:
    """Decide or answer as the button says, and show what holds now. Sent again, it counts once."""
    link = find_link(tx, token)
    if link is None or link.alarm_id is None:
        return None
    case = take_up(tx, link.incident_id)
    alarm = _alarm(tx, link)
    if not may_answer(case, link):
        return _show(tx, link, Outcome.OVER)
    if answer not in _answers(alarm):
        return _show(tx, link, Outcome.NOT_ALLOWED)
    outcome = _record(case, alarm, answer, link.contact)
    case.finish()
    return _show(tx, link, outcome, tuple(case.hang_ups))


def _record(case: Case, alarm: Row[Any], answer: str, by: str) -> Outcome:
    given = ANSWERED if answer == ACKNOWLEDGE else answer
    if alarm.answer == given:
        return Outcome.DONE
    if alarm.due_at is None:
        return Outcome.OVER
    if answer == ACKNOWLEDGE:
        alarms.answer_alarm(case, alarm.id, ANSWERED, by)
        return Outcome.DONE
    try:
        decide_alarm(case, alarm, answer, by)
    except WrongState:
        return Outcome.OVER
    return Outcome.DONE


def _show(tx: Tx, link: Row[Any], outcome: Outcome = Outcome.DONE, hang_ups: tuple[str, ...] = ()) -> Opened:
    case = look_at(tx, link.incident_id)
    contact = case.contact(link.tree, link.contact)
    alarm = _alarm(tx, link)
    words = replace(
        said(case, link.tree, contact.timezone),
        subject=Subject(alarm.subject),
        about=alarm.about,
        level=alarm.level,
        contacts=alarm.contacts,
        automatic_at=alarm.automatic_at,
    )
    answers = _answers(alarm) if may_answer(case, link) and alarm.due_at is not None else ()
    page = Page(words, _remarks(case, alarm, link.contact), answers, asked=True)
    return Opened(page, contact.language, case.incident.templates, outcome, hang_ups)


def _remarks(case: Case, alarm: Row[Any], contact: str) -> tuple[Remark, ...]:
    """What was decided, by whom ever, or that this coordinator took the alarm; else whether there is anything left."""
    if not case.is_open:
        return (Remark("closed"),)
    if alarm.answer in DECISIONS:
        return (Remark(f"recorded_{alarm.answer}", alarm.answered_at),)
    if alarm.answer == ANSWERED and alarm.answered_by == contact:
        return (Remark("recorded_acknowledge", alarm.answered_at),)
    return () if alarm.due_at is not None else (Remark("taken_care_of"),)


def _answers(alarm: Row[Any]) -> tuple[str, ...]:
    return DECISIONS if alarm.kind == Kind.DECISION.value else (ACKNOWLEDGE,)


def _alarm(tx: Tx, link: Row[Any]) -> Row[Any]:
    return tx.session.execute(select(alarm_table).where(alarm_table.c.id == link.alarm_id)).one()
