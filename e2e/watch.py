"""Watches every page of a person: what it complains of, what it asks for, and whom."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from e2e.proxy import place
from gonogo.browsed import Noticed

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, Response

    from gonogo.redaction import Vault

TELLS = """
const gonogoBlocked = new Set();
document.addEventListener("securitypolicyviolation", (event) => {
  gonogoBlocked.add(event.blockedURI);
  window.gonogoPolicy(`${event.effectiveDirective} was broken by ${event.blockedURI || "a script"}`);
});
window.addEventListener("error", ({ target }) => {
  const url = target instanceof Element && (target.currentSrc || target.src || target.href);
  if (typeof url === "string" && url) {
    setTimeout(() => gonogoBlocked.has(url) || window.gonogoUnloaded(target.localName, url));
  }
}, true);
document.fonts?.addEventListener("loadingerror", ({ fontfaces }) => {
  fontfaces.forEach((font) => window.gonogoUnloaded(`font ${font.family}`, location.href));
});
"""
"""An element tells what it could not load whatever the reason: a wrong type, or a wrong digest, is no status."""
LEFT = ("net::ERR_ABORTED", "NS_BINDING_ABORTED")
"""A request that the page itself gave up, or that went with the page."""
TOLD_ELSEWHERE = (
    *("Failed to load resource", "Content Security Policy", "Content-Security-Policy"),
    *("Refused to apply style", "Refused to execute script", "Failed to load module script"),
    *("Failed to find a valid digest", "was blocked due to MIME type", "Mixed Content"),
)
MIXED = ("Mixed Content", "Blocked loading mixed")
OPEN = frozenset({"http", "ws"})
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
        self.refused: set[str] = set()

    async def begin(self, context: BrowserContext) -> None:
        """Watch each page of a context from now on."""
        await context.expose_function("gonogoPolicy", self._policy)
        await context.expose_function("gonogoUnloaded", self._unloaded)
        await context.add_init_script(TELLS)
        context.on("page", self._page)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.noticed.exceptions.append(self._said(str(error.error))))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        mixed = parts.scheme in OPEN and self.origin.startswith("https:")
        if parts.scheme not in OF_NOBODY and (mixed or place(request.url) != place(self.origin)):
            self.noticed.foreign.append(f"a page asked {parts.scheme}://{parts.netloc}, which is not {self.origin}")

    def _page(self, page: Page) -> None:
        page.on("framenavigated", lambda frame: self.noticed.pages.append(urlsplit(frame.url).path))

    def _policy(self, said: str) -> None:
        self.noticed.policy.append(self._said(said))

    def _unloaded(self, what: str, url: str) -> None:
        path = urlsplit(url).path
        if place(url) == place(self.origin) and path not in self.refused:  # what is not ours is told as such
            self.noticed.failed.append(self._said(f"{what} could not be loaded from {path}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.text.startswith(MIXED):
            self.noticed.foreign.append(self._said(message.text))
        if message.type == "error" and not any(one in message.text for one in TOLD_ELSEWHERE):
            self.noticed.console.append(self._said(message.text))

    def _failed(self, request: Request) -> None:
        failure = request.failure or ""
        if failure.startswith(LEFT) or not request.url.startswith(self.origin) or "csp" in failure.lower():
            return
        self.noticed.failed.append(self._said(f"{request.method} {self._path(request)}: {failure}"))

    def _response(self, response: Response) -> None:
        path = self._path(response.request)
        if response.status >= REFUSED:
            self.refused.add(path)
        if response.status >= REFUSED and path not in self.expects:
            self.noticed.failed.append(f"{response.request.method} {path} answered {response.status}")

    def _path(self, request: Request) -> str:
        return urlsplit(request.url).path

    def _said(self, text: str) -> str:
        return self.vault.redact(text)[:300]
