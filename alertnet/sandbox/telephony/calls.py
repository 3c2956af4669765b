"""The telephone exchange: rings phones for alertnet, connects calls, and reports each step back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial

from alertnet.core.errors import WrongState
from alertnet.sandbox.telephony.faults import Fault
from alertnet.sandbox.telephony.network import FINISHED, Behaviour, CallRecord, Network
from alertnet.sandbox.telephony.parameters import CallRequest, Refusal
from alertnet.sandbox.telephony.voice import Player, call_params
from alertnet.sandbox.telephony.webhooks import Webhooks

MOST_SILENCES = 20
"""How many questions a voicemail listens to before it is full."""
WRONG_NUMBER = "9*"
"""The keys that our calls offer to a wrong person."""
COMES_IN = {
    "CallStatus": "ringing",
    "StirVerstat": "TN-Validation-Passed-A",
    "CallToken": "%7B%22t%22%3A%22e30.e30%22%7D",
}
"""Fields of the first webhook about a call to alertnet."""
SIP_CODES = {"completed": "200", "busy": "486", "no-answer": "487", "canceled": "487"}


class Exchange:
    """Calls in both directions; `player` plays what is said in them."""

    def __init__(self, network: Network, webhooks: Webhooks) -> None:
        self.player = Player(network, webhooks, self.end)
        self._network = network
        self._webhooks = webhooks

    def place(self, request: CallRequest, faults: Mapping[Fault, timedelta]) -> CallRecord:
        """Queue a call from alertnet, which rings when time passes; raises `Refusal` where there is no such number."""
        network = self._network
        with network.lock:
            if network.behaviours[request.to] is Behaviour.INVALID:
                raise Refusal(21217, request.to)
            call = self._record("outbound-api", request.sender, request.to, request.url, "queued")
            call.status_callback, call.events = request.status_callback, request.events
            call.timeout, call.send_digits = request.timeout, request.send_digits
            call.faults = faults
            call.listed_from += faults.get(Fault.LIST_LATE, timedelta(0))
            network.plan(call.created_at, partial(self._ring, call))
        return call

    def dial_in(self, caller: str, to: str, url: str) -> CallRecord:
        """Place a call from a phone to alertnet, which answers at once with the TwiML at `url`."""
        with self._network.lock:
            call = self._record("inbound", caller, to, url, "in-progress")
            call.answered_at = call.created_at
        self.player.play_from(call, url, COMES_IN)
        return call

    def answer(self, call: CallRecord, at: datetime | None = None) -> None:
        """Answer the call, and play it up to its first question or its end; `WrongState` where it does not ring."""
        with self._network.lock:
            if call.status != "ringing":
                raise WrongState(f"call {call.sid}", call.status, "only a ringing call can be answered")
            call.status, call.answered_at = "in-progress", at or self._network.now()
            self._report(call, "answered", call.status, call.answered_at)
        self.player.play_from(call, call.url)

    def end(self, call: CallRecord, status: str, at: datetime | None = None) -> None:
        """End the call and report it; nothing happens where it is over already."""
        with self._network.lock:
            if call.status in FINISHED:
                return
            call.status, call.ended_at, call.gather, call.rest = status, at or self._network.now(), None, ()
            self._report(call, "completed", status, call.ended_at)

    def update(self, call: CallRecord, status: str) -> None:
        """End a queued or ringing call by `canceled`, one in progress by `completed`; `Refusal` once it is over."""
        with self._network.lock:
            if call.status in FINISHED:
                raise Refusal(21220, call.status)
            if call.status != "in-progress":
                self.end(call, "canceled")
            elif status == "completed":
                self.end(call, "completed")

    def _record(self, direction: str, sender: str, to: str, url: str, status: str) -> CallRecord:
        now = self._network.now()
        call = CallRecord(self._network.new_sid("CA"), direction, sender, to, url, status, now, now, now)
        self._network.calls[call.sid] = call
        return call

    def _ring(self, call: CallRecord, at: datetime) -> None:
        with self._network.lock:
            if call.status != "queued":
                return
            self._report(call, "initiated", "initiated", at)
            call.status = "ringing"
            self._report(call, "ringing", "ringing", at)
            behaviour = self._network.behaviours[call.to]
        match behaviour:
            case Behaviour.SWITCHED_OFF | Behaviour.NO_COVERAGE:
                self.end(call, "no-answer", at)
            case Behaviour.BUSY:
                self.end(call, "busy", at)
            case Behaviour.VOICEMAIL:
                self._record_voicemail(call, at)
            case Behaviour.WRONG_PERSON:
                self._reach_a_stranger(call, at)
            case _:
                self._network.plan(at + call.timeout, partial(self._ring_out, call))

    def _ring_out(self, call: CallRecord, at: datetime) -> None:
        with self._network.lock:
            if call.status == "ringing":
                self.end(call, "no-answer", at)

    def _record_voicemail(self, call: CallRecord, at: datetime) -> None:
        self.answer(call, at)
        for _ in range(MOST_SILENCES):
            if call.gather is None:
                break
            self.player.stay_silent(call)
        self.end(call, "completed")

    def _reach_a_stranger(self, call: CallRecord, at: datetime) -> None:
        self.answer(call, at)
        if call.gather is not None:
            self.player.press(call, WRONG_NUMBER)
        self.end(call, "completed")

    def _report(self, call: CallRecord, event: str, status: str, at: datetime) -> None:
        call.updated_at = at
        sequence, call.sequence = call.sequence, call.sequence + 1
        if call.status_callback is None or event not in call.events:
            return
        params = call_params(self._network.account_sid, call) | {
            "CallStatus": status,
            "SequenceNumber": str(sequence),
            "Timestamp": format_datetime(at),
            "CallbackSource": "call-progress-events",
        }
        if event == "completed":
            params |= {"CallDuration": str(call.seconds), "SipResponseCode": SIP_CODES[status]}
        self._webhooks.plan(self._network, at, call.status_callback, params, call.faults)
