"""Names of AWS as the containers of a machine find them: `names`, inside the machine.

Everything below amazonaws.com is at one address; nothing else has a name.
"""

from pathlib import Path

from dnslib import QTYPE, RCODE, RR, A
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from testkit.fake_aws import machines

DOMAIN = "amazonaws.com."


class Resolver(BaseResolver):
    """Answers with the address of the stand-in for AWS."""

    def resolve(self, request, handler):
        answer = request.reply()
        if not str(request.q.qname).lower().endswith(DOMAIN):
            answer.header.rcode = RCODE.NXDOMAIN
        elif request.q.qtype == QTYPE.A:
            answer.add_answer(RR(request.q.qname, rdata=A(machines.GATEWAY), ttl=1))
        return answer


if __name__ == "__main__":
    # The machine gets its address later, and an answer must come from the one that was asked.
    Path("/proc/sys/net/ipv4/ip_nonlocal_bind").write_text("1")
    logger = DNSLogger("-request,-reply")
    DNSServer(Resolver(), address=machines.ADDRESS, port=53, logger=logger).start()
