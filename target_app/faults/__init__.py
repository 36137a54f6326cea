"""The catalogue of faults, one family a file. A family that is not imported here does not exist."""

from target_app.faults import accounts, chat, features, payments

__all__ = ["accounts", "chat", "features", "payments"]
