"""A bridge and an address range for one private engine, beside those of the machine's own."""

import shutil
import subprocess
import zlib
from dataclasses import dataclass

from bootstrap import shell


@dataclass(frozen=True)
class Network:
    """Derived from the Docker Engine's name alone, so that it can be removed after a crash.

    Docker Engine itself must not touch iptables: each dockerd flushes the chains it takes for its
    own, and with them those of the main Docker Engine.
    """

    name: str

    @property
    def _number(self) -> int:
        return zlib.crc32(self.name.encode())

    @property
    def bridge(self) -> str:
        return f"tm-{self._number:08x}"

    @property
    def prefix(self) -> str:
        return f"10.{160 + self._number % 90}"

    @property
    def pool(self) -> str:
        """The range from which networks made later take their addresses."""
        return f"{self.prefix}.128.0/17"

    def lay(self) -> None:
        for command, package in (("ip", "iproute2"), ("iptables", "iptables")):
            if shutil.which(command) is None:
                shell.apt_install(package)
        if not _done("ip", "link", "show", self.bridge):
            what = f"Making the bridge {self.bridge}"
            shell.run("ip", "link", "add", "name", self.bridge, "type", "bridge", what=what)
            address = f"{self.prefix}.0.1/24"
            shell.run("ip", "address", "add", address, "dev", self.bridge, what=what)
            shell.run("ip", "link", "set", self.bridge, "up", what=what)
        for add, rule in self._rules():
            if not _done(*_iptables(rule, "-C")):
                shell.run(
                    *_iptables(rule, add),
                    what="Letting the private Docker Engine reach the network",
                )

    def lift(self) -> None:
        for _, rule in self._rules():
            while _done(*_iptables(rule, "-D")):
                pass
        for bridge in self._bridges():
            _done("ip", "link", "delete", bridge)

    def _bridges(self) -> list[str]:
        """The bridge itself, and those of the networks of its containers."""
        shown = shell.answer("ip", "-4", "-oneline", "address", "show") or ""
        words = [line.split() for line in shown.splitlines()]
        return [name for _, name, _, address, *_ in words if address.startswith(f"{self.prefix}.")]

    def _rules(self) -> list[tuple[str, list[str]]]:
        everything = f"{self.prefix}.0.0/16"
        mark = ["-m", "comment", "--comment", f"taskmanager test network {self.name}"]
        outward = ["-s", everything, "!", "-d", everything, *mark, "-j", "MASQUERADE"]
        return [
            ("-I", ["filter", "FORWARD", "-s", everything, *mark, "-j", "ACCEPT"]),
            ("-I", ["filter", "FORWARD", "-d", everything, *mark, "-j", "ACCEPT"]),
            ("-A", ["nat", "POSTROUTING", *outward]),
        ]


def _iptables(rule: list[str], action: str) -> list[str]:
    table, chain, *match = rule
    return ["iptables", "-w", "-t", table, action, chain, *match]


def _done(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
