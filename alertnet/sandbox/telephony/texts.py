"""The message centre: delivers SMS from alertnet to phones, and from phones to alertnet."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from alertnet.core.delivery.sms_encoding import count
from alertnet.sandbox.telephony.faults import Fault
from alertnet.sandbox.telephony.network import Behaviour, Message, Network
from alertnet.sandbox.telephony.parameters import Refusal, TextRequest
from alertnet.sandbox.telephony.twiml import read_messages
from alertnet.sandbox.telephony.webhooks import Delivery, Webhooks

REFUSED = {Behaviour.INVALID: 21211, Behaviour.OPTED_OUT: 21610}


class MessageCentre:
    """SMS in both directions."""

    def __init__(self, network: Network, webhooks: Webhooks) -> None:
        self._network = network
        self._webhooks = webhooks

    def accept(self, request: TextRequest, faults: Mapping[Fault, timedelta]) -> Message:
        """Queue an SMS from alertnet, sent when time passes; raises `Refusal` for a number invalid or opted out."""
        network = self._network
        with network.lock:
            if code := REFUSED.get(network.behaviours[request.to]):
                raise Refusal(code, request.to)
            message = self._record("outbound-api", request.sender, request.to, request.body, "queued")
            message.status_callback = request.status_callback
            message.faults = faults
            message.listed_from += faults.get(Fault.LIST_LATE, timedelta(0))
            network.plan(message.created_at, partial(self._send, message))
        return message

    def receive(self, sender: str, to: str, body: str, url: str, times: int, pictures: int) -> str | None:
        """Bring alertnet a handset's SMS, `times` over, as webhooks with one MessageSid.

        Gives the first text of the last answer, which also reaches the phone; None where there was none, or alertnet
        could not be reached. The message stays in the list either way.
        """
        with self._network.lock:
            message = self._record("inbound", sender, to, body, "received")
            message.sent_at, message.pictures = message.created_at, pictures
        replies = [self.bring(message, url) for _ in range(times)]
        return replies[-1] if replies else None

    def bring(self, message: Message, url: str) -> str | None:
        """Deliver an inbound text to alertnet, or deliver it again; gives the same as `receive`."""
        replies = self._reply(message, self._webhooks.post(url, self._inbound_params(message)))
        return replies[0] if replies else None

    def release(self, number: str) -> None:
        """Send the texts that waited for coverage, by the phone's current behaviour."""
        with self._network.lock:
            held = self._network.held.pop(number, [])
            for message in held:
                self._network.plan(self._network.now(), partial(self._send, message))

    def _record(self, direction: str, sender: str, to: str, body: str, status: str) -> Message:
        now = self._network.now()
        message = Message(self._network.new_sid("SM"), direction, sender, to, body, status, now, now, now)
        self._network.messages[message.sid] = message
        return message

    def _send(self, message: Message, at: datetime) -> None:
        with self._network.lock:
            message.sent_at = at
            self._progress(message, "sent", at)
            match self._network.behaviours[message.to]:
                case Behaviour.SWITCHED_OFF:
                    message.error_code = 30003
                    self._progress(message, "undelivered", at)
                case Behaviour.NO_COVERAGE:
                    self._network.held[message.to].append(message)
                case Behaviour.NO_RECEIPTS:
                    self._network.inboxes[message.to].append(message)
                case _:
                    self._network.inboxes[message.to].append(message)
                    self._progress(message, "delivered", at)

    def _progress(self, message: Message, status: str, at: datetime) -> None:
        message.status = status
        message.updated_at = at
        if message.status_callback:
            params = self._status_params(message)
            self._webhooks.plan(self._network, at, message.status_callback, params, message.faults)

    def _status_params(self, message: Message) -> dict[str, str]:
        params = self._common_params(message) | {"MessageStatus": message.status, "SmsStatus": message.status}
        if message.error_code:
            params["ErrorCode"] = str(message.error_code)
        if message.status in ("delivered", "undelivered"):
            params["RawDlrDoneDate"] = message.updated_at.strftime("%y%m%d%H%M")
        return params

    def _inbound_params(self, message: Message) -> dict[str, str]:
        # The provider sends unknown fields blank, and signs over them.
        unknown = {who + what: "" for who in ("From", "To") for what in ("City", "State", "Zip", "Country")}
        sizes = {"NumMedia": str(message.pictures), "NumSegments": str(count(message.body).segments)}
        media = {f"MediaContentType{place}": "image/jpeg" for place in range(message.pictures)}
        said = {"Body": message.body, "SmsStatus": "received", "SmsMessageSid": message.sid}
        return self._common_params(message) | sizes | media | unknown | said

    def _common_params(self, message: Message) -> dict[str, str]:
        return {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "AccountSid": self._network.account_sid,
            "ApiVersion": "2010-04-01",
            "From": message.sender,
            "To": message.to,
        }

    def _reply(self, message: Message, delivery: Delivery) -> list[str]:
        answer = delivery.answer
        replies = list(read_messages(answer.body)) if answer is not None and answer.status == 200 else []
        with self._network.lock:
            for text in replies:
                reply = self._record("outbound-reply", message.to, message.sender, text, "delivered")
                self._network.inboxes[reply.to].append(reply)
        return replies
