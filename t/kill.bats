# A two-way sync killed at every k-th step, then run again: the same end, nothing
# lost, doubled or altered.  All steps with SOAK=1 ("make soak").
load lib
load disturbed

@test "kill: a two-way sync stopped anywhere" {
	OVER_TLS=1 disturbed kill 4 3
}

# bats test_tags=soak
@test "kill: the same without UIDPLUS" {
	server hide=UIDPLUS,MOVE
	disturbed kill 7 3 --no-uidplus
}

@test "kill: one tool alone" {
	disturbed kill 3 1 --only sync-apply
}

# bats test_tags=soak
@test "kill: each tool alone" {
	local tool
	for tool in offlineimap imap-connect imap-list imap-fetch maildir-scan sync-state; do
		disturbed kill 6 1 --only $tool
	done
	server hide=UIDPLUS,MOVE
	disturbed kill 6 1 --only sync-apply --no-uidplus
	disturbed kill 6 1 --only sync-apply --no-uidplus --trash
}

# stopped COMMAND...: between the link and the unlink that are a rename where a file system has no other.
stopped() {
	local status=0
	rm -f count
	ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 LD_PRELOAD=$ROOT/build/t/shim.so SHIM_FILE=$PWD/count \
		SHIM_ERROR=EINVAL SHIM_CALL=renameat2 SHIM_FAIL=1 SHIM_ON=1 SHIM_KILL=unlinkat setsid -w "$@" || status=$?
	[ $status -eq 137 ]
	[ "$(find "$MAILDIR" -type f -links 2 | wc -l)" -eq 2 ]
}

@test "kill: a rename to a name with a uid, between the link and the unlink" {
	mail 1
	write_conf
	sync
	deliver 2 INBOX S
	stopped offlineimap -o -u quiet
	sync
	agree
	[ "$(imap ls INBOX | cut -f 2 | tr '\n' ' ')" = '1 2 ' ]
	# adopted, under the name of another account
	rm -r "$META"
	mv "$(file_of 2)" "$MAILDIR/INBOX/cur/2,U=1,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,S"
	stopped offlineimap -o -u quiet
	sync
	agree
	[ "$(imap ls INBOX | cut -f 2 | tr '\n' ' ')" = '1 2 ' ]
	# two names that say nothing are two messages
	deliver 3
	ln "$(file_of 3)" "$MAILDIR/INBOX/new/4"
	sync; sync
	agree
	on_server 4 INBOX
}

@test "kill: moves to the trash" {
	disturbed kill 2 1 --trash
}

# bats test_tags=soak
@test "kill: moves to the trash without MOVE and UIDPLUS" {
	server hide=UIDPLUS,MOVE
	disturbed kill 3 1 --trash --no-uidplus
}

@test "kill: a folder made anew, and the state lost" {
	disturbed kill 2 1 --renumber
	disturbed kill 1 1 --forget
}

# bats test_tags=soak
@test "kill: a first sync" {
	disturbed kill 4 1 --first
}

# The scenarios of scenarios.py, each with its own end, and where something was held, that of the run that is
# allowed it.

# bats test_tags=soak
@test "kill: expunge = no" {
	disturbed kill 3 1 --scenario expunge
}

# bats test_tags=soak
@test "kill: sync_deletes = no on either side, then allowed" {
	disturbed kill 2 1 --scenario nodelete-remote
	disturbed kill 2 1 --scenario nodelete-local
}

# bats test_tags=soak
@test "kill: readonly on either side, then allowed" {
	disturbed kill 2 1 --scenario readonly-remote
	disturbed kill 2 1 --scenario readonly-local
}

# bats test_tags=soak
@test "kill: archive" {
	disturbed kill 3 1 --scenario archive
}

# bats test_tags=soak
@test "kill: deletions held by maxdelete, and let through by --allow-delete" {
	disturbed kill 2 1 --scenario held
	disturbed kill 2 1 --scenario allowed
}

# bats test_tags=soak
@test "kill: messages that the server refuses, then made small" {
	quota 'quota_max_mail_size = 20k'
	disturbed kill 3 1 --scenario refused
}

# bats test_tags=soak
@test "kill: marks for deletion that are taken back" {
	disturbed kill 2 1 --scenario undelete
	disturbed kill 2 1 --scenario unmarked
}

@test "kill: files that are put back after the run that was to delete their messages" {
	disturbed kill 4 1 --scenario restore --only sync-apply
}

# bats test_tags=soak
@test "kill: import of mbsync's state, and the first sync after it" {
	disturbed kill 3 1 --scenario import
	disturbed kill 3 1 --scenario imported
}
