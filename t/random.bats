# Random changes on both sides, sync, compare; a small fixed sample, and hundreds
# of rounds with SOAK=1 ("make soak").
load lib

# In clear text without OVER_TLS.
rounds() {
	local tls=("$PORT" -)
	[ -z "${OVER_TLS:-}" ] || tls=("$TLSPORT" "$CA")
	"$SERVED" rounds.py "$@" "$PORT" "${tls[@]}" "$U" "$HOME/$1$2"
}

# Each seed starts with an account of its own.
seeds() {
	local few=$1 many=$2 seed
	shift 2
	[ -z "${SOAK:-}" ] || few=$many
	for ((seed = 1; seed <= few; seed++)); do
		U=random$BATS_TEST_NUMBER.$seed
		rounds --seed "$seed" "$@"
	done
}

@test "random: both sides agree after every sync" {
	OVER_TLS=1 seeds 1 40 --rounds $((${SOAK:+1} + 2))
}

# bats test_tags=soak
@test "random: nested folders on disk" {
	seeds 1 10 --rounds 3 --sep /
}

@test "random: with time for directories to settle, so that runs are deltas" {
	seeds 1 20 --rounds 1 --settle
}

@test "random: killed at random steps, run again" {
	OVER_TLS=1 seeds 1 60 --rounds $((${SOAK:+1} + 2)) --kill
}

@test "random: changes go on while a sync runs" {
	seeds 1 60 --rounds 2 --live
}

@test "random: the state is lost again and again" {
	seeds 1 40 --rounds 2 --forget
}

# bats test_tags=soak
@test "random: a server without UIDPLUS" {
	server hide=UIDPLUS,MOVE
	seeds 1 20 --rounds 3 --no-uidplus
}

@test "random: a server without UIDPLUS, killed" {
	server hide=UIDPLUS,MOVE
	seeds 1 20 --rounds 2 --no-uidplus --kill
}

@test "random: a server with nothing but IMAP4rev1, and separator ." {
	server sep=. hide="$(tr ' \n' ',,' <<<"${DOVECOT_CAPS#IMAP4rev1 }")"
	seeds 1 10 --rounds 2 --no-uidplus
}

# bats test_tags=soak
@test "random: rounds that know nothing of how it works, killed and cut off" {
	local rounds=10
	[ -z "${SOAK:-}" ] || rounds=1000
	python3 "$ROOT/t/survive.py" --kill --cut --rounds $rounds "$PORT" "$U" "$HOME/survive" >&3
	server hide=UIDPLUS,MOVE
	python3 "$ROOT/t/survive.py" --kill --cut --rounds $rounds --no-uidplus "$PORT" "$U" "$HOME/without" >&3
}

# bats test_tags=soak
@test "random: changes go on while a sync runs, without UIDPLUS" {
	server hide=UIDPLUS,MOVE
	seeds 1 20 --rounds 2 --live --no-uidplus
}
