"""Names that the program, its scripts and the commands around it share."""

DATABASE = "task_manager"
ROLE = "task_user"
