"""Accounts at an OpenID Connect provider that stand for users: linked by an administrator, not by whoever comes."""

import hashlib
import re
from dataclasses import replace

from alertnet.core.errors import BadInput, WrongState
from alertnet.flows.credentials.users import begin, count_visit, in_force, record
from alertnet.store.db.tx import Tx
from alertnet.store.records import idempotency
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Account, Linked, User
from alertnet.store.records.idempotency import ApiAnswer, Once

ACCOUNT = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
NOT_SET = "ALERTNET_OIDC_ISSUER is not set"


def link(tx: Tx, name: str, issuer: str, account: str, by: str) -> None:
    """Let that account at the provider stand for a user: an e-mail address that it vouches for, or its subject.

    `issuer`: of the provider; empty where there is none.

    Raises:
        Unknown: there is no such user. WrongState: they may not sign in any more, somebody else has that account, or
            there is no provider. BadInput: no account is called so.
    """
    user = in_force(tx, name)
    if not issuer:
        raise WrongState("signing in by OpenID Connect", "off", NOT_SET)
    if not ACCOUNT.fullmatch(account):
        raise BadInput("account", account, "an e-mail address, or the subject that the provider has for them")
    account = account.lower() if "@" in account else account
    for other in users.list_all(tx):
        if other.linked and other.name != name and other.linked.account == account and other.ended_at is None:
            raise WrongState(f"account {account}", f"linked with {other.name}", "an account stands for one user")
    users.save(tx, replace(user, linked=Linked(issuer, account)))
    record(tx, "user_linked", name, by, account=account)


def unlink(tx: Tx, name: str, by: str) -> None:
    """Let no account at the provider stand for a user any more; sessions go on.

    Raises:
        Unknown: there is no such user. WrongState: they may not sign in any more.
    """
    users.save(tx, replace(in_force(tx, name), linked=None))
    record(tx, "user_unlinked", name, by)


def count_return(tx: Tx, address: str, state: str) -> bool:
    """Count a browser that comes back from the provider; False: it came before, or too often from that address."""
    once = Once(hashlib.sha256(f"openid {state}".encode()).digest(), hashlib.sha256(b"").digest())
    return count_visit(tx, address) and idempotency.keep(tx, once, None, ApiAnswer(204, None))


def sign_in_linked(tx: Tx, account: Account) -> str | None:
    """Begin a session for the user for whom that account stands; its text. None: it stands for nobody.

    An address is believed once: from then on it is the subject that counts, whoever has that address later.
    """
    found = next((user for user in users.list_all(tx) if _is_of(user, account)), None)
    if found is None:
        return None
    user = in_force(tx, found.name)
    if user.linked is None or not _is_of(user, account):
        return None  # An administrator has changed it at this moment.
    known = replace(user.linked, subject=account.subject)
    return begin(tx, replace(user, linked=known), via="openid")


def _is_of(user: User, account: Account) -> bool:
    linked = user.linked
    if linked is None or user.ended_at is not None or linked.issuer != account.issuer.rstrip("/"):
        return False
    if linked.subject:
        return linked.subject == account.subject
    # What some provider lets people choose as their name there is no address for that.
    return linked.account == (account.email if "@" in linked.account else account.subject)
