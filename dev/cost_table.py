"""Write the table of costs into the README: `python -m dev.cost_table`."""

from bootstrap.paths import ROOT
from cli.cost.parts import Part, parts, prices, settings

README = ROOT / "README.md"
STACKS = ("dev", "prod")
MANAGED = {"database": "rds", "cache": "elasticache", "storage": "s3"}
BEGIN = "<!-- cost table: python -m dev.cost_table -->\n"
END = "<!-- end of cost table -->"


def table() -> str:
    """What `dev` and `prod` cost, and what managed parts add, as a Markdown table."""
    columns = {stack: {part.name: part for part in parts(settings(stack))} for stack in STACKS}
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    rows = [
        f"| {name} | " + " | ".join(_cell(columns[stack].get(name)) for stack in STACKS) + " |"
        for name in names
    ]
    sums = [sum(part.monthly for part in columns[stack].values()) for stack in STACKS]
    rows.append("| **a month** | " + " | ".join(f"**{total:.2f} $**" for total in sums) + " |")
    added = [part for part in parts({**settings("prod"), **MANAGED}) if part.name not in names]
    more = ", ".join(f"{part.name} ({part.amount}) {part.monthly:.2f} $" for part in added)
    region = settings("prod")["region"]
    return (
        "| part | dev | prod |\n|---|---|---|\n" + "\n".join(rows) + "\n\n"
        f"List prices of {prices()['date']} in {region}, without tax, free tier and traffic. "
        f"Managed parts, where chosen: {more}.\n"
    )


def with_table(readme: str) -> str:
    """The text of the README with the table as it should be."""
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


def _cell(part: Part | None) -> str:
    return f"{part.amount}: {part.monthly:.2f} $" if part else ""


if __name__ == "__main__":
    README.write_text(with_table(README.read_text()))
