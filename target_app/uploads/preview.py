"""What can be shown of a file without opening it."""

from target_app.uploads.models import Upload
from target_app.uploads.schemas import Preview, UploadOut
from target_app.uploads.sniffing import TEXT

BEGINNING_CHARS = 2_000


def preview_type(media_type: str) -> str | None:
    """Name the type in which a preview is sent, or None where there is none."""
    if media_type == TEXT:
        return f"{TEXT}; charset=utf-8"
    return media_type if media_type.startswith("image/") else None


def preview_of(media_type: str, content: bytes) -> Preview:
    """Give the beginning of a text, or say that there is an image or nothing to show."""
    if media_type == TEXT:
        return Preview(kind="text", text=content.decode("utf-8")[:BEGINNING_CHARS])
    return Preview(kind="image" if media_type.startswith("image/") else "none")


def of_file(stored: Upload, content: bytes) -> UploadOut:
    """Describe a stored file with its preview."""
    preview = preview_of(stored.media_type, content)
    return UploadOut(
        id=stored.id,
        name=stored.name,
        media_type=stored.media_type,
        size=stored.size,
        sha256=stored.sha256,
        preview_url=None if preview.kind == "none" else f"/uploads/{stored.id}/preview",
        preview=preview,
    )
