#!/bin/sh
# Writes the alerts of deploy/monitoring as the Prometheus operator reads them, in alerts.yaml beside this. A test tells when
# that has to be done again.
set -eu
cd "$(dirname -- "$0")"

{
    cat <<'YAML'
# Written by alerts.sh from deploy/monitoring/alerts.yaml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: spoedkader}
spec:
YAML
    sed -n '/^groups:/,$p' ../../../monitoring/alerts.yaml | sed 's/^\(.\)/  \1/'
} >alerts.yaml
