"""What only the operator may see."""

import hmac
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from target_app.errors import Problem
from target_app.settings import Config

bearer = HTTPBearer(scheme_name="operator", description="The operator's token", auto_error=False)


async def operator(
    settings: Config,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> None:
    """Let the operator through, or answer 401."""
    sent = credentials.credentials if credentials else ""
    if not hmac.compare_digest(sent.encode(), settings.operator_token.get_secret_value().encode()):
        raise Problem(401, "This is for the operator.", headers={"WWW-Authenticate": 'Bearer realm="operations"'})


OPERATOR_ONLY = [Depends(operator)]
