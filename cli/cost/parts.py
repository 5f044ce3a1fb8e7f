"""The parts of a stack that AWS asks money for, with their prices."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra import project
from infra.errors import UserError

PRICES = Path(__file__).with_name("prices.yaml")
HOURS = 730
"""Of a month, as AWS reckons."""
ROOT_GIB = 20
ALARMS = {"host": 6, "database": 3, "cache": 2}
METRICS = 7
"""Metrics that the host reports: memory, two disks in three groupings, failed maintenance."""
VCPUS = 2
"""Of every burstable type that there is a price of."""
LOG_METRICS = {"host": 3, "container": 3}
"""Metrics read from the logs: errors by release are one for each release that has any."""
LOGS_GIB = 1
"""Of logs a month, for want of a number: it is paid by use. About a million requests."""
DAYS = 30
"""Of a month, for what is kept by the day."""
FILES_GIB = 10
"""Of uploads in a bucket, for want of a number: it is paid by use."""


@dataclass(frozen=True)
class Part:
    """A part of the bill: its name, its amount, and its cost a month in dollars."""

    name: str
    amount: str
    monthly: float


def prices() -> dict[str, Any]:
    """The content of the data file."""
    return yaml.safe_load(PRICES.read_text())


def settings(stack: str) -> dict[str, Any]:
    """The settings of a stack as committed, with the defaults of `Pulumi.yaml`."""
    file = project.root() / f"Pulumi.{stack}.yaml"
    content: dict[str, Any] = yaml.safe_load(file.read_text()) if file.exists() else {}
    given: dict[str, Any] = content.get("config", {})
    declared = project.declaration()["config"]
    defaults = {key: entry["default"] for key, entry in declared.items() if "default" in entry}
    own = {key.removeprefix("taskmanager:"): value for key, value in given.items()}
    if own.get("target") != "ec2":
        raise UserError(
            f"Stack {stack!r} is not on AWS, so it has no price at AWS. Fix: make cost STACK=prod"
        )
    return {**defaults, **own}


def parts(given: Mapping[str, Any]) -> list[Part]:
    """The parts that the settings `given` pay for, with their prices.

    Raises UserError for a region or a type that the data file has no price of.
    """
    price = _price(prices()["regions"], given["region"], key="region")
    return [*_host(given, price), *_managed(given, price)]


def _host(given: Mapping[str, Any], price: Mapping[str, Any]) -> Iterator[Part]:
    kind, size = given["instanceType"], int(given["volumeSize"])
    hourly = _price(price["instance_hour"], kind, key="instanceType")
    yield Part("host", f"{kind}{_beyond_baseline(given, price)}", HOURS * hourly)
    yield Part("its own disk", f"{ROOT_GIB} GiB gp3", ROOT_GIB * price["volume_gib_month"])
    yield Part("data volume", f"{size} GiB gp3", size * price["volume_gib_month"])
    # The first is a full copy, each later one what has changed since: no more than the disk twice
    # over for data that is mostly added to.
    days = given["snapshotDays"]
    yield Part("snapshots", f"{days} days, of a full disk", size * price["snapshot_gib_month"])
    yield Part("public address", "1", HOURS * price["address_hour"])
    alarms = ALARMS["host"] + str(kind).startswith("t") + _managed_alarms(given)
    metrics = METRICS + LOG_METRICS["host"] + LOG_METRICS.get(str(given["database"]), 0)
    watching = alarms * price["alarm_month"] + metrics * price["metric_month"]
    amount = f"{alarms} alarms, {metrics} metrics, 1 dashboard"
    yield Part("watching", amount, watching + price["dashboard_month"])
    kept = LOGS_GIB * int(given["logDays"]) / DAYS * price["logs_gib_month"]
    amount = f"{LOGS_GIB} GiB a month, {given['logDays']} days"
    yield Part("logs", amount, LOGS_GIB * price["logs_gib"] + kept)


def _managed_alarms(given: Mapping[str, Any]) -> int:
    return sum(ALARMS[key] for key in ("database", "cache") if given[key] != "container")


def _beyond_baseline(given: Mapping[str, Any], price: Mapping[str, Any]) -> str:
    """The cost of processors at most beyond their baseline; no part of the sum, as it is by use."""
    family, _, size = str(given["instanceType"]).partition(".")
    if family not in price["credit_vcpu_hour"] or given["cpuCredits"] != "unlimited":
        return ""
    share = _price(prices()["baseline"], size, key="instanceType")
    most = VCPUS * (1 - share) * HOURS * price["credit_vcpu_hour"][family]
    return f" (+{most:.2f} $ if busy all month)"


def _managed(given: Mapping[str, Any], price: Mapping[str, Any]) -> Iterator[Part]:
    if given["database"] == "rds":
        kind, size = given["databaseClass"], int(given["databaseSize"])
        hourly = _price(price["database_hour"], kind, key="databaseClass")
        monthly = HOURS * hourly + size * price["database_gib_month"]
        yield Part("database", f"{kind}, {size} GiB", monthly)
    if given["cache"] == "elasticache":
        kind = given["cacheNode"]
        yield Part("cache", kind, HOURS * _price(price["cache_hour"], kind, key="cacheNode"))
    if given["storage"] == "s3":
        yield Part("files", f"{FILES_GIB} GiB", FILES_GIB * price["files_gib_month"])
    if given["backups"] == "s3" and given["database"] == "container":
        # Compressed, and several of them: as much again as the disk, if that is full.
        size = int(given["volumeSize"])
        yield Part("backups", f"{size} GiB, of a full disk", size * price["files_gib_month"])


def _price(table: Mapping[str, Any], name: str, *, key: str) -> Any:
    if name not in table:
        raise UserError(
            f"taskmanager:{key} is {json.dumps(name)}; prices are there for: {', '.join(table)}. "
            f"Fix: add it to {PRICES}, where the sources are named too"
        )
    return table[name]
