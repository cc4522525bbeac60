# A two-way sync killed at every k-th step, then run again: the same end, nothing
# lost, doubled or altered.  All steps with SOAK=1 ("make soak").
load lib

killed() {
	local points=9 seeds=1 seed
	[ -z "${SOAK:-}" ] || points=0 seeds=3
	for ((seed = 1; seed <= seeds; seed++)); do
		python3 "$ROOT/t/kill.py" --points "$points" --seed "$seed" "$@" \
			"$BATS_TEST_TMPDIR/server0/mail" "$PORT" "$TLSPORT" "$CA" "$U.$seed" "$HOME/k$seed" | tee -a out
		[ "${PIPESTATUS[0]}" -eq 0 ]
	done
	sed 's/^/# /' out >&3
}

@test "kill: a two-way sync stopped anywhere" {
	server
	killed
}

@test "kill: the same without UIDPLUS" {
	server hide=UIDPLUS,MOVE
	killed --no-uidplus
}
