"""Lets Locust follow a load profile: how many people there are at which moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locust import LoadTestShape

if TYPE_CHECKING:
    from locust.env import Environment

    from load.capacity import Search
    from load.profiles import LoadProfile


class Stages(LoadTestShape):
    """The stages of a load profile, one after another; stays with the last until the head ends the load."""

    abstract = True

    def __init__(self, plan: LoadProfile) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.plan = plan

    def tick(self) -> tuple[int, float] | None:
        """How many people there must be now, and how fast they come."""
        passed = float(self.get_run_time())  # type: ignore[no-untyped-call]
        for stage in self.plan.stages:
            passed -= stage.seconds
            if passed < 0:
                break
        return stage.users, stage.rate


class Searching(LoadTestShape):
    """As many people as the search for the breaking point wants next."""

    abstract = True

    def __init__(self, plan: LoadProfile, search: Search) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.plan = plan
        self.search = search
        self.users = search.users

    def tick(self) -> tuple[int, float] | None:
        """How many people there must be now; those of the last step stay until the head ends the load."""
        self.users = self.search.people or self.users
        return self.users, self.plan.stages[0].rate


def follow(environment: Environment, plan: LoadProfile, search: Search | None) -> None:
    """Follow the profile's stages or search, or whoever said with -u how many people are to come."""
    options: Any = environment.parsed_options
    first = plan.stages[0]
    if search:
        environment.shape_class = Searching(plan, search)
        environment.shape_class.runner = environment.runner
        return
    if options.num_users is None and len(plan.stages) > 1:
        environment.shape_class = Stages(plan)
        environment.shape_class.runner = environment.runner
        return
    options.num_users = options.num_users or first.users
    options.spawn_rate = options.spawn_rate or max(first.rate, options.num_users / 5)
