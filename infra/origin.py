"""The commit that an image is of, for its label `org.opencontainers.image.revision`."""

from pathlib import Path

from infra import git


def revision(context: Path) -> str:
    """The newest commit that changed a file of `context`; empty where no commit has these files.

    Not the newest of all: each commit would be another image, and so a release. None is given for
    changes that are not committed, and in a shallow clone, which takes its oldest commit for the
    author of every file.
    """
    if git.output(context, "rev-parse", "--is-shallow-repository") != "false":
        return ""
    if git.output(context, "status", "--porcelain", "--", ".") != "":
        return ""
    return git.output(context, "log", "-1", "--format=%H", "--", ".") or ""
