"""Servers at the address of an RDS database or an ElastiCache node: real ones, by TLS.

Each is a container of this machine's Docker Engine; the machines of the rehearsal reach it at the
gateway of their network.
"""

import subprocess
import sys
import time
from pathlib import Path

from bootstrap.errors import SetupError
from bootstrap.paths import ROOT
from testkit import daemons
from testkit.fake_aws import machines

POSTGRES_IMAGE, REDIS_IMAGE = "postgres:17-trixie", "redis:8-trixie"
ADDRESS = machines.GATEWAY
# A bucket is a name below; restic's library takes the second way of writing it.
S3 = ("s3.eu-central-1.amazonaws.com", "s3.dualstack.eu-central-1.amazonaws.com")
LOGS = "logs.eu-central-1.amazonaws.com"
START_SECONDS = 60
# As rds.force_ssl: a connection without TLS is refused.
BY_TLS_ONLY = """
install -o postgres -m 600 /tls/key.pem "$PGDATA/server.key"
install -o postgres -m 644 /tls/cert.pem "$PGDATA/server.crt"
sed -i 's/^host all all all/hostssl all all all/' "$PGDATA/pg_hba.conf"
psql -qh 127.0.0.1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
    -c 'ALTER SYSTEM SET ssl = on' -c 'SELECT pg_reload_conf()' > /dev/null
"""


def certificate() -> Path:
    """The authority of these servers, which is their certificate too."""
    folder = machines.folder() / "tls"
    folder.mkdir(exist_ok=True)
    file = folder / "cert.pem"
    if not file.exists():
        words = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"]
        names = [f"IP:{ADDRESS}", f"DNS:{LOGS}", *(f"DNS:{name},DNS:*.{name}" for name in S3)]
        alternatives = f"subjectAltName={','.join(names)}"
        named = ["-subj", "/CN=rehearsal", "-addext", alternatives, "-days", "2"]
        files = ["-keyout", folder / "key.pem", "-out", file]
        subprocess.run(["openssl", "req", *words, *named, *files], check=True, capture_output=True)
        # Read by the servers' own users; it is worth nothing.
        (folder / "key.pem").chmod(0o644)
    return file


def serve_database(name: str, *, user: str, password: str, database: str) -> None:
    """A Postgres at ADDRESS, port 5432, with an empty database."""
    settings = {
        "POSTGRES_USER": user,
        "POSTGRES_DB": database,
        "POSTGRES_PASSWORD_FILE": f"/tls/{name}.password",
    }
    (certificate().parent / f"{name}.password").write_text(password)
    _run(name, POSTGRES_IMAGE, port=5432, settings=settings)
    ready = ["pg_isready", "-qh", "127.0.0.1", "-U", user, "-d", database]
    _wait(name, ready)
    _exec(name, "bash", "-c", BY_TLS_ONLY)


def change_password(name: str, *, user: str, database: str, password: str) -> None:
    """Give `user` another password."""
    (certificate().parent / f"{name}.password").write_text(password)
    script = f"\\set password `cat /tls/{name}.password`\nALTER ROLE {user} PASSWORD :'password';\n"
    (certificate().parent / f"{name}.sql").write_text(script)
    where = ["-h", "127.0.0.1", "-U", user, "-d", database]
    _exec(name, "psql", "-q", *where, "-f", f"/tls/{name}.sql")


def serve_cache(name: str, *, password: str) -> None:
    """A Redis at ADDRESS, port 6379."""
    settings = [
        "port 0",
        "tls-port 6379",
        "tls-cert-file /tls/cert.pem",
        "tls-key-file /tls/key.pem",
        "tls-auth-clients no",
        f"requirepass {password}",
    ]
    (certificate().parent / f"{name}.conf").write_text("\n".join(settings) + "\n")
    _run(name, REDIS_IMAGE, "redis-server", f"/tls/{name}.conf", port=6379)


def remove(name: str) -> None:
    """End a server; its data goes with it."""
    _docker("rm", "--force", "--volumes", _container(name), check=False)
    if pid := daemons.running(_pid_file(name), "testkit.fake_aws.relay"):
        daemons.end(pid)
    _pid_file(name).unlink(missing_ok=True)


def remove_all() -> None:
    """End every server of this rehearsal."""
    for file in [*machines.folder().glob("*.relay")]:
        remove(file.stem)


def relay(name: str, port: int, target: str, *, tls: bool = False) -> None:
    """Make `target` (HOST:PORT of this machine) reachable at ADDRESS, from machines only."""
    command = [sys.executable, "-m", "testkit.fake_aws.relay", f"{ADDRESS}:{port}", target]
    command += [str(certificate().parent)] if tls else []
    with (machines.folder() / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _pid_file(name).write_text(str(process.pid))
    # It outlives this object: `remove` finds it by its file.
    process.returncode = 0


def _run(
    name: str, image: str, *command: str, port: int, settings: dict[str, str] | None = None
) -> None:
    given = [word for key, value in (settings or {}).items() for word in ("-e", f"{key}={value}")]
    # First, so that a half-made server is removed too.
    _pid_file(name).write_text("0")
    mount = ["-v", f"{certificate().parent}:/tls:ro", "-p", f"127.0.0.1::{port}"]
    _docker("run", "--detach", "--name", _container(name), *given, *mount, image, *command)
    published = _docker("port", _container(name), f"{port}/tcp").splitlines()[0]
    relay(name, port, published)


def _wait(name: str, command: list[str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        done = subprocess.run(
            ["docker", "exec", _container(name), *command], check=False, capture_output=True
        )
        if done.returncode == 0:
            return
        if time.monotonic() > deadline:
            raise SetupError(f"{name} does not start: {_docker('logs', _container(name))}")
        time.sleep(0.2)


def _exec(name: str, *command: str) -> None:
    _docker("exec", _container(name), *command)


def _docker(*words: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *words], check=False, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise SetupError(f"docker {words[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _container(name: str) -> str:
    # The folder's parent is one of tempfile's, whose name nothing else has.
    return f"{machines.folder().parents[1].name}-{name}"


def _pid_file(name: str) -> Path:
    return machines.folder() / f"{name}.relay"
