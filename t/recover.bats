# A folder that the server numbers anew, and a state that cannot be used any more.
bats_require_minimum_version 1.5.0
load lib

# Messages 1 to N of the folder Box, each a day older than the one before, on both sides.
box() {
	imap create Box
	imap number Box "$1" '\Seen' 1700000000 -86400
	write_conf
	sync
}
figures() { imap status Box 'UIDNEXT MESSAGES'; }
# validity NAME: of the folder, in that variable
validity() {
	imap status Box UIDVALIDITY >status
	[[ $(<status) =~ UIDVALIDITY\ ([0-9]+) ]] && printf -v "$1" %s "${BASH_REMATCH[1]}"
}
files() { files=("$MAILDIR"/*/{cur,new}/*); }

@test "renumbered: paired by content, without transfer; flags of both sides, files get the new uids" {
	box 5
	letters 1 FS Box				# set here
	letters 2 '' Box				# removed here
	imap store Box 3 +FLAGS '\Answered'		# set there
	imap store Box 4 -FLAGS '\Seen'			# lost there
	validity old
	imap renumber Box
	validity new
	before=$(figures)
	[ "$new" != "$old" ]
	offlineimap -o --dry-run >out
	grep -Fx "[DRYRUN] Box: the server numbered its messages anew (UIDVALIDITY $old -> $new): 5 paired, 0 to upload, 0 to download, nothing to delete" out
	sync -u plan >report
	grep -E "^done	renew	both	Box	Box	-	down=0	gen=[0-9]+	now=$new	paired=5	saved=$old	up=0$" report
	[ "$(grep -c '^done	adopt' report)" -eq 5 ]
	same "$(grep -cE '	(copy|delete|forget)	' report)" 0
	same "$(figures)" "$before"
	agree
	[[ $(file_of 1 Box) == *,U=5,*:2,FS && $(file_of 2 Box) == *,U=4,*:2, ]]
	[[ $(file_of 3 Box) == *,U=3,*:2,RS && $(file_of 4 Box) == *,U=2,*:2,S ]]
	same "$(<"$META/Repository-remote/FolderValidity/Box")" "$new"
	# and that is that
	sync -u plan >report
	same "$(grep -cE '^(done|skip|fail)' report)" 0
	# from here on deletions are what they are
	rm "$(file_of 1 Box)"
	imap delete Box 4
	sync
	agree
	on_server 3 Box
}

@test "renumbered: what one side lacks is copied there, nothing is deleted; twins stay as many" {
	box 4
	mail 3 Box '\Seen' 1699740800			# 3's twin, to the last byte
	sync
	rm "$(file_of 1 Box)"				# deleted here before the server could hear of it
	deliver 7 Box S
	mail 8 Box
	# 2 is deleted there, likewise
	imap renumber Box 6 5 4 3 1
	sync -u plan >report
	[ "$(grep -c '^done	adopt' report)" -eq 3 ]
	[ "$(grep -c '	copy	local	' report)" -eq 2 ]
	[ "$(grep -c '	copy	remote	' report)" -eq 2 ]
	same "$(grep -c '	delete	' report)" 0
	agree
	on_server 7 Box
	for i in 1 2 4 7 8; do file_of $i Box; done
}

# Runs the command that the message names, as it stands there.
as_told() {
	local said
	run -2 offlineimap -o -u quiet
	[[ $output == *"UID validity problem for folder Box (repo remote) (saved $old; got $new); skipping it. "*"$1"* ]]
	said=${output##*To keep what either side has: }
	same "$said" 'offlineimap -o -a test -f Box --recover'
	$said -u quiet >/dev/null
	agree
}

@test "renumbered, and nearly nothing is the same: the folder is left until the user says so" {
	box 4
	validity old
	imap renumber Box 1
	validity new
	before=$(figures)
	files
	names="${files[*]}"
	run -2 sync
	run -2 sync --dry-run
	same "$(figures)" "$before"
	files
	same "${files[*]}" "$names"
	as_told '3 of 4 files that were synced before have no equal on the server any more'
	on_server 4 Box
	sync
	# an empty one is no other case
	validity old
	imap rmdir Box
	imap create Box
	validity new
	as_told '4 of 4 files'
	on_server 4 Box
	sync
	# nor is a Maildir that was emptied
	validity old
	imap renumber Box
	validity new
	rm "$MAILDIR"/Box/cur/*
	as_told '4 of 4 messages that were synced before are gone from the Maildir'
	[ "$(find "$MAILDIR/Box" -type f | wc -l)" -eq 4 ]
}

@test "renumbered, and a message may have been written anew: left until the user says so" {
	box 3
	validity old
	imap renumber Box 1 2
	message 3 | sed 's/^To:/X-Added: by the server\nTo:/' | imap append Box - '\Seen' $((1700000000 - 3 * 86400))
	validity new
	as_told '1 messages on the server are as old as files'
	# both are kept
	on_server 4 Box
}

@test "renumbered again before a sync has ended under the last number" {
	box 2
	imap renumber Box
	sync
	validity old
	imap renumber Box
	validity new
	as_told 'it has changed again before the folder was synced'
	# after a sync it is no news
	sync
	imap renumber Box
	sync
	agree
}

@test "what was deleted here and is only marked on the server stays away; without a state it comes back marked" {
	imap create Box
	imap number Box 3 '\Seen' 1700000000 -86400
	write_conf 'remote:expunge = no'
	sync
	rm "$(file_of 2 Box)"
	sync
	imap renumber Box
	sync -u plan >report
	grep "^done	keep	local	Box	Box	.*why=expunge" report
	same "$(grep -c '	copy	' report)" 0
	sync
	[ "$(find "$MAILDIR/Box" -type f | wc -l)" -eq 2 ]
	# the mark goes: it is a message again
	imap store Box 2 -FLAGS '\Deleted'
	sync
	file_of 2 Box
	rm "$(file_of 2 Box)"
	sync
	rm -r "$META/Account-test"
	sync
	[[ $(file_of 2 Box) == *:2,ST ]]
	on_server 3 Box
}

@test "a part of a recovery, at any time, and the rest by the next run" {
	box 6
	letters 1 '' Box; letters 5 '' Box
	deliver 7 Box S
	mail 8 Box
	imap renumber Box
	offlineimap -o --dry-run -u plan >plan
	# without the line that begins it nothing else of it holds
	grep -v '^renew' plan | imap-fetch | sync-apply >report
	[ "$(grep -c '^done' report)" -eq 0 ]
	# with it, half of the others: no mark either
	sed '/^adopt.*name=[^,]*,U=[135],/d; /^copy	local/d' plan | imap-fetch | sync-apply >report
	[ "$(grep -c '^done' report)" -gt 3 ]
	sync-state -H | grep "	Box	" | grep 'renewed=1' | grep 'was=6'
	# the whole plan once more: what it expects is no longer so
	imap-fetch <plan | sync-apply >report
	grep '^skip=.*	renew	' report
	sync
	agree
	on_server 8 Box
	[[ $(file_of 1 Box) == *:2, && $(file_of 5 Box) == *:2, && $(file_of 2 Box) == *:2,S ]]
	[[ $(sync-state -H | grep "	Box	") != *was=* ]]
}

rounds() { "$SERVED" rounds.py "$@" "$PORT" "$PORT" - "$U.$2" "$HOME/r$2"; }

@test "renumbered at random, and killed at any step" {
	for ((seed = 1; seed <= ${SOAK:+20} + 1; seed++)); do
		rounds --seed "$seed" --rounds $((${SOAK:+1} + 2)) --changes 6 --renumber --kill
	done
}

# One way to damage a state, and what must come of it.
broken() {
	local n=$1 files names
	imap ls >server
	files
	names="${files[*]}"
	run -0 offlineimap -o -u quiet
	[[ $output == *"Account test: its state "*" and was moved to $META/Account-test/state.broken-$n; "* ]]
	[[ $output == *"Account test: state $META/Account-test/state: "* || $output == *'Account test: reading it ends the program'* ]]
	[ -s "$META/Account-test/state.broken-$n/data.mdb" ]
	imap ls | diff -u server -
	files
	same "${files[*]}" "$names"
	[ $((n % 3)) -eq 1 ] || [ -n "${SOAK:-}" ] || return 0
	agree
	run -0 offlineimap -o -u quiet
	[ -z "$output" ]
}

# harm FILE PYTHON: changes its bytes, "d".
harm() {
	python3 -c 'import sys
d = bytearray(open(sys.argv[1], "rb").read())
exec(sys.argv[2])
open(sys.argv[1], "r+b").write(d)' "$@"
	run ! cmp -s whole "$1"
}

@test "a broken state is moved aside and built anew, in the same run" {
	db=$META/Account-test/state/data.mdb
	box 40
	sync
	cp "$db" whole
	# a folder that has moved, so that its rows are read
	again() { cp whole "$db" && touch "$MAILDIR"/*/cur; }

	echo '# cut off'
	truncate -s 20000 "$db"
	run -1 sync-state -H
	[[ $output == *'move the directory away'*'offlineimap does so by itself'* ]]
	run -1 sync --dry-run
	[ ! -e "$META/Account-test/state.broken-1" ]
	broken 1
	echo '# less than a page'
	again; truncate -s 100 "$db"
	broken 2
	echo '# no meta pages'
	again; dd if=/dev/zero of="$db" bs=4096 count=2 conv=notrunc status=none
	broken 3
	echo '# garbage in the middle'
	again
	dd if="$(command -v offlineimap)" of="$db" bs=4096 seek=2 count=$(($(wc -c <whole) / 4096 - 2)) conv=notrunc status=none
	broken 4
	echo '# of a newer format'
	again
	sed -i 's/format\x00\x00\x00\x01/format\x00\x00\x00\x02/' "$db"
	run -1 sync-state -H
	[[ $output == *'newer offlineimap (format 2, this one knows 1)'* ]]
	broken 5
	echo '# rows that make no sense'
	again
	sed -i 's/U=7,FMD5=/U=7\x00FMD5=/g' "$db"
	broken 6
	echo '# a row under the number of another'
	again
	sed -i 's/\x00\x00\x00\([\x01\x02]\)\x00\x00\x00\x07\x01/\x00\x00\x00\1\x00\x00\x00\x27\x01/g' "$db"
	run ! cmp -s whole "$db"
	broken 7
	echo '# a folder that has lost one of its names'
	again
	name=$(printf %s Box | sha256sum)
	sed -i "s/l\\(\\x${name:0:2}\\x${name:2:2}\\x${name:4:2}\\x${name:6:2}\\)/m\\1/g" "$db"
	run ! cmp -s whole "$db"
	broken 8
	echo '# an empty table that begins on a page that there is not'
	again
	sed -i 's/intent\(\x00\{40\}\)\xff/intent\1\xfe/g' "$db"
	run ! cmp -s whole "$db"
	broken 9
	echo '# what is read, and cannot be changed: pages that say that a change has begun'
	again
	harm "$db" 'for at in range(4096 * 2, len(d), 4096): d[at + 10] |= 16 * (d[at + 10] in (1, 2))'
	broken 10
	echo '# an empty file is none'
	: >"$db"
	sync
	agree
	[ ! -e "$META/Account-test/state.broken-11" ]
}

@test "a state that only cannot be used now is left where it is" {
	box 2
	echo '# of another account'
	sed 's/accounts = test/accounts = other/; s/Account test/Account other/' .offlineimaprc >other.rc
	mkdir "$META/Account-other"
	cp -r "$META/Account-test/state" "$META/Account-other/state"
	run -1 offlineimap -o -u quiet -c other.rc
	[[ $output == *'belongs to account test, not to other; move the directory away'* ]]
	[ ! -e "$META/Account-other/state.broken-1" ]
	echo '# without rights'
	chmod 0 "$META/Account-test/state/data.mdb"
	run unprivileged offlineimap -o -u quiet
	[ "$status" -eq 1 ]
	[[ $output == *'Permission denied'* ]]
	chmod 600 "$META/Account-test/state/data.mdb"
	echo '# with a disk that fails'
	export SHIM_FILE=$PWD/count SHIM_LOG=$PWD/steps SHIM_ERROR=ENOSPC SHIM_CALL=mkdir
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	mail 8 Box
	LD_PRELOAD=$ROOT/build/t/shim.so sync
	SHIM_FAIL=$(grep ' mkdir ' steps | grep -n -m 1 ' sync-apply mkdir .*/state$' | cut -d : -f 1)
	export SHIM_FAIL
	mail 9 Box
	rm count
	LD_PRELOAD=$ROOT/build/t/shim.so run -75 offlineimap -o -u quiet
	[[ $output == *'sync-apply: state '*': cannot make it: No space left on device; make room and run again'* ]]
	[ ! -e "$META/Account-test/state.broken-1" ]
	unset SHIM_FILE SHIM_LOG SHIM_ERROR SHIM_FAIL SHIM_CALL
	sync
	agree
}

@test "a full disk is no broken state" {
	box 2
	mail 9 Box
	cp -r "$META" meta
	# shellcheck disable=SC2016
	run unshare -Urm sh -c '
		mount -t tmpfs -o size=600k none "$META" && cp -r meta/. "$META" &&
		{ dd if=/dev/zero of="$META/fill" bs=1024 2>/dev/null; offlineimap -o -u quiet; }
		status=$?; ls "$META/Account-test" >ls; exit $status'
	[ "$status" -ne 0 ]
	same "$(grep -c broken ls)" 0
	sync
	agree
}
