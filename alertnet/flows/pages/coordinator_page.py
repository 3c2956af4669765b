"""The coordinator's page: a decision, alarm or task, and what can be done for the incident; opening changes nothing."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select

from alertnet.core.disclosure import details_of
from alertnet.core.errors import WrongState
from alertnet.core.limits import LONGEST_NOTE
from alertnet.core.notification import Kind
from alertnet.flows.escalation import report_phone_task
from alertnet.flows.escalation.pin_proof import Proof, Sent, no_proof, prove
from alertnet.flows.escalation.record_decision import decide_alarm
from alertnet.flows.notifications import coordinator_alarms
from alertnet.flows.notifications.compose import said
from alertnet.flows.notifications.phone_tasks import TAKEN
from alertnet.flows.pages.contact_page import (
    ANSWERS,
    TOO_LONG,
    Opened,
    Outcome,
    find_link,
    look_at,
    may_answer,
    with_proof,
)
from alertnet.flows.pages.coordinator_actions import ACTS, CLOSE, carry_out, coordinator_actions_of, is_allowed
from alertnet.flows.pages.task_details import task_details_of
from alertnet.flows.unit.locked_incident import Case, take_up
from alertnet.messages.page import Page, Remark
from alertnet.store.db.tx import Tx
from alertnet.store.tables import alarms as alarm_table

DECISIONS = ("go", "hold", "refuse")
ACKNOWLEDGE, TAKE = "acknowledge", "take"
FAILURES = (report_phone_task.NO_ANSWER, report_phone_task.WRONG_PERSON)
ANSWERED = "acknowledged"
_SAID = {kind.value for kind in ANSWERS.values()}


def open_coordinator_page(tx: Tx, token: str) -> Opened | None:
    """The page of a coordinator's link; None when no alarm, decision or task ever had such a link."""
    link = find_link(tx, token)
    return None if link is None or link.alarm_id is None else _show(tx, link)


def submit_coordinator_page(tx: Tx, token: str, sent: Sent) -> Opened | None:
    """Do as the button says, and show what holds now. Sent again, it counts once."""
    link = find_link(tx, token)
    if link is None or link.alarm_id is None:
        return None
    sent = sent.without_ticket()
    case = take_up(tx, link.incident_id)
    alarm = _alarm(tx, link)
    if not may_answer(case, link):
        is_same = sent.answer == CLOSE and not case.is_open and case.incident.close_reason == sent.reason
        return _show(tx, link, outcome=Outcome.DONE if is_same else Outcome.OVER)
    if len(sent.note) > LONGEST_NOTE:
        return _show(tx, link, TOO_LONG, sent=sent, outcome=Outcome.NOT_ALLOWED)
    is_known = is_allowed(case, sent) if sent.answer in ACTS else sent.answer in _known(alarm)
    if not (is_known or (sent.pin and not sent.answer)):
        return _show(tx, link, outcome=Outcome.NOT_ALLOWED)
    proof = prove(case, link, sent)
    if not sent.answer or proof.is_missing:
        case.finish()
        outcome = Outcome.NOT_PROVED if sent.answer else Outcome.DONE
        return _show(tx, link, proof=proof, sent=sent, outcome=outcome)
    if sent.answer in ACTS:
        outcome, remarks = Outcome.DONE, carry_out(case, link, sent)
    else:
        outcome, remarks = _record(case, alarm, sent.answer, link.contact), ()
    case.finish()
    return _show(tx, link, *remarks, proof=proof, outcome=outcome, hang_ups=tuple(case.hang_ups))


def _record(case: Case, alarm: Row[Any], answer: str, by: str) -> Outcome:
    try:
        if alarm.kind == Kind.TASK.value:
            _report(case, alarm, answer, by)
        elif alarm.answer != (ANSWERED if answer == ACKNOWLEDGE else answer):
            _decide(case, alarm, answer, by)
    except WrongState:
        return Outcome.OVER
    return Outcome.DONE


def _decide(case: Case, alarm: Row[Any], answer: str, by: str) -> None:
    if answer != ACKNOWLEDGE:
        decide_alarm(case, alarm, answer, by)
    elif alarm.due_at is not None:
        coordinator_alarms.answer_alarm(case, alarm.id, ANSWERED, by)
    else:
        raise WrongState("the alarm", alarm.answer or "over", "it was answered before")


def _report(case: Case, alarm: Row[Any], answer: str, by: str) -> None:
    if answer == TAKE:
        report_phone_task.take(case, alarm, by)
    elif answer in FAILURES:
        if alarm.answer != answer:
            report_phone_task.report_failure(case, alarm, answer, by)
    else:
        report_phone_task.report_answer(case, alarm, ANSWERS[answer], by)


def _show(
    tx: Tx,
    link: Row[Any],
    *remarks: Remark,
    proof: Proof | None = None,
    sent: Sent | None = None,
    outcome: Outcome = Outcome.DONE,
    hang_ups: tuple[str, ...] = (),
) -> Opened:
    case = look_at(tx, link.incident_id)
    contact = case.contact(link.tree, link.contact)
    alarm = _alarm(tx, link)
    words = replace(
        said(case, link.tree, contact.timezone),
        subject=coordinator_alarms.subject_of(case, alarm),
        about=alarm.about,
        level=alarm.level,
        contacts=alarm.contacts,
        automatic_at=alarm.automatic_at,
    )
    page = Page(
        words,
        (*_remarks(case, alarm, link.contact), *remarks),
        asked=True,
        coordinator_actions=coordinator_actions_of(case, link),
    )
    if may_answer(case, link):
        proof = proof or no_proof(case, link)
        details = details_of(case.facts, contact.disclosure) if proof.is_given else ()
        page = replace(page, remarks=(*page.remarks, *proof.remarks), details=details)
        page = with_proof(case, contact, page, proof, sent)
    if may_answer(case, link) and (alarm.due_at is not None or _has_been_said(alarm)):
        page = replace(page, answers=_answers(alarm), answered=_has_been_said(alarm))
        if alarm.kind == Kind.TASK.value:
            task = task_details_of(case, alarm)
            page = replace(page, task=task, answers=page.answers if task else ())
    return Opened(page, contact.language, case.incident.templates, outcome, hang_ups)


def _remarks(case: Case, alarm: Row[Any], contact: str) -> tuple[Remark, ...]:
    """What was decided or reported, by whom ever, or that this coordinator took the alarm; else if anything is left."""
    if not case.is_open:
        return (Remark("closed"),)
    if alarm.kind == Kind.TASK.value and alarm.answer == TAKEN:
        return (Remark("recorded_task_taken", alarm.answered_at),)
    if alarm.kind == Kind.TASK.value and alarm.answer in (*_SAID, *FAILURES):
        return (Remark("recorded_task", alarm.answered_at),)
    if alarm.answer in DECISIONS:
        return (Remark(f"recorded_{alarm.answer}", alarm.answered_at),)
    if alarm.answer == ANSWERED and alarm.answered_by == contact:
        return (Remark("recorded_acknowledge", alarm.answered_at),)
    return () if alarm.due_at is not None else (Remark("taken_care_of"),)


def _has_been_said(alarm: Row[Any]) -> bool:
    """Whether the contact of a task has answered: the coordinator may have heard wrong, and change it."""
    return alarm.kind == Kind.TASK.value and alarm.answer in _SAID


def _answers(alarm: Row[Any]) -> tuple[str, ...]:
    """The buttons that are shown: once its contact has answered, only another answer of it is left."""
    return tuple(ANSWERS) if _has_been_said(alarm) else _known(alarm)


def _known(alarm: Row[Any]) -> tuple[str, ...]:
    if alarm.kind == Kind.TASK.value:
        return (TAKE, *ANSWERS, *FAILURES)
    return DECISIONS if alarm.kind == Kind.DECISION.value else (ACKNOWLEDGE,)


def _alarm(tx: Tx, link: Row[Any]) -> Row[Any]:
    return tx.session.execute(select(alarm_table).where(alarm_table.c.id == link.alarm_id)).one()
