"""Watches every page of a person: what it complains of, what it asks for, and whom."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from e2e.proxy import place
from gonogo.browsed import Noticed

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, Response

    from gonogo.redaction import Vault

TELLS_OF_POLICY = """
document.addEventListener("securitypolicyviolation", (event) => {
  window.gonogoPolicy(`${event.effectiveDirective} was broken by ${event.blockedURI || "a script"}`);
});
"""
LEFT = ("net::ERR_ABORTED", "NS_BINDING_ABORTED")
"""A request that the page itself gave up, or that went with the page."""
TOLD_ELSEWHERE = ("Failed to load resource", "Content Security Policy", "Content-Security-Policy")
OF_NOBODY = frozenset({"data", "blob", "about"})
REFUSED = 400


class Watch:
    """What is noticed on the pages of one person; `expects` are paths whose refusal the flow causes."""

    def __init__(self, origin: str, vault: Vault) -> None:
        """Watch pages of this origin."""
        self.origin = origin
        self.vault = vault
        self.noticed = Noticed()
        self.expects: set[str] = set()

    async def begin(self, context: BrowserContext) -> None:
        """Watch each page of a context from now on."""
        await context.expose_function("gonogoPolicy", self._policy)
        await context.add_init_script(TELLS_OF_POLICY)
        context.on("page", self._page)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.noticed.exceptions.append(self._said(str(error.error))))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in OF_NOBODY and place(request.url) != place(self.origin):
            self.noticed.foreign.append(f"a page asked {parts.scheme}://{parts.netloc}, which is not {self.origin}")

    def _page(self, page: Page) -> None:
        page.on("framenavigated", lambda frame: self.noticed.pages.append(urlsplit(frame.url).path))

    def _policy(self, said: str) -> None:
        self.noticed.policy.append(self._said(said))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(one in message.text for one in TOLD_ELSEWHERE):
            self.noticed.console.append(self._said(message.text))

    def _failed(self, request: Request) -> None:
        failure = request.failure or ""
        if failure.startswith(LEFT) or not request.url.startswith(self.origin) or "csp" in failure.lower():
            return
        self.noticed.failed.append(self._said(f"{request.method} {self._path(request)}: {failure}"))

    def _response(self, response: Response) -> None:
        path = self._path(response.request)
        if response.status >= REFUSED and path not in self.expects:
            self.noticed.failed.append(f"{response.request.method} {path} answered {response.status}")

    def _path(self, request: Request) -> str:
        return urlsplit(request.url).path

    def _said(self, text: str) -> str:
        return self.vault.redact(text)[:300]
