#!/bin/sh
# Other IMAP servers for the tests, unpacked and not installed: Debian's IMAP
# servers conflict as packages, and an installed one opens public ports.
#   unpack.sh DIR     Cyrus and Courier below DIR/tree, once
set -u

packages='cyrus-common cyrus-imapd sasl2-bin libsasl2-2 libsasl2-modules-db libclamav12 libical3
libicu72 libjansson4 libldap-2.5-0 libpcre3 libpq5 libwrap0 libxapian30 libzephyr4 libhesiod0
libmspack0 courier-base courier-imap courier-authlib libcourier-unicode4 libgamin0 libgdbm6 libidn12
libltdl7'

dir=$1
[ ! -e "$dir/unpacked" ] || exit 0
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
	echo "unpack: this is no Debian: no Cyrus and no Courier to test with" >&2
	exit 1
fi

download() {
	# shellcheck disable=SC2086
	apt-get -qq -o APT::Sandbox::User=root download $packages >log 2>&1
}

rm -rf "$dir"
mkdir -p "$dir/tree" "$dir/debs" && cd "$dir/debs" || exit 1
# the lists of a machine may be too old for what the archive has
if ! download && ! { apt-get -qq update >/dev/null 2>&1 && download; }; then
	cat log >&2
	echo "unpack: the packages could not be downloaded; as root: apt-get update" >&2
	exit 1
fi
for deb in *.deb; do
	dpkg -x "$deb" ../tree || exit 1
done
cd .. && rm -rf debs && : >unpacked
