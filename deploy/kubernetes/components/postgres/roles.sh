#!/bin/sh
# Run once by the image of PostgreSQL, on its empty folder: a role and a database of its own for each service, which nobody
# else gets into.
set -eu

for service in registry quality budget; do
    # The password comes from a file and not by the command line, which others can see.
    psql --set=ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres <<SQL
\set password \`cat /etc/postgres/passwords/$service\`
CREATE ROLE $service LOGIN PASSWORD :'password';
CREATE DATABASE $service OWNER $service ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE $service FROM PUBLIC;
SQL
done
