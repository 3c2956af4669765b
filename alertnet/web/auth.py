"""Who asks: API keys in the Authorization header, read anew for each request, so that a revoked one opens nothing."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from alertnet.runtime import Runtime
from alertnet.store import keys
from alertnet.store.keys import ApiKey

bearer = HTTPBearer(auto_error=False, scheme_name="api_key", description="From `alertnet keys create`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def runtime_of(request: Request) -> Runtime:
    """The runtime that the application was made with."""
    runtime: Runtime = request.app.state.runtime
    return runtime


async def in_force(request: Request) -> Runtime:
    """The same as a dependency: one that is not async would cost a change of threads."""
    return runtime_of(request)


def key_with(scope: str) -> Callable[..., ApiKey]:
    """A dependency that gives the key of the request, if it has that scope or may do everything.

    Raises (the dependency):
        HTTPException: 401 without a key in force, 403 for one that may not do this.
    """

    def permitted(request: Request, given: Credentials) -> ApiKey:
        if given is None:
            raise _unauthenticated("an API key is needed: Authorization: Bearer alertnet_…", "")
        key = runtime_of(request).read(lambda tx: keys.find(tx.session, given.credentials))
        if key is None:
            raise _unauthenticated("no such API key is in force", ', error="invalid_token"')
        if not key.may(scope):
            challenge = f'Bearer realm="alertnet", error="insufficient_scope", scope="{scope}"'
            detail = f"API key {key.id} has no scope {scope!r} (it has: {', '.join(sorted(key.scopes))})"
            raise HTTPException(403, detail, {"WWW-Authenticate": challenge})
        if key.is_dated:
            runtime_of(request).transact(keys.renew, given.credentials)
        return key

    return permitted


def _unauthenticated(detail: str, error: str) -> HTTPException:
    return HTTPException(401, detail, {"WWW-Authenticate": f'Bearer realm="alertnet"{error}'})


# The runtime is not async, so these run in a thread: nothing here holds up the event loop.
Raiser = Annotated[ApiKey, Depends(key_with("raise"))]
Reader = Annotated[ApiKey, Depends(key_with("read"))]
Coordinator = Annotated[ApiKey, Depends(key_with("coordinate"))]
InForce = Annotated[Runtime, Depends(in_force)]
