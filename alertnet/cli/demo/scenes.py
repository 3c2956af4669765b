"""The stories that the demo can begin: what the field does, and how phones and mail misbehave."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from alertnet.cli.demo.client import LINK, WRITTEN_CODE, newest
from alertnet.cli.demo.company import Try, company
from alertnet.cli.demo.page_content.names import DURESS_PIN, PIN
from alertnet.cli.demo.stage import Stage
from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network
from alertnet.sandbox.page import Scene

STRANGER = "+573005550999"
"""A phone that the network does not know."""
AGAIN = timedelta(seconds=5)
"""How long until somebody looks again for something to answer."""
EPILOGUE = timedelta(seconds=30)
"""Time from the all-clear until everybody has it."""

Act = Callable[[Stage], object]


@value
class Plot:
    """A scene, the behaviour of phones in it, and its acts with their time `after` the beginning."""

    scene: Scene
    acts: tuple[tuple[timedelta, Act], ...]
    telephones: tuple[tuple[str, str], ...] = ()
    """Contacts, each with the behaviour of all its phones."""
    needs: frozenset[str] = frozenset()
    """Ids of contacts and people without whom the story can't be told."""
    nobody_on_call: bool = False
    """The coordinators on call have no coverage or only a voicemail."""
    filtered: bool = False
    """A link scanner and an automatic reply stand before every mailbox."""
    at: time | None = None
    """The time of day in the field at which it begins; None for now."""

    lasts: timedelta = timedelta(minutes=22)
    """When the all-clear comes if the story plays by itself."""

    def begin(self, stage: Stage, *, by_itself: bool = False) -> None:
        """Begin the scene; `by_itself`: at sixty times the speed, and people answer and close it by themselves."""
        if self.at is not None:
            stage.clock.skip_to(_next(self.at, stage.clock().astimezone(stage.zone)))
        for who, behaviour in self.telephones:
            for number in stage.numbers(who):
                stage.sandbox.handset(number).behaves(behaviour)
        for place, who in enumerate(stage.on_call if self.nobody_on_call else ()):
            for number in stage.numbers(who):
                stage.sandbox.handset(number).behaves(("no_coverage", "voicemail")[place % 2])
        for address in stage.cast if self.filtered else ():
            if "@" in address:
                mailbox = stage.sandbox.mailbox(address)
                mailbox.scanned = mailbox.away = True
        for after, act in self.acts:
            stage.sandbox.network.plan(stage.clock() + after, partial(_act, act, stage))
        if by_itself:
            self._play(stage)

    def _play(self, stage: Stage) -> None:
        plan, began = stage.sandbox.network.plan, stage.clock()
        for after, attempt in company(stage):
            plan(began + after, partial(_try, attempt, stage, began + self.lasts))
        plan(began + self.lasts, partial(_act, _all_clear, stage))
        plan(began + self.lasts + EPILOGUE, partial(_act, lambda stage: stage.clock_speed.run(1), stage))
        stage.clock_speed.run(FAST)


def _next(at: time, now: datetime) -> datetime:
    """The next moment at which clocks in that zone show that time."""
    today = datetime.combine(now.date(), at, now.tzinfo)
    return today if today >= now else datetime.combine(now.date() + timedelta(days=1), at, now.tzinfo)


def _act(act: Act, stage: Stage, _: datetime) -> None:
    act(stage)


def _try(attempt: Try, stage: Stage, until: datetime, at: datetime) -> None:
    if not attempt(stage) and at + AGAIN < until:
        stage.sandbox.network.plan(at + AGAIN, partial(_try, attempt, stage, until))


def _all_clear(stage: Stage) -> None:
    for incident in stage.api.get("/v1/incidents?status=open")["items"]:
        stage.api.post(f"/v1/incidents/{incident['ref']}/close", {"reason": "released"})


def plots(network: Network) -> tuple[Plot, ...]:
    """The stories that this network can tell."""
    return tuple(plot for plot in PLOTS if plot.needs <= network.contact_ids | network.people.keys())


def _reports(text: str) -> Act:
    return lambda stage: stage.sandbox.handset(stage.reporter.phone).sends(text, to=stage.sandbox.number)


def _reports_an_arrest(stage: Stage) -> None:
    """Reports the arrest of the first person in teams.yaml, if there is one."""
    person = next(iter(stage.runtime.network.people), "")
    _reports(f"ALERTA {PIN} 20 L12 {person} C2 nos pararon")(stage)


def _drill(stage: Stage) -> None:
    stage.api.post(
        "/v1/incidents", {"type": "arrest", "country": stage.team.country, "consent": "international", "drill": True}
    )


def _sets_out(stage: Stage) -> None:
    """The reporter announces where they will be and when; nothing more is heard of them."""
    zone = ZoneInfo(stage.team.timezone) if stage.team.timezone else stage.zone
    there_at = (stage.clock() + BY_CAR).astimezone(zone)
    _reports(f"GO {PIN} L12 {there_at:%H:%M}")(stage)


def _calls_roll(stage: Stage) -> None:
    why = "Shots were heard at the market"
    stage.api.post("/v1/roll-calls", {"team": stage.team.id, "text": why, "raise_incidents": True})


def _copies_the_code(stage: Stage) -> None:
    """A stranger has seen the SMS of the first contact on call, and sends its code."""
    if code := newest(stage.phone(stage.on_call[0]), LINK, WRITTEN_CODE):
        stage.sandbox.handset(STRANGER).sends(code, to=stage.sandbox.number)


FAST = 60
BY_CAR = timedelta(minutes=10)
AT_ONCE = timedelta(0)
SOS: tuple[tuple[timedelta, Act], ...] = ((AT_ONCE, _reports("SOS")),)
ARREST: tuple[tuple[timedelta, Act], ...] = ((AT_ONCE, _reports_an_arrest),)

PLOTS = (
    Plot(
        Scene(
            "checkpoint",
            "Arrested at a checkpoint",
            "Ana sends her PIN and a few codes: a Spanish colleague is held. With the PIN nobody has to verify it.",
        ),
        ARREST,
        needs=frozenset({"P7"}),
    ),
    Plot(
        Scene(
            "nobody",
            "Nobody picks up",
            "SOS at a quarter past two: one coordinator has no coverage, the other’s voicemail answers.",
        ),
        SOS,
        nobody_on_call=True,
        at=time(2, 14),
        lasts=timedelta(minutes=40),
    ),
    Plot(
        Scene(
            "scanner",
            "The mail filter is quicker",
            "A scanner opens every link, automatic replies answer every mail. Neither acknowledges anything.",
        ),
        ARREST,
        filtered=True,
    ),
    Plot(
        Scene(
            "copied",
            "Somebody copies a code",
            "Half a minute after the SOS a stranger sends the coordinator’s code from another telephone.",
        ),
        (*SOS, (timedelta(seconds=30), _copies_the_code)),
    ),
    Plot(
        Scene(
            "unreachable",
            "A level that nobody reaches",
            "The ombudsman’s numbers are gone, the defenders’ network is switched off: the next level is told at once.",
        ),
        ARREST,
        needs=frozenset({"P7", "ombuds", "defenders-network"}),
        telephones=(("ombuds", "invalid"), ("defenders-network", "switched_off")),
    ),
    Plot(
        Scene(
            "duress",
            "The telephone is not alone",
            "Whoever sent the SOS is forced to report something harmless, and gives the other PIN. Nothing shows.",
        ),
        (*SOS, (timedelta(minutes=2), _reports(f"ALERTA {DURESS_PIN} 43 L12"))),
    ),
    Plot(
        Scene(
            "withdrawn",
            "Called off under threat",
            "Ana is forced to call the alarm off, and gives the other PIN. Her telephone shows what it always would.",
        ),
        (*ARREST, (timedelta(minutes=4), _reports(f"FALSA {DURESS_PIN}"))),
        needs=frozenset({"P7"}),
    ),
    Plot(
        Scene(
            "national",
            "Not abroad, not to the army",
            "A threat to a local defender who agreed to the national network alone: see who is left out, and why.",
        ),
        ((AT_ONCE, _reports(f"ALERTA {PIN} 30 P9 C1")),),
        needs=frozenset({"P9", "ministry-defence"}),
    ),
    Plot(
        Scene(
            "road",
            "No word from the road",
            "Ana is to be at L12 in ten minutes. No word comes: she is reminded, looked for, then an incident opens.",
        ),
        ((AT_ONCE, _sets_out),),
        lasts=timedelta(hours=2, minutes=20),
    ),
    Plot(
        Scene(
            "roll-call",
            "Is everybody safe?",
            "The whole team is asked, each in its language. Ana answers; for whoever does not an incident opens.",
        ),
        ((AT_ONCE, _calls_roll), (timedelta(minutes=4), _reports(f"OK {PIN}"))),
        lasts=timedelta(hours=2, minutes=10),
    ),
    Plot(
        Scene(
            "drill", "A drill", "Headquarters rehearses: every message says so, and only those who take part are told."
        ),
        ((AT_ONCE, _drill),),
    ),
)
