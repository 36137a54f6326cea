"""Uploads files that a target may refuse, and asks to be shown those that it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.exchange import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.exchange import Exchange
    from gonogo.member import Member
    from gonogo.samples import File


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What became of one file: the answer to its upload, and where that was taken, what is shown of it."""

    upload: Exchange
    preview: Exchange | None
    twin: Exchange

    @property
    def refusal(self) -> Refusal:
        """The last answer, beside that of a file that must be shown."""
        return Refusal(refused=self.preview or self.upload, before=self.twin)

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """What shows the same again."""
        return (self.upload, self.preview) if self.preview else (self.upload,)


def trail_of(shown: Sequence[Shown]) -> list[Exchange]:
    """What shows the same of all files again."""
    return [exchange for one in shown for exchange in one.trail]


async def show(member: Member, good: File, files: Sequence[File]) -> list[Shown]:
    """Upload a file that must be taken, and then others; what is shown of each."""
    taken = await member.do("upload", **good.values)
    twin = await member.do("preview", upload_id=taken.captured.get("upload_id", ""))
    return [await show_one(member, file, twin) for file in files]


async def under_one_name(owners: Sequence[Member], files: Sequence[File]) -> list[Exchange]:
    """Have each member upload a file, all of them under the same name."""
    requests = [owner.request("upload", **file.values) for owner, file in zip(owners, files, strict=True)]
    shared = [owner.cast.names.shared(request) for owner, request in zip(owners, requests, strict=True)]
    return [await owner.exchange(request) for owner, request in zip(owners, shared, strict=True)]


async def show_one(member: Member, file: File, twin: Exchange) -> Shown:
    """Upload one file, and ask for its preview where it was taken."""
    upload = await member.attempt("upload", **file.values)
    upload_id = upload.captured.get("upload_id")
    preview = await member.attempt("preview", upload_id=upload_id) if upload.ok and upload_id else None
    return Shown(upload=upload, preview=preview, twin=twin)
