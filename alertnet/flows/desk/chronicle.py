"""Tells an incident's timeline in sentences: messages sent together share a line, and trivial entries have none."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alertnet.core.incident import Line, Tone
from alertnet.flows.desk.names import FAILURES, MESSAGES, METHODS, Names
from alertnet.store.views.timeline_view import UNREAD, Entry

TOGETHER = timedelta(seconds=20)
"""Messages of one kind that leave within this time share a line."""
ROUTINE = frozenset({"recorded", "declined", "notice"})
"""Messages that only confirm what an earlier line says."""
UNSEEN = frozenset({"attempt_delivered", "attempt_cancelled", "rule_met", "alarm_answered", "code_keyed"})

Payload = Mapping[str, Any]
Told = tuple[Tone, str, str]
"""What an entry tells: its sort, the sentence, and a detail beside it."""
Sentence = Callable[[Payload, Names], Told]

SUBJECTS = {
    "verify": "Is it true?",
    "unanswered": "nobody has answered",
    "foreign_code": "a code came from a strange number",
    "wrong_codes": "wrong codes",
    "wrong_pins": "many wrong PINs",
    "not_understood": "a message that alertnet did not understand",
    "opted_out": "a telephone refuses our messages",
    "news": "news from the field",
    "inbound_call": "somebody called our number",
    "wrong_person": "a wrong number",
    "withdrawal": "the field asks to call it off",
    "reopened": "it is open again",
    "nobody": "nobody is left to be told",
    "locked_out": "codes that no longer count",
    "check_in_missed": "a missed check-in",
    "recording_lost": "what was said in a call is lost",
    "missed_call": "somebody called our number and hung up",
    "verified": "the field has shown by PIN that it is true",
    "type_known": "the field says what has happened",
    "sos_again": "another SOS from the field",
    "read_first": "something to read before anybody is called",
    "restored": "answers may be lost, as the database was restored",
}
QUESTIONS = {
    "level": "May level “{}” be told?",
    "verify": "Is it true?",
    "task": "Who calls {}?",
    "confirm": "Has {} taken charge?",
    "change": "Does the news change who is told?",
}
DECISIONS = {"go": "GO", "hold": "HOLD: it waits", "refuse": "Refused"}
PROVED = {
    "true": "The PIN is right.",
    "duress": "A silent cry for help: nothing automatic reaches the team's telephones.",
    "absent": "Without a PIN.",
}
CAUSES = {"automatic": "nobody decided in time", "gave_way": "the level before it had nobody left"}
VIA = {"sms": "by SMS", "call": "by the keys of a telephone", "link": "on the page", "email": "by mail"}


def tell(entries: Iterable[Entry], names: Names) -> tuple[Line, ...]:
    """The lines of a timeline, oldest first."""
    told: list[Line] = []
    sent: dict[str, tuple[int, datetime]] = {}
    methods: dict[int, dict[str, dict[str, None]]] = {}
    for entry in entries:
        if entry.kind == "attempt_sent":
            place = _place_of(entry, told, sent, names)
            whom = names.contact(entry.payload.get("tree"), str(entry.payload.get("contact")))
            method = names.say(METHODS.get(str(entry.payload.get("method")), "message"))
            methods.setdefault(place, {}).setdefault(whom, {})[method] = None
        elif entry.kind not in UNSEEN:
            tone, text, detail = sentence_of(entry.kind)(entry.payload, names)
            told.append(Line(entry.at, tone, text, detail, entry.kind))
    for place, by in methods.items():
        told[place] = replace(told[place], detail="; ".join(f"{who}: {names.listed([*by[who]])}" for who in by))
    return tuple(told)


def cries_for_help(entries: Iterable[Entry]) -> bool:
    """Whether any report is a bare `SOS`."""
    return any("SOS" in each.payload.get("understood", ()) for each in entries if each.kind == "report_received")


def _place_of(entry: Entry, told: list[Line], sent: dict[str, tuple[int, datetime]], names: Names) -> int:
    """The place of the line of what was sent together with it; a new line where that is long ago."""
    at, message = entry.at, str(entry.payload.get("message"))
    place, last = sent.get(message, (len(told), at))
    if place == len(told) or at - last > TOGETHER:
        place = len(told)
        tone = Tone.QUIET if message in ROUTINE else Tone.TOLD
        text = names.say(MESSAGES.get(message, message.replace("_", " ")))
        told.append(Line(at, tone, text, kind="attempt_sent"))
    sent[message] = (place, at)
    return place


def _opened(payload: Payload, names: Names) -> Told:
    say, known = names.say, {"by": done_by(payload, names), "type": names.incident_type(payload.get("type"))}
    facts = f"{say(str(payload['severity']))}, {say('consent:')} {say(str(payload['consent']))}"
    return Tone.ALARM, say("{by} raises the alarm: {type}").format_map(known), facts


def _withdrawn(payload: Payload, names: Names) -> Told:
    is_coerced = payload.get("pin") == "duress"
    detail = (
        names.say("A silent cry for help: it is critical now, and goes on.")
        if is_coerced
        else names.say("It goes on until a coordinator closes it.")
    )
    return (Tone.ALARM if is_coerced else Tone.ASKED), names.say("The field asks to call it off"), detail


def _reported(payload: Payload, names: Names) -> Told:
    say = names.say
    understood = names.listed([say(str(each).replace("_", " ")) for each in payload.get("understood", [])])
    proved = say(PROVED.get(str(payload.get("pin")), "Without a right PIN."))
    words = " ".join(filter(None, (proved, payload.get("text"))))
    detail = " · ".join(filter(None, (words, _attached(payload, names))))
    return Tone.QUIET, say("Understood: {}").format(understood or say("a call for help")), detail


def _written(payload: Payload, names: Names) -> Told:
    who = str(payload.get("contact") or payload.get("by") or "")
    written = names.say("{} writes").format(names.contact(payload.get("tree"), who))
    return Tone.QUIET, written, " · ".join(filter(None, (str(payload.get("text") or ""), _attached(payload, names))))


def _attached(payload: Payload, names: Names) -> str:
    return names.say("With a picture, recording or file, which is not kept here") if payload.get("attached") else ""


def _level(payload: Payload, names: Names) -> Told:
    level, tree = payload["level"], names.tree(str(payload["tree"]))
    cause = CAUSES.get(str(payload.get("cause")))
    detail = ", ".join(filter(None, (tree, cause and names.say(cause))))
    return Tone.TOLD, names.say("Level “{}” opens").format(level), detail


def _failed(payload: Payload, names: Names) -> Told:
    who = names.contact(payload.get("tree"), str(payload.get("contact")))
    why = str(payload.get("failure") or payload.get("error") or "")
    method, reason = METHODS.get(str(payload.get("method")), "message"), FAILURES.get(why, why.replace("_", " "))
    return Tone.TROUBLE, names.say("{} was not reached").format(who), f"{names.say(method)}: {names.say(reason)}"


def _answer(words: str) -> Sentence:
    def sentence(payload: Payload, names: Names) -> Told:
        who = names.contact(payload.get("tree"), str(payload.get("contact")))
        return Tone.ANSWERED, f"{who} {names.say(words)}", names.say(VIA.get(str(payload.get("via")), ""))

    return sentence


def _raised(payload: Payload, names: Names) -> Told:
    say, subject = names.say, str(payload.get("subject"))
    if subject in QUESTIONS:
        about = names.anybody(str(payload.get("about")))
        return Tone.ASKED, say(QUESTIONS[subject]).format(about), say("The coordinators are asked.")
    about = say(SUBJECTS.get(subject, subject.replace("_", " ")))
    return Tone.TROUBLE, say("Alarm to the coordinators: {}").format(about), ""


def _decided(payload: Payload, names: Names) -> Told:
    words, subject = names.say(DECISIONS[str(payload["decision"])]), payload.get("subject")
    if subject in QUESTIONS:
        who = names.contact(payload.get("tree"), str(payload.get("contact")))
        words = f"{names.say(QUESTIONS[subject]).format(who)} {words}"
    about = " " + names.say("for level “{}”").format(payload["level"]) if payload.get("level") else ""
    by = names.say("decided by {}").format(done_by(payload, names)) if payload.get("by") else ""
    return Tone.ANSWERED, f"{words}{about}", by


def _spared(payload: Payload, names: Names) -> Told:
    spared = names.say("Spared from now on: {contacts}").format(
        contacts=", ".join(map(names.anybody, payload["contacts"]))
    )
    return Tone.ASKED, spared, names.say("by {by}").format(by=done_by(payload, names))


def _changed(payload: Payload, names: Names) -> Told:
    say, by = names.say, names.say("by {by}").format(by=done_by(payload, names))
    facts = [payload[name] for name in ("severity", "perpetrator", "consent") if name in payload]
    said = [" → ".join(names.incident_type(each) for each in payload.get("type", ()))]
    said += [" → ".join(say(str(each).replace("_", " ")) for each in fact) for fact in facts]
    said += [", ".join(payload.get("people", ()))]
    return Tone.ASKED, say("What is known has changed"), " · ".join(filter(None, (*said, by)))


def _closed(payload: Payload, names: Names) -> Told:
    known = {"by": done_by(payload, names), "why": names.say(str(payload.get("reason")).replace("_", " "))}
    closed = names.say("Closed by {by}: {why}").format_map(known)
    return Tone.ANSWERED, closed, names.say("The all-clear goes to exactly those who were told.")


def done_by(payload: Payload, names: Names) -> str:
    """Who did it: a user, the API, or a contact or member as `tree/contact` or `team/member`."""
    by = str(payload.get("by") or names.say("somebody"))
    if by.startswith("key "):
        return names.say("the API")
    tree, _, contact = by.partition("/")
    is_contact = contact and tree in names.locked.plans
    return names.contact(tree, contact) if is_contact else names.contact(None, by.removeprefix("user "))


def _said(tone: Tone, text: str, detail: str = "") -> Sentence:
    """A sentence whose `{names}` are filled from the payload, with the contact's name and the tree's title."""

    def sentence(payload: Payload, names: Names) -> Told:
        tree = payload.get("tree")
        known = defaultdict(str, {key: _plain(value) for key, value in payload.items()})
        known |= {key: names.say(known[key]) for key in ("scope", "type") if key in known}
        known |= {"action": names.action(payload["action"])} if "action" in payload else {}
        known |= {"tree": names.tree(str(tree)), "contact": names.contact(tree, str(payload.get("contact", "")))}
        known |= {"stands_for": names.contact(tree, str(payload.get("stands_for", ""))), "by": done_by(payload, names)}
        return tone, names.say(text).format_map(known), names.say(detail).format_map(known)

    return sentence


def _plain(value: object) -> str:
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value).replace("_", " ")


def sentence_of(kind: str) -> Sentence:
    """The function that makes a sentence from an entry of that kind."""
    return SENTENCES.get(kind) or _said(Tone.QUIET, kind.replace("_", " ").capitalize())


SENTENCES: Mapping[str, Sentence] = {
    UNREAD: _said(Tone.TROUBLE, "part of it can't be read: call an administrator"),
    "incident_opened": _opened,
    "report_received": _reported,
    "withdrawal_asked": _withdrawn,
    "sms_received": _written,
    "mail_received": _written,
    "level_opened": _level,
    "attempt_failed": _failed,
    "attempt_unknown": _said(Tone.TROUBLE, "Nobody knows yet whether {contact} was reached"),
    "attempt_delayed": _said(Tone.TROUBLE, "A message to {contact} has to wait"),
    "attempt_sent_again": _said(Tone.TOLD, "Sent to {contact} once more"),
    "received": _said(Tone.TOLD, "{contact} has heard the call", "No answer yet: it counts for nothing."),
    "acknowledged": _answer("takes charge"),
    "relayed": _answer("has passed it on"),
    "declined": _answer("can’t act"),
    "acknowledgement_revoked": _said(Tone.TROUBLE, "The answer of {contact} is taken back"),
    "acknowledgement_withdrawn": _said(Tone.TROUBLE, "Level “{level}” has lost its answer", "{tree}"),
    "escalation_acknowledged": _said(Tone.ANSWERED, "{tree}: acknowledged"),
    "escalation_unanswered": _said(Tone.TROUBLE, "{tree}: nobody has answered", "It goes round again."),
    "escalation_stopped": _said(Tone.QUIET, "{tree}: stopped"),
    "level_gave_way": _said(Tone.TROUBLE, "Level “{level}” has nobody left who could answer", "{tree}"),
    "hold_began": _said(Tone.ASKED, "No further level comes by itself", "{tree}"),
    "hold_ended": _said(Tone.ANSWERED, "It goes on", "{tree}"),
    "level_held": _said(Tone.ASKED, "Level “{level}” waits", "{tree}"),
    "level_released": _said(
        Tone.ANSWERED, "What was decided about level “{level}” was about the other report", "{tree}"
    ),
    "level_taken_back": _said(
        Tone.ASKED, "Level “{level}” was opened by the other report alone, and is taken back", "{tree}"
    ),
    "level_refused": _said(Tone.ASKED, "Level “{level}” is left out", "{tree}"),
    "waits_for_verification": _said(Tone.ASKED, "Level “{level}” waits until it is known to be true", "{tree}"),
    "go_asked": _said(Tone.ASKED, "Level “{level}” waits for a coordinator’s go", "{tree}"),
    "coordinators_silent": _said(Tone.TROUBLE, "No coordinator answers: the last resort is told", "{tree}"),
    "nobody_to_ask": _said(Tone.TROUBLE, "No coordinator can be asked: the last resort is told", "{tree}"),
    "deputy_told": _said(Tone.TOLD, "{contact} is told in place of {stands_for}"),
    "round_began": _said(Tone.ALARM, "Round {round} begins", "{tree}"),
    "action_reported": _said(Tone.ANSWERED, "{contact} reports: {action}"),
    "action_missing": _said(Tone.TROUBLE, "Level “{level}” answered, but nobody said what was done", "{tree}"),
    "decision_raised": _raised,
    "alarm_raised": _raised,
    "task_raised": _raised,
    "task_repeated": _said(Tone.ASKED, "The coordinators are asked again to call somebody"),
    "task_failed": _said(Tone.TROUBLE, "{contact} was called in vain"),
    "decision_repeated": _said(Tone.ASKED, "The coordinators are asked again"),
    "alarm_repeated": _said(Tone.TROUBLE, "The alarm to the coordinators is repeated"),
    "decision": _decided,
    "field_told": _said(Tone.TOLD, "The field hears how its report fares"),
    "foreign_code": _said(Tone.TROUBLE, "A right code from a strange number counts for nothing", "from {sender}"),
    "codes_voided": _said(Tone.TROUBLE, "Too many wrong codes: {contact} gets fresh ones"),
    "wrong_code_keyed": _said(Tone.TROUBLE, "{contact} keyed a wrong code"),
    "wrong_person": _said(Tone.TROUBLE, "{contact}: the number belongs to somebody else"),
    "incident_closed": _closed,
    "incident_reopened": _said(Tone.ALARM, "Opened again", "by {by}"),
    "merged": _said(Tone.TOLD, "{ref} is part of it from now on", "by {by}"),
    "merged_into": _said(Tone.TOLD, "It is part of {ref} from now on", "by {by}"),
    "split": _said(Tone.TOLD, "{ref} is an incident of its own again", "by {by}"),
    "split_off": _said(Tone.TOLD, "It is no part of {ref} any more, and goes on by itself", "by {by}"),
    "facts_changed": _changed,
    "updated": _said(Tone.TOLD, "There is news, told to exactly those who were told", "{by}: {text}"),
    "consent_recorded": _said(Tone.ASKED, "Consent: {scope}", "given by {given_by}, {how}"),
    "contact_closed": _said(Tone.QUIET, "{contact} is closed at this hour", "{tree}"),
    "contact_opened": _said(Tone.TOLD, "{contact} opens, and is told now", "{tree}"),
    "confirmation_asked": _said(Tone.ASKED, "Does {contact} really take charge?", "The coordinators are asked."),
    "escalation_opened": _said(Tone.TOLD, "{tree}: it is told too"),
    "escalation_restored": _said(Tone.TOLD, "{tree}: it goes on"),
    "clock_set_right": _said(Tone.TROUBLE, "The clock was ahead, and is set right: what comes next counts from now"),
    "escalation_resumed": _said(Tone.TOLD, "{tree}: it goes on"),
    "re_resolved": _said(Tone.ASKED, "It runs on the trees and the consent of now", "by {by}"),
    "link_suggested": _said(Tone.ASKED, "It may be the same event as {ref}"),
    "dialled_again": _said(Tone.TOLD, "{contact} is called once more"),
    "attempt_turned_away": _said(Tone.TROUBLE, "A provider has turned a message to {contact} away"),
    "call_recorded": _said(Tone.ALARM, "The field has told something by voice"),
    "recording_lost": _said(Tone.TROUBLE, "What the field told by voice is lost"),
    "battery_low": _said(Tone.TROUBLE, "{by}: the battery is low"),
    "type_keyed": _said(Tone.TOLD, "The field has keyed what happened: {type}"),
    "text_opened": _said(Tone.ALARM, "An incident is made of the text", "by {by}"),
    "text_joined": _said(Tone.ANSWERED, "The text is joined to an incident", "by {by}"),
    "text_set_aside": _said(Tone.QUIET, "The text is set aside", "by {by}"),
    "alarm_declined": _said(Tone.TROUBLE, "{by} can’t see to the alarm"),
    "pin_entered": _said(Tone.QUIET, "{contact} enters a PIN"),
    "number_locked_out": _said(Tone.TROUBLE, "Too many wrong codes: those of {contact} count no more"),
    "wrong_person_unproved": _said(Tone.TROUBLE, "A call to {contact} said that it is a wrong number, without the PIN"),
    "check_in_missed": _said(Tone.TROUBLE, "Nothing was heard from {of}"),
    "checked_in": _said(Tone.TOLD, "{by} is heard from after all"),
    "device_alarm": _said(Tone.ALARM, "{by} raises the alarm"),
    "message_bound": _said(Tone.TOLD, "A text of an unknown number is from {to}", "by {by}"),
    "mail_not_encrypted": _said(Tone.TROUBLE, "A mail left without encryption, and so without details"),
    "pins_closed": _said(Tone.TROUBLE, "Too many wrong PINs: that door waits"),
    "excluded": _spared,
}
