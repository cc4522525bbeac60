#!/bin/sh
# Installs the Debian packages that building and testing need and that are
# missing: "deps.sh", and with those of "make lint", "make bench" or "make fuzz" too:
# "deps.sh lint", "deps.sh bench", "deps.sh fuzz".
# Starts no service: Dovecot's package would open public ports.
set -u

build='libc6-dev pkg-config libssl-dev liblmdb-dev libbsd-dev libmd-dev libseccomp-dev zlib1g-dev libsqlite3-dev'
tests='bats bash-static time strace dovecot-imapd offlineimap3 isync python3 openssl ca-certificates procps mandoc shellcheck'
# either of two packages, and they exclude each other
[ -x /bin/busybox ] || tests="$tests busybox-static"
lint='clang-tidy cppcheck'
bench='interimap'
# libFuzzer comes with clang: its libraries are of the compiler's own version
fuzz='clang libclang-rt-dev xz-utils'

want="$build $tests"
case ${1:-} in
lint) want="$want $lint" ;;
bench) want="$want $bench" ;;
fuzz) want="$want $fuzz" ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	echo "deps: this is no Debian; these packages (as Debian calls them) are needed:" >&2
	echo "  $want" >&2
	exit 0
fi

missing() {
	for p in $want; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
			printf ' %s' "$p"
	done
}

miss=$(missing)
[ -n "$miss" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
	as=
elif command -v sudo >/dev/null; then
	as=sudo
else
	echo "deps: these packages are missing, and there is neither root nor sudo to install them:" >&2
	echo " $miss" >&2
	echo "as root: apt-get install$miss" >&2
	exit 1
fi
echo "deps: installing$miss"

# While packages are installed no service may start; what was there before comes back.
policy=/usr/sbin/policy-rc.d
put_back() {
	if [ -e "$policy.offlineimap" ]; then
		$as mv -f "$policy.offlineimap" "$policy"
	else
		$as rm -f "$policy"
	fi
}
if [ -e "$policy" ] && [ ! -e "$policy.offlineimap" ]; then
	$as mv "$policy" "$policy.offlineimap" || exit 1
fi
trap put_back EXIT
trap 'exit 1' HUP INT TERM
printf '#!/bin/sh\nexit 101\n' | $as tee "$policy" >/dev/null && $as chmod 755 "$policy" || exit 1

$as apt-get -q update || echo "deps: apt-get update failed, trying with the lists that are there" >&2
# shellcheck disable=SC2086
$as env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $miss
case $miss in
*dovecot*)
	# Nor shall it start with the next boot: the tests run one of their own.
	if [ -d /run/systemd/system ]; then
		$as systemctl disable dovecot.service dovecot.socket
	fi ;;
esac

miss=$(missing)
if [ -n "$miss" ]; then
	echo "deps: could not install$miss" >&2
	exit 1
fi
