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


class Watch:
    """Runs the self-monitoring of one worker. With `ping` None there is no outside world, and no checks run."""

    def __init__(self, runtime: Runtime, worker: str, ping: Ping | None) -> None:
        self._runtime = runtime
        self._worker = worker
        self._ping = ping

    def beat(self) -> dict[str, Check]:
        """Record that the worker is alive, look for trouble, and give the checks to run, each on its own thread."""
        # While the database is away, nobody can look, so the heartbeat stops; `Absence` logs why.
        with suppress(DatabaseAway), isolated(log, "beat_failed"):
            # Before the beat, which by a clock that was just set back would be far ahead and count for nothing.
            self._runtime.measure_clock()
            self._runtime.transact(worker_store.beat, self._worker)
            return self._look(self._ping) if self._ping is not None else {}
        return {}

    def _look(self, ping: Ping) -> dict[str, Check]:
        runtime, settings = self._runtime, self._runtime.settings
        tested, files, routing = settings.takes_texts, runtime.trees.settled_files, settings.routing
        seen = runtime.read(look, settings.routes, is_tested=tested, files=files, routing=routing)
        if seen is None:
            return {}
        tries_numbers, purges = settings.number_tests is not None, settings.keep is not None
        wanted = runtime.transact(keep_watch, runtime.edition, seen, tries_numbers=tries_numbers, purges=purges)
        checks: dict[str, Check] = {}
        if wanted.test:
            checks["inbound_test"] = partial(self._run, "inbound_test", partial(_test_inbound, settings, ping), None)
        if wanted.ping and settings.heartbeat_url:
            beat = partial(_beat, settings.heartbeat_url.get_secret_value(), wanted.ping, ping)
            checks["heartbeat"] = partial(self._run, "heartbeat", beat, heartbeats.HEARTBEAT)
        if wanted.purge and settings.keep:
            checks["purge"] = partial(purge_by_itself, runtime, settings.keep)
        return checks

    def _run(self, name: str, check: Callable[[], str | None], heartbeat: str | None) -> None:
        """Run a check. A success is recorded as a heartbeat, unless the receiver of the check records it."""
        fault = check()
        if fault is not None:
            log.warning("errand_failed", errand=name, fault=fault)
        elif heartbeat is not None:
            with suppress(DatabaseAway):
                self._runtime.transact(heartbeats.note, heartbeat)


def _beat(url: str, head: str, ping: Ping) -> str | None:
    """Send the heartbeat with the head of the record, in the headers and in place of `{head}` in the URL."""
    headers = {"User-Agent": f"alertnet (record {head})", HEAD_HEADER: head}
    return ping(url.replace("{head}", head), None, headers)


def _test_inbound(settings: Settings, ping: Ping) -> str | None:
    """Test the inbound path by a text from our number to itself, signed as the provider signs."""
    account = next(iter(settings.telephones.values()))
    url, number = f"{settings.public_url}/twilio/sms", account.numbers[0]
    form = {"AccountSid": account.sid, "MessageSid": SELF_TEST, "From": number, "To": number, "Body": ""}
    validator = RequestValidator(account.auth_tokens[0].get_secret_value())
    return ping(url, form, {SIGNATURE_HEADER: validator.compute_signature(url, form)})
