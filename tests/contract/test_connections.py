"""The budget of connections counts on what the service takes by itself."""

import re

from app.settings import Settings
from bootstrap.paths import ROOT
from infra import connections


def test_the_pool_of_a_process_is_the_services_default() -> None:
    assert Settings.model_fields["database_pool_size"].default == connections.POOL


def test_the_processes_of_a_container_are_the_entrypoints_default() -> None:
    text = (ROOT / "service" / "entrypoint.sh").read_text()
    assert set(re.findall(r"WEB_CONCURRENCY:-(\d+)", text)) == {str(connections.PROCESSES)}
