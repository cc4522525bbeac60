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
