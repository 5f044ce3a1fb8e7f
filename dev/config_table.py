"""Write the settings table of `Pulumi.yaml` into the README: `python -m dev.config_table`."""

import yaml

from bootstrap.paths import ROOT

BEGIN = "<!-- config table: python -m dev.config_table -->\n"
END = "<!-- end of config table -->"


def table() -> str:
    """The settings as a Markdown table."""
    settings = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    rows = [
        f"| `{key}` | {_default(setting)} | {setting['description']} |"
        for key, setting in settings.items()
    ]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows]) + "\n"


def with_table(readme: str) -> str:
    """The text of the README with the table as it should be."""
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


def _default(setting: dict[str, object]) -> str:
    if "default" not in setting:
        return "required"
    return f"`{setting['default']}`" if setting["default"] != "" else "empty"


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(with_table(path.read_text()))
