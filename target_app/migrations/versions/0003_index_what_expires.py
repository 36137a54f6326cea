"""Index what expires."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEYED = sa.text("idempotency_key IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_verification_tokens_expires_at", "verification_tokens", ["expires_at"])
    op.create_index("ix_refresh_tokens_expires_at", "refresh_tokens", ["expires_at"])
    op.create_index("ix_sessions_created_at", "sessions", ["created_at"])
    for table in ("messages", "orders"):
        name = f"ix_{table}_created_at_keyed"
        op.create_index(name, table, ["created_at"], sqlite_where=KEYED, postgresql_where=KEYED)


def downgrade() -> None:
    for table in ("messages", "orders"):
        op.drop_index(f"ix_{table}_created_at_keyed", table)
    op.drop_index("ix_sessions_created_at", "sessions")
    op.drop_index("ix_refresh_tokens_expires_at", "refresh_tokens")
    op.drop_index("ix_verification_tokens_expires_at", "verification_tokens")
