"""The content of the contact's and the coordinator's page, put into words. What is on a page is decided elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from urllib.parse import quote

from markupsafe import Markup, escape

from alertnet.core.codec import replace, value
from alertnet.core.disclosure import NO_DETAILS, TO_DO, Details, ReceivedText, Said, Subject
from alertnet.core.escalation.quorum import Action, AnswerKind
from alertnet.core.incident import TYPES, CloseReason, Incident, Severity
from alertnet.core.notification import Kind
from alertnet.messages.asked import NOTHING_ASKED, what_is_asked
from alertnet.messages.labels import fill
from alertnet.messages.reported import Happening, details_in_words, event_in_words, text_in_words
from alertnet.messages.words import Words, direction, grouped, organisation_in, unbroken

TICKET = "~"
"""Separates a value in a form from its ticket, which proves that the sender has just entered the PIN."""
PAGE = "page/page.html.j2"
TYPED = ("answer", "action", "contact", "kind", "reason", "note", "by")
"""Fields whose values are shown again in the form, as `typed_answer` and so on."""
_HOPED_FOR = ("acknowledge", "take", "reached")
"""Answers whose button is highlighted until one is given. A decision has none, so as not to suggest one."""
_ASKED_AGAIN = "wrong_person"
"""The answer that needs a confirmation, because it disables a number."""
_REFUSED = ("pin_needed", "wrong_pin", "pin_locked", "too_long", "changed_meanwhile")
"""Remarks that what was just pressed was not done; they come first, before what was recorded earlier."""
_REFUSAL = Markup('<strong class="refused" role="alert">{}</strong>')
_CALL_US = "call_us"
"""The remark on whom to call. It is said where the number stands, instead of what stands there otherwise."""
_HIDDEN_CODE = "····"
_ANSWERS = (Subject.ACKNOWLEDGED, Subject.RELAYED, Subject.DECLINED)


@value
class Remark:
    """A statement at the top of the page: a label and the time that it names."""

    word: str
    at: datetime | None = None
    by: str = ""
    """Who did what the statement says."""
    into: str = ""
    """The reference of the resulting incident."""


@value
class TaskDetails:
    """Whom a coordinator is asked to call, and what to say."""

    who: tuple[str, ...]
    """Organisation, name and id of the contact, as far as known."""
    language: str
    """The contact's language, for a text message to it."""
    words: str
    numbers: tuple[str, ...]
    mobiles: tuple[str, ...]
    """Those of the numbers that may have a messaging app."""


@value
class AlsoOpen:
    """Another matter that awaits an answer; `path` leads to its page, or is empty."""

    said: Said
    kind: Kind
    path: str

    @property
    def without_code(self) -> "AlsoOpen":
        """The matter, with dots for its code."""
        return replace(self, said=replace(self.said, code=_HIDDEN_CODE))


LISTEN = "listen:"
"""The prefix of a recording's id in the answer that asks for its sound."""


@value
class Page:
    """The content of a page; nothing else is shown."""

    said: Said
    remarks: tuple[Remark, ...] = ()
    answers: tuple[str, ...] = ()
    """The buttons. Without any, only the reference of the incident is shown."""
    answered: bool = False
    """An answer exists already; the buttons change it."""
    actions: tuple[str, ...] = ()
    """The actions that can be reported as done."""
    asked: bool = False
    """A coordinator's page: `said.subject` is the question, or what the alarm or notice states."""
    stated: tuple[Remark, ...] = ()
    """Statements below that, such as when and how an answer was given."""
    takes_pin: bool = False
    """The page asks for a PIN, for its acts and for what it then shows."""
    ticket: str = ""
    """Proof that the PIN was just entered; every value in the forms carries it."""
    seen: str = ""
    """Which incident the page shows, and as of when; the reasons to close it carry that."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """Field values of a refused form, so that nobody has to type them again."""
    opens_details: bool = False
    """Entering only the PIN shows more than the page shows now."""
    is_opened: bool = False
    """The PIN was entered for what there is to read; where there is nothing, the page says so."""
    details: Details = NO_DETAILS
    """Details, for those who may read them."""
    duress: bool = False
    """The team was under duress; shown with the details, to a coordinator who has entered the PIN."""
    coerced: tuple[str, ...] = ()
    """Contacts that entered their duress PIN; shown on the same terms."""
    texts: tuple[ReceivedText, ...] = ()
    """What people wrote, oldest first; shown on the same terms."""
    recordings: tuple[tuple[str, datetime], ...] = ()
    """Recordings by id and time, each with a button to hear it; shown on the same terms."""
    since: tuple[Happening, ...] = ()
    """What has happened since, oldest first."""
    rest: str | None = None
    """A coordinator's choice about what comes next (`said.next_level` first): to hold it, or to let it go on."""
    task: TaskDetails | None = None
    """Set on the page of a task."""
    contacts: tuple[tuple[str, str], ...] | None = None
    """(value, name) of whom a coordinator's further acts can be about; set on their page while the incident is open."""
    also_open: tuple[AlsoOpen, ...] = ()
    """Other matters that await this coordinator's answer."""
    is_test: bool = False
    """The page of a test of an address; nothing has happened."""
    is_notice: bool = False
    """A coordinator's page that states `said` and asks nothing."""
    is_text: bool = False
    """A coordinator's page about a text that belongs to no incident yet."""
    joinable: tuple[Incident, ...] | None = None
    """The open incidents that it can be joined to; set once it may be read, and so be decided on."""


def page_values(
    page: Page, words: Words, labels: Mapping[str, str], theirs: Mapping[str, str] | None
) -> dict[str, object]:
    """The values for the page's template; `theirs`: labels in the language of the contact to call."""
    said = page.said
    known = _known(said, words)

    def say(word: str, at: datetime | None = None) -> str:
        # With an offset that no line breaks.
        moment = words.moment(at, said.timezone).replace("UTC-", "UTC\u2011") if at else ""
        return fill(labels[word], known | {"at": moment})

    def remark(each: Remark) -> str:
        return fill(say(_of_question(each.word, page, labels), each.at), {"by": each.by, "into": each.into})

    facts = (words.types[said.type].capitalize(), words.severities[said.severity], say("reported", said.at))
    return {
        "language": words.language,
        "direction": direction(words.language),
        "heading": _unbroken(say(_title(page)), said.ref),
        "facts": " · ".join(facts) if page.answers and not page.is_test else "",
        "question": _question(page, words, say),
        "stated": [say(remark.word, remark.at) for remark in page.stated],
        "is_test": page.is_test,
        **(NOTHING_ASKED if page.asked or not page.answers else what_is_asked(said, words.language, labels)),
        "details": _details(page, labels),
        "texts": [text_in_words(text, labels, words, said.timezone, page.details.people) for text in page.texts],
        "recordings": [(_carried(f"{LISTEN}{id}", page), say("listen", at)) for id, at in page.recordings],
        "since": [event_in_words(event, labels, say) for event in page.since],
        "also_open": _also_open(page, words),
        "callback": said.callback,
        "callback_shown": grouped(said.callback),
        "untouched": say(_untouched(page)),
        **_forms(page, labels) | _task(page.task, said, theirs or labels) | _coordinator_actions(page, words, labels),
        **_text_decisions(page, words, labels) | _rest(page, labels, say) | _remarks(page, say(_title(page)), remark),
        "label": {word: say(word) for word in labels} | _why_to_call(page, labels),
    }


def _untouched(page: Page) -> str:
    """The word that opening the page has done nothing; a decision can't be changed by another button."""
    if page.stated:
        return "opening_changes_nothing"
    return "opening_decides_nothing" if page.asked and "go" in page.answers else "opening_records_nothing"


def _why_to_call(page: Page, labels: Mapping[str, str]) -> dict[str, str]:
    """What stands before the number, once there is an answer that may be somebody else's."""
    is_said = any(each.word == _CALL_US for each in page.remarks)
    return {"coordinator_explains": labels[_CALL_US].partition("{callback}")[0].rstrip()} if is_said else {}


def _remarks(page: Page, title: str, remark: Callable[[Remark], str]) -> dict[str, object]:
    """What was refused, then what was recorded; the title, which a screen reader says first, begins with the first."""
    refused = [each for each in page.remarks if each.word in _REFUSED]
    stated = [each for each in page.remarks if each.word not in (*_REFUSED, _CALL_US)]
    recorded = [each for each in stated if each.word.startswith("recorded_")]
    return {
        "title": " – ".join([*map(remark, (*refused, *recorded)[:1]), title]),
        # One list for both, since a process of another version may show the page by the same template.
        "remarks": [*map(_REFUSAL.format, map(remark, refused)), *map(remark, stated)],
    }


def _known(said: Said, words: Words) -> dict[str, str]:
    return {
        "organisation": organisation_in(said, words.language),
        "ref": said.ref,
        "callback": grouped(said.callback),
        "about": said.about or "",
        "level": str(said.level or ""),
        "contacts": str(said.contacts or ""),
        "tree": said.tree or "",
        "names": ", ".join(said.names),
        "why": words.reasons_to_wait(said.why),
        "next_level": said.next_level or "",
    }


def _rest(page: Page, labels: Mapping[str, str], say: Callable[..., str]) -> dict[str, object]:
    """What comes next, and the button to hold it or let it go on."""
    at = page.said.automatic_at
    if page.rest is None:
        return {"coming": "", "rest": []}
    button = (_carried(page.rest, page), labels[f"{page.rest}_next"])
    return {"coming": say("next_at", at) if at else say("next_held"), "rest": [button]}


def _forms(page: Page, labels: Mapping[str, str]) -> dict[str, object]:
    """The forms of the page, with the values of a refused form."""
    answers = {answer: (_carried(answer, page), _label(answer, page, labels)) for answer in page.answers}
    # Only the answer that is hoped for is highlighted.
    hoped = {answer: "hoped" for answer in _HOPED_FOR if not page.answered}
    return {
        "takes_name": not (page.asked or page.is_test),
        "answers": list(answers.values()),
        "buttons": [(*each, hoped.get(answer, "")) for answer, each in answers.items() if answer != _ASKED_AGAIN],
        "asked_again": [each for answer, each in answers.items() if answer == _ASKED_AGAIN],
        "answered": page.answered,
        "actions": [(_carried(action, page), labels[f"action_{action}"]) for action in page.actions],
        "takes_pin": page.takes_pin,
        "proves": page.takes_pin,
        "opens_details": page.opens_details,
        **{f"typed_{name}": page.typed.get(name, "") for name in TYPED},
        "typed_reason": _closing(typed, page) if (typed := page.typed.get("reason", "")) else "",
    }


def _carried(value: str, page: Page) -> str:
    """The value with the page's ticket. Templates of every version send it back unchanged."""
    return f"{value}{TICKET}{page.ticket}" if page.ticket else value


def _closing(reason: str, page: Page) -> str:
    """The reason with the page's ticket, and with what was seen of the incident that it closes."""
    return f"{reason}{TICKET}{page.ticket}{TICKET}{page.seen}" if page.seen else _carried(reason, page)


def _details(page: Page, labels: Mapping[str, str]) -> list[str]:
    team = [labels["under_duress"]] if page.duress else []
    contacts = [fill(labels["contact_under_duress"], {"about": contact}) for contact in page.coerced]
    details = [*team, *contacts, *details_in_words(page.details, labels, page.texts)]
    is_empty = page.is_opened and not (details or page.texts or page.recordings)
    return [labels["no_details"]] if is_empty and "no_details" in labels else details


def _also_open(page: Page, words: Words) -> list[tuple[str, str]]:
    """Each matter's code and meaning, and the path of its page in this page's language.

    Before the PIN dots stand for the code: by an SMS with a forged sender it would do what the page does not.
    """
    named = [_matter(each.without_code if page.takes_pin else each, words) for each in page.also_open]
    paths = [each.path and f"{each.path}?lang={words.language}" for each in page.also_open]
    return list(zip(named, paths, strict=True))


def _matter(open: AlsoOpen, words: Words) -> str:
    """A matter with its code; an alert also with what happened, which a question says itself."""
    matter = words.matter(open.kind, open.said.named(open.kind), whole=True)
    if not open.kind.is_alert:
        return matter
    return f"{matter}: {words.types[open.said.type]}, {words.severities[open.said.severity]}"


def _unbroken(title: str, ref: str) -> Markup:
    """The title with its reference unbroken: a line break at its hyphen would make it look like another reference."""
    return escape(title).replace(escape(ref), Markup('<span class="ref">{}</span>').format(ref))


def _label(answer: str, page: Page, labels: Mapping[str, str]) -> str:
    """The label of an answer. On a task, the answer is what somebody else has said."""
    return labels[f"task_{answer}" if page.task else _of_question(answer, page, labels)]


def _of_question(word: str, page: Page, labels: Mapping[str, str]) -> str:
    """The word that is the page's question's own, such as `go_verify`; templates of earlier versions have none."""
    own = f"{word}_{page.said.subject}"
    return own if page.asked and own in labels else word


def _task(task: TaskDetails | None, said: Said, theirs: Mapping[str, str]) -> dict[str, object]:
    if task is None:
        return {"who": "", "script": [], "calls": []}
    hello = fill(
        theirs["task_hello"], {"organisation": organisation_in(said, task.language), "callback": said.callback}
    )
    written = quote(hello, safe="")
    calls = [(f"tel:{number}", grouped(number)) for number in task.numbers]
    for number in task.mobiles:
        calls.append((f"https://wa.me/{number[1:]}?text={written}", f"WhatsApp {grouped(number)}"))
        calls.append((f"https://signal.me/#p/{number}", f"Signal {grouped(number)}"))
    return {"who": " · ".join(task.who), "script": task.words.splitlines(), "calls": calls}


def _coordinator_actions(page: Page, words: Words, labels: Mapping[str, str]) -> dict[str, object]:
    # A running incident keeps its templates, and those of earlier versions lack these labels.
    if page.contacts is None or "vouch" not in labels:
        return {"contacts": [], "kinds": [], "deeds": [], "reasons": []}
    return {
        "contacts": [(_carried(contact, page), name) for contact, name in page.contacts],
        "kinds": [(kind.value, labels[f"said_{kind.value}"]) for kind in AnswerKind],
        "deeds": [(action.value, labels[f"action_{action.value}"]) for action in Action],
        "reasons": [(_closing(reason.value, page), words.reasons[reason]) for reason in CloseReason],
    }


def _told_apart(code: str, words: Words) -> str:
    """The name of a type, with its number on the field card where another has the same neutral name."""
    name = words.types[code]
    return name if [*words.types.values()].count(name) == 1 else f"{name} ({TYPES[code].number})"


def _text_decisions(page: Page, words: Words, labels: Mapping[str, str]) -> dict[str, object]:
    if page.joinable is None:
        return {"open_text": "", "join_text": "", "set_text_aside": "", "types": [], "severities": [], "joinable": []}
    return {
        "open_text": _carried("open", page),
        "join_text": _carried("join", page),
        "set_text_aside": _carried("set_aside", page),
        "types": [(code, _told_apart(code, words)) for code in dict.fromkeys(("other", *TYPES))],
        "severities": [("", labels["severity_usual"]), *((each.value, words.severities[each]) for each in Severity)],
        "joinable": [
            (
                each.ref,
                f"{each.ref} · {words.types[each.facts.type]} · {words.moment(each.opened_at, page.said.timezone)}",
            )
            for each in page.joinable
        ],
    }


def _title(page: Page) -> str:
    if page.is_test:
        return "title_test"
    if page.said.drill:
        return "title_drill"
    if page.said.subject is Subject.TASK:
        return "title_task"
    if page.said.subject in (Subject.LEVEL, Subject.VERIFY, Subject.CONFIRM, Subject.CHANGE):
        return "title_decision"
    return "title_answer" if page.asked and page.said.subject in _ANSWERS else "title"


def _question(page: Page, words: Words, say: Callable[..., str]) -> list[str]:
    said = page.said
    if not page.asked or not (page.answers or page.is_text or page.is_notice):
        return []
    match said.subject:
        case Subject.TASK:
            return [say("task_asked")]
        case Subject.VERIFY | Subject.CONFIRM | Subject.CHANGE:
            return [say(f"decision_{said.subject}")]
        case Subject.LEVEL:
            which = [say("decision_tree")] if said.tree else []
            why = [say("decision_why")] if said.why else []
            otherwise = say("automatic_at", said.automatic_at) if said.automatic_at else say("decision_never")
            return [say("decision_level"), *which, *why, otherwise]
        case Subject.READ_FIRST if not (page.duress or page.coerced):
            return [say("read_first" if page.takes_pin else "read_first_without_pin")]
        case None:
            return []
        case subject:
            unread = [say("text_unread")] if page.joinable is not None and not page.texts else []
            is_of_some = page.is_notice or subject in (Subject.UNANSWERED, Subject.TOO_FEW)
            listed = [say("names")] if is_of_some and said.names else []
            stated = unbroken(words.statement(subject, said.about, words.types[said.type]))
            subjects = (subject, *(each.subject for each in said.more))
            todo = dict.fromkeys(TO_DO[each] for each in subjects if each in TO_DO)
            return [stated, *listed, *unread, *_further(page, words), *(say(f"todo_{what}") for what in todo)]


def _further(page: Page, words: Words) -> list[str]:
    """The statements of other notices that one SMS told together."""
    more = page.said.more if page.is_notice else ()
    return [f"{each.ref}: {unbroken(words.statement(each.subject, each.about))}" for each in more if each.subject]
