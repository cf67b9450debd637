#!/bin/sh
# What the official image does with an empty PGDATA: makes it with the password, runs what is in
# /docker-entrypoint-initdb.d against a server that nobody else reaches, and then serves.
set -eu

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA"
    initdb --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" \
        --auth-local=trust --auth-host=scram-sha-256 >/dev/null
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses= -c unix_socket_directories=/var/run/postgresql" --wait start
    for script in /docker-entrypoint-initdb.d/*.sh; do
        PGHOST=/var/run/postgresql sh "$script"
    done
    pg_ctl --pgdata="$PGDATA" --wait stop
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql "$@"
