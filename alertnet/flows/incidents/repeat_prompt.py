"""Repeats a prompt that nobody has answered, at growing intervals (B9); a text becomes an incident in the end."""

from dataclasses import replace

from alertnet.core.disclosure import ReceivedText, Subject
from alertnet.core.escalation.state import Asked
from alertnet.core.inbound.field_report import UNKNOWN_TYPE
from alertnet.core.inbound.on_the_road.check_in_text import says_only_well
from alertnet.core.inbound.sms_answers import is_opt_in
from alertnet.core.incident import Certainty, Severity
from alertnet.core.notification import PromptAnswer, PromptKind
from alertnet.flows.credentials.pins import HIDDEN
from alertnet.flows.escalation.escalate import apply_news, move
from alertnet.flows.escalation.report_action import still_to_do
from alertnet.flows.incidents.lone_text import facts_of_text, open_text
from alertnet.flows.notifications import field_reassurance, prompts
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.store.db.tx import Tx
from alertnet.store.queues import journeys
from alertnet.store.records import incidents as incident_store
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.prompts import Prompt
from alertnet.store.views.timeline_view import texts_of

ASKED_IN_VAIN = 3
"""Of a text that no coordinator answers when asked so often others hear, as of every unverified report."""


def repeat_prompt(tx: Tx, prompt_id: str, incident_id: str) -> None:
    """Repeat a prompt that is due, or make an incident of its text."""
    locked = take_up(tx, incident_id)
    prompt = prompt_store.hold(tx.session, prompt_id)
    if prompt.due_at is None or prompt.due_at > tx.now or not locked.is_open:
        return
    if prompt_store.incident_of(tx.session, prompt_id) not in locked.incident.every_id:
        # Its report was split off meanwhile, and it is found due again as one of that.
        return
    # Of a contact only words are taken for a report: its STOP, START or silent call is a matter of coordination.
    has_words = prompt.subject == Subject.NOT_UNDERSTOOD and not _says_only_start(locked)
    by = locked.facts.team or (prompt.about if has_words else None)
    if by is not None and prompt.asked >= ASKED_IN_VAIN and _is_all_of_its_phone(locked) and not _is_watched(locked):
        _open_unread(locked, by=by)
    elif prompt.is_call_cut and not prompt.asked:
        _miss_the_type(locked, prompt)
    elif prompt.kind == PromptKind.FIELD_STATUS:
        field_reassurance.tell_nobody_yet(locked, prompt.id)
    elif prompt.kind != PromptKind.TASK or still_to_do(locked, prompt):
        _ask_again(locked, prompt)
    locked.finish()


def _ask_again(locked: LockedIncident, prompt: Prompt) -> None:
    prompts.ring_again(locked, prompt)
    # Where every number of every coordinator is somebody else's, nothing is sent to any of them (A9).
    nobody_hears = all(contact.asked_at <= locked.strangers for _, contact in locked.plans.coordinators)
    if prompt.subject in (Subject.LEVEL, Subject.VERIFY) and nobody_hears:
        asked = Asked(prompt.level_index, reached=False)
        move(locked, {each.tree: [asked] for each in locked.escalations if prompt.escalation_id in (None, each.id)})


def _miss_the_type(locked: LockedIncident, prompt: Prompt) -> None:
    """Take a call that broke off after its PIN for an SOS: whoever it was about may have cut it off.

    Not where somebody has charge, where it is known what has happened, or where the team asks to call it off.
    """
    if locked.facts.type != UNKNOWN_TYPE or locked.facts.withdrawn or prompts.is_taken_on(locked):
        prompts.answer_prompt(locked, prompt.id, PromptAnswer.OVERTAKEN, None)
        return
    apply_news(locked, replace(locked.facts, severity=Severity.CRITICAL), by=None)
    _ask_again(locked, prompt)


def _says_only_start(locked: LockedIncident) -> bool:
    texts = texts_of(locked.tx.session, locked.incident.id)
    return bool(texts) and all(is_opt_in(each.words) for each in texts)


def _is_all_of_its_phone(locked: LockedIncident) -> bool:
    """Whether it is a text whose phone has raised nothing since; what it has is told to others, and this rings on."""
    phone = locked.facts.raised_from or ""
    return locked.facts.lone_text and incident_store.open_of_phone(locked.tx, phone) == locked.incident.id


def _is_watched(locked: LockedIncident) -> bool:
    """Whether all it says is that all is well, without a PIN, and the watch of its phone goes on, or has ended since.

    Then silence has its own times, and twenty such answers to a roll-call are not twenty incidents.
    """
    texts = texts_of(locked.tx.session, locked.incident.id)
    if locked.facts.duress or not texts or not all(map(_says_only_well, texts)):
        return False
    team, _, member = texts[0].sender.partition("/")
    return journeys.is_watched(locked.tx.session, team, member, locked.incident.opened_at)


def _says_only_well(text: ReceivedText) -> bool:
    words = text.words
    return bool(words) and not text.attached and HIDDEN not in words and says_only_well(words, of_arrival=True)


def _open_unread(locked: LockedIncident, *, by: str) -> None:
    """Make an incident of a text that no coordinator has read; without it last resort would never hear of it (A2).

    It is serious, so that the alert may ring at night, and a coordinator still has to say whether it is genuine.
    """
    facts = facts_of_text(locked, None, Severity.SERIOUS)
    open_text(locked, replace(facts, verified=False, certainty=Certainty.UNVERIFIED), by=by)
