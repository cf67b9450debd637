#!/bin/sh
# Starts Envoy as the JSON door of the three services. The environment says:
#   SPOEDKADER_DOOR_ADDRESS      where it answers (127.0.0.1:8080); on loopback, unless there are certificates
#   SPOEDKADER_DOOR_CERTIFICATES folder with own.yaml and authorities.yaml, the secrets `own` and `authorities` of Envoy; with
#                                them the door speaks TLS, and shows its certificate to the services, whose names in theirs
#                                are those in the addresses below
#   SPOEDKADER_DOOR_ADMIN_PORT   where Envoy tells of itself, on loopback (9901)
#   SPOEDKADER_REGISTRY_ADDRESS, SPOEDKADER_QUALITY_ADDRESS, SPOEDKADER_BUDGET_ADDRESS
#                                where the services answer (127.0.0.1:50051, :50052 and :50053)
#   SPOEDKADER_CONTRACTS         the contracts as a descriptor set (build/contracts.binpb, which `make env` makes)
#   ENVOY                        the program, when it is not on the PATH
# Arguments go to Envoy.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
door=${SPOEDKADER_DOOR_ADDRESS:-127.0.0.1:8080}
registry=${SPOEDKADER_REGISTRY_ADDRESS:-127.0.0.1:50051}
quality=${SPOEDKADER_QUALITY_ADDRESS:-127.0.0.1:50052}
budget=${SPOEDKADER_BUDGET_ADDRESS:-127.0.0.1:50053}
# The filter that knows the fields reads it too.
export SPOEDKADER_CONTRACTS="${SPOEDKADER_CONTRACTS:-$here/../../build/contracts.binpb}"
envoy=${ENVOY:-envoy}
# Where the filters find what they share.
export LUA_PATH="$here/?.lua;;"

if ! command -v "$envoy" >/dev/null; then
    echo "envoy is niet gevonden: zet het op het PATH, of zijn plaats in ENVOY" >&2
    exit 1
fi
if [ ! -r "$SPOEDKADER_CONTRACTS" ]; then
    echo "de contracten zijn niet te lezen: $SPOEDKADER_CONTRACTS" >&2
    exit 1
fi
certificates=${SPOEDKADER_DOOR_CERTIFICATES:-}
# As the services: whoever reaches the door is believed to be who it says, unless the services know the door and ask for
# tokens.
case $certificates:$door in
    :127.*:* | /*:*:*) ;;
    :*)
        echo "de deur luistert alleen op loopback (127.…:poort), niet op $door" >&2
        exit 1
        ;;
    *)
        echo "de map met certificaten is geen volledig pad: $certificates" >&2
        exit 1
        ;;
esac
for address in "$registry" "$quality" "$budget"; do
    case $address in
        *[!0-9A-Za-z.:-]* | *:*:* | *: | :*) ;;
        *:*) continue ;;
    esac
    echo "geen adres van de vorm host:poort: $address" >&2
    exit 1
done

# One line of YAML each: what is between the door and who calls it, and between the door and the services.
if [ -n "$certificates" ]; then
    type=type.googleapis.com/envoy.extensions.transport_sockets.tls.v3
    secret() { printf '{name: %s, sds_config: {path_config_source: {path: "%s/%s.yaml"}}}' "$1" "$certificates" "$1"; }
    common="tls_params: {tls_minimum_protocol_version: TLSv1_2}, tls_certificate_sds_secret_configs: [$(secret own)]"
    to_callers="{name: tls, typed_config: {\"@type\": $type.DownstreamTlsContext, \
common_tls_context: {$common, alpn_protocols: [h2, http/1.1]}}}"
    to_services="{name: tls, typed_config: {\"@type\": $type.UpstreamTlsContext, auto_host_sni: true, \
auto_sni_san_validation: true, common_tls_context: {$common, validation_context_sds_secret_config: $(secret authorities)}}}"
else
    to_callers='{name: plain, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}}'
    to_services=$to_callers
fi

configuration=$(sed \
    -e "s|@TO_CALLERS@|$to_callers|" -e "s|@TO_SERVICES@|$to_services|" \
    -e "s|@HOST@|${door%:*}|" -e "s|@PORT@|${door##*:}|" \
    -e "s|@ADMIN_PORT@|${SPOEDKADER_DOOR_ADMIN_PORT:-9901}|" \
    -e "s|@REGISTRY_HOST@|${registry%:*}|" -e "s|@REGISTRY_PORT@|${registry##*:}|" \
    -e "s|@QUALITY_HOST@|${quality%:*}|" -e "s|@QUALITY_PORT@|${quality##*:}|" \
    -e "s|@BUDGET_HOST@|${budget%:*}|" -e "s|@BUDGET_PORT@|${budget##*:}|" \
    -e "s|@CONTRACTS@|$SPOEDKADER_CONTRACTS|" -e "s|@HERE@|$here|" \
    "$here/envoy.yaml")

exec "$envoy" --config-yaml "$configuration" --log-level warning "$@"
