#!/bin/sh
# Prepares a Debian machine, as root, for the check of image and pods (tests/deploy): installs what builds and runs them,
# and makes a small Debian with Python to build on, for the check asks no registry for an image. What is there already
# stays as it is. The environment says:
#   XDG_CACHE_HOME   where the Debian is kept between checks, in spoedkader/base.tar (~/.cache)
set -eu

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "het voorbereiden van de controle van image en pods kan alleen als root op Debian" >&2
    exit 1
fi

packages="podman buildah runc conmon catatonit netavark aardvark-dns iptables iproute2 debootstrap"
missing=""
for package in $packages; do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
        missing="$missing $package"
done
if [ -n "$missing" ]; then
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
fi

base=${XDG_CACHE_HOME:-$HOME/.cache}/spoedkader/base.tar
if [ ! -e "$base" ]; then
    mkdir -p "${base%/*}"
    root=$(mktemp -d "${base%/*}/debian.XXXXXX")
    trap 'rm -rf "$root" "$base.part"' EXIT
    debootstrap --variant=minbase --include=python3-venv,ca-certificates bookworm "$root" >&2
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
    tar -C "$root" -cf "$base.part" .
    mv "$base.part" "$base"
fi
