from fastapi import APIRouter

from target_app.accounts.dependencies import CurrentUser
from target_app.billing.quota import require_model
from target_app.database import Db
from target_app.errors import problems
from target_app.preferences import choice
from target_app.preferences.schemas import PreferencesChange, PreferencesOut
from target_app.settings import Config

router = APIRouter(prefix="/settings", tags=["settings"])


@router.get("", operation_id="settings", summary="Show settings", responses=problems(401, 429))
async def show_settings(user: CurrentUser, db: Db, settings: Config) -> PreferencesOut:
    """Show all settings, also those never chosen."""
    return PreferencesOut.model_validate(await choice.chosen(db, user, settings))


@router.patch("", operation_id="change_settings", summary="Change settings", responses=problems(401, 403, 422, 429))
async def change_settings(change: PreferencesChange, user: CurrentUser, db: Db, settings: Config) -> PreferencesOut:
    """Change what is given, and show all settings as they are now."""
    given = change.model_dump(exclude_unset=True)
    if "default_model" in given:
        require_model(user, change.default_model, settings)
    return PreferencesOut.model_validate(await choice.change(db, user, settings, given))
