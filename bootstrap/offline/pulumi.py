"""The Pulumi CLI and the Docker plugin, built from Go modules."""

import shutil
from pathlib import Path

from bootstrap import cache
from bootstrap.offline import go
from bootstrap.paths import OFFLINE

CLI_MODULE = OFFLINE / "pulumi_cli"
PLUGIN_MODULE = OFFLINE / "docker_provider"
SDK = "github.com/pulumi/pulumi/sdk/v3"


def cli_name(version: str) -> str:
    """The name of `cli` in the cache."""
    return f"pulumi-{version}-{cache.fingerprint([CLI_MODULE])}"


def home_name(docker: str) -> str:
    """The name of `home` in the cache."""
    return f"pulumi-home-{docker}-{cache.fingerprint([PLUGIN_MODULE])}"


def cli(version: str) -> Path:
    """A directory with `pulumi`, its Python language host and the dynamic provider plugin."""

    def make(directory: Path) -> None:
        flags = f"-s -w -X {SDK}/go/common/version.Version=v{version}"
        package = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
        host = directory / "pulumi-language-python"
        go.build(CLI_MODULE, package, directory / "pulumi", what="Building Pulumi", flags=flags)
        go.build(CLI_MODULE, "./language", host, what="Building the language host", flags=flags)
        python = go.module_directory(CLI_MODULE, SDK) / "python"
        for script in (
            python / "cmd" / "pulumi-language-python-exec",
            python / "dist" / "pulumi-resource-pulumi-python",
        ):
            shutil.copyfile(script, directory / script.name)
            (directory / script.name).chmod(0o755)

    return cache.made(cli_name(version), make)


def home(docker: str) -> Path:
    """A PULUMI_HOME with the plugin, apart from ~/.pulumi: there it would shadow the real one."""

    def make(directory: Path) -> None:
        plugin = directory / "plugins" / f"resource-docker-v{docker}" / "pulumi-resource-docker"
        flags = f"-s -w -X main.version={docker}"
        go.build(PLUGIN_MODULE, ".", plugin, what="Building the Docker plugin", flags=flags)

    return cache.made(home_name(docker), make)
