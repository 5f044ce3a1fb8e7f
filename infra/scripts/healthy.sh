#!/bin/bash
# Whether the last good backup is younger than a day and some hours: the container's health.
[ -n "$(find /var/lib/backups/status/database.good -newermt '-26 hours' 2> /dev/null)" ]
