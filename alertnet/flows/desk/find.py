"""The console's search field: finds what a reference, name or code means, and each act on it with its page."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from itertools import chain, islice
from unicodedata import combining, normalize
from urllib.parse import quote

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import Unknown
from alertnet.core.incident import IncidentStatus, as_ref
from alertnet.flows.desk.board import Board
from alertnet.flows.pages.coordinator_actions import contacts_of
from alertnet.flows.unit.locked_incident import look_at
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents

MOST = 6
"""The most things shown; for more, one must type more."""
MOST_INCIDENTS = 5
"""The most open incidents in which acts on a contact are offered, the most severe first."""

LOOK = ("Look", "")
ON_OPEN = (
    ("Somebody has answered me", "vouch"),
    ("Somebody has done something", "action"),
    ("There is news, or it is graver than thought", "update"),
    ("Open a level now, hold it, or leave it out", "go"),
    ("Consent has changed", "consent"),
    ("Spare somebody from now on", "exclude"),
    ("It is the same event as another", "merge"),
    ("It is over", "close"),
)
ON_TEXT = (
    ("Make an incident of the text", "open-text"),
    ("Join it to an incident", "join-text"),
    ("It is no incident", "set-aside"),
)
ON_CLOSED = (("It is not over after all", "reopen"),)
OF_CONTACT = ON_OPEN[:2]
"""Acts, by their labels, that unfold on an incident's page."""


@value
class Act:
    """An act and its page. `about`: the incident that it is in, where the thing itself is none."""

    name: str
    path: str
    about: str = ""


@value
class Found:
    """A thing that was found; `about`: what tells it from others."""

    kind: str
    name: str
    about: str
    acts: tuple[Act, ...]


def find(tx: Tx, network: Network, board: Board, asked: str, language: str, *, acts: bool) -> tuple[Found, ...]:
    """Find what was asked for, at most a few things. `acts`: for users who may act.

    Others find only incidents to look at.
    """
    plain = asked.strip().casefold()
    if not plain:
        return ()
    found = [_incidents(tx, board, plain, acts=acts)]
    if acts:
        found += [_people(network, plain), _teams(network, plain), _contacts(tx, network, board, plain, language)]
    # The rest is not even looked for.
    return tuple(islice(chain.from_iterable(found), MOST))


def _incidents(tx: Tx, board: Board, asked: str, *, acts: bool) -> Iterator[Found]:
    begun = as_ref(asked)
    matching = [each for each in board.incidents if each.ref.startswith(begun.rstrip("-") or begun)]
    for each in matching:
        can = ON_TEXT if each.is_text else ON_OPEN
        yield Found("incident", each.ref, each.type, tuple(_on(each.ref, (LOOK, *can) if acts else (LOOK,))))
    try:
        closed = incidents.get(tx.session, incidents.id_of(tx, asked))
    except Unknown:
        return
    if closed.status == IncidentStatus.CLOSED:
        offered = (LOOK, *ON_CLOSED) if acts else (LOOK,)
        yield Found("incident", closed.ref, closed.facts.type, tuple(_on(closed.ref, offered)))


def _people(network: Network, asked: str) -> Iterator[Found]:
    for code in sorted(network.people):
        if code.casefold() == asked:
            yield Found("code", code, "", (Act("Raise an alarm", f"/desk/raise?people={quote(code)}"),))


def _teams(network: Network, asked: str) -> Iterator[Found]:
    for team in network.teams.values():
        if asked in team.id.casefold() or any(asked in each.casefold() for each in team.members):
            acts = (Act("Raise an alarm", f"/desk/raise?team={quote(team.id)}"), Act("On the road", "/desk/journeys"))
            yield Found("team", team.id, ", ".join(team.members), acts)


def _contacts(tx: Tx, network: Network, board: Board, asked: str, language: str) -> Iterator[Found]:
    @cache
    def could_answer(incident: str) -> Collection[str]:
        return dict(contacts_of(look_at(tx, incident)))

    words = _plain(asked).split()
    for tree in network.trees.values():
        for contact in tree.contacts.values():
            names = _plain(f"{contact.id} {contact.called} {contact.organisation}")
            if all(word in names for word in words):
                serving = [each for each in board.incidents if any(path.tree == tree.id for path in each.paths)]
                key, stands = f"{tree.id}/{contact.id}", Act("The trees", f"/desk/trees/{tree.id}#contact-{contact.id}")
                heard_of = [each.ref for each in serving[:MOST_INCIDENTS] if key in could_answer(each.id)]
                acts = [act for ref in heard_of for act in _on(ref, OF_CONTACT, key)]
                yield Found("contact", contact.called, f"{contact.id}, {tree.title_in(language)}", (*acts, stands))


def _plain(text: str) -> str:
    """The text in small letters without accents, since no hurried person types them."""
    return "".join(each for each in normalize("NFKD", text.casefold()) if not combining(each))


def _on(ref: str, offered: Iterable[tuple[str, str]], whom: str = "") -> Iterator[Act]:
    for name, do in offered:
        chosen = f"&whom={quote(whom)}" if whom else ""
        yield Act(name, f"/desk/incidents/{ref}" + (f"?do={do}{chosen}#do-{do}" if do else ""), ref if whom else "")
