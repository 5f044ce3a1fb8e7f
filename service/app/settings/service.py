"""The service's settings: every field comes from the environment, as `X` or as `X_FILE`."""

from ipaddress import ip_network
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from app.settings.database import DEVELOPMENT, DatabaseSettings
from app.settings.mail import MailSettings
from app.settings.storage import StorageSettings

LOCAL_REDIS = "redis://localhost:6379/0"
PRIVATE_NETWORKS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8"]

CommaList = Annotated[list[str], NoDecode]


class Settings(StorageSettings, MailSettings, DatabaseSettings):
    """All settings of the service."""

    release: str = Field("development", description="a name, shown by /version")
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
    refuse_common_passwords: bool = Field(
        False, description="true or false; true refuses passwords on lists of common ones"
    )
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
        """Refuses a mistyped network, which would trust no proxy or all addresses."""
        for network in value:
            try:
                ip_network(network)
            except ValueError:
                # Pydantic would print the value, and any setting may come as a secret.
                raise ValueError("one of them is no network") from None
        return value

    @property
    def redis_address(self) -> str | None:
        """REDIS_URL; without it, the local Redis in development and no Redis elsewhere."""
        if self.redis_url is not None:
            return self.redis_url.get_secret_value()
        return LOCAL_REDIS if self.environment in DEVELOPMENT else None
