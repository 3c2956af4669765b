"""The API for alarm devices (B5). Each device has its own key, which can raise its alarm and do nothing else."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Body, Depends, Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from typing_extensions import TypedDict

from alertnet.core.errors import Forbidden
from alertnet.flows.incidents.device_alarm import Pressed, receive_alarm
from alertnet.flows.unit.idempotent_request import Show
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.api_keys import DEVICE
from alertnet.store.records.idempotency import ApiAnswer
from alertnet.web.api.models import DeviceAlarm
from alertnet.web.door import Door, DoorWith
from alertnet.web.problems import Router, documented


class _Pressing(Request):
    """A request whose body is taken as text where it is no JSON: a bad connection may have cut it off."""

    async def json(self) -> Any:
        try:
            return await super().json()
        except (ValueError, RecursionError):
            return (await self.body()).decode(errors="replace")


class _AsItComes(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            return await handle(_Pressing(request.scope, request.receive))

        return handled


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
