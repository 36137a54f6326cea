"""Faults of the OpenAPI document itself: where it is, and whether what it names is there."""

import re
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers

from target_app.fault import fault
from target_app.faults.contract_answers import Answer, ChangedAnswer


@fault("contract.unreadable", detected_by={"contract.readable"})
def unreadable(app: FastAPI) -> None:
    """Where the document was, there is a page about it."""
    app.add_middleware(_Page)


class _Page(ChangedAnswer):
    path = re.compile("/openapi.json")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        del request, sent
        answer.body = b"<!doctype html><title>Documentation</title>"
        answer.headers["Content-Type"] = "text/html"


@fault("contract.phantom", detected_by={"contract.true-paths", "contract.statuses", "contract.methods"})
def phantom(app: FastAPI) -> None:
    """The document has an operation that is not deployed."""
    write = app.openapi

    def document() -> dict[str, Any]:
        found = write()
        answers = {
            "200": {"description": "All invoices.", "content": {"application/json": {"schema": {"type": "object"}}}}
        }
        found["paths"]["/billing/invoices"] = {
            "get": {"operationId": "list_invoices", "summary": "List invoices", "responses": answers, "security": []}
        }
        return found

    app.openapi = document  # type: ignore[method-assign]  # FastAPI documents this way of doing it
