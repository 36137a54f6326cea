"""The operations of a document are matched with the profile's, and what is not to be sent is left out."""

import pytest

from contracts.routes import left_out, routes
from gonogo.embedded import STAND_IN
from gonogo.profile import Profile, load_profile
from tests.target_app.contract import document


@pytest.fixture(scope="module")
def reference() -> Profile:
    """The reference service's profile, in an environment that allows everything."""
    return load_profile("reference", STAND_IN, environment="local")


def test_operations_are_matched_by_their_shape(reference: Profile) -> None:
    """Whatever the document calls a parameter, the operation is the profile's; the first name counts for limits."""
    found = routes(reference, document())
    assert found["GET /conversations/{conversation_id}"].names == ("conversation",)
    assert found["POST /conversations"].operation == "create_conversation"
    assert found["PATCH /projects/{project_id}"].operation == "PATCH /projects/{project_id}"


@pytest.mark.parametrize(
    ("label", "fact", "value"),
    [
        ("GET /billing/plans", "public", True),
        ("POST /auth/password/forgot", "public", True),
        ("GET /models", "public", False),
        ("POST /auth/signout", "ends", True),
        ("PATCH /settings", "ends", False),
        ("POST /auth/verify", "wants_known", True),
        ("POST /projects", "wants_known", False),
        ("POST /projects", "wants_token", True),
        ("GET /projects", "wants_token", False),
        ("POST /conversations/{conversation_id}/messages", "streams", True),
        ("GET /metrics", "credential", "operator"),
        ("POST /webhooks/payments", "credential", "signature"),
        ("GET /projects/{project_id}", "has_id", True),
        ("GET /projects/{project_id}", "unsafe", False),
    ],
)
def test_what_the_profile_knows_of_an_operation(reference: Profile, label: str, fact: str, value: object) -> None:
    """Who may send it, what it may end and what it takes follow from the profile, and not from the document."""
    assert getattr(routes(reference, document())[label], fact) == value


def test_what_fails_on_purpose_or_costs_money_is_left_out(reference: Profile) -> None:
    """An operation whose good answer is an error is not fuzzed, nor is payment where money is not allowed."""
    every = routes(reference, document())
    assert dict(left_out(reference, every)) == {"POST /ops/error": "it fails when it does as it should"}
    produced = reference.loaded(reference.path, "production", {})
    out = dict(left_out(produced, every))
    assert out["POST /billing/orders"] == "environment production does not allow money"
    assert "POST /projects" not in out
