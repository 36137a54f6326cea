"""Faults of passwords that are changed or forgotten."""

from email.message import EmailMessage

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts import password_routes, recovery, routes, sessions, signup
from target_app.accounts.models import User
from target_app.errors import Problem
from target_app.fault import fault


@fault("auth.change-unasked", detected_by={"auth.change-needs-password"})
def change_unasked(_app: FastAPI) -> None:
    """Whoever sits at an open session gives the account a new password, without knowing the old one."""

    async def always(stored: str | None, password: str) -> bool:
        _ = stored, password
        return True

    password_routes.password_matches = always  # type: ignore[attr-defined]


@fault("auth.change-keeps-sessions", detected_by={"auth.change-ends-sessions"})
def change_keeps_sessions(_app: FastAPI) -> None:
    """After a change of the password other devices stay signed in."""
    inner = sessions.end_others

    async def end_others(db: AsyncSession, user_id: str, *, keep: str | None) -> None:
        if keep is None:
            await inner(db, user_id, keep=keep)

    sessions.end_others = end_others


@fault("auth.reset-keeps-sessions", detected_by={"auth.reset-ends-sessions"})
def reset_keeps_sessions(_app: FastAPI) -> None:
    """A new password for a forgotten one leaves everybody signed in who was."""
    inner = sessions.end_others

    async def end_others(db: AsyncSession, user_id: str, *, keep: str | None) -> None:
        if keep is not None:
            await inner(db, user_id, keep=keep)

    sessions.end_others = end_others


@fault("auth.old-password-too", detected_by={"auth.old-password-refused"})
def old_password_too(_app: FastAPI) -> None:
    """A cache of sign-ins goes on knowing the password from before a change."""
    replace, matches = recovery._replace, routes.password_matches  # type: ignore[attr-defined]
    before: dict[str, str] = {}

    async def remembered(db: AsyncSession, user: User, password: str) -> bool:
        old = user.password_hash
        changed: bool = await replace(db, user, password)
        new = await db.scalar(select(User.password_hash).where(User.id == user.id))
        before[new or ""] = old
        return changed

    async def either(stored: str | None, password: str) -> bool:
        old = before.get(stored or "")
        return await matches(stored, password) or (old is not None and await matches(old, password))

    recovery._replace = remembered
    routes.password_matches = either  # type: ignore[attr-defined]


class _Same:
    """Equals everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 0


@fault("auth.reset-link-forever", detected_by={"auth.reset-link-works-once"})
def reset_link_forever(_app: FastAPI) -> None:
    """A link to a new password works as often as one likes, for as long as it lives."""
    recovery.hash_opaque = lambda _: _Same()  # type: ignore[assignment, attr-defined, return-value]


@fault("mail.no-reset", detected_by={"auth.reset-mail-arrives"})
def no_reset_mail(app: FastAPI) -> None:
    """The template of one mail is broken, and nobody gets a link to a new password."""
    inner = app.state.mailer.post

    def post(message: EmailMessage) -> None:
        if "reset-password" not in str(message.get_content()):
            inner(message)

    app.state.mailer.post = post


@fault("auth.forgotten-tells", detected_by={"auth.forgotten-indistinct"})
def forgotten_tells(_app: FastAPI) -> None:
    """Who asks for a new password is told whether the address has an account."""
    inner = signup.find_user

    class Changed:
        """The sign-up's functions, this one changed."""

        @staticmethod
        async def find_user(db: AsyncSession, email: str) -> User:
            user = await inner(db, email)
            if user is None:
                raise Problem(404, "There is no account with this address.")
            return user

    password_routes.signup = Changed()  # type: ignore[assignment, attr-defined]
