"""Renders messages from templates and values, and shortens an SMS until it fits."""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Literal, get_args

from jinja2 import Template
from markupsafe import Markup, escape

from alertnet.core.delivery.sms_encoding import SmsSize, count, fold
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.languages import fallbacks, language_of_title, primary
from alertnet.core.disclosure import Said
from alertnet.core.errors import Unknown
from alertnet.core.inbound.written_mail import REPLY_ABOVE
from alertnet.core.notification import URGENT, Kind
from alertnet.messages.asked import country_name, what_is_told
from alertnet.messages.message import METHODS, OPEN_MATTERS, STAGES, SUBJECTS, CallScript, Message
from alertnet.messages.page import PAGE, Page, page_values
from alertnet.messages.templates.completion import regional_tables
from alertnet.messages.templates.load import LAYOUT, Templates, language_of
from alertnet.messages.templates.restricted_jinja import Environment, Named, blocks_of, named_in, parts_of, write
from alertnet.messages.words import (
    NEUTRAL,
    Words,
    direction,
    organisation_in,
    present,
    spelt,
    spoken_number,
    unbroken,
    words_of,
)

DROPPED = ("with_callback", "with_names", "with_no_hint")
SHORTER = tuple({name: place >= dropped for place, name in enumerate(DROPPED)} for dropped in range(len(DROPPED) + 1))
"""The forms of an SMS from long to short: callback, names and hint are dropped in turn, code and link never."""

Paper = Literal["sheet", "letter", "card"]
"""Printed texts: the call sheet, the letter that introduces a network to a contact, and a member's card."""

ALLOWED_SEGMENTS = {"gsm7": 1, "ucs2": 2}

_LONGEST_SMS = 1600
"""Characters; Twilio refuses longer messages (error 21617)."""
_LONGEST_SENTENCE = 3000
"""Characters; Twilio's `<Say>` takes at most 4096 bytes."""
_LONGEST_MAIL = 20_000

ANSWERED = frozenset({Kind.ALERT, Kind.REMINDER, Kind.DECISION, Kind.ALARM, Kind.TASK, Kind.ACTION_REMINDER})
"""The kinds of mail that ask for an answer."""
_ANSWERED_BY = {Kind.DECISION: "decide", Kind.TASK: "task", Kind.ACTION_REMINDER: "report"}
"""Those in which the code alone does not say what is asked for."""


def fits(size: SmsSize) -> bool:
    """Whether an SMS of that size is short enough: one segment in GSM-7, two in UCS-2."""
    return size.segments <= ALLOWED_SEGMENTS[size.encoding]


class Renderer:
    """Renders messages in any language of its templates. It may be shared between threads.

    Every method takes a BCP 47 tag and uses the first of its `fallbacks` that has the text: the region's, the
    language's, the tree's where it is known, English.
    """

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self._environment = Environment(templates.files)
        self._page_words = {
            tag: {name: unbroken(label) for name, label in table.items()}
            for tag, table in regional_tables(templates, "page")
        }
        self._labels: dict[Paper, dict[str, dict[str, str]]] = {
            of: dict(regional_tables(templates, of)) for of in get_args(Paper)
        }
        self._words = {tag: words_of(tag, table) for tag, table in regional_tables(templates, "words")}
        # A cache on the method would be shared by all renderers and keep them alive.
        self._template = cache(self._find_template)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages with a `words` file, in alphabetical order."""
        return tuple(sorted(self._words))

    def compile(self, *folders: str, languages: Iterable[str] = ()) -> None:
        """Compile the templates of these folders and languages now instead of at their first use; without any, all."""
        for path in self.templates.files:
            is_wanted = not folders or path.partition("/")[0] in folders
            if path.endswith(".j2") and is_wanted and (not languages or language_of(path) in (None, *languages)):
                self._environment.get_template(path)

    def words(self, language: str, of_tree: str = "") -> Words:
        """The words of a language: names of types and severities, statements, dates."""
        return self._words[_first(language, self._words, of_tree)]

    @staticmethod
    def country(code: str, language: str) -> str:
        """The name of a country (ISO 3166-1 alpha-2)."""
        return country_name(code, language)

    def page_words(self, language: str, of_tree: str = "") -> dict[str, str]:
        """The labels and statements of the contact's page, with `{names}` to be filled in."""
        return self._page_words[_first(language, self._page_words, of_tree)]

    def labels(self, of: Paper, language: str, of_tree: str = "") -> dict[str, str]:
        """The labels of a printed text, and what is read out from it."""
        return self._labels[of][_first(language, self._labels[of], of_tree)]

    def page(self, language: str, page: Page) -> str:
        """The HTML of a page, with links to its other languages."""
        of_tree = page.said.tree_language
        used = _first(language, self._page_words, of_tree)
        theirs = self.page_words(page.task.language, of_tree) if page.task else None
        values = page_values(page, self.words(language, of_tree), self._page_words[used], theirs)
        values["others"] = [(tag, each["language"]) for tag, each in self._page_words.items() if tag != used]
        return self._environment.get_template(PAGE).render(values)

    def neutral(self, language: str, ref: str = "", callback: str = "") -> CallScript:
        """What a caller to our number hears first; `ref`: the incident just reported, `callback`: a number to say."""
        words = self.words(language)
        sentences = {name: getattr(words, name) for name in NEUTRAL}
        sentences |= {
            "raised": words.raised.replace("{ref}", spelt(ref)),
            "call_back": words.call_back.replace("{callback}", spoken_number(callback, words.plus)),
        }
        return CallScript(words.voice(language), sentences)

    def render(self, kind: Kind, method: MethodKind, language: str, said: Said, *, reads_mail: bool = False) -> Message:
        """Render one message; `reads_mail`: it may ask for an answer by mail. `Unknown` where there is none such."""
        if method not in METHODS.get(kind, ()):
            raise Unknown("message", f"{kind} by {method}")
        if method is MethodKind.CALL:
            script = self.speak(kind, language, said)
            return Message(script.language, sentences=tuple(script.sentences.values()))
        if method is MethodKind.EMAIL:
            return self._mail(kind, language, said, reads_mail=reads_mail)
        return (
            self._open_matters(kind, language, said)
            if kind in URGENT and said.more
            else self._sms(kind, language, said)
        )

    def named_in(self, kind: str, part: str, language: str) -> Named:
        """The names by which that part of a kind's messages can differ, such as `sms.j2`."""
        template, _ = self._template(kind, part, language)
        return named_in(self.templates.files[str(template.name)])

    def speak(self, kind: Kind, language: str, said: Said) -> CallScript:
        """All sentences of a call by stage (`STAGES`): the kind's own, else those that all calls share."""
        template, used = self._template(kind, "voice.j2", language, said.tree_language)
        shared, _ = self._template("call", "voice.j2", used)
        words = self.words(used)
        values = self._values(kind, said, words, MethodKind.CALL)
        sentences = blocks_of(shared, values, _LONGEST_SENTENCE) | blocks_of(template, values, _LONGEST_SENTENCE)
        # Templates of an earlier version, to which an incident is pinned, may lack a stage; they never need it.
        spoken = {stage: _one_line(sentences[stage]) for stage in STAGES if stage in sentences}
        return CallScript(words.voice(language), spoken, self._foreign(used, said))

    def _foreign(self, language: str, said: Said) -> tuple[str, str]:
        """The organisation's name and the voice of its language; empty where that is the call's, or has no words."""
        theirs = language_of_title(language, said.titles, said.tree_language)
        if primary(theirs) == primary(language) or primary(theirs) not in self._words:
            return "", ""
        return organisation_in(said, language), self.words(theirs).voice(theirs)

    def _sms(self, kind: Kind, language: str, said: Said) -> Message:
        template, used = self._template(kind, "sms.j2", language, said.tree_language)
        values = self._values(kind, said, self.words(used), MethodKind.SMS)
        return Message(used, _shortened(template, values, SHORTER))

    def _open_matters(self, kind: Kind, language: str, said: Said) -> Message:
        """One SMS for all that is open: as many matters as fit; the callback is dropped before any of them."""
        template, used = self._template(OPEN_MATTERS, "sms.j2", language, said.tree_language)
        words, own = self.words(used), said.named(kind)
        values = self._values(kind, said, words, MethodKind.SMS)
        matters = [words.matter(each.kind or kind, each) for each in (own, *said.more)]

        def write_first(most: int) -> str:
            rest = [words.and_more.replace("{count}", str(len(matters) - most))] if most < len(matters) else []
            values["matters"] = "; ".join([*matters[:most], *rest])
            return _shortened(template, values, SHORTER[:2])

        # First try all of them, which needs no "and more"; else few fit, so count up from one.
        text = write_first(len(matters))
        if not fits(count(text)):
            text = write_first(1)
            for most in range(2, len(matters)):
                longer = write_first(most)
                if not fits(count(longer)):
                    break
                text = longer
        return Message(used, text)

    def _mail(self, kind: Kind, language: str, said: Said, *, reads_mail: bool) -> Message:
        template, used = self._template(kind, "body.j2", language, said.tree_language)
        words = self.words(used)
        values = self._values(kind, said, words, MethodKind.EMAIL)
        text = _paragraphs(write(parts_of(template, values), _LONGEST_MAIL))
        if kind in ANSWERED and said.expects_answer:
            text = _with_way_to_answer(text, words, kind, said, reads_mail=reads_mail)
        line, _ = self._template(kind, "subject.j2", used)
        subject = _one_line(write(parts_of(line, values), _LONGEST_MAIL))
        page = self._environment.get_template(LAYOUT)
        shown = {"language": used, "direction": direction(used), "title": subject, "body": _html(text, said.link)}
        return Message(used, text + "\n", subject, write(parts_of(page, shown), 4 * _LONGEST_MAIL))

    def _values(self, kind: Kind, said: Said, words: Words, method: MethodKind) -> dict[str, Any]:
        if said.subject is None and kind in SUBJECTS:
            said = replace(said, subject=SUBJECTS[kind][0])
        # In a drill the word for it replaces the heading of an alert, and is added to all others.
        heading = "" if said.drill and kind.is_alert else words.headings.get(kind, "")
        values: dict[str, Any] = present(said, words, method)
        values["heading"] = heading
        values |= dict.fromkeys(DROPPED, True)
        return values | what_is_told(method, said, words.language, self.page_words(words.language))

    def _find_template(self, kind: str, part: str, language: str, of_tree: str = "") -> tuple[Template, str]:
        """The template, and the language of the words for it: a region may have its own words but no own messages."""
        shared = "mail" if part == "subject.j2" else kind
        spoken = [each for each in fallbacks(language, of_tree) if each in self._words]
        for used in spoken:
            for path in (f"{kind}/{used}/{part}", f"{shared}/{used}/{part}"):
                if path in self.templates.files:
                    words = next(each for each in spoken if primary(each) == primary(used))
                    return self._environment.get_template(path), words
        raise Unknown("message template", f"{kind}/{language}/{part}")


def _first(language: str, tables: Container[str], of_tree: str = "") -> str:
    for used in fallbacks(language, of_tree):
        if used in tables:
            return used
    raise Unknown("language", language)


def _shortened(template: Template, values: dict[str, Any], forms: Iterable[Mapping[str, bool]]) -> str:
    """The SMS in the first of these forms that fits, else in the last."""
    text = ""
    for form in forms:
        values.update(form)
        text = fold(_one_line(write(parts_of(template, values), _LONGEST_SMS)))
        if fits(count(text)):
            break
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _paragraphs(text: str) -> str:
    """The text without needless spaces; paragraphs are one empty line apart."""
    lines = "\n".join(" ".join(line.split()) for line in text.splitlines())
    return unbroken(re.sub(r"\n{3,}", "\n\n", lines).strip())


def _with_way_to_answer(text: str, words: Words, kind: Kind, said: Said, *, reads_mail: bool) -> str:
    """The text below a line that says how to answer by mail, where that is possible; else it says that it is not."""
    # Templates of an earlier version, to which an incident is pinned, may lack these words.
    if not reads_mail or not said.code:
        return text if reads_mail else f"{text}\n\n{words.by_mail.get('unread', '')}".strip()
    how = words.by_mail.get(_ANSWERED_BY.get(kind, "answer"), "").replace("{code}", said.code)
    return f"{REPLY_ABOVE} {how} {REPLY_ABOVE}\n\n{text}" if how else text


def _html(text: str, link: str | None) -> Markup:
    """The text as HTML paragraphs; a line that is just the link becomes a link.

    Styles are inline, because Outlook takes no others and has margins of its own.
    """
    shown = escape(text)
    if link:
        alone = escape(link)
        pressed = Markup('<a href="{0}" style="color: #00449e">{0}</a>').format(link)
        shown = Markup("\n").join(pressed if line == alone else line for line in shown.split("\n"))
    begins, ends, broken = Markup('<p style="margin: 0 0 16px">'), Markup("</p>"), Markup("<br>\n")
    paragraphs = shown.replace("\n", broken).replace(broken * 2, ends + "\n" + begins)
    return begins + paragraphs + ends
