"""Whose conversation it is."""

from sqlalchemy import bindparam, select

from target_app.accounts.dependencies import CurrentUser
from target_app.chat.models import Conversation
from target_app.database import Db
from target_app.errors import Problem

# Most requests ask it, and making a statement takes longer than running it.
WITH_ID = select(Conversation).where(Conversation.id == bindparam("wanted"))


async def own_conversation(conversation_id: str, user: CurrentUser, db: Db) -> Conversation:
    """Find a conversation of the member. That another member has it is not told: 404 either way."""
    conversation = await db.scalar(WITH_ID, {"wanted": conversation_id})
    if conversation is None or conversation.user_id != user.id:
        raise Problem(404, "There is no such conversation.")
    return conversation
