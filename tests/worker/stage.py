"""The stage of the sending pipeline: real flows on a real database, the sandbox over HTTP, callbacks brought by hand.

stage.opens()                           an incident; Carla is told by SMS, after three minutes by call, then by mail
stage.settles()                         everything due now is done, and the network lets happen what follows
stage.passes(minutes=3)                 time goes by
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, select

from alertnet.core.directory.contact import Contact, Method, MethodKind, Role
from alertnet.core.directory.contact_tree import ContactTree, Level, Network
from alertnet.core.incident import Facts, Scope, Severity
from alertnet.flows.escalation.record_response import Response, respond
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.sending.record_outcome import track_call, track_sms
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import Runtime
from alertnet.sandbox import Sandbox, Unreachable, WebhookAnswer
from alertnet.store.db.tx import Entropy, Tx
from alertnet.store.records.editions import Edition
from alertnet.store.tables import attempts, escalations, notifications
from alertnet.store.tables import timeline as entries
from alertnet.store.views import audit
from tests.database import migrate
from tests.support.clock import Clock
from tests.support.program import SECRET, shipped_templates, wired
from tests.support.timed_program import TimedProgram

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
OURS, OURS_TOO = "+15005550006", "+15005550016"
CARLA, DIEGO, EMMA = "+573005550101", "+573005550102", "+34600550140"
CARLAS_MAIL = "carla@pbi-colombia.example"
MINUTE = timedelta(minutes=1)

CONTACTS = (
    Contact(
        id="carla",
        role=Role.COORDINATOR,
        organisation="PBI Colombia",
        methods=(
            Method(MethodKind.SMS, CARLA),
            Method(MethodKind.CALL, CARLA, 3 * MINUTE),
            Method(MethodKind.EMAIL, CARLAS_MAIL, 6 * MINUTE),
        ),
        scope=Scope.INTERNAL,
        language="es",
        timezone="America/Bogota",
    ),
    Contact(
        id="diego",
        role=Role.NGO,
        organisation="Network of Defenders",
        methods=(Method(MethodKind.CALL, DIEGO), Method(MethodKind.SMS, DIEGO, 5 * MINUTE)),
        scope=Scope.NATIONAL,
        language="en",
        timezone="America/Bogota",
    ),
    Contact(
        id="emma",
        role=Role.EMBASSY,
        organisation="Embassy of Spain",
        methods=(Method(MethodKind.SMS, EMMA),),
        scope=Scope.INTERNATIONAL,
        language="fr",
        timezone="America/Bogota",
    ),
)


def network(*levels: Level, contacts: tuple[Contact, ...] = CONTACTS) -> Network:
    """One tree for Colombia with the three of them; by default Carla alone is told, for half an hour."""
    tree = ContactTree(
        id="colombia",
        title="Colombia support network",
        scope=Scope.NATIONAL,
        countries=frozenset({"CO"}),
        timezone="America/Bogota",
        language="es",
        sender="PBI",
        callback="+573005550199",
        contacts={contact.id: contact for contact in contacts},
        levels=levels or (Level("Coordination", ("carla",), wait=30 * MINUTE),),
        last_resort=("carla",),
    )
    return Network({tree.id: tree}, {}, {})


def quick(after: timedelta) -> Network:
    """The same, but the call follows the SMS that soon."""
    carla = CONTACTS[0]
    sms, call, _ = carla.methods
    return network(contacts=(replace(carla, methods=(sms, replace(call, after=after))), *CONTACTS[1:]))


class Stage(TimedProgram):
    """One process, its provider, and the people who are told."""

    def __init__(
        self,
        database_url: str,
        *,
        rates: str = "sms=0,calls=0",
        numbers: str = OURS,
        known: Network | None = None,
        without: tuple[str, ...] = (),
        reads_mail: bool = False,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        own = Clock(NOW)
        self.now = clock or own
        sandbox = Sandbox(account_sid="AC1", auth_token="token", public_url="", now=self.now, post=self._post).start()
        self.env = {
            "ALERTNET_DATABASE_URL": database_url,
            "ALERTNET_PUBLIC_URL": "https://alarm.example.org",
            "ALERTNET_SECRET_KEY": SECRET,
            "ALERTNET_SMTP_URL": sandbox.smtp_url,
            "ALERTNET_RATES": rates,
            "TWILIO_ACCOUNT_SID": "AC1",
            "TWILIO_AUTH_TOKEN": "token",
            "ALERTNET_TWILIO_FROM": numbers,
            "ALERTNET_TWILIO_API_URL": sandbox.api_url,
        }
        self.env = {name: value for name, value in self.env.items() if name not in without}
        if reads_mail:
            self.env["ALERTNET_IMAP_URL"] = sandbox.imap_url
        self.network = known or network()
        runtime = self.connect()
        migrate(runtime.engine)
        super().__init__(runtime, sandbox, own)

    def connect(self, *, entropy: Entropy | None = None, **env: str) -> Runtime:
        """One more process on the same database."""
        return wired(read_settings(self.env | env), self.network, shipped_templates(), self.now, entropy)

    def close(self) -> None:
        """Everything ends."""
        self.runtime.close()
        self.sandbox.stop()

    # The story

    def opens(self, **facts: Any) -> str:
        """An incident, by its id."""
        return self.runtime.transact(opening, self.runtime.edition, **facts)

    def acts(self, incident: str, act: Any, *args: Any, **kwargs: Any) -> None:
        """One of the verbs over an incident."""
        self.runtime.transact(_act, incident, act, args, kwargs)

    def responds(self, incident: str, tree: str, contact: str, response: Response) -> None:
        """A contact answers."""
        self.acts(incident, lambda locked: respond(locked.recipient(tree, contact), response))

    def commits(self, flow: Callable[[Tx], None]) -> None:
        """A flow of a process that dies right after its commit: no effect of it follows."""
        self.runtime.transactions.transact(flow)

    # What is on the record

    def attempts(self, method: MethodKind | None = None, kind: str = "alert") -> list[Row[Any]]:
        """The attempts of one kind of message, in the order in which they were made."""
        return self.runtime.read(_attempts, method, kind)

    def attempt(self, method: MethodKind, kind: str = "alert") -> Row[Any]:
        """The only attempt of that kind and method."""
        (row,) = self.attempts(method, kind)
        return row

    def notified(self, kind: str = "alert") -> dict[str, str]:
        """The status of each notification of a kind, by its method."""
        query = select(notifications.c.method, notifications.c.status).where(notifications.c.kind == kind)
        return {row.method: row.status for row in self.runtime.read(lambda tx: tx.session.execute(query).all())}

    def history(self, chain: str) -> list[tuple[str, dict[str, Any]]]:
        """Kinds and payloads of a chain, in order."""
        query = select(entries.c.kind, entries.c.payload).where(entries.c.chain == chain).order_by(entries.c.seq)
        assert self.runtime.read(lambda tx: audit.verify(tx.session)) == []
        return [(row.kind, row.payload) for row in self.runtime.read(lambda tx: tx.session.execute(query).all())]

    def kinds(self, chain: str) -> list[str]:
        """The kinds of a chain's entries that are about attempts."""
        return [kind for kind, _ in self.history(chain) if kind.startswith("attempt")]

    def escalation(self) -> Row[Any]:
        """The only escalation."""
        return self.runtime.read(lambda tx: tx.session.execute(select(escalations)).one())

    def _post(self, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> WebhookAnswer:
        """Where the web stands: a status is brought to its flow, and a call that is answered hears a sentence."""
        path, attempt = urlsplit(url).path.rsplit("/", 1)
        if path == "/twilio/sms/status":
            values = params["MessageSid"], params["MessageStatus"], params.get("ErrorCode")
            self.runtime.transact(track_sms, attempt, *values)
        elif path == "/twilio/voice/status":
            values = params["CallSid"], params["CallStatus"], params.get("SipResponseCode")
            self.runtime.transact(track_call, attempt, *values)
        elif path == "/twilio":
            raise Unreachable("this stage has no web for what comes in")
        else:
            return WebhookAnswer(200, "<Response><Say>Hello</Say></Response>")
        return WebhookAnswer(204, "")


ARREST: dict[str, Any] = {
    "type": "arrest",
    "severity": Severity.CRITICAL,
    "country": "CO",
    "consent": Scope.INTERNATIONAL,
}


def opening(tx: Tx, /, edition: Edition, **facts: Any) -> str:
    """The id of an arrest that is opened, with these facts besides."""
    return open_incident(tx, edition, Facts(**{**ARREST, **facts}), by="test").incident.id


def _act(tx: Tx, incident: str, act: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    locked: LockedIncident = take_up(tx, incident)
    act(locked, *args, **kwargs)
    locked.finish()


def _attempts(tx: Tx, method: MethodKind | None, kind: str) -> list[Row[Any]]:
    query = (
        select(attempts, notifications.c.contact)
        .join(notifications, notifications.c.id == attempts.c.notification_id)
        .where(notifications.c.kind == kind)
        .order_by(attempts.c.created_at, attempts.c.extra, attempts.c.id)
    )
    if method is not None:
        query = query.where(attempts.c.method == method.value)
    return list(tx.session.execute(query).all())
