"""The monthly costs of the AWS stacks as a table for docs/aws.md."""

from cli.cost.parts import Part, parts, prices, settings

STACKS = ("dev", "prod")
MANAGED = {"database": "rds", "cache": "elasticache", "storage": "s3"}


def table() -> str:
    """The monthly costs of `dev` and `prod`, and of the managed services, as a Markdown table."""
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
        f"Managed services, where chosen: {more}.\n"
    )


def _cell(part: Part | None) -> str:
    return f"{part.amount}: {part.monthly:.2f} $" if part else ""
