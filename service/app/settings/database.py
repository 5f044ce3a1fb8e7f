"""Settings of the database: all that a migration needs."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.settings.source import FileSource

DEVELOPMENT = {"development", "local"}
LOCAL_DATABASE = "postgresql://task_user:task_password@localhost:5432/task_manager"


class DatabaseSettings(BaseSettings):
    """The settings of a migration; each description says which values are accepted."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    environment: str = Field("development", description="a name, such as production")
    database_url: SecretStr = Field(
        SecretStr(""),
        validate_default=True,
        description="postgresql://user:password@host:port/database",
    )

    @field_validator("database_url")
    @classmethod
    def check_database_url(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        """Accepts every PostgreSQL scheme; `dsn` chooses the driver."""
        address = value.get_secret_value()
        if not address:
            if info.data.get("environment") not in DEVELOPMENT:
                raise ValueError("required")
            address = LOCAL_DATABASE
        try:
            scheme = make_url(address).get_backend_name()
        except ArgumentError:
            scheme = ""
        if scheme not in ("postgresql", "postgres"):
            raise ValueError("not a PostgreSQL URL")
        return SecretStr(address)

    @property
    def dsn(self) -> URL:
        """The address for asyncpg, whose option for `sslmode` is named `ssl`."""
        url = make_url(self.database_url.get_secret_value())
        if mode := url.query.get("sslmode"):
            url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
        return url.set(drivername="postgresql+asyncpg")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then files, then the environment."""
        return init_settings, FileSource(settings_cls), env_settings
