"""SMS and mails on their way to a phone or mailbox, and the provider's status callbacks."""

from functools import partial

from starlette.responses import Response

from alertnet.core.directory.contact import MethodKind
from alertnet.runtime.wiring import Runtime
from alertnet.web.forms import Form
from alertnet.web.twilio import webhooks
from simulation.hosts.web import Web
from simulation.outside.people import People
from simulation.world.message import Message
from simulation.world.world import World

SWITCHED_OFF = 30003


def deliver(world: World, web: Web, people: People, message: Message) -> None:
    """Deliver it after a while, or not. SMS have receipts, mails have none."""
    random = world.random
    arrives_after = random.expovariate(1 / 3)
    fails = random.random() < world.mischief.fails
    if message.outgoing.method is MethodKind.SMS:
        world.time.after(random.uniform(0, 1), partial(_becomes, world, web, message, "sent"))
        world.time.after(arrives_after, partial(_becomes, world, web, message, "undelivered" if fails else "delivered"))
    if not fails:
        world.time.after(arrives_after, partial(people.read, message.outgoing))


def _becomes(world: World, web: Web, message: Message, status: str) -> None:
    if message.status not in ("delivered", "undelivered"):
        message.status = status
        message.code = SWITCHED_OFF if status == "undelivered" else None
        call_back(world, web, message)


def call_back(world: World, web: Web, message: Message) -> None:
    """Report its status to us: late, twice or never, and not always in the right order."""
    random, mischief = world.random, world.mischief
    outgoing, status = message.outgoing, message.status
    if random.random() < mischief.callback_lost:
        world.story.tell("network", f"loses the word that {world.describe(outgoing)} is {status}")
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

    def track(runtime: Runtime) -> Response:
        noted = webhooks.call_noted if outgoing.method is MethodKind.CALL else webhooks.text_noted
        runtime.transact(noted(outgoing.attempt, form))
        return Response(status_code=204)

    what = f"word that {world.describe(outgoing)} is {status}"
    for delay in delays:
        world.time.after(delay, lambda: web.request(what, track))
