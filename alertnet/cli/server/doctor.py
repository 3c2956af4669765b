"""`alertnet doctor`: checks an installation from end to end, and says what is wrong and what to do.

It sends nobody anything, and prints no secrets.
"""

import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.connection import require_newest_schema
from alertnet.cli.templates import LONGEST_URL
from alertnet.core.codec import value
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.delivery.provider_routes import leaves_nobody, route_name
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import Misconfigured
from alertnet.core.monitoring.self_monitoring import Observed, find_trouble
from alertnet.runtime.clock import system_clock
from alertnet.shipped import TEMPLATES, shipped

if TYPE_CHECKING:
    from alertnet.runtime.settings.settings import Settings
    from alertnet.runtime.wiring import Runtime
    from alertnet.store.db.tx import Tx

Inside = Annotated[bool, typer.Option("--offline", help="Ask neither the providers nor the public URL.")]

SCARCE, LITTLE = 200 * 10**6, 2 * 10**9
"""Bytes of free disk space: below the first nothing may be written soon, below the second it is worth a look."""
SKEW = timedelta(seconds=5)
FRESH = timedelta(seconds=30)
TRIED = timedelta(days=180)
"""After so long without a test, a number may belong to somebody else."""
UNREACHED = {
    "gaierror": "its name leads to no address",
    "ConnectionRefusedError": "nothing listens there",
    "SSLCertVerificationError": "its certificate is not trusted",
    "TimeoutError": "no answer in time",
    "UnicodeEncodeError": "it must be in ASCII, such as https://xn--mnchen-3ya.example",
}
"""What the name of a fault means to whoever runs the machine; any other is told as it is."""
ANEW = "then restart serve and worker, which read it at their start"
AGAINST_US = {
    "token": ("does not accept our token or password", f"TWILIO_AUTH_TOKEN, or what ALERTNET_SMTP_URL holds; {ANEW}"),
    "balance": ("has no money of ours left, or has suspended us", "the account's balance and status"),
    "permission": ("does not let us in", "what it, or a proxy before it, allows this account"),
    "settings": (
        "does not know us by these settings",
        f"TWILIO_ACCOUNT_SID; for mail, TLS and login of the relay; {ANEW}",
    ),
}
"""What a provider may have against our account, and what to look at. A pause by hand is told apart."""
FEW = 5
"""How many names are listed before the rest is only counted."""


class State(StrEnum):
    """How serious a finding is. Only WRONG makes the exit code 1."""

    WELL = "well"
    LOOK = "look"
    WRONG = "wrong"


SIGNS = {State.WELL: "✓", State.LOOK: "!", State.WRONG: "✗"}


@value
class Finding:
    """What was checked, what was found, and what to do about it."""

    about: str
    state: State
    found: str
    do: str = ""


def doctor(offline: Inside = False) -> None:
    """Check settings, files, database, workers, providers and people; exit code 1 where something is wrong.

    ✓ is well, ! is worth a look, ✗ is wrong. Nobody is sent anything.
    """
    findings = list(_examine(offline=offline))
    for each, after in zip_longest(findings, findings[1:]):
        typer.echo(f"{SIGNS[each.state]} {each.about}: {each.found}")
        # One remedy for several in a row stands once, below them.
        if each.do and (after is None or (after.about, after.do) != (each.about, each.do)):
            typer.echo(f"    → {each.do}")
    if any(each.state is State.WRONG for each in findings):
        raise typer.Exit(1)


def _examine(*, offline: bool) -> Iterator[Finding]:
    from alertnet.runtime.settings.settings import examine, open_secrets
    from alertnet.trees import read_folder

    reading = examine()
    settings = reading.settings
    read, faults = read_folder(settings.contact_trees)
    network = read or Network()
    wrong = reading.faults_for(network.methods)
    yield from _each("settings", wrong, "mend it in .env or the environment: the README has the table", "all there")
    for file in open_secrets():
        yield Finding("secrets", State.LOOK, f"everybody on this machine may read {file}", f"chmod 600 {file}")
    if (settings.public_url or "").startswith("https:") and not settings.trusted_proxies:
        found = "whoever comes by it counts as the same: a stranger's wrong passwords close the console to everybody"
        yield Finding("front", State.LOOK, found, "ALERTNET_TRUSTED_PROXIES: docs/operations.md, The front")
    yield from _files(settings, network, tuple(map(str, faults)))
    yield from _disks(settings)
    if settings.secret_keys and not any(fault.startswith("ALERTNET_DATABASE_URL") for fault in wrong):
        yield from _with_database(settings, network)
    if not offline:
        yield from _outside(settings)


def _each(about: str, faults: Iterable[str], do: str, well: str) -> Iterator[Finding]:
    found = [Finding(about, State.WRONG, fault, do) for fault in faults]
    yield from found or [Finding(about, State.WELL, well)]


def _files(settings: "Settings", network: Network, of_trees: tuple[str, ...]) -> Iterator[Finding]:
    from alertnet.cli.startup import faults_of_templates, trees_of_example
    from alertnet.messages.checks.fitting import read_fitted

    folder = settings.contact_trees
    yield from _each("trees", of_trees, f"alertnet trees check {folder}", f"{folder} can be used")
    if invented := trees_of_example(network):
        found = f"{_named(invented)}: the example's callback, so probably its invented numbers too"
        yield Finding("trees", State.LOOK, found, "write your own: docs/coordinators.md")
    try:
        fitted = read_fitted(settings.message_templates, shipped(TEMPLATES))
        url = settings.public_url or LONGEST_URL
        # To try them all takes seconds, and what fits with the longest fits with any that is shorter.
        is_long = len(url) > len(LONGEST_URL)
        of_templates = tuple(faults_of_templates(settings.message_templates, fitted, url) if is_long else ())
    except Misconfigured as error:
        of_templates = error.faults
    yield from _each("templates", of_templates, "alertnet templates check", f"{settings.message_templates} can be used")


def _disks(settings: "Settings") -> Iterator[Finding]:
    from alertnet.store.db.engine import parse_url

    url = parse_url(settings.database_url.get_secret_value())
    folder = Path(url.database or ".").absolute().parent if url.get_backend_name() == "sqlite" else Path.cwd()
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    state = State.WRONG if free < SCARCE else State.LOOK if free < LITTLE else State.WELL
    do = "" if state is State.WELL else "make room: a report that can't be written is refused"
    yield Finding("disk", state, f"{free / 10**9:.1f} GB are free at {folder}", do)


def _with_database(settings: "Settings", network: Network) -> Iterator[Finding]:
    from alertnet.runtime.database.transactions import DatabaseAway
    from alertnet.runtime.logging import configure
    from alertnet.runtime.wiring import wire

    configure(level=logging.CRITICAL)
    try:
        with closing(wire(settings, network)) as runtime:
            require_newest_schema(runtime.engine)
            yield from _inside(runtime, network)
    except Misconfigured as error:
        yield from _each("database", error.faults, "alertnet db upgrade", "")
    except DatabaseAway as away:
        do = "docs/operations.md, When the database is away"
        yield Finding("database", State.WRONG, f"no answer: {away.cause}", do)


def _inside(runtime: "Runtime", network: Network) -> Iterator[Finding]:
    from alertnet.store.monitoring import heartbeats
    from alertnet.store.monitoring.observations import observe
    from alertnet.store.records import documents

    settings = runtime.settings
    if not runtime.read(lambda tx: documents.are_readable(tx.session)):
        restored = "put back the key that the database was made with, behind the new one: names and words need it"
        yield Finding("secret key", State.WRONG, "ALERTNET_SECRET_KEY does not open what the database holds", restored)
        return
    yield from runtime.read(_of_missing_secret)
    runtime.transact(heartbeats.note, heartbeats.WRITTEN)
    yield Finding("database", State.WELL, "has the newest schema, can be read and written")
    skew = abs(system_clock() - runtime.now())
    do = "let NTP or chrony set the clock: docs/operations.md, Clocks" if skew > SKEW else ""
    yield Finding("clock", State.LOOK if do else State.WELL, f"{skew.total_seconds():.1f} s from the database's", do)
    seen = runtime.read(observe, settings.routes, is_tested=settings.takes_texts, routing=settings.routing)
    yield from _at_work(seen)
    yield from runtime.read(_signs, settings, seen)
    yield from runtime.read(_people, network)


def _of_missing_secret(tx: "Tx") -> list[Finding]:
    """What a secret made that was taken out of the settings, though it is still needed."""
    from alertnet.cli.startup import PUT_BACK
    from alertnet.store.rotation import held_by_missing

    held = held_by_missing(tx)
    lost = (
        (held.incidents, "nobody can answer by the codes of open incidents"),
        (held.api_keys, "nothing is opened by API keys"),
        (held.users, "nobody can sign in as"),
    )
    found = [
        Finding("secret key", State.WRONG, f"{what} {_named(names)}: no secret that is listed made them", PUT_BACK)
        for names, what in lost
        if names
    ]
    return found or [Finding("secret key", State.WELL, "opens what the database holds")]


def _at_work(seen: Observed) -> Iterator[Finding]:
    newest = max((each.seen_at for each in seen.workers), default=None)
    if newest is None or seen.now - newest > FRESH:
        found = "none is at work" if newest is None else f"none was seen since {newest:%Y-%m-%d %H:%M} UTC"
        yield Finding("worker", State.WRONG, f"{found}: nothing is sent", "alertnet serve, or alertnet worker")
        return
    yield Finding("worker", State.WELL, "at work")
    for part in sorted(find_trouble(seen)):
        yield Finding("watch", State.WRONG, f"{part} is in trouble", "docs/watch.md, What the coordinators are told")
    for route, since in sorted(seen.away.items()):
        if (fault := seen.faults.get(route)) in AGAINST_US:
            what, do = AGAINST_US[fault]
            found = f"{route_name(route)} takes nothing since {since:%Y-%m-%d %H:%M} UTC: it {what}"
            yield Finding("provider", State.WRONG, found, do)


def _signs(tx: "Tx", settings: "Settings", seen: Observed) -> list[Finding]:
    from alertnet.store.monitoring import heartbeats
    from alertnet.store.views.pauses import current_pauses

    beat = heartbeats.when(heartbeats.read(tx.session).get(heartbeats.HEARTBEAT))
    is_fresh = beat is not None and seen.now - beat < timedelta(minutes=3)
    if settings.heartbeat_url is None:
        found = Finding("heartbeat", State.LOOK, "nobody outside waits for it", "ALERTNET_HEARTBEAT_URL: docs/watch.md")
    elif is_fresh:
        found = Finding("heartbeat", State.WELL, "was taken a moment ago")
    else:
        last = f"last taken {beat:%Y-%m-%d %H:%M} UTC" if beat else "never taken"
        found = Finding("heartbeat", State.WRONG, last, "what is in trouble, or the address it is sent to")
    pauses = current_pauses(tx)
    state = State.WRONG if leaves_nobody([each.route for each in pauses], settings.routes) else State.LOOK
    return [
        found,
        *(
            Finding("pause", state, f"{route_name(each.route)} until {each.until:%H:%M} UTC", "alertnet pause --end")
            for each in pauses
        ),
    ]


def _people(tx: "Tx", network: Network) -> list[Finding]:
    from alertnet.cli.admin.actions import without_pin
    from alertnet.flows.notifications.number_tests import due_contacts
    from alertnet.store.records.credentials import pins

    known = pins.owners(tx)
    unset = {f"{tree.id}/{each.id}" for tree, each in network.all_contacts if each.pin} - known
    unset |= set(without_pin(tx, network))
    members = {f"{id}/{each}" for id, team in network.teams.items() for each in team.members} - known
    untried = {f"{tree}/{each.id}" for tree, each in due_contacts(tx, network, TRIED)}
    advice = (
        (
            "have no PIN: whoever opens their link or takes their call answers for them; coordinators read no words",
            unset,
            "alertnet pins set TREE/CONTACT --pin -",
        ),
        (
            "have no PIN: what they report is unverified, and who has their telephone checks in for them",
            members,
            "alertnet pins set TEAM/MEMBER --pin -",
        ),
        (f"were not tried for {TRIED.days} days", untried, "alertnet numbers test --all --due 180d"),
    )
    found = [Finding("people", State.LOOK, f"{_named(who)} {what}", do) for what, who, do in advice if who]
    return found or [Finding("people", State.WELL, "all have their PINs, and numbers that were tried")]


def _named(owners: Iterable[str]) -> str:
    names = sorted(owners)
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + more


def _of_provider(code: str, fault: AccountFault | None) -> tuple[str, str]:
    """What is wrong with a provider, and what to do."""
    if fault is None:
        return f"gives no answer: {UNREACHED.get(code, code)}", "its address, its status page, the network from here"
    found, do = AGAINST_US[fault]
    return f"{found} ({code})", do


def _outside(settings: "Settings") -> Iterator[Finding]:
    from alertnet.runtime.http_ping import ping
    from alertnet.runtime.outlets import find_astray, open_mailbox, open_outlets

    for route, outlet in open_outlets(settings).items():
        if (trouble := outlet.trouble()) is None:
            yield Finding("provider", State.WELL, f"{route_name(route)} answers, and knows us")
        else:
            found, do = _of_provider(*trouble)
            yield Finding("provider", State.WRONG, f"{route_name(route)} {found}", do)
    for each in find_astray(settings):
        found = f"{each.what} to {each.number} go to {each.goes_to}"
        do = f"at the provider point it at {each.wanted}, by POST: docs/operations.md, The provider's account"
        yield Finding("number", State.LOOK, found, do)
    if (mailbox := open_mailbox(settings)) is not None:
        do, box = f"ALERTNET_IMAP_URL: host, user, password, folder; {ANEW}", "the mailbox for answers"
        yield _judged("mailbox", mailbox.trouble(), f"{box} can be read", f"{box} can't be read", do)
    if (client := settings.openid) is not None:
        from alertnet.runtime.openid import Provider

        do, name = "ALERTNET_OIDC_ISSUER: docs/operations.md, Signing in by OpenID Connect", client.issuer
        fault = Provider(client, "").trouble()
        yield _judged("OpenID Connect", fault, f"{name} answers", f"{name} lets nobody in", do)
    if (url := settings.public_url) is not None:
        do = "the name, the certificate, the front, the web: docs/operations.md, The front"
        yield _judged("public URL", ping(f"{url}/healthz"), f"{url} answers", url, do)


def _judged(about: str, fault: str | None, well: str, wrong: str, do: str) -> Finding:
    """Well where there is no fault; else what is wrong, with the fault in words."""
    if not fault:
        return Finding(about, State.WELL, well)
    return Finding(about, State.WRONG, f"{wrong}: {UNREACHED.get(fault, fault)}", do)
