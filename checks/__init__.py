"""The catalogue of checks, one family a file. A family that is not imported here does not exist."""

from checks import auth, chat, exports, features, operation, payment, rate, stream

__all__ = ["auth", "chat", "exports", "features", "operation", "payment", "rate", "stream"]
