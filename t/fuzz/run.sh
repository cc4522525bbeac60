#!/bin/bash
# run.sh BIN [TARGET...]: each fuzzer of BIN for FUZZTIME seconds (60), one after the other and out
# of the way of whoever else wants the processor.  Called by "make fuzz".
#
# It starts from t/fuzz/seeds/TARGET and the corpus that earlier runs left (t/fuzz/corpus/TARGET.tar.xz),
# and adds a line to t/fuzz/LOG.  What crashed, did not hold, took too long or too much is put
# into the seeds, where "make check" finds it from then on.  KEEP=1 puts the corpus back, minimised.
# Several may run at once, each with targets of its own.
set -u
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd) || exit 2
cd "$here/../.." || exit 2
bin=$1
shift
[ $# -ne 0 ] || mapfile -t targets < <(cd t/fuzz && printf '%s\n' *.c | sed 's/\.c$//' | grep -vx replay)
[ $# -eq 0 ] || targets=("$@")
work=${bin%/*}/work
seconds=${FUZZTIME:-60}
# An input is small: what it frees need not wait in 256 MB of fresh pages.
export ASAN_OPTIONS=${ASAN_OPTIONS-detect_leaks=1:allocator_may_return_null=1:quarantine_size_mb=8}
export UBSAN_OPTIONS=${UBSAN_OPTIONS-print_stacktrace=1}
status=0

# The figures that the fuzzer prints at its end: "stat::NAME: N".
figure() { sed -n "s/^stat::$1: *//p" "$2" | tail -n 1; }

for t in "${targets[@]}"; do
	[ -x "$bin/$t" ] || {
		echo "fuzz: there is no target \"$t\"" >&2
		exit 2
	}
	dir=$work/$t
	mkdir -p "$dir/corpus" "t/fuzz/seeds/$t"
	exec 9>"$dir/lock"
	flock -n 9 || {
		echo "fuzz: $t is being run already" >&2
		exit 2
	}
	rm -rf "$dir/found"
	mkdir "$dir/found"
	[ ! -e "t/fuzz/corpus/$t.tar.xz" ] || tar -C "$dir/corpus" -xJf "t/fuzz/corpus/$t.tar.xz" || exit 1
	words=()
	[ ! -e "t/fuzz/$t.dict" ] || words=("-dict=t/fuzz/$t.dict")
	echo "fuzz: $t for $seconds s"
	from=$(date +%s)
	nice -n 15 "$bin/$t" "${words[@]}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
		-print_final_stats=1 -artifact_prefix="$dir/found/" "$dir/corpus" "t/fuzz/seeds/$t" >"$dir/log" 2>&1
	took=$(($(date +%s) - from))
	found=0
	for file in "$dir/found"/*; do
		[ -e "$file" ] || continue
		found=$((found + 1)) status=1
		cp "$file" "t/fuzz/seeds/$t/"
		echo "fuzz: $t: t/fuzz/seeds/$t/${file##*/}:" >&2
		grep -m 3 -E 'does not hold|ERROR:|runtime error|SUMMARY' "$dir/log" >&2
	done
	[ "$found" -ne 0 ] || grep -q '^stat::number_of_executed_units' "$dir/log" || {
		echo "fuzz: $t did not run:" >&2
		tail -n 5 "$dir/log" >&2
		status=1
	}
	printf '%s\t%s\t%s s\t%s executions\t%s per second\t%s edges\t%s findings\n' "$(date +%Y-%m-%dT%H:%MZ)" "$t" "$took" \
		"$(figure number_of_executed_units "$dir/log")" "$(figure average_exec_per_sec "$dir/log")" \
		"$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$dir/log" | tail -n 1)" "$found" | tee -a t/fuzz/LOG
	if [ -n "${KEEP:-}" ] && [ "$found" -eq 0 ]; then
		rm -rf "$dir/small"
		mkdir -p "$dir/small" t/fuzz/corpus
		nice -n 15 "$bin/$t" -merge=1 -timeout=10 "$dir/small" "t/fuzz/seeds/$t" "$dir/corpus" >"$dir/merge" 2>&1 || exit 1
		rm -rf "$dir/corpus"
		mv "$dir/small" "$dir/corpus"
		tar -C "$dir/corpus" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=644 -cf - . |
			xz -9e >"t/fuzz/corpus/$t.tar.xz"
	fi
done
exit $status
