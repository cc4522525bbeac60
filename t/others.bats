# The same on servers of other makes: Cyrus, which has every extension, and Courier, which
# has hardly any.
load lib

# shellcheck source=t/others.bash
. "$BATS_TEST_DIRNAME/others.bash"

setup_file() {
	others_tree "$BATS_FILE_TMPDIR"
	chmod a+x "$BATS_FILE_TMPDIR"
	export OTHERS
}

# Who else may serve a test.
setup() {
	t_setup
	U=u1
	chmod a+x "$BATS_TEST_TMPDIR"
	mkdir "$BATS_TEST_TMPDIR/other"
}

teardown() { other_stop "$BATS_TEST_TMPDIR/other"; }

cyrus() {
	cyrus_start "$BATS_TEST_TMPDIR/other" "$@"
	PORT=$CYRUS_PORT
}

courier() {
	courier_start "$BATS_TEST_TMPDIR/other"
	PORT=$COURIER_PORT
}

rounds() { "$SERVED" rounds.py "$@" "$PORT" "$PORT" - "$U" "$HOME/$U"; }

# Each seed has a user of its own.
seeds() {
	local few=$1 many=$2 seed
	shift 2
	[ -z "${SOAK:-}" ] || few=$many
	for ((seed = 1; seed <= few; seed++)); do
		U=u$seed
		rounds --seed "$seed" "$@"
	done
}

@test "cyrus: both sides agree after every sync, also when it was killed" {
	cyrus
	seeds 1 4 --rounds 2 --parents
	U=u5
	rounds --seed 5 --rounds "$(( ${SOAK:-0} * 38 + 2 ))" --parents --kill
}

@test "cyrus without its extensions" {
	cyrus 'suppress_capabilities: QRESYNC CONDSTORE ESEARCH UIDPLUS LIST-STATUS LITERAL+ MULTIAPPEND UNSELECT'
	seeds 1 9 --rounds 1 --parents --no-uidplus
}

@test "courier: both sides agree after every sync" {
	courier
	seeds 1 9 --rounds 1 --lines
}
