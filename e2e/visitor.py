"""A person with a browser: what they do on the pages. Things are found by the profile's roles, names and labels."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar
from urllib.parse import urlsplit

from playwright.async_api import TimeoutError as TookTooLong

from e2e.kept import film, redact_trace
from gonogo.browsed import Arrived, Noticed, Talked
from gonogo.evidence import Artifact
from gonogo.trouble import HarnessTrouble, OperationFailed

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import BrowserContext, Locator, Page

    from e2e.watch import Watch
    from gonogo import screens
    from gonogo.check import Check
    from gonogo.checker import Checker
    from gonogo.member import Member

S = TypeVar("S")
ARRIVES_MS = 10_000
UNUSUAL = re.compile(r"[^\w.-]+", re.ASCII)
MASKED = "input[type=password], input[name*=token i], input[name*=secret i], input[autocomplete=one-time-code]"


@dataclass(kw_only=True)
class Visitor:
    """A member at a browser of their own."""

    member: Member
    context: BrowserContext
    page: Page
    watch: Watch
    folder: Path
    part: str

    @property
    def ui(self) -> screens.Ui:
        """What the profile says of the pages."""
        ui = self.member.profile.ui
        if ui is None:
            raise HarnessTrouble("the profile describes no ui: mark the part with needs")
        return ui

    @property
    def chat(self) -> screens.ChatPage:
        """What it says of the chat."""
        if self.ui.chat is None:
            raise HarnessTrouble("the profile describes no ui.chat: mark the part with needs")
        return self.ui.chat

    @property
    def noticed(self) -> Noticed:
        """What went wrong on the pages so far."""
        return self.watch.noticed

    def found(self, one: screens.Locator) -> Locator:
        """A thing on the page."""
        if one.label is not None:
            return self.page.get_by_label(one.label, exact=True)
        if one.role is None:
            raise HarnessTrouble("a locator without a role or a label")
        return self.page.get_by_role(one.role, name=one.name, exact=True)

    @property
    def path(self) -> str:
        """Where the page is."""
        return urlsplit(self.page.url).path

    async def open(self, path: str) -> Arrived:
        """Open a page."""
        try:
            await self.page.goto(path, wait_until="domcontentloaded")
        except TookTooLong:
            raise OperationFailed(f"{path} did not open within {ARRIVES_MS / 1000:.0f} s") from None
        return Arrived(step=f"opening {path}", wanted=path, path=self.path, ready=await self.is_ready())

    async def is_ready(self) -> bool:
        """Whether the page says that it has finished its set-up, within a time."""
        if self.ui.ready is None:
            return True
        try:
            await self.page.locator(self.ui.ready).wait_for(state="attached")
        except TookTooLong:
            return False
        return True

    async def sign_in(self) -> Arrived:
        """Sign in by the page; where that led."""
        form = self.ui.sign_in
        if form is None:
            raise HarnessTrouble("the profile describes no ui.sign_in: mark the part with needs")
        await self.open(form.path)
        account = self.member.person.account
        try:
            await self.found(form.email).fill(account.email)
            await self.found(form.password).fill(account.password)
            await self.found(form.submit).click()
        except TookTooLong as error:
            raise OperationFailed(f"nobody can sign in at {form.path}: {first_line(error)}") from None
        return await self.arrived("signing in", self.chat.path)

    async def sign_out(self) -> Arrived:
        """Sign out by the page, and open the chat again; where that led."""
        if self.ui.sign_out is None or self.ui.sign_in is None:
            raise HarnessTrouble("the profile describes no ui.sign_out: mark the part with needs")
        try:
            await self.found(self.ui.sign_out).click()
        except TookTooLong as error:
            raise OperationFailed(f"nobody can sign out: {first_line(error)}") from None
        await self.arrived("signing out", self.ui.sign_in.path)
        await self.open(self.chat.path)
        return await self.arrived("opening the chat after signing out", self.ui.sign_in.path)

    async def arrived(self, step: str, wanted: str) -> Arrived:
        """Wait until the page is where a step is to lead; where it is."""
        try:
            await self.page.wait_for_url(lambda url: urlsplit(url).path == wanted, wait_until="domcontentloaded")
        except TookTooLong:
            return Arrived(step=step, wanted=wanted, path=self.path, ready=False)
        return Arrived(step=step, wanted=wanted, path=self.path, ready=await self.is_ready())

    async def say(self, prompt: str, words: str) -> Talked:
        """Send a message by the page; what it showed."""
        try:
            await self.found(self.chat.message).fill(prompt)
            await self.found(self.chat.send).click()
        except TookTooLong as error:
            raise OperationFailed(f"nobody can send a message: {first_line(error)}") from None
        return await self.reads(words)

    async def reads(self, words: str) -> Talked:
        """Wait for an answer with these words; every answer that the page shows then."""
        began = time.monotonic()
        answers = self.found(self.chat.answer)
        try:
            await answers.filter(has_text=words).first.wait_for(timeout=self.chat.answer_s * 1000)
            await self.found(self.chat.send).wait_for(timeout=self.chat.answer_s * 1000)  # it streams no more
        except TookTooLong:
            pass  # the checks are told what there is
        shown = tuple([" ".join(one.split()) for one in await answers.all_inner_texts()])
        return Talked(words=words, waited_s=time.monotonic() - began, answers=shown)

    async def reload(self) -> None:
        """Load the page again."""
        await self.page.reload(wait_until="domcontentloaded")
        await self.is_ready()

    async def show(self, check: Checker, subject: S, *checks: Check[S, []]) -> None:
        """Have checks look at a subject; the page is photographed for the first that complains."""
        before = len(check.records)
        check(subject, *checks)
        complaining = next((one.check for one in check.records[before:] if one.complaints), None)
        if complaining:
            await self.photograph(f"{self.part}-{len(check.records)}", check=complaining)

    async def photograph(self, name: str, check: str = "") -> None:
        """Keep a picture of the page, without what is typed into a field for a secret."""
        path = self.artifact(name, ".png")
        await self.page.screenshot(path=path, mask=[self.page.locator(MASKED)])
        self.tell("screenshot", path, check)

    def artifact(self, name: str, ending: str) -> Path:
        """Where a file that shows something is kept."""
        path = self.folder / "artifacts" / f"{self.member.scenario}-{UNUSUAL.sub('-', name)}{ending}"
        path.parent.mkdir(exist_ok=True)
        return path

    def tell(self, what: Literal["screenshot", "trace", "video"], path: Path, check: str = "") -> None:
        """Write down that a file shows something."""
        self.member.cast.recorder.write(
            Artifact(
                suite="e2e",
                scenario=self.member.scenario,
                part=self.part,
                what=what,
                path=str(path.relative_to(self.folder)),
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                check=check,
                at=time.time(),
            )
        )

    async def keep_trace(self) -> None:
        """Keep the trace of what was done until now, and a film of it, without secrets."""
        raw = self.artifact(self.part, ".raw.zip")
        trace, video = self.artifact(self.part, ".trace.zip"), self.artifact(self.part, ".webm")
        try:
            await self.context.tracing.stop(path=raw)
            await asyncio.to_thread(redact_trace, raw, trace, self.watch.vault)
        finally:
            raw.unlink(missing_ok=True)
        self.tell("trace", trace)
        if await asyncio.to_thread(film, trace, video):
            self.tell("video", video)


def first_line(error: Exception) -> str:
    """What Playwright said, shortly."""
    return str(error).splitlines()[0]
