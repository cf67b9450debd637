#!/bin/sh
# Writes the Secrets of a trial, with passwords that nobody knows, to standard output:
#   ./secrets.sh | kubectl apply -f -
# Once: PostgreSQL takes the passwords when it makes its databases, so others later do not fit.
set -eu

password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

secret() {
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: spoedkader}\nstringData:\n' "$1"
}

passwords=$(secret postgres-passwords && printf '  postgres: %s\n' "$(password)")
for service in registry quality budget; do
    password=$(password)
    passwords=$(printf '%s\n  %s: %s' "$passwords" "$service" "$password")
    secret "$service-database"
    printf '  url: postgresql+psycopg://%s:%s@postgres:5432/%s\n' "$service" "$password" "$service"
done
printf '%s\n' "$passwords"
