"""Notices of people about items."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...service import Service


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    return APIRouter(tags=["reports"])
