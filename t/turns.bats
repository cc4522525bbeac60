# What a run waits for: the same number of times whatever the number of folders and messages; and
# the run after our own changes lists nothing, unless somebody else changed something.
load lib

# The driver through a relay that counts.
relay() {
	relay_start turns.py relay "$PORT" relay
	write_conf "remote:remoteport = $(<relay/port)" 'remote:ssl = no' 'remote:starttls = no' \
		'remote:-sslcacertfile' 'remote:maxconnections = 1' 'account:maxdelete = no'
}

# turns N: a run waits N times.
turns() {
	local before after
	before=$(<relay/turns)
	: >relay/log
	: >relay/answers
	sync
	after=$(<relay/turns)
	[ $((after - before)) -eq "$1" ] || {
		echo "$((after - before)) turns, not $1" >&2
		grep -e ^--- relay/answers | cut -c 1-200 >&2
		cut -c 1-200 relay/log | head -n 40 >&2
		return 1
	}
}

# A run that asks one question for all, and has nothing to list.
quiet() { turns 1 && [[ ! $(<relay/log) =~ EXAMINE|SELECT|STATUS\ [^\(] ]]; }

# The same; of one folder the turns of the next change show it as well.
quiet_if_many() { [ "$k" -eq 1 ] || quiet; }

change() { "$SERVED" turns.py "$1" "$2" "${@:3}"; }
local_change() { change local "$1" "$MAILDIR" "$2"; }
remote_change() { change remote "$1" "$PORT" "$U" "$2"; }

@test "turns: local news, flags, deletions, all at once: the same for 1 and 12 folders (soak: 500)" {
	local k many=12
	[ -z "${SOAK:-}" ] || many=500
	change seed "$PORT" "$U" $many 3
	relay
	sync
	quiet
	for k in 1 $many; do
		local_change new $k
		# nothing is answered before the last command: each folder is left, looked at, and left
		echo $((2 * k)) >relay/hold
		turns 2
		quiet_if_many
		local_change flag $k
		turns 2
		quiet_if_many
		local_change delete $k
		turns 3
		quiet_if_many
		local_change new $k; local_change flag $k; local_change delete $k
		remote_change new $k; remote_change flag $k; remote_change delete $k
		# pair, list, download are the other tools'; then all changes, then UID EXPUNGE
		echo $k $k $k >relay/hold
		turns 5
		[ "$(grep -c '^--- SELECT' relay/answers)" -eq 2 ]
		quiet
	done
	agree_but_times
}

@test "turns: to the trash is one more than to be deleted, for its folder's own SELECT" {
	change seed "$PORT" "$U" 3 3
	relay
	echo 'trashfolder = f3' >>"$HOME/.offlineimaprc"
	sync
	local_change delete 1
	turns 4
	sync
	quiet
	agree_but_times
}

@test "turns: remote news, flags, deletions: the same for 1 and 12 folders (soak: 100)" {
	local k many=12
	[ -z "${SOAK:-}" ] || many=100
	change seed "$PORT" "$U" $many 1
	relay
	sync
	for k in 1 $many; do
		remote_change new $k
		# nothing is answered before the last folder is left: listed in one, and fetched in one
		echo $k $k >relay/hold
		turns 3
		quiet_if_many
		remote_change flag $k
		echo $k >relay/hold
		turns 2
		quiet_if_many
		# listed, and looked at before the files go
		remote_change delete $k
		echo $k $k >relay/hold
		turns 3
		quiet
	done
	agree_but_times
}

@test "turns: thousands of messages are no more turns than one" {
	local i
	change seed "$PORT" "$U" 1 1
	relay
	sync
	for i in {1..1200}; do message "$i" >"$MAILDIR/f1/cur/1700000000.$i.x:2,S"; done
	# as above, however slow we are
	echo 2 >relay/hold
	turns 2
	local_change star 1
	echo 2 >relay/hold
	turns 2
	rm "$MAILDIR"/f1/cur/*FS
	echo 2 >relay/hold
	turns 3
	quiet
	# no command line is longer than 4 kB
	[ "$(awk 'length > n { n = length } END { print n }' relay/log)" -lt 4096 ]
}

@test "turns: what a server lists no more is asked for in one, and looked for in one: the same for 1 and 12 folders" {
	local k
	change seed "$PORT" "$U" 12 3
	relay
	sync
	for k in 1 12; do
		remote_change empty $k
		# listed, listed again, and looked at before the files go; f1 is empty then
		[ $k -eq 1 ] || k=11
		echo $k $k $k >relay/hold
		turns 4
		[ "$(grep -c '^STATUS "f' relay/log)" -eq $k ]
		[ "$(grep -c '^UID FETCH 1:3 (UID RFC822.SIZE)' relay/log)" -eq $k ]
		quiet
	done
	agree_but_times
}

@test "turns: without UIDPLUS the new uids are one more, and nothing is expunged" {
	change seed "$PORT" "$U" 3 3
	relay
	echo UIDPLUS >relay/hide
	: >relay/strip
	sync
	quiet
	local_change new 3
	turns 3
	local_change flag 3
	turns 2
	quiet
	agree_but_times
}

@test "turns: a new folder on the server, and what is uploaded to it" {
	relay
	sync
	deliver 1 fresh; deliver 2 fresh; deliver 3 other FS
	sync
	quiet
	agree_but_times
}

# foreign REGEX COMMAND...: another client, just before the next command that matches.
foreign() {
	local IFS=' '
	printf '%s\t%s imap.py %s %s %s\n' "$1" "$SERVED" "$PORT" "$U" "${*:2}" >relay/foreign
}

# Changes on both sides at once: the run after that must see what the other client did.
seen() {
	sync
	[ ! -e relay/foreign ] || { echo 'the other client was not there' >&2; return 1; }
	: >relay/log
	sync
	[[ $(<relay/log) == *$'\n'* ]] || return 1
	agree_but_times
}

@test "echo: another client between any two of our commands is not overlooked" {
	local at what n=0 tried=0
	local -a other
	message 99 >new
	message 98 >file
	change seed "$PORT" "$U" 1 9
	relay
	sync
	other=('store f1 2 +FLAGS \\Answered' 'append f1 new' 'store f1 2 -FLAGS \\Answered')
	for what in new flag; do
		for at in SELECT APPEND 'UID FETCH' 'UID STORE' UNSELECT EXAMINE 'UID FETCH 1:\*'; do
			case $what$at in newUID?FETCH | newUID?STORE | flagAPPEND) continue ;; esac
			# a third of the points, each with one of the others' changes; all points with SOAK=1
			[ -n "${SOAK:-}" ] || [ $((n++ % 3)) -eq 0 ] || continue
			local_change $what 1
			foreign "$at" "${other[tried++ % 3]}"
			seen
		done
	done
	[ $tried -eq 4 ] || [ $tried -eq 11 ]
	sync
	quiet
}

@test "echo: nor between marking and expunging, nor what it expunges itself" {
	local at what n=0 uid=1
	change seed "$PORT" "$U" 1 30
	relay
	sync
	for at in SELECT 'UID STORE' EXAMINE 'UID EXPUNGE' 'UID FETCH [0-9]* .UID.$'; do
		for what in delete store; do
			# the one or the other at each point; both with SOAK=1
			[ -n "${SOAK:-}" ] || [ $((n++ % 3)) -eq 0 ] || continue
			rm "$MAILDIR"/f1/*/*",U=$((uid + 1)),"*
			case $what in
			delete) foreign "$at" delete f1 $uid ;;
			store) foreign "$at" store f1 $uid +FLAGS '\\Answered' ;;
			esac
			seen
			uid=$((uid + 2))
		done
	done
	[ $uid -ge 9 ]
	sync
	quiet
}

@test "echo: a server without CONDSTORE proves nothing, and is listed again" {
	change seed "$PORT" "$U" 2 3
	relay
	echo CONDSTORE QRESYNC LIST-STATUS >relay/hide
	sync
	# LIST and a STATUS for each folder are one turn, and all folders' listings are one
	echo 3 >relay/hold
	turns 2
	[ "$(grep -c '^STATUS ' relay/log)" -eq 3 ]
	[ "$(grep -c '^LIST .*STATUS' relay/log)" -eq 0 ]
	local_change new 1; local_change flag 2
	sync
	[ "$(grep -c CHANGEDSINCE relay/log)" -eq 0 ]
	agree_but_times
	remote_change flag 1
	sync
	agree_but_times
}

# reader REGEX COMMAND: a mail reader, likewise, in the Maildir.
reader() { printf '%s\tcd %s && %s\n' "$1" "$MAILDIR" "$2" >relay/foreign; }

@test "echo: a file that is moved or deleted while it is uploaded is so on the server, and does not come back" {
	local how n=1
	imap create Other
	mail 1
	relay
	sync
	for how in uids none; do
		# without the uids in the answers they are found by the bytes
		[ $how = uids ] || : >relay/strip
		deliver $((n + 1)); deliver $((n + 2)); deliver $((n + 3))
		put away <<<"mv INBOX/new/*.$((n + 1)).elsewhere Other/cur/moved$n:2,S
rm INBOX/new/*.$((n + 2)).elsewhere
mv INBOX/new/*.$((n + 3)).elsewhere INBOX/cur/1700000000.$((n + 3)).elsewhere:2,F"
		reader APPEND 'sh ../away'
		sync
		[ ! -e relay/foreign ] || { echo 'the mail reader was not there' >&2; return 1; }
		sync
		n=$((n + 3))
		agree
	done
	[ "$(imap numbers INBOX)" = '1: 4:\Flagged 7:\Flagged ' ]
	[ "$(imap numbers Other)" = '2:\Seen 5:\Seen ' ]
	# one that is put back
	deliver 8
	reader APPEND 'mv INBOX/new/*.8.elsewhere ..'
	sync
	mv ./*.8.elsewhere "$MAILDIR/INBOX/new/"
	sync
	[ "$(imap numbers INBOX)" = '1: 4:\Flagged 7:\Flagged 8: ' ]
	sync
	agree
}
