"""A text of somebody in the field: who wrote it, the PIN in it, and the reply."""

from collections.abc import Callable
from datetime import datetime

from alertnet.core.codec import replace, value
from alertnet.core.disclosure import Said, Subject
from alertnet.core.inbound.field_report import facts_of
from alertnet.core.inbound.sms_grammar import Report
from alertnet.core.incident import IN_CUSTODY, Facts
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import InTheField
from alertnet.flows.credentials.pins import PinCheck, try_pin
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records import timeline
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import Addressee, InboundText, Reply


@value
class FieldText:
    """A text of a member, or of a contact that reports like one.

    `sms`: with dots in place of PINs; without any words for keys in a call. `is_forced`: the sender's PIN for duress
    stands somewhere in it.
    """

    tx: Tx
    edition: Edition
    sender: InTheField
    sms: InboundText
    is_forced: bool = False

    @property
    def phone(self) -> str:
        return self.sender.member.phone

    @property
    def written_at(self) -> datetime:
        """When the provider had it, as far as is known."""
        return self.sms.heard_at or self.tx.now

    def facts(self, report: Report, *, verified: bool, duress: bool) -> Facts:
        """The facts that the report gives of a new incident of its sender's."""
        facts = facts_of(report, self.sender.team, self.sender.member, verified=verified, duress=duress)
        return replace(facts, team=self.sender.reports_for, field_borrowed=self.sender.is_borrowed)

    def try_pin(self, pin: str | None) -> PinCheck:
        """Check the PIN in it; if it is one wrong PIN too many, tell coordinators, about no incident."""
        tried = try_pin(self.tx, self.sender.owner, pin)
        if tried.closes:
            timeline.note(self.tx, "pins_closed", owner=self.sender.owner)
            announced = Announcement(Kind.NOTICE, Subject.WRONG_PINS, self.sender.team.id, self.sender.owner)
            tell_coordinators(self.tx, self.sender.trees, announced)
        return tried.check

    def prove(self, report: Report) -> PinCheck:
        """Check the PIN of a report that raises nothing; beside a cry for help a right one is one for duress.

        So the reply gives no sign to whoever reads it, and what follows is for people to decide.
        """
        check = self.try_pin(report.pin)
        return PinCheck.DURESS if report.cries and check.suffices else check

    def may_be_in_other_hands(self, locked: LockedIncident) -> bool:
        """Whether somebody else may hold the phone, by what an incident of its own is about, or was before news of it.

        Duress counts for nothing here: whoever holds the phone may notice whether a reply comes.
        """
        own = [each for each in locked.parts if each.facts.raised_from == self.phone]
        types = [each.facts.type for each in (locked.incident, *own)]
        if locked.facts.leaves_phone_alone:
            # A phone that was to be left alone stays so, whatever news has made of what it reported.
            ids = [locked.incident.id, *(each.id for each in own)]
            news = [each for id in ids for _, each in timeline.of_kind(self.tx.session, id, "facts_changed")]
            types += [change["type"][0] for change in news if change and "type" in change]
        return not IN_CUSTODY.isdisjoint(types)

    def reply(
        self, kind: Kind, words: Said, *, about: LockedIncident | None = None, at_once_only: bool = False
    ) -> Reply:
        """The reply in the sender's language. `at_once_only`: later somebody else may hold the phone."""
        if about is not None:
            words = replace(words, callback=self.sender.callback(about.not_to_be_called))
        incident = about.incident.id if about is not None else None
        to = None if at_once_only else Addressee(self.sender.owner, self.sender.tree.id, incident)
        return Reply(kind, self.sender.member.language, words, self.edition.templates, to)


def take_up_found(tx: Tx, find: Callable[[], str | None]) -> LockedIncident | None:
    """The open incident that `find` finds, locked. None where it finds none.

    It looks again under the lock, for which it may have waited until a coordinator had closed, merged or split it.
    """
    held: dict[str, LockedIncident] = {}
    while (id := find()) is not None and id not in held:
        held[id] = take_up(tx, id)
    return held[id] if id is not None else None
