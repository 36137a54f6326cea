"""Mails to members. They leave in the background: an answer never waits for the mail server."""

import asyncio
import logging
from email.message import EmailMessage

from aiosmtplib import SMTPException, send

from target_app.monitoring.metrics import Metrics
from target_app.settings import MailSecurity, Settings

logger = logging.getLogger(__name__)

# The answer goes first: what it takes to send a mail must not show in the time of the answer.
PAUSE_S = 0.02


class Mailer:
    """Sends mails, and counts those that it could not send."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self._sending: set[asyncio.Task[None]] = set()

    def post(self, message: EmailMessage) -> None:
        """Start sending a mail."""
        task = asyncio.create_task(self._send(message))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def drain(self, seconds: float) -> None:
        """Give the mails that are on their way some time, then give them up."""
        if self._sending:
            _, late = await asyncio.wait(self._sending, timeout=seconds)
            for task in late:
                task.cancel()

    async def _send(self, message: EmailMessage) -> None:
        settings = self.settings
        password = settings.smtp_password
        await asyncio.sleep(PAUSE_S)
        try:
            await send(
                message,
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_username,
                password=None if password is None else password.get_secret_value(),
                use_tls=settings.smtp_security is MailSecurity.TLS,
                start_tls=settings.smtp_security is MailSecurity.STARTTLS,
                timeout=settings.smtp_timeout_s,
            )
        except (SMTPException, OSError) as error:
            self.metrics.mails_failed.inc()
            # The error's text may hold the address.
            logger.error("A mail could not be sent: %s", type(error).__name__)  # noqa: TRY400  the same reason


def verification_mail(settings: Settings, *, to: str, origin: str, token: str) -> EmailMessage:
    """Write the mail that proves an address."""
    hours = settings.verification_token_s / 3600
    return _message(
        settings,
        to,
        "Verify your address",
        "Welcome. Open this link to verify your address:",
        f"{origin}/verify-email?token={token}",
        f"It works once, and for {hours:g} hours. If you did not sign up, ignore this mail.",
    )


def already_registered_mail(settings: Settings, *, to: str, origin: str) -> EmailMessage:
    """Write the mail to someone who signs up with an address that has an account."""
    return _message(
        settings,
        to,
        "You already have an account",
        "Someone, perhaps you, signed up with this address. It has an account already. Sign in, or ask for a new "
        "password, here:",
        f"{origin}/",
        "If it was not you, ignore this mail.",
    )


def reset_mail(settings: Settings, *, to: str, origin: str, token: str) -> EmailMessage:
    """Write the mail with the link to a new password."""
    hours = settings.reset_token_s / 3600
    return _message(
        settings,
        to,
        "Choose a new password",
        "Someone, perhaps you, asked for a new password. Open this link to choose it:",
        f"{origin}/reset-password?token={token}",
        f"It works once, and for {hours:g} hours. If it was not you, ignore this mail: your password stays.",
    )


def password_changed_mail(settings: Settings, *, to: str, origin: str) -> EmailMessage:
    """Write the mail that tells the owner of a changed password."""
    return _message(
        settings,
        to,
        "Your password was changed",
        "The password of your account was changed, and other devices were signed out. If it was not you, ask for a "
        "new password here:",
        f"{origin}/",
    )


def _message(settings: Settings, to: str, subject: str, *paragraphs: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = to
    message["Subject"] = subject
    # A link longer than a line would be folded; 8bit keeps each paragraph on its own line.
    message.set_content("\n\n".join(paragraphs) + "\n", cte="8bit")
    return message
