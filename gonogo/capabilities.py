"""The standard names of what a target may offer. A profile describes each, or says why it is absent. No I/O."""

from __future__ import annotations

OPERATIONS = frozenset(
    {
        *("signup", "verify_email", "signin", "refresh", "signout", "session", "csrf_token", "delete_account"),
        *("create_conversation", "list_conversations", "delete_conversation", "history"),
        *("send_message", "stop_message"),
        *("list_plans", "plan", "create_order", "get_order", "payment_webhook"),
        *("projects", "create_project", "create_project_conversation", "filter_conversations"),
        *("settings", "update_settings", "upload", "preview", "export"),
        *("health", "health_live", "health_ready", "trigger_error"),
        *("metrics", "metrics_providers", "metrics_usage", "metrics_system"),
    }
)
SECTIONS = frozenset({"csrf", "payment", "tracker", "mail", "operator", "build"})
PAGES = frozenset(
    {
        *("ui", "ui.sign_in", "ui.chat", "ui.sign_out", "ui.pages"),
        *("ui.list", "ui.settings", "ui.export", "ui.keys", "ui.stop"),
    }
)
"""What is met with a browser; a service that is an API alone need not say so."""
OPTIONAL = frozenset(
    {
        *("rename_conversation", "search_conversations", "first_page", "next_page"),
        *("resume_message", "list_models", "send_to_model"),
        "list_orders",
        *("change_password", "forgot_password", "reset_password", "list_sessions", "end_session"),
    }
)
"""Standard names that need not be told: what the profile describes none of is skipped, and the report says so."""
REMOVALS = frozenset({"delete_project", "delete_upload", "delete_order"})
"""What removes what a run made with accounts that stay. Nothing is checked of it, so that it may be left unsaid."""
STANDARD = OPERATIONS | SECTIONS | OPTIONAL | PAGES

GROUPS = {
    "sign_up": frozenset({"signup", "verify_email", "delete_account", "mail"}),
    "passwords": frozenset({"change_password", "forgot_password", "reset_password"}),
    "sessions": frozenset({"signin", "refresh", "signout", "session", "list_sessions", "end_session"}),
    "csrf": frozenset({"csrf", "csrf_token"}),
    "conversations": frozenset(
        {"create_conversation", "list_conversations", "delete_conversation", "history"}
        | {"rename_conversation", "search_conversations", "first_page", "next_page", "resume_message"}
    ),
    "payments": frozenset(
        {"list_plans", "plan", "create_order", "get_order", "list_orders", "payment_webhook", "payment"}
    ),
    "projects": frozenset({"projects", "create_project", "create_project_conversation", "filter_conversations"}),
    "settings": frozenset({"settings", "update_settings"}),
    "uploads": frozenset({"upload", "preview"}),
    "exports": frozenset({"export"}),
    "monitoring": frozenset(
        {"health", "health_live", "health_ready", "trigger_error", "tracker", "operator"}
        | {"metrics", "metrics_providers", "metrics_usage", "metrics_system"}
    ),
}


def covered_by(name: str) -> frozenset[str]:
    """Return what a key of `absent` speaks of: a group's members, or itself."""
    return GROUPS.get(name, frozenset({name}))
