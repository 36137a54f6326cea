from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from target_app.billing.catalogue import DEFAULT_MODEL
from target_app.database import Base


class Preferences(Base):
    """What a member chose; who never chose has no row."""

    __tablename__ = "preferences"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    theme: Mapped[str] = mapped_column(String(10), default="system")
    language: Mapped[str] = mapped_column(String(35), default="en")
    default_model: Mapped[str] = mapped_column(String(50), default=DEFAULT_MODEL)
