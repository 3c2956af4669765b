"""Puts into words what is known and what people wrote, reported and did, for those who may read it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from alertnet.core.codec import value
from alertnet.core.disclosure import Details, ReceivedText
from alertnet.core.inbound.field_report import stands_for
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.on_the_road.journey import TYPED
from alertnet.core.incident import Affected
from alertnet.messages.labels import fill
from alertnet.messages.words import Words, grouped

_TYPED = {verb.value: TYPED.get(verb, "") for verb in FieldVerb}
"""The word for each verb that is on record where a text reported nothing; empty where it has none."""


@value
class Happening:
    """Something that has happened since: the contact's own `action`, else news, with its text or without."""

    at: datetime
    action: str | None = None
    news: str | None = None


def unsaid(text: str, texts: Iterable[str]) -> str:
    """The lines of a text that none of the others says: the details of an incident grow by what comes about it."""
    rest = f"\n{text}\n"
    for each in sorted(filter(None, texts), key=len, reverse=True):
        while f"\n{each}\n" in rest:
            rest = rest.replace(f"\n{each}\n", "\n")
    return rest.strip("\n")


def details_in_words(details: Details, labels: Mapping[str, str], beside: Iterable[ReceivedText] = ()) -> Iterator[str]:
    """What no text `beside` them says, then the place and the people by codes, each with its meaning."""
    written = [text.words for text in beside]
    yield from filter(None, (unsaid(each, written) for each in details.texts))
    if details.place:
        yield fill(labels["detail_place"], {"place": details.place})
    if details.people:
        yield fill(labels["detail_people"], {"people": ", ".join(_person(each, labels) for each in details.people)})


def _person(person: Affected, labels: Mapping[str, str]) -> str:
    """The code and its meaning, as in `P7 (accompanier, ES)`."""
    known = ", ".join(filter(None, (labels[f"person_{person.kind}"], person.nationality, person.organisation)))
    return f"{person.code} ({known})"


def _labelled(code: str, labels: Mapping[str, str], known: Mapping[str, Affected]) -> str:
    """A code of a report with its meaning; unchanged where nobody knows it."""
    what = stands_for(code, known)
    shown = _person(known[code], labels) if code in known else code
    return fill(labels[f"code_{what}"], {"code": shown}) if what else code


def text_in_words(
    text: ReceivedText, labels: Mapping[str, str], words: Words, timezone: str, people: Iterable[Affected]
) -> tuple[str, str, str, str]:
    """Who wrote it and when, the link that dials, the number as it is read, and the words."""
    head = fill(labels["text_from"], {"at": words.moment(text.at, timezone), "sender": text.sender})
    if text.arrived_at:
        head = f"{head} {fill(labels['text_late'], {'at': words.moment(text.arrived_at, timezone)})}"
    number = text.number or ""
    attached = fill(labels["text_attached"], {"count": str(text.attached)}) if text.attached else ""
    written = "\n".join(filter(None, (_reported(text, labels, words, people), text.words, attached)))
    return head, f"tel:{number}" if number else "", grouped(number) if number else "", written


def _reported(text: ReceivedText, labels: Mapping[str, str], words: Words, people: Iterable[Affected]) -> str:
    """What was done, or how a report was understood and whether it is verified."""
    if text.action:
        return labels[f"action_{text.action}"]
    names = ", ".join(understood_in_words(text.understood, labels, words, people))
    return (
        fill(labels["report_verified" if text.is_verified else "report_unverified"], {"names": names}) if names else ""
    )


def understood_in_words(
    understood: Iterable[str], labels: Mapping[str, str], words: Words, people: Iterable[Affected]
) -> Iterator[str]:
    """The types and codes that a report was understood to name, each with its meaning; a verb as it is typed."""
    known = {person.code: person for person in people}
    said = (_TYPED.get(each, each) for each in understood)
    yield from (words.types.get(each) or _labelled(each, labels, known) for each in said if each)


def event_in_words(event: Happening, labels: Mapping[str, str], say: Callable[..., str]) -> str:
    """What has happened since, and when."""
    if event.action is not None:
        return f"{say('happened_action', event.at)} {labels[f'action_{event.action}']}"
    return f"{say('happened_news', event.at)} {event.news or labels['news_untold']}"
