# The shim itself: a test that kills nothing would prove nothing.
load lib

setup() {
	t_setup
	# A program of ours as far as the shim can see.
	mkdir bin && cp "$(type -P mv)" bin/sync-apply
	echo one >a
	export SHIM_FILE=$PWD/count SHIM_LOG=$PWD/log LD_PRELOAD=$ROOT/build/t/shim.so
}

@test "shim: a rename is a step, and is logged" {
	bin/sync-apply a b
	unset LD_PRELOAD
	[ -e b ]
	grep -E '^1 [0-9]+ sync-apply rename.* b$' log
}

@test "shim: killed before a step it has not happened, after it, it has" {
	export SHIM_KILL=1
	run setsid -w bin/sync-apply a b
	[ "$status" -eq 137 ]
	[ -e a ] && [ ! -e b ]
	rm count
	SHIM_WHEN=after run setsid -w bin/sync-apply a b
	[ "$status" -eq 137 ]
	[ ! -e a ] && [ -e b ]
}

@test "shim: the whole process group dies, whatever its programs are" {
	cp "$(type -P env)" bin/offlineimap
	# offlineimap leads; a sleep and the one that makes the step are its children.
	SHIM_KILL=1 run setsid -w bin/offlineimap sh -c 'sleep 60 & echo $! >sleeper; bin/sync-apply a b; echo survived >x'
	[ "$status" -eq 137 ]
	[ ! -e x ] && [ -e a ]
	for _ in {1..1500}; do
		# gone, or dead and waiting for its new parent to notice
		grep -q '^[0-9]* ([^)]*) [^ZX]' "/proc/$(cat sleeper)/stat" || return 0
		sleep 0.02
	done
	false
}

@test "shim: programs that are not ours are not counted" {
	mv a b
	[ ! -e count ] && [ ! -e log ]
}
