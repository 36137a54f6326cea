"""Faults of accounts that are deleted."""

from fastapi import FastAPI
from sqlalchemy import Update, update
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts import routes, sessions
from target_app.accounts.models import User
from target_app.accounts.tokens import Access
from target_app.fault import fault


def _instead(change: Update) -> None:
    """Do this to a member who is to be deleted."""
    setattr(routes, "delete", lambda _model: change)  # noqa: B010  no type has both statements


@fault("auth.deletes-nothing", detected_by={"auth.deleted-shut"})
def deletes_nothing(_app: FastAPI) -> None:
    """Who deletes the account is told that it is gone, and a job that never runs is to see to it."""
    _instead(update(User).values(name=User.name))


@fault("auth.deleted-goes-on", detected_by={"auth.deleted-shut"})
def deleted_goes_on(_app: FastAPI) -> None:
    """A deleted account loses its address, and its sessions go on."""
    _instead(update(User).values(email=User.id + "@deleted.example.com"))


@fault("auth.deleted-comes-back", detected_by={"auth.deleted-stays-gone"})
def deleted_comes_back(_app: FastAPI) -> None:
    """A deleted account is only shut, and a new sign-up with its address opens it again."""
    _instead(update(User).values(verified_at=None))
    inner = sessions.find

    async def find_open(db: AsyncSession, access: Access) -> User | None:
        user = await inner(db, access)
        return user if user and user.verified_at else None

    sessions.find = find_open
