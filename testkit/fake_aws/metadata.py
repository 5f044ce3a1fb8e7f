"""A machine's metadata service: the rights of its role, for who has fetched a token first.

`metadata HOPS`, in a network namespace of its own beside the machine's. Its packets travel HOPS
routers far, as the real ones: with one, a container's request gets no answer.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bootstrap.paths import ROOT

ADDRESS, ROUTER, MASK = "169.254.169.254", "169.254.169.253", 30
"""The service's address, and the machine's own on the line to it."""
LINK = "imds"
ROLE = "rehearsal"
CREDENTIALS = {
    "Code": "Success",
    "Type": "AWS-HMAC",
    "AccessKeyId": "rehearsal",
    "SecretAccessKey": "rehearsal",
    "Token": "rehearsal",
    "LastUpdated": "2026-01-01T00:00:00Z",
    "Expiration": "2099-01-01T00:00:00Z",
}
PATH = "/latest/meta-data/iam/security-credentials"
TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKENS: set[str] = set()


class Service(BaseHTTPRequestHandler):
    """IMDSv2, as much of it as clients ask for credentials."""

    def do_PUT(self) -> None:
        token = secrets.token_hex(16)
        TOKENS.add(token)
        # The SDK of Docker Engine takes no token without the time that it is good for.
        good_for = {TTL: self.headers.get(TTL, "60")}
        self._answer(200 if self.path == "/latest/api/token" else 404, token, **good_for)

    def do_GET(self) -> None:
        if self.headers.get("X-aws-ec2-metadata-token") not in TOKENS:
            self._answer(401, "")
        elif self.path.rstrip("/") == PATH:
            self._answer(200, ROLE)
        elif self.path == f"{PATH}/{ROLE}":
            self._answer(200, json.dumps(CREDENTIALS))
        else:
            self._answer(404, "")

    def _answer(self, status: int, text: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())


def start(hops: str) -> None:
    """Let a machine have the service, from inside its namespaces."""
    command = ["unshare", "--net", sys.executable, "-m", "testkit.fake_aws.metadata", hops]
    service = subprocess.Popen(command, cwd=ROOT)
    own = os.readlink("/proc/self/ns/net")
    while os.readlink(f"/proc/{service.pid}/ns/net") == own:
        time.sleep(0.02)
    there = ["nsenter", f"--net=/proc/{service.pid}/ns/net"]
    peer = ["type", "veth", "peer", "name", "eth0", "netns", str(service.pid)]
    for words in (
        ["ip", "link", "add", LINK, *peer],
        ["ip", "addr", "add", f"{ROUTER}/{MASK}", "dev", LINK],
        ["ip", "link", "set", LINK, "up"],
        [*there, "ip", "addr", "add", f"{ADDRESS}/{MASK}", "dev", "eth0"],
        [*there, "ip", "link", "set", "eth0", "up"],
    ):
        subprocess.run(words, check=True)


def main(hops: int) -> None:
    """Serve until the machine ends."""
    server = ThreadingHTTPServer(("", 80), Service)
    # Connections inherit it from the socket that accepts them.
    server.socket.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
