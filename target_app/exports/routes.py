from functools import partial
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from target_app.accounts.dependencies import CurrentUser
from target_app.database import Db, Sessions, utcnow
from target_app.errors import problems
from target_app.exports import gather
from target_app.exports.archive import archive
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
    response_class=StreamingResponse,
    responses={**ARCHIVE, **problems(401, 403, 404, 422, 429)},
)
async def export(request: ExportRequest, user: CurrentUser, db: Db, maker: Sessions) -> StreamingResponse:
    """Export the member's conversations with all their messages, in each of the formats asked for."""
    own = await gather.find_own(db, user, request.conversation_ids)
    content = archive(partial(gather.read, maker, own), request.formats)
    name = f"conversations-{utcnow():%Y%m%d}.zip"
    disposition = f'attachment; filename="{name}"'
    return StreamingResponse(content, media_type=ZIP, headers={"Content-Disposition": disposition})
