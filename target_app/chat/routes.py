"""Conversations; what is said in them is in messages.py."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import ColumnElement, or_, select, tuple_

from target_app.accounts.dependencies import CurrentUser
from target_app.chat import place
from target_app.chat.dependencies import own_conversation
from target_app.chat.desk import AtDesk
from target_app.chat.models import Conversation, Message
from target_app.chat.schemas import ConversationChange, ConversationOut, ConversationPage, NewConversation
from target_app.database import Db
from target_app.errors import problems
from target_app.projects import dependencies as projects

router = APIRouter(prefix="/conversations", tags=["chat"])

SEARCH = "Only those whose title or messages hold this text, whatever its case."


def holds(text: str) -> ColumnElement[bool]:
    """Match conversations that hold a text."""
    said = select(Message.id).where(
        Message.conversation_id == Conversation.id, Message.content.icontains(text, autoescape=True)
    )
    return or_(Conversation.title.icontains(text, autoescape=True), said.exists())


@router.post(
    "",
    operation_id="create_conversation",
    summary="Start a conversation",
    status_code=201,
    responses=problems(401, 403, 404, 422, 429),
)
async def create_conversation(new: NewConversation, user: CurrentUser, db: Db, response: Response) -> ConversationOut:
    """Start a conversation, in a project if one is named."""
    if new.project_id is not None:
        await projects.find_own(db, user, new.project_id)
    conversation = Conversation(user_id=user.id, title=new.title, project_id=new.project_id)
    db.add(conversation)
    await db.commit()
    response.headers["Location"] = f"/conversations/{conversation.id}"
    return ConversationOut.model_validate(conversation)


@router.get("", operation_id="list_conversations", summary="List conversations", responses=problems(401, 422, 429))
async def list_conversations(
    user: CurrentUser,
    db: Db,
    project_id: Annotated[str | None, Query(description="Only those of this project.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(pattern=place.CURSOR, description="`next_cursor`")] = None,
    q: Annotated[str | None, Query(min_length=1, max_length=200, description=SEARCH)] = None,
) -> ConversationPage:
    """List the member's conversations, newest first. What is started meanwhile shifts no page."""
    own = select(Conversation).where(Conversation.user_id == user.id)
    if q is not None:
        own = own.where(holds(q))
    if project_id is not None:
        own = own.where(Conversation.project_id == project_id)
    key = tuple_(Conversation.created_at, Conversation.id)
    if cursor is not None:
        own = own.where(key < place.place_of(cursor))
    newest = own.order_by(Conversation.created_at.desc(), Conversation.id.desc()).limit(limit + 1)
    found = list(await db.scalars(newest))
    return ConversationPage(
        items=[ConversationOut.model_validate(conversation) for conversation in found[:limit]],
        next_cursor=place.cursor_of(found[limit - 1].created_at, found[limit - 1].id) if len(found) > limit else None,
    )


@router.get(
    "/{conversation_id}",
    operation_id="get_conversation",
    summary="Show a conversation",
    responses=problems(401, 404, 422, 429),
)
async def get_conversation(conversation: Annotated[Conversation, Depends(own_conversation)]) -> ConversationOut:
    """Show one conversation, without its messages."""
    return ConversationOut.model_validate(conversation)


@router.patch(
    "/{conversation_id}",
    operation_id="rename_conversation",
    summary="Rename or move a conversation",
    responses=problems(401, 403, 404, 422, 429),
)
async def rename_conversation(
    change: ConversationChange,
    conversation: Annotated[Conversation, Depends(own_conversation)],
    user: CurrentUser,
    db: Db,
) -> ConversationOut:
    """Change what is given: the title, the project, or both."""
    given = change.model_dump(exclude_unset=True)
    if given.get("project_id") is not None:
        await projects.find_own(db, user, given["project_id"])
    for name, value in given.items():
        setattr(conversation, name, value)
    await db.commit()
    return ConversationOut.model_validate(conversation)


@router.delete(
    "/{conversation_id}",
    operation_id="delete_conversation",
    summary="Delete a conversation",
    status_code=204,
    responses=problems(401, 403, 404, 422, 429),
)
async def delete_conversation(
    conversation: Annotated[Conversation, Depends(own_conversation)], db: Db, desk: AtDesk
) -> None:
    """Delete a conversation with its messages; an answer being written there stops."""
    await desk.slots.stop(conversation.id)
    await db.delete(conversation)
    await db.commit()
