"""A machine's metadata service: the rights of its role, for who has fetched a token first.

`metadata HOPS`, inside the machine. With one hop a container, which is one further away, gets no
answer: here it is told so, there its request is lost on the way.
"""

import json
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESS, PORT = "169.254.169.254", 1338
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
OWN = ("127.", "169.254.", "198.18.")
TOKENS: set[str] = set()
HOPS = 1


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
        if HOPS == 1 and not self.client_address[0].startswith(OWN):
            status, text = 403, "too many hops"
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())


if __name__ == "__main__":
    HOPS = int(sys.argv[1])
    ThreadingHTTPServer(("", PORT), Service).serve_forever()
