# The shim itself: a test that kills nothing would prove nothing.
load lib

# Programs of ours as far as the shim can see.
setup_file() {
	cp "$(type -P mv)" "$BATS_FILE_TMPDIR/sync-apply"
	cp "$(type -P env)" "$BATS_FILE_TMPDIR/offlineimap"
	cp "$(type -P python3)" "$BATS_FILE_TMPDIR/sync-plan"
}

setup() {
	t_setup
	export BIN=$BATS_FILE_TMPDIR
	echo one >a
	export SHIM_FILE=$PWD/count SHIM_LOG=$PWD/log LD_PRELOAD=$ROOT/build/t/shim.so
}

@test "shim: a rename is a step, and is logged" {
	"$BIN/sync-apply" a b
	unset LD_PRELOAD
	[ -e b ]
	grep -E '^1 [0-9]+ sync-apply rename.* b$' log
}

@test "shim: killed before a step it has not happened, after it, it has" {
	export SHIM_KILL=1
	run setsid -w "$BIN/sync-apply" a b
	[ "$status" -eq 137 ]
	[ -e a ] && [ ! -e b ]
	rm count
	SHIM_WHEN=after run setsid -w "$BIN/sync-apply" a b
	[ "$status" -eq 137 ]
	[ ! -e a ] && [ -e b ]
}

@test "shim: the whole process group dies, whatever its programs are" {
	local stat
	# offlineimap leads; a sleep and the one that makes the step are its children.
	SHIM_KILL=1 run setsid -w "$BIN/offlineimap" sh -c 'sleep 60 & echo $! >sleeper; $BIN/sync-apply a b; echo survived >x'
	[ "$status" -eq 137 ]
	[ ! -e x ] && [ -e a ]
	for _ in {1..1500}; do
		# gone, or dead and waiting for its new parent to notice
		read -r stat 2>/dev/null <"/proc/$(<sleeper)/stat" || return 0
		[[ $stat =~ ^[0-9]*' ('[^\)]*') '[^ZX] ]] || return 0
		nap
	done
	false
}

@test "shim: programs that are not ours are not counted" {
	mv a b
	[ ! -e count ] && [ ! -e log ]
}

@test "shim: a call fails as it was told, and so do later ones" {
	export SHIM_ERROR=EIO SHIM_FAIL=1
	run "$BIN/sync-apply" a b
	[ "$status" -eq 1 ]
	[[ $output == *'Input/output error'* ]]
	[ -e a ] && [ ! -e b ]
	grep ' sync-apply rename.*! ' log
	rm count
	SHIM_FAIL=2 "$BIN/sync-apply" a b
	[ -e b ]
	# the counter goes on
	run env SHIM_ON=1 "$BIN/sync-apply" b a
	[ "$status" -eq 1 ]
	SHIM_ERROR=EMFILE "$BIN/sync-apply" b a
}

@test "shim: what happened to the disk can be told from what it kept" {
	local shim=$LD_PRELOAD
	unset LD_PRELOAD
	mkdir -p disk/d
	echo old >disk/d/f
	run env PYTHONPATH="$ROOT/t" SHIM="$shim" python3 - <<'END'
import os, subprocess
from disk import Disk, difference, read_log

disk = Disk('disk')
work = '''
import os
a = os.open('new', os.O_RDWR | os.O_CREAT, 0o600)
os.write(a, b'one'); os.write(a, b'two'); os.fsync(a); os.pwrite(a, b'XX', 1)
os.link('new', 'd/linked')
d = os.open('d', os.O_RDONLY); os.fsync(d)
os.rename('f', 'g', src_dir_fd=d, dst_dir_fd=d)
os.mkdir('e'); os.rename('new', 'e/newer'); os.ftruncate(a, 4)
os.utime('d/g', (5, 6))
os.unlink('d/linked')
'''
subprocess.run([os.environ['BIN'] + '/sync-plan', '-c', work], check=True, cwd='disk', env=dict(
    os.environ, LD_PRELOAD=os.environ['SHIM'], SHIM_DISK=os.path.abspath('kept')))
disk.run(read_log('kept'))
show = lambda names, some: {os.fsdecode(p): what and what[0].decode() for p, what in disk.image(names, some).items() if p}
print(show(disk.beginning(), lambda c: False))
print(show(disk.beginning(2), lambda c: c.what == 'T'))
print(show(disk.apart(), lambda c: 0.5))
print(difference(disk.image(range(9), lambda c: True), 'disk'), disk.unsynced())
print(disk.image(range(9), lambda c: True)[b'd/g'][1])
END
	[ "$status" -eq 0 ]
	same "$output" "{'d': None, 'd/f': 'old\n', 'd/linked': 'onetwo', 'new': 'onetwo'}
{'d': None, 'd/linked': 'onet', 'd/g': 'old\n', 'new': 'onet', 'e': None}
{'d': None, 'd/f': 'old\n', 'd/linked': 'oXet'}
[] (5, 3)
6000000000"
}
