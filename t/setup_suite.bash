# shellcheck shell=bash
# Once for a run of bats; nothing where check.sh has done it for many.

setup_suite() {
	# bats 1.8 leaves another one behind when it filters by tags
	local IFS=$' \t\n'
	# As root Dovecot runs as nobody, who must pass through here.
	chmod 711 "$BATS_RUN_TMPDIR"
	[ -z "${T_PORT:-}" ] || return 0
	# shellcheck source=t/suite.bash
	. "$BATS_TEST_DIRNAME/suite.bash"
	suite_start "$BATS_SUITE_TMPDIR"
}

teardown_suite() {
	[ -p "$BATS_SUITE_TMPDIR/served.end" ] || return 0
	# shellcheck source=t/suite.bash
	. "$BATS_TEST_DIRNAME/suite.bash"
	suite_stop "$BATS_SUITE_TMPDIR"
}
