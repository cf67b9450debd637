#!/bin/sh
# Starts OPA beside the quality service, on loopback. The environment says:
#   SPOEDKADER_BUNDLE_URL    where the quality service serves its bundle (http://127.0.0.1:50062)
#   SPOEDKADER_OPA_ADDRESS   where OPA answers (127.0.0.1:8181)
#   SPOEDKADER_OPA_DIR       where OPA keeps the last good bundle (var/opa)
#   SPOEDKADER_OPA_KEY       file <key id>.pem with the public key that bundles must be signed with; without it OPA takes
#                            bundles that are not signed, and only those
#   SPOEDKADER_OPA_TRACES    host:port of an OTLP/gRPC receiver beside it, for the spans of the evaluations that are part of
#                            a traced call; without it there are none
#   OPA                      the program, when it is not on the PATH or where Go puts programs
# Arguments go to `opa run`.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

export SPOEDKADER_BUNDLE_URL="${SPOEDKADER_BUNDLE_URL:-http://127.0.0.1:50062}"
export SPOEDKADER_OPA_DIR="${SPOEDKADER_OPA_DIR:-var/opa}"
address=${SPOEDKADER_OPA_ADDRESS:-127.0.0.1:8181}
key=${SPOEDKADER_OPA_KEY:-}
traces=${SPOEDKADER_OPA_TRACES:-}

find_opa() {
    command -v "${OPA:-opa}" && return
    for bin in "${HOME:-}/go/bin" "$(go env GOPATH 2>/dev/null)/bin"; do
        if [ -x "$bin/opa" ]; then
            echo "$bin/opa"
            return
        fi
    done
    echo "opa is niet gevonden: zet het op het PATH, of zijn plaats in OPA" >&2
    return 1
}

case $address in
    127.*:* | localhost:* | "[::1]:"*) ;;
    *)
        echo "OPA luistert alleen op loopback, niet op $address" >&2
        exit 1
        ;;
esac

opa=$(find_opa)
mkdir -p "$SPOEDKADER_OPA_DIR"

if [ -n "$key" ]; then
    if [ ! -r "$key" ]; then
        echo "de publieke sleutel is niet te lezen: $key" >&2
        exit 1
    fi
    # A dot in the name of a setting has to be escaped.
    id=$(basename "$key" .pem | sed 's/\./\\./g')
    # Every public key on the curve P-256 begins like this; the others are RSA.
    if grep -q '^MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE' "$key"; then algorithm=ES256; else algorithm=RS256; fi
    # Only with its id here does OPA refuse a bundle that is not signed.
    set -- --set "bundles.kwaliteitskader.signing.keyid=$(basename "$key" .pem)" \
        --set "keys.$id.algorithm=$algorithm" --set-file "keys.$id.key=$key" "$@"
fi

if [ -n "$traces" ]; then
    # Whoever asks has decided whether its call is traced; what is not part of a call, such as a probe, is left out.
    set -- --set distributed_tracing.type=grpc --set "distributed_tracing.address=$traces" \
        --set distributed_tracing.service_name=opa --set distributed_tracing.sample_percentage=0 "$@"
fi

exec "$opa" run --server --addr "$address" --config-file "$here/config.yaml" --skip-version-check \
    --log-level error "$@" "$here/decision_log.rego"
