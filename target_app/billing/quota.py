"""What a plan allows: how many messages in a calendar month (UTC), and which models."""

from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.models import User
from target_app.billing.catalogue import Plan, larger, models, plan_named
from target_app.billing.models import MessageUse
from target_app.database import utcnow
from target_app.errors import Problem
from target_app.settings import Settings

# One statement counts and checks, so that messages sent at the same time cannot pass together.
SPEND_ONE = text("""
    INSERT INTO message_use (user_id, month, used) VALUES (:user_id, :month, 1)
    ON CONFLICT (user_id, month) DO UPDATE SET used = message_use.used + 1 WHERE message_use.used < :allowed
    RETURNING used
""")
GIVE_ONE_BACK = text("UPDATE message_use SET used = used - 1 WHERE user_id = :user_id AND month = :month AND used > 0")
WITHOUT_LIMIT = 2**31 - 1
WAY_OUT = "Order a larger plan with POST /billing/orders; GET /billing/plans lists them."


def plan_of(user: User, settings: Settings) -> Plan:
    """Give the plan that the member is on, with the number of messages that is meant for this member."""
    plan, quotas = plan_named(settings, user.plan), settings.message_quotas
    if not quotas:
        return plan
    own = quotas.get(user.email, quotas.get(f"@{user.email.rpartition('@')[2]}"))
    return plan if own is None else replace(plan, monthly_messages=own)


def this_month() -> str:
    """Name the calendar month, such as 2026-11."""
    return f"{utcnow():%Y-%m}"


def next_month() -> str:
    """Give the day on which the quota starts anew, such as 2026-12-01."""
    today = utcnow().date()
    first = today.replace(year=today.year + today.month // 12, month=today.month % 12 + 1, day=1)
    return first.isoformat()


async def used(db: AsyncSession, user: User) -> int:
    """Count the messages that the member sent this month."""
    use = await db.get(MessageUse, (user.id, this_month()))
    return use.used if use else 0


async def spend(db: AsyncSession, user: User, settings: Settings) -> None:
    """Count one message; raises a 403 problem if the plan allows no more this month."""
    plan = plan_of(user, settings)
    allowed = WITHOUT_LIMIT if plan.monthly_messages is None else plan.monthly_messages
    values = {"user_id": user.id, "month": this_month(), "allowed": allowed}
    if (await db.execute(SPEND_ONE, values)).first() is None:
        raise Problem(
            403,
            f"All {allowed} messages of the plan {plan.id} are used until {next_month()}. {WAY_OUT}",
            title="Quota used up",
            extra={
                "plan": plan.id,
                "monthly_messages": allowed,
                "resets_on": next_month(),
                "upgrade_to": larger(plan.id),
            },
        )


async def give_back(db: AsyncSession, user_id: str, month: str) -> None:
    """Take one message of that month off the count: it failed, and a failure is not paid for."""
    await db.execute(GIVE_ONE_BACK, {"user_id": user_id, "month": month})


def require_model(user: User, model: str, settings: Settings) -> None:
    """Raise a 422 problem if there is no such model, and 403 if the member's plan has it not."""
    offered, plan = models(settings), plan_of(user, settings)
    if model not in offered:
        raise Problem(422, f"There is no model {model}. GET /models lists them.", extra={"models": list(plan.models)})
    if model not in plan.models:
        raise Problem(
            403,
            f"The plan {plan.id} does not include the model {model}. {WAY_OUT}",
            title="Model not in plan",
            extra={
                "plan": plan.id,
                "models": list(plan.models),
                "upgrade_to": [one for one in larger(plan.id) if model in plan_named(settings, one).models],
            },
        )
