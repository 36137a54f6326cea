"""What is sent again is signed again."""

from __future__ import annotations

from gonogo.replay import body_signed

ORDER = """'{"order":"'"$GONOGO_ORDER_ID"'"}'"""
LINE = " && ".join(
    [
        """curl -sS 'https://a/plan' -H 'Cookie: '"$GONOGO_COOKIE\"""",
        f"""curl -sS 'https://a/hook' -H 'Signature: '"$GONOGO_SIGNATURE" --data-raw {ORDER}""",
        """curl -sS 'https://a/hook' -H 'Signature: '"$GONOGO_SIGNATURE" --data-raw second""",
        """curl -sS 'https://a/hook' -H 'Signature: '"$GONOGO_STALE_SIGNATURE" --data-raw third""",
    ]
)


def test_the_first_body_beside_a_signature_is_signed() -> None:
    """The body is the one that will be sent, with its variables filled, and the first that carries this signature."""
    filled = {"GONOGO_COOKIE": "c", "GONOGO_ORDER_ID": "o1"}
    assert body_signed(LINE, filled, "GONOGO_SIGNATURE") == b'{"order":"o1"}'
    assert body_signed(LINE, filled, "GONOGO_STALE_SIGNATURE") == b"third"
