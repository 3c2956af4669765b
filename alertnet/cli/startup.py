"""Checks at the start of `serve` and `worker`, so that configuration errors show before they matter.

Invalid settings end the process. Faults in trees or templates don't if the database has a good edition (A8).
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog
import typer

from alertnet.cli.connection import require_newest_schema
from alertnet.cli.templates import LONGEST_URL
from alertnet.cli.waiting_for_database import when_database_is_there
from alertnet.core.codec import value
from alertnet.core.delivery.sms_encoding import is_basic
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.folder_standing import Standing
from alertnet.core.directory.languages import as_written
from alertnet.core.errors import Misconfigured
from alertnet.messages.checks.fitting import Fitted, fit, read_fitted
from alertnet.messages.templates.load import Templates, read_files
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.logging import configure
from alertnet.runtime.settings.settings import NAMES, Settings, examine, missing_for
from alertnet.runtime.tree_reloader import Start
from alertnet.runtime.wiring import Runtime, wire
from alertnet.shipped import CALLBACKS, TEMPLATES, shipped
from alertnet.store.monitoring import heartbeats
from alertnet.store.records import documents, editions
from alertnet.store.records.credentials import pins
from alertnet.store.records.editions import Edition
from alertnet.store.rotation import held_by_missing
from alertnet.trees import Fault, fault_of, read_folder
from alertnet.trees.folder_files import folders_of, pack

VERDICT = "verdict"
PUT_BACK = "put the secret that was taken out back into ALERTNET_SECRET_KEY, behind the first: docs/operations.md"

Say = Callable[[tuple[str, ...]], object]
"""Called with the faults of the files when the last good edition is used instead."""

log = structlog.get_logger(__name__)


def _log_faults(faults: tuple[str, ...]) -> None:
    """Write the faults to the log of a long-running process."""
    log.error("last_edition_in_force", faults=list(faults))


def on_stderr(faults: tuple[str, ...]) -> None:
    """Write the faults to stderr, beside a command's output."""
    typer.echo("\n".join(faults), err=True)
    typer.echo("The last good edition of the database is used, since the files have the faults above.", err=True)


@contextmanager
def checked_runtime(say: Say = _log_faults) -> Iterator[Runtime]:
    """A runtime with everything checked; closed at the end.

    `Misconfigured` lists all faults of the settings, of trees and templates without a good edition, or of the schema.
    """
    files = _read_all()
    runtime = when_database_is_there(partial(_open, files))
    try:
        if files.faults:
            say(files.faults)
        # Of those that start at once each puts its trees in force, one after the other.
        when_database_is_there(lambda: runtime.edition)
        if invented := trees_of_example(runtime.edition.network):
            log.info("trees_of_the_example", trees=invented, mend="write your own: docs/coordinators.md")
        _log_missing_pins(runtime)
        _warn_of_missing_secret(runtime)
        runtime.trees.follow()
        runtime.counting.follow()
        yield runtime
    finally:
        runtime.close()


@contextmanager
def runtime_of_command() -> Iterator[Runtime]:
    """A checked runtime for a command beside a running `serve`: it logs warnings alone, and faults go to stderr."""
    configure(level=logging.WARNING)
    with checked_runtime(on_stderr) as runtime:
        yield runtime


def trees_of_example(network: Network) -> list[str]:
    """The trees that still ask to call an invented number of the example: whoever has it would be rung at night."""
    return sorted(id for id, tree in network.trees.items() if tree.callback in CALLBACKS)


def _log_missing_pins(runtime: Runtime) -> None:
    """Log the contacts with `pin: true` whose PIN was never set: their links and calls work without one."""
    known = runtime.read(pins.owners)
    asked = {f"{tree.id}/{contact.id}" for tree, contact in runtime.edition.network.all_contacts if contact.pin}
    if missing := sorted(asked - known):
        log.info("pins_not_set", contacts=missing, mend="alertnet pins set TREE/CONTACT --pin -")


def _warn_of_missing_secret(runtime: Runtime) -> None:
    """Warn of what counts no more, since the secret that made it is not listed: an answer by such a code is lost."""
    if held := runtime.read(held_by_missing):
        found = {"incidents": held.incidents, "api_keys": held.api_keys, "users": held.users}
        log.error("secret_missing", **found, mend=PUT_BACK)


@value
class Files:
    """What the settings name. A network or templates with faults are None, and their faults are listed."""

    settings: Settings
    network: Network | None
    templates: Templates | None
    of_trees: tuple[Fault, ...]
    of_templates: tuple[Fault, ...]
    packed: str | None = None
    """The packed files of the trees from which `network` was read."""
    verdict: str | None = None
    """The result of a check without findings, to be stored so that the next start need not repeat it."""

    @property
    def faults(self) -> tuple[str, ...]:
        return _lines(self.settings, (*self.of_trees, *self.of_templates))


def _open(files: Files) -> Runtime:
    """A runtime on a database that was read and written successfully."""
    runtime = wire(files.settings, files.network, files.templates, files=files.packed)
    try:
        if files.faults:
            runtime = _on_last_edition(runtime, files)
        else:
            require_newest_schema(runtime.engine)
        runtime.transact(heartbeats.note, heartbeats.WRITTEN)
        if files.verdict:
            runtime.transact(documents.keep, VERDICT, files.verdict)
    except BaseException:
        runtime.close()
        raise
    return runtime


def _read_all() -> Files:
    """The settings, and the trees and templates that they name; `Misconfigured` where the settings have faults."""
    reading = examine()
    settings = reading.settings
    # Check the folders too, so that nobody has to restart once per fault.
    packed, (network, of_trees) = pack(settings.contact_trees), read_folder(settings.contact_trees)
    templates, of_templates, verdict = _read_templates(settings, is_usable=not reading.faults)
    needed = reading.faults_for(network.methods if network else ())
    if reading.faults:
        raise Misconfigured([*needed, *_lines(settings, (*of_trees, *of_templates))])
    of_trees += tuple(fault_of(settings.contact_trees, as_written(each)) for each in needed)
    return Files(settings, None if needed else network, templates, of_trees, of_templates, packed, verdict)


def _lines(settings: Settings, faults: Iterable[Fault]) -> tuple[str, ...]:
    """The faults as lines; where there is no such folder, with the setting that names it."""
    names = {str(folder): NAMES["contact_trees"] for folder in folders_of(settings.contact_trees)}
    names |= {str(settings.message_templates): NAMES["message_templates"]}
    lost = {file for file in names if not Path(file).is_dir()}
    return tuple(f"{names[each.file]}: {each}" if each.file in lost else str(each) for each in faults)


def trees_in_force(runtime: Runtime) -> Network:
    """The folder's trees, or the last good edition where the folder has faults or others have published since.

    Why that edition stands in is said on stderr; where there is none, `Misconfigured` lists the faults.
    """
    packed, (network, faults) = pack(runtime.settings.contact_trees), read_folder(runtime.settings.contact_trees)
    if network is None:
        last = _last_edition(runtime, tuple(map(str, faults)))
        on_stderr(tuple(map(str, faults)))
        return last.network
    history = runtime.watched.history()
    found = runtime.watched.standing(editions.content_of(network, packed), history)
    if found in (Standing.IN_FORCE, Standing.EDITED):
        return network
    if found is Standing.OVERTAKEN:
        on_stderr((str(runtime.watched.overtaken_by(history[-1])),))
    return runtime.read(lambda tx: editions.network_of(tx.session, history[-1]))


def _on_last_edition(runtime: Runtime, files: Files) -> Runtime:
    """The runtime with the last good edition in place of what can't be used."""
    last = _last_edition(runtime, files.faults)
    network = files.network or last.network
    missing = missing_for(files.settings, network.methods)
    if missing:
        raise Misconfigured([*missing, *files.faults])
    templates = files.templates or _kept(runtime, last)
    return replace(runtime, start=Start(network, templates, files.packed, files.of_trees, files.of_templates))


def _last_edition(runtime: Runtime, faults: tuple[str, ...]) -> Edition:
    try:
        require_newest_schema(runtime.engine)
    except Misconfigured as error:
        raise Misconfigured([*faults, *error.faults]) from None
    last = runtime.read(lambda tx: editions.last_edition(tx.session))
    if last is None:
        raise Misconfigured(faults)
    return last


def _kept(runtime: Runtime, edition: Edition) -> Templates:
    """The templates of that edition, completed for this version."""
    kept = Templates.from_text(runtime.read(lambda tx: documents.fetch(tx.session, edition.templates)))
    return fit(kept, Templates(read_files(shipped(TEMPLATES))[0])).templates


def _read_templates(settings: Settings, *, is_usable: bool) -> tuple[Templates | None, tuple[Fault, ...], str | None]:
    """The templates or their faults, and a new verdict to store. `is_usable`: the settings lead to a database."""
    url = settings.public_url or LONGEST_URL
    has_room = is_basic(url) and len(url) <= len(LONGEST_URL)
    try:
        fitted = read_fitted(
            settings.message_templates,
            shipped(TEMPLATES),
            lambda fitted: (has_room and fitted.is_tested) or (is_usable and _is_kept(settings, fitted.verdict(url))),
        )
    except Misconfigured as error:
        return None, tuple(map(_fault, error.faults)), None
    if fitted.is_sound:
        return fitted.templates, (), None
    if faults := faults_of_templates(settings.message_templates, fitted, url):
        return None, tuple(map(_fault, faults)), None
    if fitted.added:
        log.info("templates_completed", added=list(fitted.added))
    if fitted.unknown or fitted.untranslated:
        log.warning("templates_of_another_version", unknown=list(fitted.unknown), english=list(fitted.untranslated))
    return fitted.templates, (), None if fitted.is_remarkable else fitted.verdict(url)


def faults_of_templates(folder: Path, fitted: Fitted, url: str) -> list[str]:
    """The faults of the templates with that public URL; one alone where it is only the URL that is too long."""
    faults = [f"{folder}/{each}" for each in fitted.find_faults(url)]
    if faults and len(url) > len(LONGEST_URL) and not fitted.find_faults(LONGEST_URL):
        return [
            f"ALERTNET_PUBLIC_URL: it has {len(url)} characters, and at most {len(LONGEST_URL)} fit into every SMS "
            f"({len(faults)} would be too long: alertnet templates check --public-url {url})"
        ]
    return faults


def _is_kept(settings: Settings, verdict: str) -> bool:
    """Whether an earlier start stored that verdict; False where the database can't be asked."""
    try:
        with closing(wire(settings)) as runtime:
            require_newest_schema(runtime.engine)
            return runtime.read(documents.is_kept, verdict)
    except (Misconfigured, DatabaseAway):
        return False


def _fault(line: str) -> Fault:
    place, _, message = line.partition(": ")
    return Fault(place, 0, 0, "", None, as_written(message))
