"""A worker's part in monitoring ourselves; its checks run outside any transaction."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import structlog
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from alertnet.core.monitoring.self_monitoring import SELF_TEST
from alertnet.flows.system.self_monitoring import keep_watch, look
from alertnet.runtime.database.transactions import DatabaseAway, isolated
from alertnet.runtime.http_ping import Ping
from alertnet.runtime.settings.settings import Settings
from alertnet.runtime.wiring import Runtime
from alertnet.store.monitoring import heartbeats
from alertnet.store.queues import workers as worker_store
from alertnet.worker.purging import purge_by_itself

HEAD_HEADER = "Alertnet-Head"

log = structlog.get_logger(__name__)

Check = Callable[[], None]


def beat(runtime: Runtime, worker: str, ping: Ping | None) -> dict[str, Check]:
    """Record that the worker is alive, look for trouble, and give the checks to run, each on its own thread.

    With `ping` None there is no outside world, and no checks run.
    """
    # While the database is away, nobody can look, so the heartbeat stops; `Absence` logs why.
    with suppress(DatabaseAway), isolated(log, "beat_failed"):
        # Before the beat, which by a clock that was just set back would be far ahead and count for nothing.
        runtime.measure_clock()
        runtime.transact(worker_store.beat, worker)
        return _checks(runtime, ping) if ping is not None else {}
    return {}


def _checks(runtime: Runtime, ping: Ping) -> dict[str, Check]:
    settings = runtime.settings
    tested, files, routing = settings.takes_texts, runtime.trees.settled_files, settings.routing
    seen = runtime.read(look, settings.routes, is_tested=tested, files=files, routing=routing)
    if seen is None:
        return {}
    tries_numbers, purges = settings.number_tests is not None, settings.keep is not None
    wanted = runtime.transact(keep_watch, runtime.edition, seen, tries_numbers=tries_numbers, purges=purges)
    checks: dict[str, Check] = {}
    if wanted.test:
        checks["inbound_test"] = partial(_test_inbound, settings, ping)
    if wanted.ping and settings.heartbeat_url:
        url = settings.heartbeat_url.get_secret_value()
        checks["heartbeat"] = partial(_send_heartbeat, runtime, url, wanted.ping, ping)
    if wanted.purge and settings.keep:
        checks["purge"] = partial(purge_by_itself, runtime, settings.keep)
    return checks


def _succeeds(name: str, fault: str | None) -> bool:
    if fault is not None:
        log.warning("errand_failed", errand=name, fault=fault)
    return fault is None


def _send_heartbeat(runtime: Runtime, url: str, head: str, ping: Ping) -> None:
    """Send the heartbeat with the head of the record, in the headers and in place of `{head}` in the URL."""
    headers = {"User-Agent": f"alertnet (record {head})", HEAD_HEADER: head}
    if _succeeds("heartbeat", ping(url.replace("{head}", head), None, headers)):
        with suppress(DatabaseAway):
            runtime.transact(heartbeats.note, heartbeats.HEARTBEAT)


def _test_inbound(settings: Settings, ping: Ping) -> None:
    """Test the inbound path by a text from our number to itself, signed as the provider signs; the web notes it."""
    account = next(iter(settings.telephones.values()))
    url, number = f"{settings.public_url}/twilio/sms", account.numbers[0]
    form = {"AccountSid": account.sid, "MessageSid": SELF_TEST, "From": number, "To": number, "Body": ""}
    validator = RequestValidator(account.auth_tokens[0].get_secret_value())
    _succeeds("inbound_test", ping(url, form, {SIGNATURE_HEADER: validator.compute_signature(url, form)}))
