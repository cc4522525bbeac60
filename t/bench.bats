# The bench: its relay and its meter measure what they say, it makes its tables and
# charts, and what a tool did not do is no time.  No figure of speed is judged here.
load lib

# through OPTION... -- STEP...: a session through the relay (t/through.py).
through() { "$SERVED" through.py "$ROOT/build/t/relay" "$PORT" "$@"; }

# The last figure of that name in $output.
figure() {
	[[ $output =~ .*(^|[^[:alnum:]_])$1=([0-9.]*) ]] && echo "${BASH_REMATCH[2]}"
}

@test "bench: the relay counts bytes, and a turn where the client waited" {
	run through -- '<OK' "a LOGIN $U pw|" '<a OK' 'b NOOP|' '<b OK' 'c LOGOUT|' '<c OK'
	[ "$status" -eq 0 ]
	[[ $output == *"connections=1 up=$((13 + ${#U} + 8 + 10)) "* ]]
	[ "$(figure turns)" -eq 3 ] && [ "$(figure longest)" -eq 3 ]
	[ "$(figure down)" -eq "$(figure got)" ]
	# the same in one flight
	run through -d 5 -- '<OK' "a LOGIN $U pw|b NOOP|c LOGOUT|" '<c OK'
	[ "$(figure turns)" -eq 1 ]
	# the client may speak first: that is no turn
	run through -d 20 -- "a LOGIN $U pw|c LOGOUT|" '<c OK'
	[ "$(figure turns)" -eq 0 ]
}

@test "bench: the relay's connection takes two round trips to its greeting, a turn one" {
	run through -d 20 -- '<OK'
	[ "$(figure ms)" -ge 80 ]
	run through -d 20 -- '<OK' 'a NOOP|' '<a ' 'c LOGOUT|' '<c OK'
	[ "$(figure ms)" -ge 160 ]
}

@test "bench: the relay cuts either way, and keeps to a rate" {
	run through -c 30 -- '<OK' '<nothing like this'
	[[ $output == *"got=30 reset"* ]]
	run through -u 4 -- '<OK' 'a NOOP|' '<a OK'
	[[ $output == *" reset"* ]]
	run through -r 10000 -- '<OK' "a LOGIN $U pw|" '<a OK' 'b CAPABILITY|c CAPABILITY|d LOGOUT|' '<d OK'
	[ "$(figure ms)" -ge $(($(figure got) / 10)) ]
}

@test "bench: the meter counts all processes, orphans too" {
	put work.py <<-END
		import os, time
		x = b'x' * 30000000
		while time.process_time() < .2: pass
		os.mkdir('up.%d' % os.getpid())
		# both are there at one moment, for some time
		while sum(f.startswith('up.') for f in os.listdir('.')) < 2: time.sleep(.01)
		time.sleep(.3)
	END
	run "$ROOT/build/t/meter" -m 50 out sh -c 'python3 work.py & python3 work.py; exit 3'
	[ "$status" -eq 0 ]
	output=$(<out)
	[ "$(figure exit)" -eq 3 ]
	[[ $(figure cpu) != 0.[0-3]* ]]
	[ "$(figure largest)" -ge 29000 ] && [ "$(figure private)" -ge 58000 ]
	[ "$(figure processes)" -ge 3 ]
	# what takes too long is killed, with all that it started
	run "$ROOT/build/t/meter" -t 0.2 out sh -c 'sleep 50 & sleep 50'
	output=$(<out)
	[ "$(figure exit)" -eq 137 ]
}

@test "bench: a table and a chart, and what was not done has failed" {
	local runs=1
	[ -z "${SOAK:-}" ] || runs=2
	mkdir bin
	printf '#!/bin/sh\n[ "$1" = --version ] && echo isync 0.0\nexit 0\n' >bin/mbsync
	chmod +x bin/mbsync
	PATH=$PWD/bin:$PATH run python3 "$ROOT/t/bench/bench.py" --quick --runs $runs --tools this,mbsync \
		--out "$PWD/out" -- noop@ lflags growth-folders-flag -many
	[ "$status" -eq 0 ]
	grep -E '^\| Nothing changed, RTT 4 ms \| [0-9.]+ s.*, 3 turns \| failed \|' out/results.md
	grep -E '^\| 20 local flag changes.* \| [0-9.]+ s, [0-9]+ turns \| failed \|' out/results.md
	grep -E '^\| 30 folders, .*one flag changed' out/results.md
	grep -F '![Seconds' out/readme.md
	python3 -c 'import sys, xml.dom.minidom as x; [x.parse(f) for f in sys.argv[1:]]' out/{speed,growth}.svg
	# a first sync that left nothing behind is noticed
	grep -F '"failed": "no first sync"' out/results.json
}
