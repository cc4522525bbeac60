# shellcheck shell=bash
# Once for a whole run of bats: one Dovecot with nothing special about it, which
# all tests share, each with a user of its own.

setup_suite() {
	# shellcheck source=t/dovecot.bash
	. "$BATS_TEST_DIRNAME/dovecot.bash"
	# As root Dovecot runs as nobody, who must pass through here.
	chmod 711 "$BATS_RUN_TMPDIR"
	ca_make "$BATS_SUITE_TMPDIR/ca" || return 1
	dovecot_start "$BATS_SUITE_TMPDIR/dovecot" ca="$BATS_SUITE_TMPDIR/ca" || return 1
	export T_PORT=$DOVECOT_PORT T_TLSPORT=$DOVECOT_TLSPORT T_CA=$DOVECOT_CA
	export T_CADIR=$BATS_SUITE_TMPDIR/ca
	# python3 may be a shim that takes longer than the tests' few lines in it, hundreds of times
	PATH=$(python3 -c 'import os, sys; print(os.path.dirname(sys.executable))'):$PATH
	export PATH
}

teardown_suite() {
	# shellcheck source=t/dovecot.bash
	. "$BATS_TEST_DIRNAME/dovecot.bash"
	dovecot_stop "$BATS_SUITE_TMPDIR/dovecot"
}
