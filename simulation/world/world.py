"""The plain state of one night, drawn from its seed. Everything in the night shares it, and it knows none of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from alertnet.channels.base import LedgerEntry, Outgoing, ReceivedMail
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.incident import Facts, Scope
from alertnet.messages.renderer import Renderer
from alertnet.store.db.tx import Tx
from alertnet.store.queues.attempts import SENT_BY
from alertnet.store.records import editions
from simulation.world.cast import (
    FIELD_PHONE,
    NEW_NUMBER,
    NEWCOMER,
    ON_DUTY,
    STRANGERS_PHONE,
    TRAVELLERS_PHONE,
    draw_network,
    edit,
    for_some,
    recycled,
    renumbered,
    with_press,
    with_rota,
    with_switchboard,
    with_terms,
)
from simulation.world.chance import Chance, chance
from simulation.world.countries import with_countries
from simulation.world.database import Database
from simulation.world.expected_turns import Arranged
from simulation.world.faults import Mischief, Trouble, draw_mischief, draw_standstill, draw_steps, draw_watched
from simulation.world.message import text_of
from simulation.world.story import Story
from simulation.world.time import Time

START = datetime(2026, 11, 27, 2, 14, 0, 123457, tzinfo=UTC)
STARTS_WITHIN = 1.0
"""Seconds after the beginning of a night within which each machine starts."""
MINUTE = 60.0
QUIET_LENGTH = 35 * MINUTE
"""Long enough for the end of a tree and its second round; where nothing else happens, it costs little."""
SEES_CLOCK_WITHIN = 25.0
"""Seconds after the clock was put on within which every process has measured it."""
LEAD = 1.05
"""Seconds before anything is due.

A tick outside them finds nothing, and sets no alarm that a later one would not set, so most are left out.
"""


@dataclass
class Asked:
    """What people have asked for that changes what is expected of the night."""

    re_resolved: set[str] = field(default_factory=set)
    """The incidents for which a coordinator has asked to apply wider consent and edited trees."""
    merges: bool = False
    """Whether a coordinator has asked to merge two reports."""
    split_off: set[str] = field(default_factory=set)
    """The reports that a coordinator has asked to split off."""
    consents: dict[str, list[Scope]] = field(default_factory=dict)
    """What the desk has heard of consent, of whomever, by the references of incidents; each was answered as done."""
    let_go: set[str] = field(default_factory=set)
    """The incidents that the desk has let go on to the press."""
    lets_go: bool = False
    """Whether somebody has let anything go on by phone, mail or page."""
    turns: list[Arranged] = field(default_factory=list)
    """What was said of turns of duty, in the order in which it was done."""
    erased: set[str] = field(default_factory=set)
    """The numbers and mailboxes of whoever has asked that what is over be erased."""


class World:
    """Entropy, time and story of a night, its trees and database, and what is wrong just now."""

    def __init__(self, seed: int, database: Database, renderer: Renderer, wanted: Collection[str] = ()) -> None:
        """`wanted`: of what comes in some nights, what comes in this one."""
        self.seed, self.database, self.renderer, self.wanted = seed, database, renderer, wanted
        self.random = Random(f"night {seed}")
        self.entropy = self.draws("chance")
        self.network = self._draw_network()
        self.length = self.random.choice([3, 4, 5, 6, 10]) * MINUTE
        watched = draw_watched(self.draws("watch"), draw_mischief(self.random, self.length), self.length)
        stopped = draw_standstill(self.draws("frozen turn"), watched)
        self.mischief = self.mischief_was = draw_steps(self.draws("clocks"), stopped, self.length)
        self.length = QUIET_LENGTH if self.mischief.quiet else self.length
        self.routes: list[Route] = [(method, provider) for method in SENT_BY for provider in self.mischief.providers]
        self.time = Time(START, self._idle_until)
        self.story, self.is_calm = Story(lambda: self.time.now), self.mischief.quiet
        self.calm_since = self.moment(self.length)
        self.deaths = 0
        self.database_is_away = self.way_in_is_closed = False
        self.database_back_at = START
        self.troubles: dict[Route, Trouble] = {}
        self.texts: dict[str, LedgerEntry] = {}
        """What phones sent to our numbers, by the provider's ids."""
        self.reads_mail = not self.mischief.quiet and self.draws("mails").comes()
        """Whether there is a mailbox for answers by mail."""
        self.mails: dict[str, ReceivedMail] = {}
        """What has come there, by its ids."""
        self.opened: dict[str, Facts] = {}
        """The reported facts of incidents whose opening was answered, by reference."""
        self.asked = Asked()
        self.pins: dict[str, str] = {}
        """What the owner of each mailbox enters; nothing where it has no PIN."""
        self.names = _names(self.network)
        self.recycled = recycled(self.draws("recycled number"), self.network) if not self.is_calm else None
        """The number of a contact that a stranger has got meanwhile."""
        self.edition = self.publish(self.network)
        self.edited_at: datetime | None = None
        """Since when the trees in force differ from `network`."""
        self.looks_until = START
        """Until then every tick counts, so that each worker sees what somebody has just paused."""
        self._earliest: datetime | None = None

    def _draw_network(self) -> Network:
        """The teams and trees, with what only some nights have."""
        drawn = with_rota(self.draws("rota"), for_some(self.draws("places"), draw_network(self.random)))
        drawn = with_terms(self.draws("terms"), with_switchboard(self.draws("switchboard"), drawn))
        return with_countries(self.draws("lands and places"), with_press(self.draws("press"), drawn))

    def draws(self, name: str) -> Chance:
        """The entropy of something that other nights may go without."""
        return chance(name, self.seed, self.wanted)

    def moment(self, seconds: float) -> datetime:
        """So many seconds from the beginning of the night."""
        return START + timedelta(seconds=seconds)

    def has_committed(self) -> None:
        """Note a commit: something may be due sooner, or no longer."""
        self._earliest = None

    def may_die(self) -> bool:
        """Whether the process that takes a step dies at it."""
        if self.is_calm or not self.mischief.dies or self.deaths >= self.mischief.most_deaths:
            return False
        dies = self.random.random() < self.mischief.dies
        self.deaths += dies
        return dies

    def has_text(self, id: str, sender: str, to: str, text: str) -> None:
        """Note a text from a phone that the provider has for a number of ours."""
        if id not in self.texts:
            self.texts[id] = text_of(id, sender, to, self.time.true, text)

    def is_unheard(self) -> bool:
        """Whether some text is only in the provider's records, or some mail in the mailbox."""
        return not {*self.texts, *self.mails} <= self.database.texts()

    def database_returns(self) -> None:
        """Make the database available again."""
        if self.database_is_away:
            self.story.tell("database", "is back")
            self.database_is_away = False
            self.database_back_at = self.time.now

    def puts_clock(self, by: timedelta) -> None:
        """Put the clock of the database on by so much, or back."""
        self.story.tell("clock", f"is put {'on' if by > timedelta() else 'back'} by {abs(by).total_seconds():.0f} s")
        self.time.put(by)
        self.looks_until = self.time.now + timedelta(seconds=SEES_CLOCK_WITHIN)
        self.calm_since += by
        # Until then some process may go by the clock as it was; and of what was before, nothing says when it was.
        self.database_back_at = self.looks_until
        self.edited_at = self.edited_at and START - timedelta(days=1)
        self.has_committed()

    def edit_trees(self) -> None:
        """Edit the trees for new incidents; open ones go on as they were (A8)."""
        self.story.tell("desk", "edits the trees: each level waits half as long, and a newcomer is told")
        self.edition = self.publish(renumbered(self.draws("new number"), edit(self.random, self.network)))
        self.edited_at = self.time.now
        self.has_committed()

    def calms_down(self) -> None:
        """End all that goes wrong."""
        self.story.tell("night", "nothing goes wrong any more")
        self.is_calm = True
        self.database_returns()
        self.way_in_is_closed = False
        self.troubles.clear()
        was = self.mischief
        self.mischief = Mischief(
            providers=was.providers,
            rate=was.rate,
            clocks_apart=was.clocks_apart,
            watched=was.watched,
            one_clock=was.one_clock,
        )

    def describe(self, outgoing: Outgoing) -> str:
        """A message in words, for the story."""
        return f"{outgoing.method} {outgoing.attempt[:4]} to {self.name_of(outgoing.to)}"

    def name_of(self, address: str) -> str:
        """The owner of a number or mailbox."""
        return self.names.get(address, address)

    def pinned(self, hashes: Mapping[str, str]) -> dict[str, ContactTree]:
        """The trees of those hashes, by their ids."""
        return self.database.pattern.read(
            lambda tx: {id: editions.tree(tx.session, each) for id, each in hashes.items()}
        )

    def publish(self, network: Network) -> editions.Edition:
        """Bring the trees into force."""
        pattern, now = self.database.pattern, self.time.now

        def publish(tx: Tx) -> editions.Edition:
            return editions.publish(replace(tx, now=now), network, pattern.templates.to_text())

        return pattern.transact(publish)

    def _idle_until(self) -> datetime:
        if self.time.now < self.looks_until:
            return self.time.now
        if self._earliest is None:
            lead = LEAD + 2 * self.mischief.clocks_apart
            self._earliest = self.database.earliest_due() - timedelta(seconds=lead)
        return self._earliest


def _names(network: Network) -> dict[str, str]:
    """The owner of each number and mailbox."""
    names = {address: contact.id for _, contact in network.all_contacts for address in contact.addresses}
    names |= {phone: name for name, phone in ON_DUTY.items()}
    names |= {each.phone: each.id for team in network.teams.values() for each in team.members.values()}
    field = {FIELD_PHONE: "the field", TRAVELLERS_PHONE: "the traveller", STRANGERS_PHONE: "a stranger"}
    return names | {NEWCOMER.address: "newcomer", NEW_NUMBER: "the new number"} | field
