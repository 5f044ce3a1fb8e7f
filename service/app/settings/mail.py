"""Settings of mail: the way it is sent, and the sender."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

SCHEMES = {"smtp", "smtps"}


class MailSettings(BaseSettings):
    """Part of the service's settings."""

    email_provider: Literal["none", "file", "smtp"] = Field(
        "none", description="none, file or smtp"
    )
    email_outbox: Path | None = Field(
        None, validate_default=True, description="a file, with EMAIL_PROVIDER=file"
    )
    smtp_url: SecretStr | None = Field(
        None,
        validate_default=True,
        description="smtp[s]://[user:password@]host[:port], with EMAIL_PROVIDER=smtp",
    )
    email_from: str = Field(
        "Task manager <noreply@localhost>",
        pattern=r"^[^\r\n\x00]+$",
        description="the sender of mails: an address, or a name and <address>",
    )

    @field_validator("email_outbox")
    @classmethod
    def require_outbox(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        """Fails at the start rather than at the first mail."""
        if value is None and info.data.get("email_provider") == "file":
            raise ValueError("required with EMAIL_PROVIDER=file")
        return value

    @field_validator("smtp_url")
    @classmethod
    def check_smtp_url(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Fails at the start rather than at the first mail."""
        if value is None:
            if info.data.get("email_provider") == "smtp":
                raise ValueError("required with EMAIL_PROVIDER=smtp")
            return None
        try:
            url = urlsplit(value.get_secret_value())
            usable = url.scheme in SCHEMES and url.hostname and url.port != 0
        except ValueError:
            # Its text may contain a part of the password.
            usable = False
        if not usable:
            raise ValueError("not an SMTP URL")
        return value
