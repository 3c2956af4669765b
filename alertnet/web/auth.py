"""Who asks: API keys in the Authorization header, read anew for each request, so that a revoked one opens nothing."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import api_keys
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.web.client_address import client_address
from alertnet.web.throttle import Throttle

REPORTS = "raise"
"""A report is never limited: whoever asks so often may have that much to tell."""

bearer = HTTPBearer(auto_error=False, scheme_name="api_key", description="From `alertnet keys create`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def runtime_of(request: Request) -> Runtime:
    """The runtime that the application was made with."""
    runtime: Runtime = request.app.state.runtime
    return runtime


def throttle_of(request: Request) -> Throttle:
    """What counts how often is asked, for the whole application."""
    throttle: Throttle = request.app.state.throttle
    return throttle


async def in_force(request: Request) -> Runtime:
    """The same as a dependency: one that is not async would cost a change of threads."""
    return runtime_of(request)


def key_with(scope: str) -> Callable[..., ApiKey]:
    """A dependency that gives the key of the request, if it has that scope or may do everything.

    Raises (the dependency):
        HTTPException: 401 without a key in force, 403 for one that may not do this, 429 for what comes too often.
    """

    def permitted(request: Request, given: Credentials) -> ApiKey:
        if given is None:
            raise _unauthenticated("an API key is needed: Authorization: Bearer alertnet_…", "")
        runtime, throttle = runtime_of(request), throttle_of(request)
        key = runtime.read(lambda tx: api_keys.find(tx.session, given.credentials))
        if key is None:
            throttle.refuse(client_address(request, runtime.settings.trusted_proxies), runtime.now())
            raise _unauthenticated("no such API key is in force", ', error="invalid_token"')
        if scope != REPORTS:
            throttle.admit(key.id, runtime.now())
        if not key.may(scope):
            challenge = f'Bearer realm="alertnet", error="insufficient_scope", scope="{scope}"'
            detail = f"API key {key.id} has no scope {scope!r} (it has: {', '.join(sorted(key.scopes))})"
            raise HTTPException(403, detail, {"WWW-Authenticate": challenge})
        if key.is_dated:
            runtime_of(request).transact(api_keys.renew, given.credentials)
        return key

    return permitted


def _unauthenticated(detail: str, error: str) -> HTTPException:
    return HTTPException(401, detail, {"WWW-Authenticate": f'Bearer realm="alertnet"{error}'})


# The runtime is not async, so these run in a thread: nothing here holds up the event loop.
Raiser = Annotated[ApiKey, Depends(key_with(REPORTS))]
Reader = Annotated[ApiKey, Depends(key_with("read"))]
Coordinator = Annotated[ApiKey, Depends(key_with("coordinate"))]
InForce = Annotated[Runtime, Depends(in_force)]
