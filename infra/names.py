"""Names that the program, its scripts and the commands around it share."""

DATABASE = "task_manager"
ROLE = "task_user"
FOLDER = "org.taskmanager.folder"
"""A label of a release's containers: the folder that they were deployed from."""
RELEASED_BY = "org.taskmanager.released-by"
"""The label beside it: the person and the machine."""
