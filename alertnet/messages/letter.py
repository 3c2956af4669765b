"""The letter that introduces a network to a contact: who calls, what messages look like, how to answer.

It names nobody but the contact, and its examples are invented, so it may lie on a desk.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from alertnet.core.codec import value
from alertnet.core.directory.contact import RINGING, Contact, Method, MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.disclosure import sent_by
from alertnet.core.notification import Kind
from alertnet.messages.call_sheet import Group, Line, Style
from alertnet.messages.checks.example import EXAMPLE
from alertnet.messages.labels import fill
from alertnet.messages.renderer import Renderer
from alertnet.messages.words import grouped


@value
class Sender:
    """The addresses from which the network sends; unset ones are left out."""

    numbers: tuple[str, ...] = ()
    mail: str | None = None
    public_url: str | None = None


class Letter:
    """A letter to one contact, in the language nearest to the one asked for."""

    def __init__(self, tree: ContactTree, contact: Contact, sender: Sender, renderer: Renderer, language: str) -> None:
        self._tree = tree
        self._contact = contact
        self._sender = sender
        self._renderer = renderer
        self._language = language
        self._labels = renderer.labels("letter", language)
        self._numbers = ", ".join(grouped(number) for number in sender.numbers)
        self._kinds = {method.kind for method in contact.methods}
        self._texts = [method for method in contact.methods if method.kind is MethodKind.SMS]
        self._answers = contact.answers
        self._callback = tree.callback_for(contact)

    def groups(self) -> tuple[Group, ...]:
        """The whole letter, in groups that stay together on a page."""
        parts = (self._opening(), self._whence(), self._where(), self._looks(), self._answering(), self._closing())
        return tuple(tuple(part) for part in parts)

    def foot(self, made_on: date) -> str:
        return self._say("made", date=made_on.isoformat())

    def _opening(self) -> Iterator[Line]:
        contact = self._contact
        yield self._line(Style.TITLE, "title")
        named = dict.fromkeys(name for name in (contact.name, contact.organisation) if name)
        yield self._line(Style.CONTACT, "to", contact=", ".join(named))
        yield self._line(Style.NOTE, "who")

    def _whence(self) -> Iterator[Line]:
        yield self._line(Style.LEVEL, "from_where")
        if self._numbers:
            yield self._line(Style.DETAIL, "from_numbers", numbers=self._numbers)
        if self._sender.mail:
            yield self._line(Style.DETAIL, "from_mail", address=self._sender.mail)
        if self._sender.public_url and self._answers:
            yield self._line(Style.DETAIL, "from_link", link=f"{self._sender.public_url}/a/")
        yield self._line(Style.DETAIL, "from_elsewhere")

    def _where(self) -> Iterator[Line]:
        yield self._line(Style.LEVEL, "where")
        yield from (
            Line(Style.DETAIL, self._method(each))
            for each in sorted(self._contact.methods, key=lambda each: each.after)
        )
        spoken = self._renderer.page_words(self._contact.language)["language"]
        yield self._line(Style.DETAIL, "where_language", language=spoken)
        yield self._line(Style.DETAIL, "where_wrong")

    def _looks(self) -> Iterator[Line]:
        yield self._line(Style.LEVEL, "looks")
        if MethodKind.SMS in self._kinds:
            yield self._line(Style.DETAIL, "looks_sms")
            yield Line(Style.SAY, self._example(MethodKind.SMS)[0])
        if MethodKind.EMAIL in self._kinds:
            yield self._line(Style.DETAIL, "looks_mail")
            yield Line(Style.SAY, self._example(MethodKind.EMAIL)[1])
        if MethodKind.CALL in self._kinds:
            yield self._line(Style.DETAIL, "looks_call" if self._answers else "looks_call_told_only")
        yield self._line(Style.DETAIL, "looks_discreet" if self._answers else "looks_discreet_told_only")

    def _answering(self) -> Iterator[Line]:
        yield self._line(Style.LEVEL, "how")
        if not self._answers:
            yield self._line(Style.DETAIL, "how_told_only")
            return
        replies = any(method.replies for method in self._texts)
        if replies:
            yield self._line(Style.DETAIL, "how_sms")
        if MethodKind.CALL in self._kinds:
            word = "how_call" if replies else "how_call_heard"
            yield self._line(Style.DETAIL, word, numbers=self._numbers or grouped(self._callback))
        has_link = MethodKind.EMAIL in self._kinds or any(method.links for method in self._texts)
        if self._sender.public_url and has_link:
            yield self._line(Style.DETAIL, "how_page")
        yield self._line(Style.DETAIL, "how_again")

    def _closing(self) -> Iterator[Line]:
        yield self._line(Style.LEVEL, "never")
        yield self._line(Style.DETAIL, "never_ask")
        yield self._line(Style.LEVEL, "ask_whom")
        yield self._line(Style.DETAIL, "ask_callback")

    def _method(self, method: Method) -> str:
        kind, minutes = self._say(f"kind_{method.kind}"), round(method.after.total_seconds() / 60)
        if method.kind is MethodKind.TASK:
            return kind
        address = grouped(method.address) if method.kind in RINGING else method.address
        return self._say("where_after" if minutes else "where_method", kind=kind, address=address, minutes=str(minutes))

    def _example(self, method: MethodKind) -> tuple[str, str]:
        """Text and subject of an invented alert, in the words that this contact would get."""
        tree = self._tree
        said = replace(
            EXAMPLE, sender=tree.sender, organisation=tree.title_in(self._language), callback=self._callback, about=None
        )
        if self._sender.public_url:
            said = replace(said, link=f"{self._sender.public_url}/a/ABCDEFGH23456789")
        if not self._answers:
            said = replace(said, expects_answer=False, code=None, link=None)
        if method is MethodKind.SMS:
            said = sent_by(said, self._texts[0])
        message = self._renderer.render(Kind.ALERT, method, self._language, replace(said, timezone=tree.timezone))
        return message.text, message.subject or ""

    def _say(self, word: str, **values: str) -> str:
        own = {"organisation": self._tree.title_in(self._language), "callback": grouped(self._callback)}
        return fill(self._labels[word], own | values)

    def _line(self, style: Style, word: str, **values: str) -> Line:
        return Line(style, self._say(word, **values))
