"""Loopback never goes through an HTTP proxy; builds and downloads do.

Pulumi's processes talk to each other over 127.0.0.1, and the service of `local` answers there: a
proxy that a shell names in `http_proxy` knows neither.
"""

from collections.abc import Mapping

LOOPBACK = "localhost,127.0.0.1,::1,0.0.0.0"
NAMES = ("no_proxy", "NO_PROXY")
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
"""Those that every Dockerfile may be given, undeclared."""
# Some programs read the one name first, some the other. A star alone already means everything.
SHELL_LINES = [
    'if [ "${no_proxy:-}" != "${NO_PROXY:-}" ]; then',
    '  no_proxy="${no_proxy:-}${no_proxy:+${NO_PROXY:+,}}${NO_PROXY:-}"',
    "fi",
    'case ",${no_proxy:-}," in',
    f"  *,{LOOPBACK},*|,\\*,) ;;",
    f'  *) no_proxy="${{no_proxy:+$no_proxy,}}{LOOPBACK}" ;;',
    "esac",
    'export no_proxy NO_PROXY="$no_proxy"',
]


def without_loopback(environment: Mapping[str, str]) -> dict[str, str]:
    """The same for a process that we start: the variables that `environment` lacks."""
    named = dict.fromkeys(environment.get(name, "") for name in NAMES)
    hosts = ",".join(value for value in named if value)
    if hosts != "*" and LOOPBACK not in hosts:
        hosts = ",".join(filter(None, (hosts, LOOPBACK)))
    return dict.fromkeys(NAMES, hosts)


def build_options(environment: Mapping[str, str]) -> list[str]:
    """For `docker build`: the proxies of `environment`, by name alone."""
    return [word for name in VARIABLES if environment.get(name) for word in ("--build-arg", name)]
