"""The secret with which a tenant checks that a callback comes from this service (Standard Webhooks)."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from ...accounts import Caller
from ..who import needs
from .examples import answers

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ..service import Service

EXAMPLE = {"secret": "whsec_" + "A" * 43 + "="}


class CallbackSecret(BaseModel):
    """What the header webhook-signature is made with."""

    secret: str = Field(description="as libraries of Standard Webhooks take it; the same for all callbacks of a tenant")


def router(service: "Service") -> "APIRouter":
    """Serve it."""
    from fastapi import APIRouter, Depends

    made = APIRouter(tags=["checks"])

    @made.get("/callbacks/secret", response_model=CallbackSecret, responses=answers(200, EXAMPLE, 401, 403))
    def callback_secret(caller: Annotated[Caller, Depends(needs("keys:write"))]) -> CallbackSecret:
        """Give the secret; who has it can pretend to be this service to whoever trusts it."""
        from ...jobs import callback_secret as secret_of

        return CallbackSecret(secret=secret_of(service.options, caller.tenant_id))

    return made
