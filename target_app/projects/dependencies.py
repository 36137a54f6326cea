"""Whose project it is."""

from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.dependencies import CurrentUser
from target_app.accounts.models import User
from target_app.database import Db
from target_app.errors import Problem
from target_app.projects.models import Project


async def find_own(db: AsyncSession, user: User, project_id: str) -> Project:
    """Find a project of `user`; raises a 404 problem for any other."""
    project = await db.get(Project, project_id)
    if project is None or project.user_id != user.id:
        raise Problem(404, "There is no such project.")
    return project


async def own_project(project_id: str, user: CurrentUser, db: Db) -> Project:
    """Find the project that the path names."""
    return await find_own(db, user, project_id)
