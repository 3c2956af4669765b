"""The API for alarm devices (B5). Each device has its own key, which can raise its alarm and do nothing else."""

from typing import Annotated, Any, Self

from fastapi import Body, Depends, Request
from pydantic import Field, ModelWrapValidatorHandler, model_validator
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response
from typing_extensions import TypedDict

from alertnet.core.errors import Forbidden
from alertnet.flows.incidents.device_alarm import Pressed, receive_alarm
from alertnet.flows.unit.idempotent_request import Show
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.api_keys import DEVICE
from alertnet.store.records.idempotency import ApiAnswer
from alertnet.web.api.fields import Instant, Line, Strict, TypeCode, Words, set_apart, words_of
from alertnet.web.door import Door, DoorWith
from alertnet.web.problems import Legible, Route, Router, documented


class Position(Strict):
    """A device's position in WGS 84 degrees; `accuracy` in metres."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    accuracy: Annotated[float, Field(ge=0, le=100_000)] | None = None

    def in_words(self) -> str:
        """The position as coordinators read it: `4.60971, -74.08175 (20 m)`."""
        place = f"{self.latitude:.5f}, {self.longitude:.5f}"
        return place if self.accuracy is None else f"{place} ({self.accuracy:.0f} m)"


class DeviceAlarm(Strict):
    """An alarm of a device. `at` is when it was pressed, by default now; without a type it is a cry for help.

    No content is a reason to refuse it (A12): unusable parts are kept in `left_out`, in words for coordinators.
    """

    type: TypeCode | None = None
    at: Instant | None = None
    position: Position | None = None
    text: Line | None = None
    left_out: SkipJsonSchema[Words | None] = None

    @model_validator(mode="wrap")
    @classmethod
    def _leave_out(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(given, dict):
            given = {"body": given.decode(errors="replace") if isinstance(given, bytes) else given}
        usable, unusable = set_apart(given, validate)
        return validate({"left_out": words_of(unusable)} | usable)


class _Pressing(Legible):
    """A request whose body is taken as text where it is no JSON: a bad connection may have cut it off."""

    async def json(self) -> Any:
        try:
            return await super().json()
        except (ValueError, RecursionError):
            return (await self.body()).decode(errors="replace")


class _AsItComes(Route):
    reads = _Pressing


router = Router(prefix="/v1/devices", route_class=_AsItComes)


class AlarmView(TypedDict):
    """The incident of a device's alarm. It holds no more, since the device may be in other hands."""

    ref: str
    status: str


class _DoorOfDevice(DoorWith):
    """Requires the key of the device in the path."""

    def scope(self, request: Request) -> str:
        return f"{self._scope}{request.path_params['id']}"


DevicesDoor = Annotated[Door, Depends(_DoorOfDevice(DEVICE))]


@router.post(
    "/{id}/alarm",
    status_code=201,
    response_model=AlarmView,
    responses=documented(401, 403, 409, 413, 422, 503)
    | {200: {"description": "It stands in the one that runs.", "model": AlarmView}},
)
def raise_alarm(
    id: str, door: DevicesDoor, alarm: Annotated[DeviceAlarm, Body(default_factory=DeviceAlarm)]
) -> Response:
    """Raise the alarm of a device. While its incident is open, further presses update that incident."""
    edition, team = door.edition, door.key.team
    if team is None:
        raise Forbidden(f"API key {door.key.id} is of no team: make one with --device and --team")

    def act(tx: Tx) -> tuple[LockedIncident, Show]:
        position = alarm.position.in_words() if alarm.position else None
        pressed = Pressed(id, team, alarm.at or tx.now, alarm.type, position, alarm.text, alarm.left_out)
        locked, is_new = receive_alarm(tx, edition, pressed)
        return locked, lambda _: _answer(locked, is_new=is_new)

    return door.carry_out(alarm, act)


def _answer(locked: LockedIncident, *, is_new: bool) -> ApiAnswer:
    body: dict[str, Any] = {"ref": locked.incident.ref, "status": locked.incident.status.value}
    return ApiAnswer(201 if is_new else 200, body, None)
