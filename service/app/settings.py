"""The service's settings: every field comes from the environment, as `X` or as `X_FILE`."""

import os
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.mail_settings import MailSettings
from app.store_settings import StoreSettings

DEVELOPMENT = {"development", "local"}
LOCAL_DATABASE = "postgresql://task_user:task_password@localhost:5432/task_manager"
LOCAL_REDIS = "redis://localhost:6379/0"
PRIVATE_NETWORKS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8"]

S = TypeVar("S", bound=BaseSettings)
CommaList = Annotated[list[str], NoDecode]


class SettingsProblem(Exception):
    """One or more settings are missing or wrong; `lines` names each."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


class FileSource(PydanticBaseSettingsSource):
    """Reads the value of `X` from the file that `X_FILE` names: how secrets reach a container."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = field_name.upper()
        path = os.environ.get(f"{variable}_FILE")
        if not path:
            return None, field_name, False
        if os.environ.get(variable):
            raise SettingsProblem([f"{variable}: give either {variable} or {variable}_FILE"])
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise SettingsProblem([f"{variable}_FILE: cannot read {path} ({reason})"]) from None

    def __call__(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, field in self.settings_cls.model_fields.items():
            try:
                value, key, _ = self.get_field_value(field, name)
            except SettingsProblem as problem:
                problems += problem.lines
                continue
            if value is not None:
                values[key] = value
        if problems:
            raise SettingsProblem(problems)
        return values


class DatabaseSettings(BaseSettings):
    """What a migration needs; descriptions are the accepted values, shown on an error."""

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
        """Any PostgreSQL scheme will do: the driver is ours to choose."""
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
        """The database's address with the driver this code uses, which says `ssl` for `sslmode`."""
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
        return init_settings, FileSource(settings_cls), env_settings


class Settings(StoreSettings, MailSettings, DatabaseSettings):
    """What the environment decides."""

    release: str = Field("development", description="what /version shows")
    database_pool_size: int = Field(10, ge=1, le=200, description="connections, 1 to 200")
    redis_url: SecretStr | None = Field(None, description="redis://host:port/number")
    redis_timeout: float = Field(0.25, gt=0, le=10, description="seconds, above 0 up to 10")
    secret_key: SecretStr = Field(min_length=1, description="a long random text")
    algorithm: Literal["HS256", "HS384", "HS512"] = Field(
        "HS256", description="HS256, HS384 or HS512"
    )
    access_token_expire_minutes: int = Field(720, ge=1, description="minutes, 1 or more")
    password_time_cost: int = Field(2, ge=1, le=100, description="argon2 passes, 1 to 100")
    password_memory_cost: int = Field(19456, ge=8, le=4194304, description="KiB, 8 or more")
    frontend_url: str = Field("http://localhost:5173", description="http(s)://host[:port]")
    cors_origins: CommaList = Field(
        ["http://localhost:5173", "http://localhost:5174"],
        description="origins separated by commas",
    )
    trusted_hops: int = Field(1, ge=0, le=10, description="proxies in front, 0 to 10")
    trusted_proxies: CommaList = Field(PRIVATE_NETWORKS, description="networks separated by commas")
    max_body_size: int = Field(1048576, ge=1024, description="bytes, 1024 or more")
    metrics_port: int = Field(9090, ge=0, le=65535, description="a port; 0 turns it off")
    sqlalchemy_echo: bool = Field(False, description="true or false")
    testing: bool = Field(False, description="true or false; true turns rate limits off")

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def split_commas(cls, value: Any) -> Any:
        """Accepts `a,b` as well as a list."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def check_networks(cls, value: list[str]) -> list[str]:
        """A mistyped network would quietly trust nobody, or everybody."""
        for each in value:
            ip_network(each)
        return value

    @property
    def redis_address(self) -> str | None:
        """Without REDIS_URL a development machine has its own Redis, any other place none."""
        if self.redis_url is not None:
            return self.redis_url.get_secret_value()
        return LOCAL_REDIS if self.environment in DEVELOPMENT else None


def _line(settings: type[BaseSettings], error: Any) -> str:
    """One line for one problem; never the value, which may be a secret."""
    name = str(error["loc"][0])
    reason = (
        "required" if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
    )
    return f"{name.upper()}: {reason}; accepted: {settings.model_fields[name].description}"


def load(settings: type[S], **values: Any) -> S:
    """The settings, or a SettingsProblem that lists everything wrong with them."""
    try:
        return settings(**values)
    except ValidationError as error:
        raise SettingsProblem([_line(settings, each) for each in error.errors()]) from None


def load_or_exit(settings: type[S]) -> S:
    """For a process's start: prints one line per problem and ends it."""
    try:
        return load(settings)
    except SettingsProblem as problem:
        for line in problem.lines:
            print(f"settings: {line}", file=sys.stderr)
        sys.exit(1)
