# shellcheck shell=bash
# The tests that disturb a two-way sync and run it again (disturbed.py).
#
#   disturbed SCRIPT POINTS SEEDS OPTION...   SCRIPT at so many points; at all of them, and so
#                                             many starts, with SOAK=1 ("make soak"); says how many;
#                                             in clear text without OVER_TLS

disturbed() {
	local script=$1 points=$2 seeds=$3 seed n=1 tls=("$PORT" -)
	shift 3
	[ -z "${OVER_TLS:-}" ] || tls=("$TLSPORT" "$CA")
	if [ -z "${SOAK:-}" ]; then
		seeds=1
	else
		points=0
	fi
	for ((seed = 1; seed <= seeds; seed++)); do
		while [ -e "$HOME/start$n" ]; do n=$((n + 1)); done
		"$SERVED" "$script.py" --points "$points" --seed "$seed" "$@" \
			"$MAILS" "$PORT" "${tls[@]}" "$U.$n" "$HOME/start$n" >said || { cat said; return 1; }
		sed 's/^/# /' said >&3
	done
}
