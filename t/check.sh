#!/bin/bash
# Runs the unit tests and the bats files and ends with "N passed, N failed".
# Called by "make check" and "make soak" (SOAK=1) after the build.
#   check.sh BUILD [FILE.bats | BUILD/unit/NAME]...
set -u
export LC_ALL=C TZ=UTC
export ASAN_OPTIONS=${ASAN_OPTIONS-abort_on_error=0:detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS-print_stacktrace=1}
# A unit test, or a file of tests, that hangs is a failure.  (bats' own limit for each test is
# a loop of sleeps beside it.)
limit=${CHECK_LIMIT-1800}
cd "$(dirname "$0")/.." || exit 2
build=$1
shift
mkdir -p "$build"

if [ $# -eq 0 ]; then
	# The longest first, and those that wait a lot, so that none is left alone at the end.
	mapfile -t files < <(ls -S t/*.bats)
	set -- t/others.bats t/connect.bats t/ladder.bats t/trash.bats t/import.bats
	for file in "${files[@]}"; do
		[[ " $* " == *" $file "* ]] || set -- "$@" "$file"
	done
	for unit in "$build"/unit/*; do
		[[ ! -f $unit || ! -x $unit ]] || set -- "$@" "$unit"
	done
fi

# In memory where there is room: none of it is for keeps, and a disk takes its time over
# every fsync.
if [ -z "${TMPDIR:-}" ] && [ "$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 4000000 ] &&
	! findmnt -no OPTIONS /dev/shm | grep -q noexec; then
	export TMPDIR=/dev/shm
fi

# A run of bats for each file, three for each processor, because tests wait, too; and each stays on
# its processor: where small programs start and end all the time, moving them costs a seventh.
# (bats itself, told to do more at once, looks once a second whether it may.)
cpus=
for range in $(taskset -pc $$ | sed 's/.*: //; s/,/ /g'); do
	for ((cpu = ${range%-*}; cpu <= ${range#*-}; cpu++)); do cpus+=" $cpu"; done
done
export cpus
. t/suite.bash
suite=$(mktemp -d "${TMPDIR:-/tmp}/check-XXXXXX") || exit 2
trap 'suite_stop "$suite"; rm -rf "$suite"' EXIT
trap 'exit 2' HUP INT TERM
chmod 711 "$suite"
suite_start "$suite" || exit 2
log=$build/check.log
: >"$log"
# Says behind each test how long it took.
timed() {
	local line from=${EPOCHREALTIME/.} now
	while IFS= read -r line; do
		now=${EPOCHREALTIME/.}
		case $line in
		'ok '* | 'not ok '*)
			line+=" in $(((now - from) / 1000))ms"
			from=$now
			;;
		esac
		printf '%s\n' "$line"
	done
}
# A program of t/unit is one test.
unit() {
	local log=$1.log
	echo 1..1
	if timeout "$limit" "$1" >"$log" 2>&1; then
		echo "ok unit ${1##*/}"
	else
		echo "not ok unit ${1##*/}"
		sed 's/^/# /' "$log"
	fi
}
one() {
	local out=$suite/out.$SLOT all
	read -ra all <<<"$cpus"
	taskset -pc "${all[SLOT % ${#all[@]}]}" $BASHPID >/dev/null
	if [[ $1 == *.bats ]]; then
		# shellcheck disable=SC2086	# an option and its value, or nothing
		timeout "$limit" bats --tap $tags "$1" 2>&1 | timed >"$out"
		[ "${PIPESTATUS[0]}" -eq 0 ] || grep -q '^not ok' "$out" || echo "not ok all of $1" >>"$out"
	else
		unit "$1" | timed >"$out"
	fi
	flock "$suite" tee -a "$log" <"$out"
}
export -f one timed unit
# Variants that differ little from what the check does anyway are marked "test_tags=soak".
tags=
[ -n "${SOAK:-}" ] || tags='--filter-tags !soak'
export suite log limit tags
# shellcheck disable=SC2016	# that shell expands it
printf '%s\n' "$@" | xargs -n 1 -P "$(($(wc -w <<<"$cpus") * 3))" --process-slot-var=SLOT bash -c 'one "$@"' one
ok=$(grep -c '^ok ' "$log")
bad=$(grep -c '^not ok ' "$log")
planned=$(awk -F '[.]' '/^1\.\./ { n += $3 } END { print n + 0 }' "$log")
# Tests that were announced and never reported have failed, and so have files that announced none.
lost=$((planned - ok - bad))
[ "$lost" -le 0 ] || bad=$((bad + lost))
lost=$(($# - $(grep -c '^1\.\.' "$log")))
[ "$lost" -le 0 ] || bad=$((bad + lost))

echo
grep '^not ok ' "$log"
echo "$ok passed, $bad failed"
[ "$bad" -eq 0 ]
