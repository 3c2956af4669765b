"""Accounts at an OpenID Connect provider that sign users in. Only an administrator links them."""

import re
from dataclasses import replace

from alertnet.core.errors import BadInput, WrongState
from alertnet.flows.credentials.users import begin, change, count_visit, in_force
from alertnet.store.db.tx import Tx
from alertnet.store.records import idempotency
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Account, Linked, User

ACCOUNT = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
SUBJECT = "sub:"
"""Stands before a subject that looks like an address, so that it is not taken for one."""
NOT_SET = "ALERTNET_OIDC_ISSUER is not set"


def link(tx: Tx, name: str, issuer: str, account: str, by: str) -> None:
    """Link an account at the provider to a user. `account`: an e-mail address that it vouches for, or its subject.

    `issuer`: the provider's; empty where there is none. Refuses an account that somebody else has.
    """
    user = in_force(tx, name)
    if not issuer:
        raise WrongState("signing in by OpenID Connect", "off", NOT_SET)
    if not ACCOUNT.fullmatch(account):
        raise BadInput("account", account, "an e-mail address, or the subject that the provider has for them")
    account = account.lower() if _is_address(account) else account
    for other in users.list_all(tx):
        if other.linked and other.name != name and other.linked.account == account and other.ended_at is None:
            raise WrongState(f"account {account}", f"linked with {other.name}", "an account stands for one user")
    change(tx, replace(user, linked=Linked(issuer, account)), "user_linked", by, account=account)


def unlink(tx: Tx, name: str, by: str) -> None:
    """Unlink the user's account at the provider; sessions go on."""
    change(tx, replace(in_force(tx, name), linked=None), "user_unlinked", by)


def count_return(tx: Tx, address: str, state: str) -> bool:
    """Count a browser that returns from the provider. False: it was used before, or too often from that address."""
    return count_visit(tx, address) and idempotency.use_up(tx, f"openid {state}")


def sign_in_linked(tx: Tx, account: Account) -> str | None:
    """Begin a session for the user linked to that account and return its text; None where it is linked to nobody.

    An e-mail address is used once. From then on the subject counts, whoever gets that address later.
    """
    found = next((user for user in users.list_all(tx) if _is_of(user, account)), None)
    if found is None:
        return None
    user = in_force(tx, found.name)
    if user.linked is None or not _is_of(user, account):
        return None  # An administrator has changed it at this very moment.
    known = replace(user.linked, subject=account.subject)
    return begin(tx, replace(user, linked=known), via="openid")


def named_by_subject(account: Account) -> str:
    """What to link, so that the account is known by its subject.

    Some providers let people choose a subject that looks like an address, so it does not count as one.
    """
    return f"{SUBJECT}{account.subject}" if "@" in account.subject else account.subject


def _is_of(user: User, account: Account) -> bool:
    linked = user.linked
    if linked is None or user.ended_at is not None or linked.issuer != account.issuer.rstrip("/"):
        return False
    if linked.subject:
        return linked.subject == account.subject
    return linked.account == (account.email if _is_address(linked.account) else named_by_subject(account))


def _is_address(account: str) -> bool:
    return "@" in account and not account.startswith(SUBJECT)
