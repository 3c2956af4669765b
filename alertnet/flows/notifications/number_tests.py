"""Tests numbers and addresses in quiet times: a test is sent, and any answer shows that it arrived.

A test says only that it is the network's, and asks only for its answer (A9).
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.directory.contact import Method, MethodKind
from alertnet.core.directory.contact_tree import Named, Network
from alertnet.core.directory.number_tests import is_daytime, pick, testable, tests_of
from alertnet.core.disclosure import NoRef, Said
from alertnet.core.errors import BadInput
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import contacts_at, said_by
from alertnet.flows.credentials.page_links import draw_token
from alertnet.flows.notifications.compose import draft_of
from alertnet.flows.notifications.system_notices import RANKS
from alertnet.flows.unit.prefetch import CodePool
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.records import notifications, timeline
from alertnet.store.records.credentials import number_tests
from alertnet.store.records.credentials.number_tests import WRONG, NewNumberTest, NumberTest
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import Addressee, InboundText, Reply

ANSWERED_WITHIN = timedelta(days=14)
"""A code or link that comes back later proves little about who has the number now."""
EVERY = timedelta(days=7)
DUE = timedelta(days=90)
SMS, CALL, LINK = "sms", "call", "link"
_DRAWN = 9  # Digits of the random number that picks a contact.


@value
class Tested:
    """The state of a contact's address: when it was last shown to work, and the result of its last test.

    `verified`: by an answer, or as the tree says; None: never. `outcome`: `answered`, `wrong` (a stranger has it),
    `silent`, or empty where none was sent.
    """

    tree: str
    contact: str
    method: MethodKind
    verified: date | None
    asked_at: datetime | None = None
    outcome: str = ""


def named(network: Network, name: str) -> Named:
    """The contact of that name, `id` or `tree/id`, if it may be sent a test.

    Refuses a name of none, of several, or of an outsider who has not agreed to drills.
    """
    tree, contact = network.contact_named(name)
    if not tree.exercises(contact):
        raise BadInput("CONTACT", name, "contacts with `drills: true`, coordinators, and the last resort")
    return tree.id, contact


def kinds_of(contacts: Iterable[Named]) -> frozenset[MethodKind]:
    """The methods by which these contacts would be tested."""
    return frozenset(method.kind for _, contact in contacts for method in tests_of(contact))


def due_contacts(tx: Tx, network: Network, due: timedelta) -> list[Named]:
    """Contacts that may be tested and have an address not shown to work for so long."""
    worked_on = shown_to_work(tx, network)
    found = ((tree, contact, worked_on[tree, contact.id]) for tree, contact in testable(network))
    return [(tree, contact) for tree, contact, day in found if day is None or tx.now.date() - day >= due]


def send_tests(tx: Tx, network: Network, contacts: Iterable[Named], by: str) -> int:
    """Send a test to each address of these contacts, in their language; returns how many were sent."""
    work, sent = UnitOfWork(tx), 0
    pool = CodePool(tx, len(network.trees))
    for tree, contact in contacts:
        for method in tests_of(contact):
            _post(tx, work, pool, said_by(network.trees[tree], contact), (tree, contact), method)
            sent += 1
        work.record(timeline.SYSTEM, "number_tested", {"tree": tree, "contact": contact.id, "by": by})
    work.flush()
    return sent


def _post(tx: Tx, work: UnitOfWork, pool: CodePool, words: Said, whom: Named, method: Method) -> None:
    tree, contact = whom
    index = tx.vault.index(method.address)
    code = pool.draw([index]) if method.kind is MethodKind.SMS else None
    is_written = method.kind is not MethodKind.CALL
    token = draw_token(tx.entropy) if is_written else None
    said = replace(words, ref=NoRef.TEST, code=code, link=token)
    test = NewNumberTest(
        id=tx.entropy.id(),
        notification=work.post(draft_of(tx, Kind.TEST, tree, contact, method, said, RANKS[Kind.TEST])),
        tree=tree,
        contact=contact.id,
        method=method.kind,
        address_index=index,
        code_hash=tx.vault.code_hash(code) if code else None,
        token_hash=tx.vault.token_hash(token) if token else None,
        asked_at=tx.now,
    )
    work.add(test)


def try_one_weekly(tx: Tx, network: Network, last: datetime | None) -> None:
    """Once a week test one random contact of those that are due, by day where it is; `last`: the last such test."""
    if last is not None and timedelta() <= tx.now - last < EVERY:
        return
    awake = [each for each in due_contacts(tx, network, DUE) if is_daytime(each[1], tx.now)]
    if awake and heartbeats.lease(tx, heartbeats.NUMBER_TESTED, EVERY):
        send_tests(tx, network, [pick(awake, int(tx.entropy.digits(_DRAWN)))], "the program")


def results(tx: Tx, network: Network) -> list[Tested]:
    """The state of every address that may be tested, in the order of the trees."""
    return [each for found in results_of_each(tx, network).values() for each in found]


def results_of_each(tx: Tx, network: Network) -> dict[tuple[str, str], list[Tested]]:
    """The state of every address that may be tested, by tree and contact."""
    tests: dict[bytes, list[NumberTest]] = {}
    for test in number_tests.every(tx.session):
        tests.setdefault(test.address_index, []).append(test)
    return {
        (tree, contact.id): [
            _tested((tree, contact), method.kind, tests.get(tx.vault.index(method.address), []))
            for method in tests_of(contact)
        ]
        for tree, contact in testable(network)
    }


def shown_to_work(tx: Tx, network: Network) -> dict[tuple[str, str], date | None]:
    """By tree and contact of those who may be tested, since when all their addresses are known to work."""
    days = {whom: [each.verified for each in found] for whom, found in results_of_each(tx, network).items()}
    return {whom: None if None in found else min(filter(None, found)) for whom, found in days.items()}


def _tested(whom: Named, kind: MethodKind, tests: list[NumberTest]) -> Tested:
    """The state of an address; `tests`: its tests, oldest first."""
    tree, contact = whom
    days = [test.answered_at.date() for test in tests if test.is_verified and test.answered_at]
    verified = max([*days, *([contact.verified] if contact.verified else [])], default=None)
    if not tests:
        return Tested(tree, contact.id, kind, verified)
    latest = tests[-1]
    outcome = "silent" if latest.via is None else "wrong" if latest.via == WRONG else "answered"
    return Tested(tree, contact.id, kind, verified, latest.asked_at, outcome)


def answer_by_text(tx: Tx, edition: Edition, text: InboundText, codes: Collection[str]) -> Reply | None:
    """The thanks for a text with the code of a test; None where it contains none."""
    answered = answer_by_code(tx, text.sender, codes, SMS)
    if answered is None:
        return None
    test, said = answered
    language = next((each.language for _, each in contacts_at(edition.network, text.sender)), None)
    return Reply(
        Kind.TEST, language or said.tree_language, said, edition.templates, to=Addressee(test.contact, test.tree)
    )


def answer_by_code(tx: Tx, number: str, codes: Collection[str], via: str) -> tuple[NumberTest, Said] | None:
    """The test that one of these codes from that number answers, and the words for its thanks; None where none does."""
    test = number_tests.by_code(tx, number, codes)
    if test is None or tx.now - test.asked_at > ANSWERED_WITHIN:
        return None
    record_answer(tx, test, via)
    return test, replace(notifications.said_of(tx.session, test.notification), code=None, link=None)


def is_awaited(tx: Tx, number: str) -> bool:
    """Whether the code of a test of that number may still come back."""
    return number_tests.is_awaited(tx, number, tx.now - ANSWERED_WITHIN)


def record_answer(tx: Tx, test: NumberTest, via: str) -> None:
    """Record, once, how the test was answered."""
    if number_tests.answer(tx, test, via):
        kind = "number_verified" if via != WRONG else "number_wrong"
        timeline.note(tx, kind, tree=test.tree, contact=test.contact, method=test.method.value, via=via)
