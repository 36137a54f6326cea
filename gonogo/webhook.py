"""Signs payment events as the payment service would."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from gonogo.sections import Payment


@dataclass(frozen=True, kw_only=True)
class Signing:
    """How an event is signed, rightly or wrongly, and the shell variable that stands for such a signature."""

    variable: str
    age_s: float = 0.0
    keyless: bool = False
    flipped: bool = False
    rotated: bool = False
    version: str = "v1"

    def headers(self, payment: Payment, payload: bytes, now: float) -> dict[str, str]:
        """
        Return the header fields that sign an event; `now` is in seconds since the epoch.

        Raises UsageError for a secret that the scheme cannot use.
        """
        moment, secret = int(now - self.age_s), "" if self.keyless else payment.secret or ""
        if payment.scheme == "hmac":
            return {payment.header: self._plain(payment, secret, payload)}
        if payment.scheme == "stripe":
            stamp, _, digest = stripe_signature(secret, payload, moment).partition(",v1=")
            return {payment.header: f"{stamp},{self._listed(digest, 'v1=', ',')}"}
        number = (
            f"msg_{hashlib.sha256(payload).hexdigest()[:24]}"  # the same for the same event, however often it is sent
        )
        right = standard_webhooks_headers(secret, payload, number, moment)["webhook-signature"].removeprefix("v1,")
        values = (number, str(moment), self._listed(right, "v1,", " "))
        return dict(zip(signature_fields(payment), values, strict=True))

    def variable_for(self, field: str, payment: Payment) -> str:
        """Return the variable that stands for the value of one of these fields."""
        return self.variable if field == payment.header else f"{self.variable}_{field.rpartition('-')[2].upper()}"

    @property
    def variables(self) -> frozenset[str]:
        """Every variable that may stand for a part of it."""
        return frozenset({self.variable, f"{self.variable}_ID", f"{self.variable}_TIMESTAMP"})

    def _plain(self, payment: Payment, secret: str, payload: bytes) -> str:
        """One digest of the body, and nothing else."""
        raw = hmac.new(secret.encode(), payload, hashlib.sha256)
        digest = raw.hexdigest() if payment.encoding == "hex" else base64.b64encode(raw.digest()).decode()
        return payment.prefix + (one_digit_changed(digest) if self.flipped else digest)

    def _listed(self, digest: str, mark: str, between: str) -> str:
        """A digest under its version, behind one that fits no secret if secrets are being replaced."""
        shown = one_digit_changed(digest) if self.flipped else digest
        one = f"{mark.replace('v1', self.version)}{shown}"
        return f"{mark}{UNKNOWN.get(len(digest), '')}{between}{one}" if self.rotated else one


DIGEST = re.compile(r"[A-Za-z0-9+/]{32,}=*")
UNKNOWN = {64: "0" * 64, 44: base64.b64encode(bytes(32)).decode()}
"""By its length, a digest that nobody has signed."""
FRESH = Signing(variable="GONOGO_SIGNATURE")
STALE = Signing(variable="GONOGO_STALE_SIGNATURE", age_s=400.0)
KEYLESS = Signing(variable="GONOGO_KEYLESS_SIGNATURE", keyless=True)
FLIPPED = Signing(variable="GONOGO_FLIPPED_SIGNATURE", flipped=True)
OLD_SCHEME = Signing(variable="GONOGO_OLD_SCHEME_SIGNATURE", version="v0")
ROTATED = Signing(variable="GONOGO_ROTATED_SIGNATURE", rotated=True)
"""As while a secret is replaced: signed with one that the target does not know, and with the one that it knows."""
SIGNINGS = (FRESH, STALE, KEYLESS, FLIPPED, OLD_SCHEME, ROTATED)


def respaced(payload: bytes) -> bytes:
    """The same JSON with other spaces between its words, as some payment services write it."""
    return json.dumps(json.loads(payload), indent=2).encode()


def stripe_signature(secret: str, payload: bytes, timestamp: int) -> str:
    """Return the value of `Stripe-Signature`; `timestamp` is in seconds since the epoch. Source: Stripe's scheme v1."""
    signature = hmac.new(secret.encode(), b"%d." % timestamp + payload, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signature}"


def one_digit_changed(digest: str) -> str:
    """The digest with one of its digits changed, and not the last, for of that base64 does not use every bit."""
    place = len(digest) - 10
    return digest[:place] + ("1" if digest[place] == "0" else "0") + digest[place + 1 :]


def signature_fields(payment: Payment) -> tuple[str, ...]:
    """The header fields that sign an event, the signature last; Standard Webhooks sign an id and a moment as well."""
    if payment.scheme != "standard-webhooks":
        return (payment.header,)
    stem = payment.header.removesuffix("signature")
    return (f"{stem}id", f"{stem}timestamp", payment.header)


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
