# Calls that fail in a two-way sync - a full disk, a broken one, no descriptor left, a connection
# that is reset - one at a time, or all from there on; then run again: the same end.  Each of
# the calls with SOAK=1 ("make soak").
load lib
load disturbed

@test "fail: calls of a two-way sync fail" {
	OVER_TLS=1 disturbed fail 2 2
}

# bats test_tags=soak
@test "fail: the same without UIDPLUS" {
	server hide=UIDPLUS,MOVE
	disturbed fail 1 2 --no-uidplus
}

# bats test_tags=soak
@test "fail: calls of a first sync fail" {
	local few=(--error ENOSPC --error ECONNRESET)
	[ -z "${SOAK:-}" ] || few=()
	disturbed fail 1 1 --first "${few[@]}"
}

# bats test_tags=soak
@test "fail: calls of moves to the trash fail" {
	disturbed fail 1 1 --trash
}

# bats test_tags=soak
@test "fail: calls of moves to the trash without MOVE and UIDPLUS" {
	server hide=UIDPLUS,MOVE
	disturbed fail 1 1 --trash --no-uidplus
}

# bats test_tags=soak
@test "fail: calls fail where a folder was made anew, or the state is lost" {
	disturbed fail 6/300 1 --renumber
	disturbed fail 6/300 1 --forget
}

# bats test_tags=soak
@test "fail: calls of each scenario fail" {
	scenarios fail 12/200
	quota 'quota_max_mail_size = 20k'
	disturbed fail 12/200 1 --scenario refused
}

@test "fail: a file that cannot be renamed or removed is no success" {
	write_conf
	mail 1
	mail 2
	sync
	imap store INBOX 1 +FLAGS '\Flagged'
	ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	export ASAN_OPTIONS SHIM_FILE=$PWD/count SHIM_ERROR=EIO SHIM_CALL=renameat2 SHIM_FAIL=1
	LD_PRELOAD=$ROOT/build/t/shim.so run sync
	[ "$status" -eq 75 ]
	[[ $output == *'renaming the file: Input/output error'* ]]
	sync
	agree
	imap delete INBOX 1
	rm count
	export SHIM_CALL=unlinkat SHIM_ON=1
	LD_PRELOAD=$ROOT/build/t/shim.so run sync
	[ "$status" -eq 75 ]
	[[ $output == *'removing the file: Input/output error'* ]]
	sync
	agree
}

@test "fail: for want of descriptors no file is taken for unreadable" {
	local k met=0
	write_conf
	deliver 1
	sync-state -H | imap-list -H | maildir-scan -H | sync-pair | sync-state | imap-list >in
	for k in {1..20}; do
		rm -f count
		ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 SHIM_FILE=$PWD/count SHIM_ERROR=EMFILE SHIM_CALL=openat SHIM_FAIL=$k LD_PRELOAD=$ROOT/build/t/shim.so \
			maildir-scan <in >out 2>said || :
		counted 0 bad= out
		grep -q $'^folder\tl.*kind=failed.*why=.*Too%20many%20open%20files' out && met=1
	done
	[ $met -eq 1 ]
}
