"""Names that the program, its scripts and the commands around it share."""

DATABASE = "task_manager"
ROLE = "task_user"
"""The role that the service logs in as: it reads and writes rows."""
OWNER = "task_owner"
"""The role that owns the schema: migrations log in as it, and nothing else."""
ADMIN = "postgres"
"""The superuser, for people and backups: it has no password, and only the socket admits it."""
FOLDER = "org.taskmanager.folder"
"""A label of a release's containers: the folder that they were deployed from."""
RELEASED_BY = "org.taskmanager.released-by"
"""The label beside it: the person and the machine."""
ONE_OFF = "org.taskmanager.one-off"
"""A label of a container that runs one command: who started it."""
CPU_QUOTA = "org.taskmanager.cpu-quota"
"""A label of a container: its quota once it is ready, in microseconds of each of its periods."""


def build_tag(project: str, stack: str, name: str) -> str:
    """The tag that a build of the deployment `name` leaves: the stack's name.

    Deployments of one stack on one machine, each with a `name` of its own, have tags of their own:
    the provider asks Docker for a build's digest by the tag, and would get the other's image.
    """
    return stack if name in (project, f"{project}-{stack}") else f"{stack}-{name}"
