"""The comment on a pull request, in Markdown: the changes that a merge would make."""

from dataclasses import dataclass, field

MARK = "<!-- taskmanager: preview -->"
# GitHub refuses a comment of more than 65,536 characters.
SHOWN_CHARACTERS = 25_000


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The preview of one stack.

    text: the output of Pulumi.
    counts: how many resources would be created, updated and so on, by Pulumi's words.
    cost: a month, before and after.
    """

    stack: str
    text: str
    failed: bool
    counts: dict[str, int] = field(default_factory=dict)
    cost: tuple[str, str] = ("", "")


@dataclass(frozen=True, kw_only=True)
class Change:
    """Everything that a merge would bring."""

    previews: list[Preview] = field(default_factory=list)
    migrations: dict[str, str] = field(default_factory=dict)


def comment(change: Change) -> str:
    """The whole comment; its first line finds it again."""
    head = [
        "| stack | create | update | replace | delete | cost a month |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join(
        [
            *(MARK, "### Changes that a merge would deploy", ""),
            *(*head, *(_row(preview) for preview in change.previews), ""),
            *(_migrations(change.migrations), ""),
            *(_details(preview) for preview in change.previews),
            "A release brings new containers beside the old ones; no request is lost during it.",
        ]
    )


def _row(preview: Preview) -> str:
    if preview.failed:
        return f"| `{preview.stack}` | **the preview failed**, see below | | | | {_cost(preview)} |"
    numbers = (
        str(preview.counts.get(word, 0)) for word in ("create", "update", "replace", "delete")
    )
    return f"| `{preview.stack}` | {' | '.join(numbers)} | {_cost(preview)} |"


def _cost(preview: Preview) -> str:
    before, after = preview.cost
    if not after:
        return "not known"
    return after if before in ("", after) else f"{before} → {after}"


def _migrations(migrations: dict[str, str]) -> str:
    if not migrations:
        return "No migration of the database."
    lines = [f"- `{name}`: {purpose}" for name, purpose in migrations.items()]
    return "\n".join(["Migrations that run before the new containers start:", "", *lines])


def _details(preview: Preview) -> str:
    text = preview.text.strip().replace("```", "'''")
    if len(text) > SHOWN_CHARACTERS:
        left = len(text) - SHOWN_CHARACTERS
        text = (
            f"… {left} characters left out; all of it is in the log …\n{text[-SHOWN_CHARACTERS:]}"
        )
    opened = " open" if preview.failed else ""
    return (
        f"<details{opened}><summary><code>{preview.stack}</code></summary>\n\n"
        f"```diff\n{text}\n```\n</details>\n"
    )
