# shellcheck shell=bash
# The tests that disturb a two-way sync and run it again (disturbed.py).
#
#   disturbed SCRIPT POINTS SEEDS OPTION...   SCRIPT at so many points; at all of them, and so
#                                             many starts, with SOAK=1 ("make soak"); says how many;
#                                             in clear text without OVER_TLS; POINTS/MORE: at MORE
#                                             with SOAK=1
#   scenarios SCRIPT POINTS                   the same for each scenario of scenarios.py, with its own end

disturbed() {
	local script=$1 points=${2%/*} more=0 seeds=$3 seed n=1 tls=("$PORT" -)
	[[ $2 != */* ]] || more=${2#*/}
	shift 3
	[ -z "${OVER_TLS:-}" ] || tls=("$TLSPORT" "$CA")
	if [ -z "${SOAK:-}" ]; then
		seeds=1
	else
		points=$more
	fi
	for ((seed = 1; seed <= seeds; seed++)); do
		while [ -e "$HOME/start$n" ]; do n=$((n + 1)); done
		"$SERVED" "$script.py" --points "$points" --seed "$seed" "$@" \
			"$MAILS" "$PORT" "${tls[@]}" "$U.$n" "$HOME/start$n" >said || { cat said; return 1; }
		sed 's/^/# /' said >&3
	done
}

scenarios() {
	local name
	for name in expunge nodelete-remote nodelete-local readonly-remote readonly-local archive held allowed undelete \
		unmarked restore imported; do
		disturbed "$1" "$2" 1 --scenario "$name"
	done
}
