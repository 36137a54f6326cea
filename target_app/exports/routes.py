from asyncio import to_thread
from typing import Any

from fastapi import APIRouter, Response

from target_app.accounts.dependencies import CurrentUser
from target_app.database import Db, utcnow
from target_app.errors import problems
from target_app.exports import formats, gather
from target_app.exports.schemas import ExportRequest

router = APIRouter(prefix="/exports", tags=["exports"])

ZIP = "application/zip"
ARCHIVE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A ZIP with one file for each format, such as conversations.json.",
        "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "",
    operation_id="export",
    summary="Export conversations",
    response_class=Response,
    responses={**ARCHIVE, **problems(401, 403, 404, 422, 429)},
)
async def export(request: ExportRequest, user: CurrentUser, db: Db) -> Response:
    """Export the member's conversations with all their messages, in each of the formats asked for."""
    conversations = await gather.gather(db, user, request.conversation_ids)
    # Rendering takes a while, and other members must not wait for it.
    content = await to_thread(formats.archive, conversations, request.formats)
    name = f"conversations-{utcnow():%Y%m%d}.zip"
    return Response(content, media_type=ZIP, headers={"Content-Disposition": f'attachment; filename="{name}"'})
