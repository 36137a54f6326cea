"""The table of operations: which paths there are, and what each takes."""

import re
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, compile_path


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A route as callers see it, with the prefixes of all routers it is in."""

    path: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    route: BaseRoute


def operations(app: FastAPI) -> list[Operation]:
    """List every operation of the service."""
    return [
        Operation(
            path=context.path,
            pattern=compile_path(context.path)[0],
            methods=frozenset(context.methods or ()),
            route=context.original_route,
        )
        for context in iter_route_contexts(app.routes)
        if context.path is not None
    ]


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """List the methods that a path takes; HEAD goes with GET."""
    found = frozenset[str]().union(*(one.methods for one in operations(app) if one.pattern.match(path)))
    return sorted(found | {"HEAD"} if "GET" in found else found)


def templates(app: FastAPI) -> dict[int, str]:
    """Map each route, by its identity, to its path with parameters unfilled."""
    return {id(operation.route): operation.path for operation in operations(app)}
