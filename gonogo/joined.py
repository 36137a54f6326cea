"""What a suite in a process of its own reads of the run that started it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gonogo.profile import load_profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gonogo.profile import Profile


def joined_profile(environ: Mapping[str, str]) -> Profile:
    """The profile of the run that the environment names."""
    return load_profile(
        environ["GONOGO_PROFILE"],
        environ,
        base_url=environ["GONOGO_BASE_URL"],
        environment=environ["GONOGO_ENVIRONMENT"],
        ca_file=Path(environ["GONOGO_CA_FILE"]) if environ.get("GONOGO_CA_FILE") else None,
    )
