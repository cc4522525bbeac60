# Power lost in a two-way sync: what the disk could hold then, put in place and run again: the same end.
# Each step with SOAK=1 ("make soak").
load lib
load disturbed

# lost IMAGES POINTS SEEDS OPTION...: so many images of each step; all with SOAK=1
lost() {
	local images=(--images "$1")
	[ -z "${SOAK:-}" ] || images=()
	disturbed power "${@:2}" "${images[@]}"
}

@test "power: lost anywhere in a two-way sync" {
	lost 3 2 2
}

# bats test_tags=soak
@test "power: the same without UIDPLUS" {
	server hide=UIDPLUS,MOVE
	lost 2 1 2 --no-uidplus
}

@test "power: lost anywhere in a first sync, and with one syncfs for many downloads" {
	lost 2 1 1 --first
	lost 2 1 1 --many 70
}

# bats test_tags=soak
@test "power: lost in moves to the trash" {
	lost 3 2 1 --trash
}

# bats test_tags=soak
@test "power: lost in moves to the trash without MOVE and UIDPLUS" {
	server hide=UIDPLUS,MOVE
	lost 3 2 1 --trash --no-uidplus
}

# bats test_tags=soak
@test "power: lost behind a run that took up where a killed one had stopped" {
	lost 3 2 1 --again
}

# bats test_tags=soak
@test "power: lost where a folder was made anew, or the state is lost" {
	lost 3 4 1 --renumber
	lost 3 4 1 --forget
}

# bats test_tags=soak
@test "power: lost in each scenario" {
	scenarios power 6/60
}

# named: the last run, which kept its steps in "log", gave no file its name with a uid before the data was synced.
named() {
	PYTHONPATH=$ROOT/t python3 - "$1" "$MAILDIR"/INBOX/{cur,new}/*,U=* <<'END'
import os, sys
from disk import number, read_log
ops = read_log('log')
files = [f for f in sys.argv[2:] if os.path.exists(f)]
assert len(files) == int(sys.argv[1]), files
for f in files:
    base = os.fsencode(os.path.basename(f))
    named = next(i for i, op in enumerate(ops) if op.what == 'R' and op.two == base)
    assert any(op.what == 'A' or op.what == 'S' and op.target == number(os.stat(f)) for op in ops[:named]), f
END
}

kept() {
	rm -f count log
	ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 SHIM_FILE=$PWD/count SHIM_DISK=$PWD/log \
		LD_PRELOAD=$ROOT/build/t/shim.so sync
}

@test "power: what others wrote is made durable before the state names it" {
	local n
	write_conf
	deliver 1; deliver 2 INBOX S
	kept
	named 2
	# adopted
	rm -r "$META"
	for n in 1 2; do mv "$(file_of $n)" "$MAILDIR/INBOX/new/$n"; done
	kept
	named 2
	# many, with one syncfs
	rm "$MAILDIR"/INBOX/{cur,new}/*,U=*
	imap delete INBOX 1:2
	for n in {1..70}; do message "$n" >"$MAILDIR/INBOX/new/$n"; done
	kept
	named 70
	grep -qc '^A ' log
}

# synced DIRECTORY: by the last run that kept its steps, before the state's last page.
synced() {
	PYTHONPATH=$ROOT/t python3 - "$1" <<'END'
import os, sys
from disk import number, read_log
ops = read_log('log')
done = [i for i, op in enumerate(ops) if op.what == 'A' or op.what == 'S' and op.target == number(os.stat(sys.argv[1]))]
assert done and done[0] < len(ops) - 1, [op.what for op in ops]
END
}

@test "power: what a mail reader changed is durable before the state calls it agreed" {
	write_conf
	deliver 1 INBOX S; deliver 2 INBOX S
	sync
	letters 1 FS
	rm "$(file_of 2)"
	kept
	agree
	synced "$MAILDIR/INBOX/cur"
	# the same on both sides
	letters 1 S
	imap store INBOX 1 -FLAGS '\Flagged'
	kept
	agree
	synced "$MAILDIR/INBOX/cur"
	rm "$(file_of 1)"
	imap delete INBOX 1
	kept
	agree
	synced "$MAILDIR/INBOX/cur"
	# where nothing may be renamed
	write_conf 'local:readonly = yes'
	deliver 3
	kept
	synced "$MAILDIR/INBOX/new"
}

# What would prove nothing if it found nothing here.
deaf() {
	run disturbed power 1 1 --images 2 --deaf "$@"
	[ "$status" -ne 0 ]
	[[ $output == *' lacks '* ]] || [[ $output == *'missing on'* ]]
}

# bats test_tags=soak
@test "power: syncs that were left out are found" {
	deaf files
	deaf dirs
}
