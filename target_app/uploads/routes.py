import hashlib
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Response, UploadFile

from target_app.accounts.dependencies import CurrentUser
from target_app.database import Db
from target_app.errors import Problem, problems
from target_app.settings import Config
from target_app.uploads import files, sniffing
from target_app.uploads.models import Upload
from target_app.uploads.preview import of_file, preview_type
from target_app.uploads.schemas import UploadOut

router = APIRouter(prefix="/uploads", tags=["uploads"])

TYPES = ", ".join(sorted(sniffing.ALLOWED))
PREVIEW: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The whole text, or the image.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("text/plain", "image/png", "image/jpeg")
        },
    }
}


def checked_type(name: str, content: bytes) -> str:
    """Tell the type from the bytes; raises 415 for a type we do not take or a name that says otherwise."""
    media_type = sniffing.media_type_of(content)
    if media_type is None or media_type not in sniffing.ALLOWED:
        raise Problem(415, f"This is not a file that we take. We take {TYPES}.")
    if not sniffing.agrees(name, media_type):
        raise Problem(415, f"The content is {media_type}, but the name says otherwise.")
    return media_type


async def read_whole(file: UploadFile, limit: int) -> bytes:
    """Read the file; raises 413 if it has more than `limit` bytes."""
    content = await file.read(limit + 1)
    if len(content) > limit:
        raise Problem(413, f"A file has at most {limit} bytes.")
    return content


@router.post(
    "",
    operation_id="upload",
    summary="Upload a file",
    status_code=201,
    responses=problems(401, 403, 413, 415, 422, 429),
)
async def upload(
    file: Annotated[UploadFile, File(description=f"One of {TYPES}")], user: CurrentUser, db: Db, settings: Config
) -> UploadOut:
    """Store a file. Its type is told from its bytes, and its name is made safe."""
    content = await read_whole(file, settings.upload_limit_bytes)
    name = sniffing.safe_name(file.filename or "")
    stored = Upload(
        user_id=user.id,
        name=name,
        media_type=checked_type(name, content),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )
    db.add(stored)
    await db.commit()
    return of_file(stored, content)


@router.get(
    "/{upload_id}/preview",
    operation_id="preview",
    summary="Preview a file",
    response_class=Response,
    responses={**PREVIEW, **problems(401, 404, 422, 429)},
)
async def preview(upload_id: str, user: CurrentUser, db: Db) -> Response:
    """Give an image as it is, and a text as plain text whatever it contains."""
    stored = await files.find_own(db, user, upload_id)
    media_type = preview_type(stored.media_type)
    if media_type is None:
        raise Problem(404, f"A file of type {stored.media_type} has no preview.")
    disposition = f"inline; filename*=UTF-8''{quote(stored.name, safe='')}"
    return Response(stored.content, media_type=media_type, headers={"Content-Disposition": disposition})


@router.delete(
    "/{upload_id}",
    operation_id="delete_upload",
    summary="Delete a file",
    status_code=204,
    responses=problems(401, 403, 404, 422, 429),
)
async def delete_upload(upload_id: str, user: CurrentUser, db: Db) -> None:
    """Remove a file for good."""
    await db.delete(await files.find_own(db, user, upload_id))
    await db.commit()
