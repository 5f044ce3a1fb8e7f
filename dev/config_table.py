"""The settings of `Pulumi.yaml` as a table for docs/configuration.md."""

import yaml

from bootstrap.paths import ROOT


def table() -> str:
    """The settings as a Markdown table."""
    settings = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    rows = [
        f"| `{key}` | {_default(setting)} | {setting['description']} |"
        for key, setting in settings.items()
    ]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows]) + "\n"


def _default(setting: dict[str, object]) -> str:
    if "default" not in setting:
        return "required"
    return f"`{setting['default']}`" if setting["default"] != "" else "empty"
