"""The profile's section about pages is strict."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gonogo.screens import Locator, Ui


@pytest.mark.parametrize(
    "one", [{}, {"role": "button", "label": "Send"}, {"name": "Send"}, {"label": "Send", "name": "Send"}]
)
def test_a_locator_is_a_role_or_a_label(one: dict[str, str]) -> None:
    """Nothing, or both, finds nothing."""
    with pytest.raises(ValidationError, match="a locator is a role"):
        Locator.model_validate(one)


def test_a_role_that_there_is_not_is_refused() -> None:
    """A role is one of ARIA's."""
    with pytest.raises(ValidationError, match="role"):
        Locator.model_validate({"role": "buton"})


def test_a_key_that_there_is_not_is_refused() -> None:
    """A misspelt key would leave a flow out unnoticed."""
    with pytest.raises(ValidationError, match="sing_in"):
        Ui.model_validate({"sing_in": {}})
