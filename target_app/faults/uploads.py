"""Faults of uploads."""

from http.client import OK

from fastapi import FastAPI, UploadFile
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts.models import User
from target_app.errors import Problem
from target_app.fault import fault
from target_app.uploads import files, sniffing
from target_app.uploads import routes as upload_routes
from target_app.uploads.models import Upload


@fault("upload.preview-differs", detected_by={"features.preview-matches"})
class PreviewDiffers:
    """The preview of a file has another last byte than the file."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Change the end of previews."""
        found = False

        async def changed(message: Message) -> None:
            nonlocal found
            if message["type"] == "http.response.start":
                found = message["status"] == OK
            elif found and message.get("body"):
                message = {**message, "body": message["body"][:-1] + b"?"}
            await send(message)

        previews = scope["type"] == "http" and scope["path"].endswith("/preview")
        await self.app(scope, receive, changed if previews else send)


@fault("upload.foreign-names-lost", detected_by={"features.upload-named"})
def foreign_names_lost(_app: FastAPI) -> None:
    """A name keeps no letter that is none of ASCII's."""
    safe_name = sniffing.safe_name

    def plain_name(name: str) -> str:
        return safe_name(name.encode("ascii", "ignore").decode())

    sniffing.safe_name = plain_name


@fault("upload.accepts-script", detected_by={"features.upload-types"})
def accepts_script(_app: FastAPI) -> None:
    """A script that calls itself an image is taken."""

    def agrees(name: str, media_type: str) -> bool:
        _ = name, media_type
        return True

    sniffing.agrees = agrees


@fault("upload.type-from-name", detected_by={"features.type-from-content", "features.upload-types"})
def type_from_name(_app: FastAPI) -> None:
    """Whatever is called a picture is taken and shown as one."""
    checked_type = upload_routes.checked_type

    def named_type(name: str, content: bytes) -> str:
        return "image/png" if name.endswith(".png") else checked_type(name, content)

    upload_routes.checked_type = named_type


@fault("upload.pages-run", detected_by={"features.upload-inert"})
def pages_run(app: FastAPI) -> None:
    """A page is taken, and shown as one."""
    checked_type = upload_routes.checked_type

    def type_or_page(name: str, content: bytes) -> str:
        return sniffing.TEXT if name.endswith(".html") else checked_type(name, content)

    upload_routes.checked_type = type_or_page
    app.add_middleware(_ShowsPages)


class _ShowsPages:
    """Shows what is named as a page as a page, and under no policy."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def as_page(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-disposition", "").endswith(".html"):
                    headers["content-type"] = "text/html; charset=utf-8"
                    del headers["content-security-policy"]
            await send(message)

        previews = scope["type"] == "http" and scope["path"].endswith("/preview")
        await self.app(scope, receive, as_page if previews else send)


@fault("upload.keeps-path", detected_by={"features.upload-name"})
def keeps_path(_app: FastAPI) -> None:
    """A file is kept under the name that it was sent with, whatever that is."""

    def as_sent(name: str) -> str:
        return name

    sniffing.safe_name = as_sent


@fault("upload.one-by-name", detected_by={"features.uploads-apart"})
def one_by_name(_app: FastAPI) -> None:
    """Files of one name are one file: the last that anybody sent."""
    find_own = files.find_own

    async def find_last(db: AsyncSession, user: User, upload_id: str) -> Upload:
        own = await find_own(db, user, upload_id)
        named = select(Upload).where(Upload.name == own.name).options(undefer(Upload.content))
        return (await db.scalars(named.order_by(Upload.created_at.desc()))).first() or own

    files.find_own = find_last


@fault("upload.any-size", detected_by={"features.upload-size"})
def any_size(_app: FastAPI) -> None:
    """Nobody counts the bytes of a file."""

    async def read_on(file: UploadFile, limit: int) -> bytes:
        _ = limit
        return await file.read()

    upload_routes.read_whole = read_on


@fault(
    "upload.foreign-readable",
    detected_by={"features.upload-own-only", "auth.own-things-only", "auth.own-things-untouched"},
)
def foreign_readable(_app: FastAPI) -> None:
    """Any member can see any file, and delete it."""

    async def find_any(db: AsyncSession, user: User, upload_id: str) -> Upload:
        _ = user
        stored = await db.get(Upload, upload_id, options=[undefer(Upload.content)])
        if stored is None:
            raise Problem(404, "There is no such file.")
        return stored

    files.find_own = find_any
