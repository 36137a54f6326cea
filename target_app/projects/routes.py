from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy import select

from target_app.accounts.dependencies import CurrentUser
from target_app.database import Db
from target_app.errors import problems
from target_app.projects.dependencies import own_project
from target_app.projects.models import Project
from target_app.projects.schemas import NewProject, ProjectChange, ProjectList, ProjectOut

router = APIRouter(prefix="/projects", tags=["projects"])


@router.post(
    "",
    operation_id="create_project",
    summary="Start a project",
    status_code=201,
    responses=problems(401, 403, 422, 429),
)
async def create_project(new: NewProject, user: CurrentUser, db: Db, response: Response) -> ProjectOut:
    """Start a project to keep conversations together."""
    project = Project(user_id=user.id, name=new.name)
    db.add(project)
    await db.commit()
    response.headers["Location"] = f"/projects/{project.id}"
    return ProjectOut.model_validate(project)


@router.get("", operation_id="projects", summary="List projects", responses=problems(401, 429))
async def list_projects(user: CurrentUser, db: Db) -> ProjectList:
    """List the member's projects, oldest first."""
    own = select(Project).where(Project.user_id == user.id).order_by(Project.created_at, Project.id)
    return ProjectList(items=[ProjectOut.model_validate(project) for project in await db.scalars(own)])


@router.get(
    "/{project_id}", operation_id="get_project", summary="Show a project", responses=problems(401, 404, 422, 429)
)
async def get_project(project: Annotated[Project, Depends(own_project)]) -> ProjectOut:
    """Show one project."""
    return ProjectOut.model_validate(project)


@router.patch(
    "/{project_id}",
    operation_id="rename_project",
    summary="Rename a project",
    responses=problems(401, 403, 404, 422, 429),
)
async def rename_project(
    change: ProjectChange, project: Annotated[Project, Depends(own_project)], db: Db
) -> ProjectOut:
    """Give a project another name; its conversations stay in it."""
    project.name = change.name
    await db.commit()
    return ProjectOut.model_validate(project)


@router.delete(
    "/{project_id}",
    operation_id="delete_project",
    summary="Delete a project",
    status_code=204,
    responses=problems(401, 403, 404, 422, 429),
)
async def delete_project(project: Annotated[Project, Depends(own_project)], db: Db) -> None:
    """Delete a project; its conversations stay, without a project."""
    await db.delete(project)
    await db.commit()
