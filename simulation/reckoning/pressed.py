"""Checks what was pressed on pages: what was answered as done is on record, and without the PIN nothing is done."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, select

from alertnet.core.disclosure import Subject
from alertnet.store.tables import acknowledgements, alarms, escalations, links, notifications
from simulation.night import Night
from simulation.pages.visitors import DONE, DURESS, Pressed
from simulation.world.cast import sharing
from simulation.world.story import Found

ANSWERS = {"acknowledge": "acknowledged", "decline": "declined", "relay": "relayed"}
DECISIONS = {"go", "hold", "refuse"}
SAID_AGAIN = {"close", "open", "join", "set_aside"}
"""What is answered as done where the same was done before, whoever asks."""
MOST_WRONG = 5
"""So many wrong PINs within an hour close the door for a while."""

_ASKED: Select[Any] = select(
    alarms.c.id, alarms.c.kind, alarms.c.subject, alarms.c.about, escalations.c.tree
).outerjoin(escalations, escalations.c.id == alarms.c.escalation_id)


def check_pressed(night: Night, history: Sequence[Row[Any]]) -> Found:
    """A1, A6, B4: of every button that was answered as done."""
    database = night.world.database
    opened = {row.token: row for row in database.rows(select(links))}
    asked = {row.id: row for row in database.rows(_ASKED)}
    answers = database.rows(select(acknowledgements))
    for pressed in night.visitors.pressed:
        link = opened.get(pressed.token)
        if pressed.status != DONE or link is None:
            continue
        who, did = f"{link.tree}/{link.contact}", pressed.answer or "nothing"
        if not pressed.is_proved and pressed.answer and pressed.answer not in SAID_AGAIN:
            yield "A6", f"{who} has pressed {did} without its PIN, and it was done"
        if not (
            _is_on_record(pressed, link, asked.get(link.alarm_id), history, answers)
            or (pressed.answer == "action" and _is_reported(night, pressed, link, history))
        ):
            yield "A1", f"{who} has pressed {did} at {pressed.at:%H:%M:%S}, which was answered, and nothing holds it"
    if any(_is_forced(night, each) for each in night.visitors.pressed):
        said = {each.get("subject") for each in database.column(select(notifications.c.said))}
        if Subject.READ_FIRST.value not in said:
            yield "B4", "a coordinator has entered the PIN for duress, and nobody was told"


def _is_forced(night: Night, pressed: Pressed) -> bool:
    """Whether the PIN for duress was heard: not where so many wrong ones came before that none is (B9)."""
    hour = pressed.at - timedelta(hours=1)
    tries = sum(hour < at < pressed.at for at in night.visitors.wrong)
    return pressed.fields.get("pin") == DURESS and pressed.status == DONE and tries < MOST_WRONG


def _is_on_record(
    pressed: Pressed, link: Row[Any], asked: Row[Any] | None, history: Sequence[Row[Any]], answers: Sequence[Row[Any]]
) -> bool:
    """Whether what was pressed is there, from then or from before."""
    contact = pressed.fields.get("contact", "").partition("~")[0].rpartition("/")[2] or link.contact
    answer = pressed.answer
    if asked is None and answer == "go":
        return True  # Where nothing is on hold any more, there is nothing to let go on.
    if answer in DECISIONS:
        return any(_is_it(row.payload, answer, asked, link) for row in history if row.kind == "decision")
    if answer == "vouch":
        return _has_answered(answers, contact, {pressed.fields["kind"]})
    if answer in ANSWERS and (asked is None or asked.kind == "task"):
        by_phone = {"relayed"} if asked is None else set()
        who = contact if asked is None else asked.about
        return _has_answered(answers, who, {ANSWERS[answer]} | by_phone)
    if answer == "action":
        done = (row.payload for row in history if row.kind == "action_reported")
        return any(each["contact"] == contact and each["action"] == _chosen(pressed, "action") for each in done)
    if answer == "close":
        return any(row.kind == "incident_closed" for row in history)
    if answer == "revoke":
        gone = (row.payload["acknowledgement"] for row in history if row.kind == "acknowledgement_revoked")
        return link.acknowledgement_id in set(gone) or any(
            row.id == link.acknowledgement_id and row.revoked_at is not None for row in answers
        )
    return True


def _is_reported(night: Night, pressed: Pressed, link: Row[Any], history: Sequence[Row[Any]]) -> bool:
    """Whether the action is on record of somebody else with that telephone: contacts with one are one (B1)."""
    named, trees = _chosen(pressed, "contact") if "contact" in pressed.fields else "", night.world.network.trees
    tree, _, id = named.rpartition("/")
    contact = trees[tree or link.tree].contacts.get(id or link.contact)
    same = sharing(trees.values(), contact) if contact is not None else set()
    done = [row.payload for row in history if row.kind == "action_reported"]
    return any(each["contact"] in same and each["action"] == _chosen(pressed, "action") for each in done)


def _is_it(payload: dict[str, Any], answer: str, asked: Row[Any] | None, link: Row[Any]) -> bool:
    """Whether a decision on record is the one that was pressed: on a level, a question, or all that comes next."""
    if payload["decision"] != answer:
        return False
    if asked is None:
        return bool(payload.get("by") == link.contact)
    if asked.subject == Subject.LEVEL.value:
        return (payload.get("tree"), payload.get("level")) == (asked.tree, asked.about)
    return bool(payload.get("subject") == asked.subject)


def _has_answered(answers: Iterable[Row[Any]], contact: str, kinds: set[str]) -> bool:
    return any(row.contact == contact and row.kind in kinds for row in answers)


def _chosen(pressed: Pressed, name: str) -> str:
    return pressed.fields[name].partition("~")[0]
