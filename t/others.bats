# The same on servers of other makes: Cyrus, which has every extension, and Courier, which
# has hardly any.
load lib

# shellcheck source=t/others.bash
. "$BATS_TEST_DIRNAME/others.bash"
# shellcheck source=t/rungs.bash
. "$BATS_TEST_DIRNAME/rungs.bash"

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

@test "cyrus: other clients go on while a sync runs, also where deleted mail is moved, with MOVE and without" {
	local more=$((${SOAK:-0} * 18 + 2))
	CYRUS_SUPPRESS=(MOVE)
	cyrus
	rounds --seed 1 --rounds $more --parents --live
	U=u2
	rounds --seed 2 --rounds $more --parents --live --trash
	U=u3 PORT=${CYRUS_PORTS[0]}
	rounds --seed 3 --rounds $more --parents --live --trash
}

@test "cyrus without its extensions" {
	cyrus 'suppress_capabilities: QRESYNC CONDSTORE ESEARCH UIDPLUS LIST-STATUS LITERAL+ MULTIAPPEND UNSELECT'
	seeds 1 9 --rounds 1 --parents --no-uidplus
}

@test "courier: both sides agree after every sync" {
	courier
	seeds 1 9 --rounds 1 --lines
}

# The same as rung, for another user.
next_rung() {
	rm -rf "$MAILDIR" "$META"
	U=u$((${U#u} + 1))
	rung "$@"
}

@test "cyrus: every rung, each on a port that shows just that" {
	CYRUS_SUPPRESS=(QRESYNC 'QRESYNC ESEARCH' 'QRESYNC CONDSTORE' 'QRESYNC CONDSTORE ESEARCH')
	cyrus
	rung localhost "$CYRUS_PORT" 'EXAMINE "INBOX" (QRESYNC (V M))' "$NEW" UNSELECT
	counted + ^gone listed
	next_rung localhost "${CYRUS_PORTS[0]}" 'EXAMINE "INBOX" (CONDSTORE)' \
		'UID FETCH 1:30 (UID FLAGS) (CHANGEDSINCE M)' 'UID SEARCH RETURN (ALL) UID 1:30' "$NEW" UNSELECT
	next_rung localhost "${CYRUS_PORTS[1]}" 'EXAMINE "INBOX" (CONDSTORE)' \
		'UID FETCH 1:30 (UID FLAGS) (CHANGEDSINCE M)' 'UID SEARCH UID 1:30' "$NEW" UNSELECT
	next_rung localhost "${CYRUS_PORTS[2]}" 'EXAMINE "INBOX"' 'UID SEARCH RETURN (ALL) UID 1:30 DRAFT' \
		'UID SEARCH RETURN (ALL) UID 1:30 FLAGGED' 'UID SEARCH RETURN (ALL) UID 1:30 ANSWERED' \
		'UID SEARCH RETURN (ALL) UID 1:30 SEEN' 'UID SEARCH RETURN (ALL) UID 1:30 DELETED' \
		'UID SEARCH RETURN (ALL) UID 1:30' "$NEW" UNSELECT
	next_rung localhost "${CYRUS_PORTS[3]}" 'EXAMINE "INBOX"' 'UID FETCH 1:30 (UID FLAGS)' "$NEW" UNSELECT
}

@test "courier: the lowest rung" {
	courier
	rung localhost "$PORT" 'EXAMINE "INBOX"' 'UID FETCH 1:30 (UID FLAGS)' "$NEW" \
		'EXAMINE offlineimap-no-such-folder'
}
