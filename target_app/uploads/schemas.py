from typing import Literal

from pydantic import BaseModel


class Preview(BaseModel):
    """What can be shown of a file: the beginning of a text, an image, or nothing."""

    kind: Literal["text", "image", "none"]
    text: str | None = None


class UploadOut(BaseModel):
    """A stored file: its safe name, and its type as told from its bytes."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    preview_url: str | None
    preview: Preview
