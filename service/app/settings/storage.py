"""Settings of uploads: where they are stored, and which are accepted."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode

EXTENSIONS = [".jpg", ".jpeg", ".png", ".gif", ".pdf", ".txt", ".doc", ".docx"]


class StorageSettings(BaseSettings):
    """Part of the service's settings."""

    storage_provider: Literal["local", "s3"] = Field("local", description="local or s3")
    upload_dir: Path = Field(Path("uploads"), description="a directory")
    max_upload_size: int = Field(
        10_485_760, ge=1, le=2**31 - 1, description="bytes, 1 to 2147483647"
    )
    max_stored_size: int = Field(
        1_073_741_824, ge=1, description="bytes of all files of an account's tasks, 1 or more"
    )
    reserved_disk: int = Field(
        1_073_741_824, ge=0, description="bytes of the disk that no upload takes, 0 or more"
    )
    max_avatar_size: int = Field(5_242_880, ge=1024, le=2**31 - 1, description="bytes, from 1024")
    allowed_extensions: Annotated[list[str], NoDecode] = Field(
        EXTENSIONS, description="extensions separated by commas, such as .png,.pdf"
    )
    s3_bucket_name: str = Field("", validate_default=True, description="the name of a bucket")
    s3_endpoint_url: str | None = Field(
        None, pattern=r"^https?://[^/]+", description="http(s)://host[:port]; without it, AWS"
    )
    aws_region: str = Field("us-east-1", description="a region's name")
    aws_access_key_id: SecretStr | None = Field(None, description="a key's id")
    aws_secret_access_key: SecretStr | None = Field(None, description="a key")

    @field_validator("allowed_extensions", mode="before")
    @classmethod
    def normalise(cls, value: Any) -> Any:
        """`PNG, pdf` means `.png` and `.pdf`."""
        parts = value.split(",") if isinstance(value, str) else value
        cleaned = [part.strip().lower().removeprefix(".") for part in parts]
        return [f".{part}" for part in cleaned if part]

    @field_validator("s3_bucket_name")
    @classmethod
    def require_bucket(cls, value: str, info: ValidationInfo) -> str:
        """Fails at the start rather than at the first upload."""
        if not value and info.data.get("storage_provider") == "s3":
            raise ValueError("required with STORAGE_PROVIDER=s3")
        return value
