"""The table of operations: which paths there are, and what each takes."""

import re
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts, request_response
from starlette.routing import BaseRoute, compile_path


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A route as callers see it, with the prefixes of all routers it is in."""

    path: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    route: BaseRoute

    @property
    def is_page(self) -> bool:
        """Whether it is for browsers, and no part of the API."""
        return isinstance(self.route, APIRoute) and not self.route.include_in_schema


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


def attach(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """
    Give an app the routes of these routers, each a copy that looks into the overrides of this app.

    FastAPI's own way analyses each route once more for each app, and looks through a router twice for each request,
    through one in another four times.
    """
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                raise TypeError(f"{route} is no operation")
            own = copy(route)
            own.dependency_overrides_provider = app
            own.app = request_response(own.get_route_handler())
            app.router.routes.append(own)
