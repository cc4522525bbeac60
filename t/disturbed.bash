# shellcheck shell=bash
# The tests that disturb a two-way sync and run it again (disturbed.py).
#
#   disturbed SCRIPT POINTS SEEDS OPTION...   SCRIPT at so many points; at all of them, and so
#                                             many starts, with SOAK=1 ("make soak"); says how many

disturbed() {
	local script=$1 points=$2 seeds=$3 seed n=1
	shift 3
	if [ -z "${SOAK:-}" ]; then
		seeds=1
	else
		points=0
	fi
	for ((seed = 1; seed <= seeds; seed++)); do
		while [ -e "$HOME/start$n" ]; do n=$((n + 1)); done
		python3 "$ROOT/t/$script.py" --points "$points" --seed "$seed" "$@" \
			"$MAILS" "$PORT" "$TLSPORT" "$CA" "$U.$n" "$HOME/start$n" >said || { cat said; return 1; }
		sed 's/^/# /' said >&3
	done
}
