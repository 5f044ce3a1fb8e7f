#!/bin/sh
# Keeps the promises of the official image's entrypoint that a deployment relies on.
set -eu

if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then set -- redis-server "$@"; fi
[ "$1" = redis-server ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
    find . \! -user redis -exec chown redis '{}' +
    exec setpriv --reuid redis --regid redis --init-groups "$0" "$@"
fi
umask 0077
# The official build has protected mode off by default: nothing outside the network gets here.
exec "$@" --protected-mode no
