"""What a member stored, as the page of files shows it."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.models import User
from target_app.uploads.models import Upload
from target_app.uploads.sniffing import TEXT

BEGINNING_BYTES = 600
MOST = 100


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file without its bytes; `beginning` is that of a text, and empty for anything else."""

    id: str
    name: str
    media_type: str
    size: int
    beginning: str

    @property
    def is_image(self) -> bool:
        """Whether a browser can show it as it is."""
        return self.media_type.startswith("image/")


async def stored_files(db: AsyncSession, user: User) -> list[StoredFile]:
    """List the member's newest files."""
    newest = (
        select(Upload.id, Upload.name, Upload.media_type, Upload.size)
        .where(Upload.user_id == user.id)
        .order_by(Upload.created_at.desc(), Upload.id)
        .limit(MOST)
    )
    found = (await db.execute(newest)).all()
    texts = [row.id for row in found if row.media_type == TEXT]
    beginnings = await _beginnings(db, texts)
    return [
        StoredFile(
            id=row.id, name=row.name, media_type=row.media_type, size=row.size, beginning=beginnings.get(row.id, "")
        )
        for row in found
    ]


async def _beginnings(db: AsyncSession, ids: list[str]) -> dict[str, str]:
    if not ids:
        return {}
    wanted = select(Upload.id, func.substr(Upload.content, 1, BEGINNING_BYTES)).where(Upload.id.in_(ids))
    # The cut may go through a character.
    return {name: bytes(content).decode("utf-8", "ignore") for name, content in await db.execute(wanted)}
