"""SMS as the provider brings them, and what it reports of ours; a reply leaves only after the commit (A1)."""

from fastapi import APIRouter, Response
from twilio.twiml.messaging_response import MessagingResponse

from alertnet.core.directory.contact import MethodKind
from alertnet.flows.sending.provider_callbacks import track_sms
from alertnet.flows.sending.render_and_send import with_page
from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.store.records.inbound import InboundSms
from alertnet.web.auth import InForce
from alertnet.web.forms import Identifier, identifier, needed, word
from alertnet.web.twilio.signature import Signed

router = APIRouter(prefix="/twilio/sms", include_in_schema=False)


@router.post("")
def receive(form: Signed, runtime: InForce) -> Response:
    """The one reply to a text, or none."""
    sms = InboundSms(identifier(form, "MessageSid"), needed(form, "From"), form.get("To", ""), form.get("Body", ""))
    reply = runtime.transact(receive_sms, runtime.edition, sms)
    answer = MessagingResponse()
    if reply is None:
        return Response(str(answer), media_type="text/xml")
    renderer = runtime.renderer(reply.templates)
    words = with_page(reply.kind, reply.said, runtime.settings.public_url or "")
    answer.message(renderer.render(reply.kind, MethodKind.SMS, reply.language, words).text)
    return Response(str(answer), media_type="text/xml")


@router.post("/status/{attempt}")
def track(attempt: Identifier, form: Signed, runtime: InForce) -> Response:
    """Record what became of an SMS; nothing is said of an attempt that isn't there."""
    status = needed(form, "MessageStatus")
    message = identifier(form, "MessageSid")
    runtime.transact(track_sms, attempt, message, status, word(form, "ErrorCode"))
    return Response(status_code=204)
