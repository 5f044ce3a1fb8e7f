"""A stand-in for cloud-init, with the sections of a cloud-config that bootstrap.yaml uses."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

# Done by the machine's image here.
IGNORED = {"swap", "disable_root", "ssh_pwauth", "ssh_deletekeys"}
KNOWN = {
    "groups", "users", "ssh_genkeytypes", "write_files", "bootcmd", "runcmd", *IGNORED
}  # fmt: skip
ONCE = ["cloud-init-per", "instance"]


def read(file: Path) -> dict[str, Any]:
    """The settings in `file`; a section that this stand-in does not carry out is refused."""
    text = file.read_text()
    if not text.startswith("#cloud-config\n"):
        raise SystemExit("user data without #cloud-config is ignored by cloud-init")
    settings = yaml.safe_load(text)
    if unknown := set(settings) - KNOWN:
        raise SystemExit(f"the fake AWS has no {sorted(unknown)} of cloud-init")
    return settings


def early(settings: dict[str, Any]) -> None:
    """Make everything that is there before sshd starts: files, groups, users."""
    Path("/etc/ssh").mkdir(exist_ok=True)
    for command in settings["bootcmd"]:
        # This runs once in a machine's life anyway; a name comes after the two words.
        words = command[3:] if command[:2] == ONCE else command
        subprocess.run(words, check=True)
    for group in settings["groups"]:
        subprocess.run(["groupadd", "--force", group], check=True)
    for user in settings["users"]:
        _add_user(user)
    for file in settings["write_files"]:
        mode = int(file.get("permissions", "0644"), 8)
        write(Path(file["path"]), file["content"], mode=mode)


def late(settings: dict[str, Any], log: Path) -> bool:
    """Run the commands of `runcmd`; the result says whether all of them succeeded."""
    with log.open("ab") as output:
        os.fchmod(output.fileno(), 0o640)
        return all(
            subprocess.run(command, stdout=output, stderr=output, check=False).returncode == 0
            for command in settings["runcmd"]
        )


def write(path: Path, content: str, *, mode: int = 0o644) -> None:
    """A file with its folders; a link in its place is not followed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(content)
    path.chmod(mode)


def _add_user(user: dict[str, Any]) -> None:
    name = user["name"]
    groups = ",".join(user["groups"])
    # `*`: no password fits, and without PAM `!` would lock the keys out too.
    words = ["--create-home", "--shell", user["shell"], "--groups", groups, "--password", "*"]
    subprocess.run(["useradd", *words, name], check=True)
    file = Path(f"/home/{name}/.ssh/authorized_keys")
    write(file, "\n".join(user["ssh_authorized_keys"]) + "\n", mode=0o600)
    for path in (file, file.parent):
        shutil.chown(path, name, name)
    file.parent.chmod(0o700)
