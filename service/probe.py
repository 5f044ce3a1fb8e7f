"""The container's health check: asks /ready and exits 0 for a 200.

It runs often, so it imports only `_socket`, which needs no other module: a tenth of the CPU time of
`urllib.request`.
"""

import _socket
import sys

ADDRESS = ("127.0.0.1", 8000)
REQUEST = b"GET /ready HTTP/1.0\r\nHost: localhost\r\n\r\n"
START = b"HTTP/1.1 200"
LONGEST = 2048

connection = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
connection.settimeout(4)
try:
    connection.connect(ADDRESS)
    connection.send(REQUEST)
    # The status line is sent in one piece with the headers.
    answer = connection.recv(512)
    # The reason is in the body, which may come in another piece.
    while not answer.startswith(START) and len(answer) < LONGEST and (more := connection.recv(512)):
        answer += more
except OSError as error:
    sys.exit(f"no answer: {error}")
sys.exit(None if answer.startswith(START) else answer.decode("latin-1"))
