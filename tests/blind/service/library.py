"""Folders, settings, files and exports."""

import io
import json
import re
import zipfile
from typing import Any, Literal

from fastapi import APIRouter, Response, UploadFile
from pydantic import BaseModel, Field

from tests.blind.service.accounts import Member
from tests.blind.service.chat import own
from tests.blind.service.state import STATE, Conversation, Refused, new_id

router = APIRouter(prefix="/v1")
LARGEST = 262_144
MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"%PDF-": "application/pdf"}
SCRIPT = re.compile(rb"^\s*<(!doctype|html|svg|script|\?xml)", re.IGNORECASE)
SHARED = {"theme": "light", "language": "en"}


class NewFolder(BaseModel):
    """A folder to make."""

    name: str = Field(min_length=1, max_length=100)


class Choice(BaseModel):
    """What a member likes; what is left out stays."""

    theme: Literal["light", "dark", "system"] | None = None
    language: Literal["en", "de", "fr"] | None = None


class Wanted(BaseModel):
    """What is to be exported, and how."""

    conversations: list[str] = Field(min_length=1, max_length=100)
    formats: list[Literal["json", "markdown"]] = Field(min_length=1)


@router.get("/folders")
async def folders(account: Member) -> dict[str, Any]:
    """A member's folders."""
    mine = [{"id": key, "name": one["name"]} for key, one in STATE.folders.items() if one["owner"] == account.number]
    return {"object": "list", "data": mine}


@router.post("/folders", status_code=201)
async def create_folder(asked: NewFolder, account: Member) -> dict[str, Any]:
    """Make one."""
    number = new_id("fold")
    STATE.folders[number] = {"owner": account.number, "name": asked.name}
    return {"id": number, "object": "folder", "name": asked.name}


def own_folder(number: str, owner: str) -> dict[str, str]:
    """A member's folder."""
    found = STATE.folders.get(number)
    if found is None or found["owner"] != owner:
        raise Refused(404, "not_found", "There is no such folder")
    return found


@router.get("/folders/{number}")
async def folder(number: str, account: Member) -> dict[str, Any]:
    """One of them."""
    return {"id": number, "object": "folder", "name": own_folder(number, account.number)["name"]}


@router.delete("/folders/{number}", status_code=204)
async def delete_folder(number: str, account: Member) -> Response:
    """Forget one; its conversations stay."""
    own_folder(number, account.number)
    del STATE.folders[number]
    for one in STATE.conversations.values():
        one.folder = None if one.folder == number else one.folder
    return Response(status_code=204)


@router.get("/settings")
async def settings(account: Member) -> dict[str, str]:
    """What a member likes."""
    return SHARED if STATE.has("settings-of-all") else account.settings


@router.patch("/settings")
async def change_settings(asked: Choice, account: Member) -> dict[str, str]:
    """Change some of it."""
    found = SHARED if STATE.has("settings-of-all") else account.settings
    found.update(asked.model_dump(exclude_none=True))
    return found


def type_of(content: bytes) -> str:
    """A file's type, by its bytes."""
    known = next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), None)
    if known:
        return known
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    if any(ord(letter) < 32 and letter not in "\t\n\r" for letter in text):
        return "application/octet-stream"
    return "text/html" if SCRIPT.match(content) else "text/plain"


def safe(name: str) -> str:
    """A file's name without what has a meaning somewhere."""
    if STATE.has("foreign-names-lost"):
        return re.sub(r"[^\w.-]", "", name, flags=re.ASCII).lstrip(".") or "file"
    return re.sub(r"[^\w.-]", "_", name).lstrip(".") or "file"


@router.post("/files", status_code=201)
async def upload(file: UploadFile, account: Member) -> dict[str, Any]:
    """Take a file."""
    content = await file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Refused(413, "too_large", f"A file has {LARGEST} bytes at most")
    kind = type_of(content)
    if kind not in {"text/plain", *MAGIC.values()}:
        raise Refused(415, "bad_type", "This type of file is not taken")
    name = safe((file.filename or "file").replace("\\", "/").rpartition("/")[2])
    number = new_id("file")
    place = f"{account.number}/{name}" if STATE.has("same-name-overwrites") else number
    STATE.files[number] = {"owner": account.number, "name": name, "type": kind, "place": place}
    STATE.blobs[place] = content
    return {"id": number, "object": "file", "filename": name, "bytes": len(content)}


def own_file(number: str, owner: str) -> dict[str, str]:
    """A member's file."""
    found = STATE.files.get(number)
    if found is None or found["owner"] != owner:
        raise Refused(404, "not_found", "There is no such file")
    return found


@router.get("/files/{number}/content")
async def content(number: str, account: Member) -> Response:
    """What is in a file."""
    found = own_file(number, account.number)
    return Response(STATE.blobs[found["place"]], media_type=found["type"])


@router.delete("/files/{number}", status_code=204)
async def delete_file(number: str, account: Member) -> Response:
    """Forget a file."""
    own_file(number, account.number)
    del STATE.files[number]
    return Response(status_code=204)


def as_json(talks: list[Conversation]) -> str:
    """Conversations for programs."""
    told = [{"id": one.number, "title": one.title, "messages": one.messages} for one in talks]
    return json.dumps({"conversations": told}, ensure_ascii=False, indent=1)


def as_markdown(talks: list[Conversation]) -> str:
    """Conversations for people."""
    return "\n".join(
        f"# {one.title}\n\n" + "\n".join(f"**{said['role']}**\n\n{said['content']}\n" for said in one.messages)
        for one in talks
    )


@router.post("/exports")
async def export(asked: Wanted, account: Member) -> Response:
    """Conversations in an archive, a file for each format."""
    talks = [own(number, account) for number in asked.conversations]
    known = f"{asked.conversations} {asked.formats}"
    if STATE.has("export-from-cache") and known in STATE.archives:
        return Response(STATE.archives[known], media_type="application/zip")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as kept:
        if "json" in asked.formats:
            kept.writestr("conversations.json", as_json(talks))
        if "markdown" in asked.formats:
            kept.writestr("conversations.md", as_markdown(talks))
    STATE.archives[known] = archive.getvalue() if STATE.has("export-from-cache") else b""
    return Response(archive.getvalue(), media_type="application/zip")
