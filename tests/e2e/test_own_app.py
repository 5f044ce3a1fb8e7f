"""Another app: the files of docs/your-own-app.md are enough to deploy it."""

from collections.abc import Callable

import requests

from testkit import own_app
from testkit.deployment import Deployment


def test_the_smallest_app_is_deployed_without_any_other_change(
    deploy: Callable[..., Deployment],
) -> None:
    deployment = deploy()
    own_app.put_into(deployment.folder / "service")
    deployment.release()
    paths = requests.get(f"{deployment.url}/openapi.json", timeout=10).json()["paths"]
    assert set(paths) == {"/health", "/ready", "/version"}
    assert deployment.version() == deployment.outputs()["release"]
    assert deployment.tool("status").status == 0
