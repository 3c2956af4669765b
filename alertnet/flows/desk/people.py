"""Contacts for the console: which can be told now, which of their numbers are known to work, and what is wrong.

It holds no numbers or addresses, so every console user may see it.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.directory.contact import Contact, Method, MethodKind
from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.directory.languages import Title
from alertnet.core.directory.number_tests import tests_of
from alertnet.core.directory.on_call import Arrangement
from alertnet.core.incident import Severity
from alertnet.core.notification import Failure
from alertnet.flows.notifications.number_tests import DUE, Tested, results_of_each
from alertnet.store.db.tx import Tx
from alertnet.store.records import on_call
from alertnet.store.records.credentials import number_tests, pins
from alertnet.store.records.credentials.number_tests import TestOutcome

AMISS = {
    Failure.OPTED_OUT: "opted_out",
    Failure.INVALID: "wrong",
    Failure.WRONG_PERSON: "wrong",
    Failure.UNDELIVERED: "undelivered",
    Failure.BOUNCED: "undelivered",
    Failure.OUTCOME_UNKNOWN: "undelivered",
}
"""What a failure says about an address. Others say nothing: somebody whose line is engaged has the right number."""


SILENT_FOR = timedelta(days=1)
"""A test that nobody has answered for this long after it was sent counts as silent."""


@value
class Address:
    """A number or mail address of somebody, by its method. `amiss`: opted_out, wrong, undelivered, silent, or empty.

    `verified`: when it was last shown to work, by an answer or as the tree says.
    """

    method: str
    verified: date | None
    asked_at: datetime | None
    last: TestOutcome | None
    amiss: str


@value
class Person:
    """A contact as it can be told now. `closed_by`: what closes it, until `opens_at`; `by`: the methods that remain.

    `needs`: what somebody should fix, the worst first; `officer`: the person on duty for it.
    """

    tree: str
    id: str
    called: str
    role: str
    language: str
    zone: str
    officer: str | None
    closed_by: str | None
    opens_at: datetime | None
    by: tuple[str, ...]
    addresses: tuple[Address, ...]
    needs: tuple[str, ...]
    takes_tests: bool

    @property
    def owner(self) -> str:
        """Its name where several trees are meant."""
        return f"{self.tree}/{self.id}"


@value
class People:
    """Everybody in the trees in force, by tree title."""

    now: datetime
    by_tree: tuple[tuple[Title, tuple[Person, ...]], ...]

    @property
    def in_need(self) -> list[Person]:
        """Those with something to fix, the worst first."""
        everybody = [person for _, people in self.by_tree for person in people if person.needs]
        return sorted(everybody, key=lambda person: (RANKS.index(person.needs[0]), person.owner))

    @property
    def due(self) -> list[Person]:
        """Those who may be sent a test and have something not shown to work for long."""
        everybody = [person for _, people in self.by_tree for person in people]
        return [person for person in everybody if person.takes_tests and {"unverified", "due"} & {*person.needs}]


RANKS = ("unreachable", "opted_out", "wrong", "undelivered", "no_pin", "silent", "unverified", "due")
"""What somebody should fix, the worst first."""


def read_people(tx: Tx, network: Network) -> People:
    """Read all contacts, as they can be told now."""
    tested = results_of_each(tx, network)
    known = _Known(tx, tested, number_tests.last_outcomes(tx), pins.owners(tx), on_call.arranged(tx))
    return People(tx.now, tuple((tree.title_to_read, tuple(known.people(tree))) for tree in network.in_order))


@value
class _Known:
    tx: Tx
    tested: Mapping[tuple[str, str], list[Tested]]
    outcomes: Mapping[bytes, TestOutcome]
    with_pin: frozenset[str]
    arranged: Mapping[str, Mapping[str, list[Arrangement]]]

    def people(self, tree: ContactTree) -> Iterator[Person]:
        """The contacts of a tree, with its duty roster as of now."""
        officers = tree.on_duty(self.tx.now, arranged=self.arranged.get(tree.id))
        for contact in tree.staffed(officers).contacts.values():
            yield self._person(tree, contact, officers[contact.id].id if contact.id in officers else None)

    def _person(self, tree: ContactTree, contact: Contact, officer: str | None) -> Person:
        now, times = self.tx.now, tree.times(contact, Severity.CRITICAL)
        closed_by = times.closed_by(now)
        addresses = tuple(self._address(tree, contact, method) for method in tests_of(contact))
        return Person(
            tree=tree.id,
            id=contact.id,
            called=contact.called,
            role=contact.role.value,
            language=contact.language,
            zone=contact.timezone,
            officer=officer,
            closed_by=closed_by,
            opens_at=times.next_opening(now) if closed_by else None,
            by=tuple(dict.fromkeys(each.kind.value for each in _usable(contact, closed_by))),
            addresses=addresses,
            needs=tuple(sorted(self._needs(tree, contact, addresses), key=RANKS.index)),
            takes_tests=tree.exercises(contact) and bool(addresses),
        )

    def _address(self, tree: ContactTree, contact: Contact, method: Method) -> Address:
        tests = self.tested.get((tree.id, contact.id), ())
        untested = Tested(tree.id, contact.id, method.kind, contact.verified)
        test = next((each for each in tests if each.method is method.kind), untested)
        # For a number that is called, its SMS count as well.
        last = self.outcomes.get(self.tx.vault.index(method.address))
        return Address(method.kind.value, test.verified, test.asked_at, last, self._amiss(last, test))

    def _amiss(self, last: TestOutcome | None, test: Tested) -> str:
        if test.outcome == "wrong":
            return "wrong"
        if last is not None and last.failure in AMISS:
            works = test.outcome == "answered" and test.asked_at is not None and test.asked_at > last.at
            return "" if works else AMISS[last.failure]
        is_silent = test.asked_at is not None and self.tx.now - test.asked_at > SILENT_FOR
        return "silent" if is_silent and test.outcome == "silent" else ""

    def _needs(self, tree: ContactTree, contact: Contact, addresses: tuple[Address, ...]) -> set[str]:
        amiss = {each.amiss for each in addresses if each.amiss}
        if addresses and all(each.amiss in ("opted_out", "wrong", "undelivered") for each in addresses):
            amiss.add("unreachable")
        if contact.is_coordinator and f"{tree.id}/{contact.id}" not in self.with_pin:
            amiss.add("no_pin")
        if any(each.verified is None for each in addresses):
            amiss.add("unverified")
        elif any(each.verified and self.tx.now.date() - each.verified >= DUE for each in addresses):
            amiss.add("due")
        return amiss


def _usable(contact: Contact, closed_by: str | None) -> tuple[Method, ...]:
    """The methods by which it can be told now."""
    if closed_by is None:
        return contact.methods
    return (*contact.when_closed, *(each for each in contact.methods if each.kind is MethodKind.EMAIL))
