"""The page of the system's health: trouble, providers, queues, limits, workers and heartbeat."""

from datetime import datetime

from fastapi import Response

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.monitoring.self_monitoring import Seen
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats, row_counts
from alertnet.store.monitoring.row_counts import QueueCount
from alertnet.store.queues import workers
from alertnet.store.records import limits, timeline
from alertnet.store.views.pauses import SendingPause, current_pauses
from alertnet.web.console.desk import AtDesk
from alertnet.web.console.refusing import Pages
from alertnet.web.monitoring.health import how_it_stands

router = Pages("/desk/system")


DROPPED = {
    "wrong_codes": "wrong codes",
    "wrong_pins": "wrong PINs",
    "numbers_compared": "texts whose numbers are all hidden, for some may be PINs",
    "stranger_texts": "texts of an unknown number, kept unread",
    "all_stranger_texts": "texts of unknown numbers, kept unread",
    "strangers_told": "notices of texts of an unknown number",
    "all_strangers_told": "notices of texts of unknown numbers",
    "stranger_alarms": "alarms for an unknown number",
    "all_stranger_alarms": "alarms for unknown numbers",
    "foreign_codes": "notices of other people's codes",
    "replies": "replies to a flood of texts",
    "put_throughs": "calls put through",
    "answer_changes": "changes of an answer, told together",
    "texts_told": "alarms for texts of one incident",
    "drops_told": "notices that texts were dropped",
    "notices": "notices, told together",
    "texts_again": "texts to a coordinator, told together",
    "all_notices": "texts to coordinators, told together",
    "coordinator_calls": "calls to a coordinator, told together",
    "roll_calls": "roll calls",
    "wrong_sign_ins": "sign-ins of a user from one address",
    "all_wrong_sign_ins": "sign-ins of a user",
    "sign_ins": "sign-ins from one address",
}
"""What each limit that the database counts has dropped, by the limit's name."""


@value
class Inside:
    """What the database knows. `dropped`: by limit, how much it has dropped, as long as that is remembered."""

    queues: dict[str, QueueCount]
    unsent: dict[MethodKind, int]
    workers: tuple[Seen, ...]
    dropped: dict[str, int]
    heartbeat_at: datetime | None
    pauses: list[SendingPause]
    purged_at: datetime | None
    """When an incident was last purged."""


@router.get("")
def show_system(desk: AtDesk) -> Response:
    """Show the system's health, trouble first. While the database is away, only what this process knows is shown."""
    try:
        inside = desk.runtime.read(_inside)
    except DatabaseAway:
        inside = None
    settings, ready = desk.runtime.settings, how_it_stands(desk.runtime)
    away = {(each["method"], each["provider"]): each for each in ready["away"]}
    return desk.show(
        "system.html",
        ready=ready,
        inside=inside,
        providers=[(route, away.get(route)) for route in sorted(settings.routes)],
        rates=settings.rates,
        has_heartbeat=settings.heartbeat_url is not None,
        what_drops=DROPPED,
        keep=settings.keep,
        edition=desk.edition.number,
        faults=desk.faults,
    )


def _inside(tx: Tx) -> Inside:
    known = heartbeats.read(tx.session)
    return Inside(
        row_counts.queues(tx),
        row_counts.unsent(tx.session),
        workers.seen(tx.session),
        limits.dropped(tx.session),
        heartbeats.when(known.get(heartbeats.HEARTBEAT)),
        current_pauses(tx),
        timeline.latest_at(tx.session, timeline.SYSTEM, "incident_purged"),
    )
