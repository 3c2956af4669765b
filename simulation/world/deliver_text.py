"""SMS and mails on their way to a phone or mailbox, and the provider's word of them on its way back."""

from functools import partial
from typing import TYPE_CHECKING

from alertnet.core.directory.contact import MethodKind
from alertnet.runtime.wiring import Runtime
from alertnet.web.forms import Form
from alertnet.web.twilio import sms, voice
from simulation.world.message import Message

if TYPE_CHECKING:
    from starlette.responses import Response

    from simulation.night import Night

SWITCHED_OFF = 30003


def deliver(night: "Night", message: Message) -> None:
    """Let it arrive after a while, or not; receipts of an SMS come back, those of a mail never."""
    random = night.random
    arrives_after = random.expovariate(1 / 3)
    fails = random.random() < night.mischief.fails
    if message.outgoing.method is MethodKind.SMS:
        night.time.after(random.uniform(0, 1), partial(_becomes, night, message, "sent"))
        night.time.after(arrives_after, partial(_becomes, night, message, "undelivered" if fails else "delivered"))
    if not fails:
        night.time.after(arrives_after, partial(night.people.read, message.outgoing))


def _becomes(night: "Night", message: Message, status: str) -> None:
    if message.status not in ("delivered", "undelivered"):
        message.status = status
        message.code = SWITCHED_OFF if status == "undelivered" else None
        call_back(night, message)


def call_back(night: "Night", message: Message) -> None:
    """Tell us its status: late, twice or never, and not always in the order in which it happened."""
    random, mischief = night.random, night.mischief
    outgoing, status = message.outgoing, message.status
    if random.random() < mischief.callback_lost:
        night.story.tell("network", f"loses the word that {night.describe(outgoing)} is {status}")
        return
    delays = [random.uniform(0.01, 0.5)]
    if random.random() < mischief.callback_slow:
        delays[0] = random.expovariate(1 / 30)
    if random.random() < mischief.callback_doubled:
        delays.append(delays[0] + random.expovariate(1 / 10))
    fields = {"ErrorCode": str(message.code)} if message.code else {}
    if outgoing.method is MethodKind.CALL:
        form = Form({"CallSid": message.id, "CallStatus": status, **fields})
    else:
        form = Form({"MessageSid": message.id, "MessageStatus": status, **fields})

    def track(runtime: Runtime) -> "Response":
        if outgoing.method is MethodKind.CALL:
            return voice.track(outgoing.attempt, form, runtime)
        return sms.track(outgoing.attempt, form, runtime)

    what = f"word that {night.describe(outgoing)} is {status}"
    for delay in delays:
        night.time.after(delay, lambda: night.web.request(what, track))
