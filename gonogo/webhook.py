"""Signs payment events as the payment service would."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from gonogo.trouble import UsageError


@dataclass(frozen=True, kw_only=True)
class Signing:
    """How an event is signed, rightly or wrongly, and the shell variable that stands for such a signature."""

    variable: str
    age_s: float = 0.0
    keyless: bool = False
    flipped: bool = False
    rotated: bool = False
    scheme: str = "v1"

    def signature(self, secret: str, payload: bytes, now: float) -> str:
        """Return the signature's header field; `now` is in seconds since the epoch."""
        right = stripe_signature("" if self.keyless else secret, payload, int(now - self.age_s))
        moment, _, digest = right.partition(",v1=")
        if self.rotated:
            return f"{moment},v1={'0' * len(digest)},v1={digest}"
        return last_digit_changed(right) if self.flipped else f"{moment},{self.scheme}={digest}"


FRESH = Signing(variable="GONOGO_SIGNATURE")
STALE = Signing(variable="GONOGO_STALE_SIGNATURE", age_s=400.0)
KEYLESS = Signing(variable="GONOGO_KEYLESS_SIGNATURE", keyless=True)
FLIPPED = Signing(variable="GONOGO_FLIPPED_SIGNATURE", flipped=True)
OLD_SCHEME = Signing(variable="GONOGO_OLD_SCHEME_SIGNATURE", scheme="v0")
ROTATED = Signing(variable="GONOGO_ROTATED_SIGNATURE", rotated=True)
"""As while a secret is replaced: signed with one that the target does not know, and with the one that it knows."""
SIGNINGS = (FRESH, STALE, KEYLESS, FLIPPED, OLD_SCHEME, ROTATED)


def stripe_signature(secret: str, payload: bytes, timestamp: int) -> str:
    """Return the value of `Stripe-Signature`; `timestamp` is in seconds since the epoch. Source: Stripe's scheme v1."""
    signature = hmac.new(secret.encode(), b"%d." % timestamp + payload, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signature}"


def last_digit_changed(signature: str) -> str:
    """The signature with its last digit changed."""
    return signature[:-1] + ("1" if signature.endswith("0") else "0")


def standard_webhooks_headers(secret: str, payload: bytes, message_id: str, timestamp: int) -> dict[str, str]:
    """
    Return the header fields of a signed message; `secret` is base64, with `whsec_` before it or not.

    Source: the Standard Webhooks specification, symmetric scheme v1. Raises UsageError when the secret is no base64.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError("payment.secret is no base64, as Standard Webhooks wants it; copy it whole") from error
    signed = f"{message_id}.{timestamp}.".encode() + payload
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}
