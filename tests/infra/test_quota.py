"""The processor quota of a start is lifted, where Docker Engine enforces one."""

from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import APIError

from infra.steps.containers import lift_quota


def container(cgroup_driver: str) -> Any:
    """A container that Docker Engine refuses to update."""

    def update(**_settings: Any) -> None:
        raise APIError("runc did not terminate successfully")

    info = {"CgroupDriver": cgroup_driver}
    return SimpleNamespace(update=update, labels={}, client=SimpleNamespace(info=lambda: info))


def test_a_rootless_engine_without_cgroups_has_no_quota_to_lift() -> None:
    lift_quota(container("none"))


def test_a_quota_that_stays_is_a_failure() -> None:
    with pytest.raises(APIError):
        lift_quota(container("systemd"))
