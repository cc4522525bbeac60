#!/bin/bash
# Runs the unit tests and the bats files and ends with "N passed, N failed".
# Called by "make check" and "make soak" (SOAK=1) after the build.
#   check.sh BUILD [FILE.bats...]
set -u
export LC_ALL=C TZ=UTC
export ASAN_OPTIONS=${ASAN_OPTIONS-abort_on_error=0:detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS-print_stacktrace=1}
# A test that hangs is a failure.
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT-180}
cd "$(dirname "$0")/.." || exit 2
build=$1
shift
mkdir -p "$build"
passed=0 failed=0

if [ $# -eq 0 ]; then
	for unit in "$build"/unit/*; do
		[[ -f $unit && -x $unit ]] || continue
		if timeout "$BATS_TEST_TIMEOUT" "$unit" >"$unit.log" 2>&1; then
			passed=$((passed + 1))
			echo "ok unit ${unit##*/}"
		else
			failed=$((failed + 1))
			echo "not ok unit ${unit##*/}"
			sed 's/^/# /' "$unit.log"
		fi
	done
	set -- t
fi

# In memory where there is room: none of it is for keeps, and a disk takes its time over
# every fsync.
if [ -z "${TMPDIR:-}" ] && [ "$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 4000000 ] &&
	! findmnt -no OPTIONS /dev/shm | grep -q noexec; then
	export TMPDIR=/dev/shm
fi

jobs=()
if command -v parallel >/dev/null; then
	jobs=(-j 2)
fi
log=$build/check.log
bats --tap --timing "${jobs[@]}" "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
ok=$(grep -c '^ok ' "$log")
bad=$(grep -c '^not ok ' "$log")
planned=$(sed -n 's/^1\.\.//p' "$log" | head -n 1)
# Tests that were announced and never reported have failed.
lost=$((${planned:-0} - ok - bad))
[ "$lost" -le 0 ] || bad=$((bad + lost))
[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
passed=$((passed + ok)) failed=$((failed + bad))

echo
grep '^not ok ' "$log"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
