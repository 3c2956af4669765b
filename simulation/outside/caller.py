"""A member who calls us and reports after the tone. We keep the recording, and nobody else does (A9, A12)."""

from functools import partial
from random import Random

from sqlalchemy import select
from starlette.responses import Response

from alertnet.flows.credentials.pins import set_pins
from alertnet.runtime.wiring import Runtime
from alertnet.store.tables import recordings
from alertnet.web.forms import Form
from alertnet.web.twilio import webhooks
from simulation.hosts.web import Web, WebAnswer
from simulation.outside.field import PIN
from simulation.outside.provider import Provider
from simulation.world.cast import SECRET, TRAVELLER, TRAVELLERS_PHONE
from simulation.world.database import ACCOUNT
from simulation.world.story import Found
from simulation.world.world import World

CHANCE = 0.3
TRIES_EVERY = 5.0  # Seconds.
KEYED = ((None, ""), ("pin", f"{PIN}*"), ("type", "20"), ("told", "*"))
"""The keys pressed in a call to us, in order, by what was asked for."""
FETCHED_WITHIN = 80.0
"""Seconds after the last fault within which it is fetched; it is tried each minute."""


class Caller:
    """Calls us in some nights in which nobody else of the field does anything."""

    def __init__(self, world: World, web: Web, provider: Provider, *, is_free: bool) -> None:
        self.world = world
        self.web = web
        self.provider = provider
        self.random = Random(f"caller {world.seed}")
        self.calls = is_free and not world.mischief.quiet and self.random.random() < CHANCE
        self.told: dict[str, bytes] = {}
        """The recordings that we have acknowledged, by their ids."""

    @property
    def _call(self) -> str:
        return f"CA{self.world.seed:032x}"

    @property
    def reports(self) -> int:
        """How many incidents may result."""
        return int(self.calls)

    def begin(self) -> None:
        if self.calls:
            self.world.database.pattern.transact(set_pins, TRAVELLER, PIN)
            self.world.time.after(self.random.uniform(2, self.world.length / 2), partial(self._keys, 0))

    def _keys(self, turn: int) -> None:
        keyed, digits = KEYED[turn]
        form = Form({"CallSid": self._call, "From": TRAVELLERS_PHONE, "Digits": digits})
        self.world.story.tell(TRAVELLER, f"is in a call with us{f', asked for {keyed}' if keyed else ''}")

        def act(runtime: Runtime) -> Response:
            return webhooks.call_in(form, runtime, keyed)

        self.web.request("a call to us", act, partial(self._hears, turn))

    def _hears(self, turn: int, answer: WebAnswer) -> None:
        seconds = self.random.uniform(2, TRIES_EVERY)
        if not isinstance(answer, Response):
            self.world.time.after(seconds, partial(self._keys, turn))
            return
        if b"<Record" in bytes(answer.body):
            id, sound = f"RE{self.world.seed:032x}", f"they took her to {SECRET}".encode()
            self.provider.recordings[id] = sound
            self.world.time.after(seconds, partial(self._is_recorded, id, sound))
        if turn + 1 < len(KEYED):
            self.world.time.after(seconds, partial(self._keys, turn + 1))

    def _is_recorded(self, id: str, sound: bytes) -> None:
        """The provider tells us of the recording, until we confirm it."""
        about = {"CallSid": self._call, "From": TRAVELLERS_PHONE, "AccountSid": ACCOUNT}
        about |= {"RecordingSid": id, "RecordingStatus": "completed", "RecordingDuration": "12"}

        def hear(answer: WebAnswer) -> None:
            if isinstance(answer, Response):
                self.told[id] = sound
            else:
                self.world.time.after(TRIES_EVERY, partial(self._is_recorded, id, sound))

        self.web.request("a recording", partial(webhooks.call_recorded, Form(about)), hear)


def check_recordings(world: World, caller: Caller) -> Found:
    """A9, A12: a recording is stored with its incident, and deleted at the provider."""
    rows = {row.id: row for row in world.database.rows(select(recordings))}
    was_calm_for = (world.time.now - world.calm_since).total_seconds()
    for id, sound in caller.told.items():
        row, is_there = rows.get(id), id in caller.provider.recordings
        if row is None or row.incident_id is None:
            yield "A12", f"recording {id[-4:]} is about no incident, though its caller had raised one"
        elif row.audio != sound and (not is_there or was_calm_for > FETCHED_WITHIN):
            yield "A12", f"recording {id[-4:]} was told of, and is not kept"
        elif is_there and row.due_at is None:
            yield "A9", f"recording {id[-4:]} is left with the provider, and nobody will delete it"
