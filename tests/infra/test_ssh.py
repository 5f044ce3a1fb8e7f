"""The connection to a host that is slow, or cannot be reached."""

from pathlib import Path

import pytest

from infra import ssh

HOST = "ssh://deploy@203.0.113.10"


@pytest.fixture
def attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a line for each attempt; `ssh` succeeds when `good` names its number."""
    file = tmp_path / "attempts"
    command = tmp_path / "ssh"
    command.write_text(
        f"""#!/bin/sh
echo "$*" >> {file}
if [ "$(wc -l < {file})" != "${{GOOD:-never}}" ]; then
  echo "Connection timed out during banner exchange" >&2
  exit 255
fi
for word in "$@"; do
  case $word in *docker.sock:*) touch "${{word%%:*}}"; exec sleep 60 ;; esac
done
"""
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return file


def test_a_host_that_cannot_be_reached_is_one_error_with_the_words_of_ssh(attempts: Path) -> None:
    with pytest.raises(ssh.SshError, match="timed out during banner"), ssh.docker_socket(HOST):
        pytest.fail("there is no connection")
    with pytest.raises(ssh.SshError, match="timed out during banner"):
        ssh.share(HOST)
    assert len(attempts.read_text().splitlines()) == 2 * ssh.ATTEMPTS


def test_one_slow_start_of_a_session_fails_nothing(
    attempts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOD", "2")
    with ssh.docker_socket(HOST) as socket:
        assert Path(socket).exists()
    attempts.unlink()
    ssh.share(HOST)
    tried = attempts.read_text().splitlines()
    assert len(tried) == 2
    assert "ConnectTimeout=30" in tried[0], "as long as docker's own helper waits"
