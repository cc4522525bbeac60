#!/bin/sh
# Runs offlineimap from this tree with nothing installed, building it first if
# need be; the build speaks only when it fails.
here=$(dirname "$(readlink -f "$0")")
log=$(mktemp) || exit 1
if ! env -u SAN -u MAKEFLAGS make -s -C "$here" tools >"$log" 2>&1; then
	cat "$log" >&2
	rm -f "$log"
	exit 1
fi
rm -f "$log"
exec "$here/build/bin/offlineimap" "$@"
