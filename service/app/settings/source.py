"""The source of the values of the settings: the environment, as `X` or as the file `X_FILE`."""

import os
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource


class SettingsError(Exception):
    """One or more settings are missing or wrong; `lines` has one line for each."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


class FileSource(PydanticBaseSettingsSource):
    """Reads the value of `X` from the file that `X_FILE` names: how secrets reach a container."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The file's content, or None without `X_FILE`; raises SettingsError."""
        variable = field_name.upper()
        path = os.environ.get(f"{variable}_FILE")
        if not path:
            return None, field_name, False
        if os.environ.get(variable):
            raise SettingsError([f"{variable}: set {variable} or {variable}_FILE, not both"])
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise SettingsError([f"{variable}_FILE: cannot read {path} ({reason})"]) from None

    def __call__(self) -> dict[str, Any]:
        """The values of all fields that have a file; raises one SettingsError for all problems."""
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, field in self.settings_cls.model_fields.items():
            try:
                value, key, _ = self.get_field_value(field, name)
            except SettingsError as problem:
                problems += problem.lines
                continue
            if value is not None:
                values[key] = value
        if problems:
            raise SettingsError(problems)
        return values
