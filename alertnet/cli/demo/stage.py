"""The demo's stage: the whole program in this process, talking real HTTP with a simulated network."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from alertnet.cli.admin.actions import create_key, set_pins
from alertnet.cli.arguments import BY
from alertnet.cli.demo.client import Api
from alertnet.cli.demo.clock import ClockSpeed, DemoClock
from alertnet.cli.demo.page_content.names import DURESS_PIN, PIN, with_deputies
from alertnet.cli.demo.subtitles import Subtitles
from alertnet.cli.server.web_server import listen, web
from alertnet.cli.server.working import working
from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Member, Network, Team
from alertnet.core.errors import BadInput
from alertnet.flows.credentials.users import add_user
from alertnet.runtime.entropy import SystemEntropy
from alertnet.runtime.settings.settings import Settings, read_settings
from alertnet.runtime.wiring import Runtime, make_runtime
from alertnet.sandbox import Handset, Sandbox
from alertnet.shipped import TEMPLATES, TREES, shipped
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role
from alertnet.store.upgrade import upgrade
from alertnet.worker.platform import THIS_PLATFORM

LOOPBACK = "127.0.0.1"
SCOPES = ("raise", "read", "coordinate")
COORDINATOR = "visitor"
"""The user at the console. Only the sandbox's page signs them in, since nobody has their second factor."""
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdCBvZiB0aGUgZGVtbw$ZdI0ty8BARAwKskctnKO8eW35KaTccxP/1EeM314OCA"
"""The hash of the password `alertnet demo`, which the sandbox's page shows; changes to who gets in ask for it."""


@value
class Stage:
    """The program, the simulated network, the clock of both, and a client with a key."""

    runtime: Runtime
    sandbox: Sandbox
    clock: DemoClock
    clock_speed: ClockSpeed
    api: Api
    subtitles: Subtitles

    def sit_down(self) -> str:
        """Begin a console session for the demo's user, and give its token."""
        return self.runtime.transact(_begin_session)

    @property
    def team(self) -> Team:
        return _first_team(self.runtime.network)

    @property
    def reporter(self) -> Member:
        """The member on whose phone stories begin: the first of that team."""
        return next(iter(self.team.members.values()))

    @property
    def on_call(self) -> tuple[str, ...]:
        """The contacts of the first tree's first level, each followed by its deputies."""
        tree = next(iter(self.runtime.network.trees.values()))
        return tuple(contact.id for contact in with_deputies(tree, tree.levels[0].notify))

    def phone(self, who: str) -> Handset:
        """The phone of a member or contact, by id."""
        return self.sandbox.handset(next(address for address, name in self.cast.items() if name == who))

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the field: that of the first tree."""
        return ZoneInfo(next(iter(self.runtime.network.trees.values())).timezone)

    def numbers(self, who: str) -> list[str]:
        """All phone numbers of a member or contact, by id."""
        return [address for address, name in self.cast.items() if name == who and "@" not in address]

    @cached_property
    def cast(self) -> dict[str, str]:
        """The id behind each number and mail address; the first one where several share it."""
        network = self.runtime.network
        members = [member for team in network.teams.values() for member in team.members.values()]
        found = {member.phone: member.id for member in members}
        for _, contact in network.all_contacts:
            for method in contact.all_methods:
                found.setdefault(method.address, contact.id)
        return found


def _first_team(network: Network) -> Team:
    """The first team with a member; raises `BadInput` where no team has one."""
    for team in network.teams.values():
        if team.members:
            return team
    raise BadInput("teams.yaml", "without a member", "somebody in the field, who can raise an alarm")


@contextmanager
def stage(trees: Path | None = None, migrate: Callable[[Engine], None] = upgrade) -> Iterator[Stage]:
    """Set up a stage on free ports; at the end take it down and delete its database.

    `trees`: the folder of the network, by default the example's. `migrate`: gives an empty database its schema.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="alertnet-demo-")))
        listening = stack.enter_context(listen(LOOPBACK, 0))
        url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        clock, entropy = DemoClock(), SystemEntropy()
        account, token = f"AC{entropy.id()}", entropy.id()
        sandbox = Sandbox(account_sid=account, auth_token=token, public_url=url, live=True, now=clock)
        stack.enter_context(sandbox)
        subtitles = Subtitles()
        settings = _settings(trees or shipped(TREES), folder, url, sandbox, account, token, entropy.id())
        runtime = replace(make_runtime(settings, clock=clock), make_renderer=subtitles.renderer)
        stack.callback(runtime.close)
        migrate(runtime.engine)
        team = _first_team(runtime.network)
        key = runtime.transact(create_key, team.id, SCOPES)
        set_everybodys_pins(runtime)
        # The watchdog would take jumps of the clock for a standstill.
        stack.enter_context(working(runtime, replace(THIS_PLATFORM, ping=None)))
        stack.enter_context(web(runtime, listening, threading.Event()))
        clock_speed = ClockSpeed(runtime, sandbox, clock)
        stack.callback(clock_speed.close)
        yield Stage(runtime, sandbox, clock, clock_speed, Api(url, key), subtitles)


def _begin_session(tx: Tx) -> str:
    user = users.named(tx, COORDINATOR)
    if user is None:
        add_user(tx, COORDINATOR, Role.ADMINISTRATOR, HASH, BY)
        user = users.named(tx, COORDINATOR)
    assert user is not None
    return users.begin_session(tx, user)


def set_everybodys_pins(runtime: Runtime) -> None:
    """Give the reporter and each coordinator the demo's PINs."""
    team = _first_team(runtime.network)
    coordinators = [f"{tree.id}/{each.id}" for tree in runtime.network.in_order for each in tree.coordinators]
    for owner in (f"{team.id}/{next(iter(team.members))}", *coordinators):
        runtime.transact(set_pins, owner, PIN, DURESS_PIN)


def _settings(trees: Path, folder: Path, url: str, sandbox: Sandbox, account: str, token: str, secret: str) -> Settings:
    return read_settings(
        {
            "ALERTNET_DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
            "ALERTNET_SECRET_KEY": secret,
            "ALERTNET_PUBLIC_URL": url,
            "ALERTNET_IMAP_URL": sandbox.imap_url,
            "ALERTNET_CONTACT_TREES": str(trees),
            "ALERTNET_MESSAGE_TEMPLATES": str(shipped(TEMPLATES)),
            "ALERTNET_SMTP_URL": sandbox.smtp_url,
            "ALERTNET_RATES": "sms=0,calls=0",
            # A cheap hash will do: all PINs are the same, and the demo shows them.
            "ALERTNET_PIN_COST": "m=8,t=1",
            "ALERTNET_TWILIO_API_URL": sandbox.api_url,
            "ALERTNET_TWILIO_FROM": sandbox.number,
            "TWILIO_ACCOUNT_SID": account,
            "TWILIO_AUTH_TOKEN": token,
        }
    )
