# shellcheck shell=bash
# What all tests share: one Dovecot with nothing special about it, where each test has a
# user of its own, and the helper that runs t/'s Python scripts.  Sourced by setup_suite.bash
# and by check.sh, which has one suite for many runs of bats.
#
#   suite_start DIR     all its files in DIR; exports T_PORT T_TLSPORT T_CA T_CADIR T_MAILS T_SERVED T_NAP
#   suite_stop DIR

# shellcheck source=t/dovecot.bash
. "${BASH_SOURCE[0]%/*}/dovecot.bash"

suite_start() {
	local dir=$1 i
	export T_NAP=$dir/nap
	mkfifo "$T_NAP" || return 1
	ca_make "$dir/ca" || return 1
	dovecot_start "$dir/dovecot" ca="$dir/ca" || return 1
	export T_PORT=$DOVECOT_PORT T_TLSPORT=$DOVECOT_TLSPORT T_CA=$DOVECOT_CA T_CADIR=$dir/ca T_MAILS=$dir/dovecot/mail
	# python3 may be a shim that takes longer than the tests' few lines in it, hundreds of times
	mkdir "$dir/bin" && ln -s /usr/bin/python3 "$dir/bin/python3" || return 1
	# half of the suite's time is the start of small programs; those without libraries start faster
	[ ! -x /bin/bash-static ] || ln -s /bin/bash-static "$dir/bin/bash" || return 1
	for i in cat chmod mkdir rm tr wc; do
		[ ! -x /bin/busybox ] || ln -s /bin/busybox "$dir/bin/$i" || return 1
	done
	export PATH=$dir/bin:$PATH
	export T_SERVED=$dir/served
	mkfifo "$T_SERVED.end" || return 1
	# it ends with this shell, however that ends
	setpriv --pdeathsig TERM python3 "${BASH_SOURCE[0]%/*}/served.py" "$T_SERVED" \
		<>"$T_SERVED.end" >"$T_SERVED.log" 2>&1 3>&- 4>&- &
	disown
	for i in {1..500}; do
		[ ! -S "$T_SERVED" ] || return 0
		nap
	done
	cat "$T_SERVED.log" >&2
	return 1
}

suite_stop() {
	dovecot_stop "$1/dovecot"
	[ ! -p "$1/served.end" ] || echo >"$1/served.end"
}
