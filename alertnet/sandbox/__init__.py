"""A simulated telephone network and mail server for the demo, training and tests; loopback only.

It speaks the provider's protocol (REST, TwiML, signed webhooks) and SMTP, so the production channels run against it
unchanged. Nothing in production imports it.
"""

from alertnet.sandbox.mail import Mail, Mailbox, MailFault
from alertnet.sandbox.server import Sandbox
from alertnet.sandbox.telephony.faults import Fault
from alertnet.sandbox.telephony.handset import Call, Handset
from alertnet.sandbox.telephony.network import Behaviour
from alertnet.sandbox.telephony.webhooks import Delivery, Unreachable, WebhookAnswer
