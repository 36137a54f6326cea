"""Faults of the pages, as a browser meets them."""

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.fault import fault

COUNTER = "https://counter.example.net"
POLICY = "Content-Security-Policy"


@fault("ui-dead-send", detected_by={"ui.answer-shown"})
def dead_send(app: FastAPI) -> None:
    """The button that sends a message empties the field and does nothing else."""
    app.state.site.rewrite("chat-composer.js", "    this.onSend(text);\n", "")


@fault("ui-answer-twice", detected_by={"ui.answer-once"})
def answer_twice(app: FastAPI) -> None:
    """An answer that has streamed is added to the page a second time when it is whole."""
    end = 'answer.finish(how);\n    }\n    this.#end(how);\n    if (how === "failed")'
    app.state.site.rewrite("chat-thread.js", end, f"answer.append(answer.text);\n      {end}")


@fault("ui-answer-forgotten", detected_by={"ui.answer-kept"})
def answer_forgotten(app: FastAPI) -> None:
    """A conversation that is opened again shows its first message alone."""
    app.state.site.rewrite("chat-thread.js", "const message of said)", "const message of said.slice(0, 1))")


@fault("ui-sign-in-astray", detected_by={"ui.sign-in"})
def sign_in_astray(app: FastAPI) -> None:
    """Who signs in is led to the plans, and not to where they wanted to go."""
    end = "remember();\n  location.replace("
    app.state.site.rewrite("signin.js", f"{end}next)", f'{end}"/plan")')


@fault("ui-sign-out-kept", detected_by={"ui.sign-out"})
def sign_out_kept(app: FastAPI) -> None:
    """The button that signs out leaves the page, and the session as it is."""
    app.state.site.rewrite("shell.js", 'await request("/auth/signout", { method: "POST" });', "await request;")


@fault("ui-never-ready", detected_by={"ui.pages-open"})
def never_ready(app: FastAPI) -> None:
    """The page of plans waits for something that never comes."""
    app.state.site.rewrite("plan.js", "\nready();", "\nawait new Promise(() => {});\nready();")


@fault("ui-file-missing", detected_by={"ui.no-failed-request"})
def file_missing(app: FastAPI) -> None:
    """A picture of every page of a member is not where the page says."""
    app.state.site.rewrite("member.html", "<noscript>", '<img src="/static/gone/late.svg" alt="" hidden>\n<noscript>')


@fault("ui-stylesheet-refused", detected_by={"ui.no-failed-request"})
class StylesheetRefused:
    """A stylesheet of the chat comes as plain text, and no browser applies it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with another type."""

        async def renamed(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["path"].endswith("/chat-said.css"):
                MutableHeaders(scope=message)["Content-Type"] = "text/plain; charset=utf-8"
            await send(message)

        await self.app(scope, receive, renamed)


@fault("ui-console-error", detected_by={"ui.no-console-error"})
def console_error(app: FastAPI) -> None:
    """Every page writes an error to the console when it is ready."""
    line = 'document.documentElement.dataset.ready = "true";'
    app.state.site.rewrite("ready.js", line, f'console.error("theme is not defined, using light");\n  {line}')


@fault("ui-exception", detected_by={"ui.no-exception"})
def exception(app: FastAPI) -> None:
    """Every page of a member throws once it is set up."""
    app.state.site.rewrite("shell.js", "  listen();\n", "  listen();\n  queueMicrotask(() => listed.menu.open());\n")


@fault("ui-inline-handler", detected_by={"ui.keeps-policy"})
def inline_handler(app: FastAPI) -> None:
    """A button has its handler in the page, which the policy forbids."""
    app.state.site.rewrite("member.html", 'id="sign-out">', 'id="sign-out" onclick="this.disabled = true">')


@fault("ui-foreign-counter", detected_by={"ui.own-requests-only"})
def foreign_counter(app: FastAPI) -> None:
    """Every page of a member fetches a picture from somebody who counts visitors, and the policy lets it."""
    app.state.site.rewrite("member.html", "<noscript>", f'<img src="{COUNTER}/visit.gif" alt="" hidden>\n<noscript>')
    app.add_middleware(LenientPolicy)


class LenientPolicy:
    """Lets pages show pictures of somebody else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a wider policy."""

        async def widened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if POLICY in headers:
                    headers[POLICY] = headers[POLICY].replace("img-src", f"img-src {COUNTER}")
            await send(message)

        await self.app(scope, receive, widened)
