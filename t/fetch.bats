# imap-fetch: several sessions, what becomes of one that dies, what it reads and writes meanwhile.
bats_require_minimum_version 1.5.0
load lib

setup() {
	t_setup
	write_conf
	T="exec $SERVED scripted.py $HOME/script $HOME/log"
	: >"$HOME/log"
}

# Plan lines for uids of INBOX, each said to have 3 MB: two make a request.
copies() {
	local uid
	for uid; do printf 'copy\tlocal\tINBOX\tINBOX\t7:%d\tdate=1000000000\tflags=%%\tsize=3000000\n' "$uid"; done
}

# A server whose sessions wait for each other after EXAMINE, so that all that were asked for are used.
# What it says to a FETCH of "3:4" is given on standard input.
server_of() {
	local set uid others
	{
		echo 'on EXAMINE "INBOX"'
		# as many lines as sessions
		[ "$1" -eq 1 ] || echo '%sh echo >>here; until { read -r _ && read -r _; } <here; do sleep 0.02; done'
		printf '%s\n' '* OK [UIDVALIDITY 7] x' 'TAG OK x'
		for set in '1:2 1 2' '5:6 5 6' '4 4'; do
			echo "on UID FETCH ${set%% *} "
			for uid in ${set#* }; do echo "* $uid FETCH (UID $uid BODY[] \"message $uid\")"; done
			echo 'TAG OK x'
		done
		IFS= read -rd '' others || :
		printf 'on UID FETCH 3:4 \n%s' "$others"
	} >script
}

# N spool files lie below the Maildir.
spooled() {
	local all=("$MAILDIR"/*/*/offlineimap-spool.*)
	[ -e "${all[0]}" ] || all=()
	[ ${#all[@]} -eq "$1" ]
}

@test "a large folder is split among sessions, lines leave in their order" {
	server_of 2 <<-'END'
		* 3 FETCH (UID 3 BODY[] "message 3")
		* 4 FETCH (UID 4 BODY[] "message 4")
		TAG OK x
	END
	{ copies 6 5; printf 'delete\tlocal\tINBOX\tINBOX\t7:9\tname=x\twas=S\n'; copies 1 2 4 3; } >plan
	imap-fetch -a test -t "$T" <plan >out
	same "$(sed 's/\tspool.*//' out)" "$(<plan)"
	[ "$(grep -c spool= out)" -eq 6 ]
	spooled 6
	[ "$(grep -c EXAMINE log)" -eq 2 ]
	same "$(grep -o 'FETCH [0-9:]*' log | sort)" $'FETCH 1:2\nFETCH 3:4\nFETCH 5:6'
	# each line has its own message
	while IFS=$'\t' read -r uid spool; do
		[ "$(<"$MAILDIR/$spool")" = "message $uid" ]
	done < <(sed -n 's/.*7:\([0-9]\).*\tspool=\([^\t]*\).*/\1\t\2/p' out)
	# what has come does not wait for what is long in coming
	mkdir "$MAILDIR"/INBOX/{cur,new}
	mkfifo slow
	sync-apply -a test <slow >report 3>&- &
	exec {fd}>slow
	local n=0
	head -n 2 out >&$fd
	until [[ $(<report) == *done*copy*$'\n'*done*copy* ]]; do
		nap
		[ $((n += 1)) -lt 2500 ]
	done
	spooled 4
	printf '%s\n' 'listing 1 account=test' 'pair INBOX INBOX fmd5=x maxdelete=50,50 rules=%' 'end - - 2' |
		tr ' ' '\t' >pair
	same "$(sync-state -a test <pair | sed -n 's/^m.s.7:\([0-9]*\).*/\1/p')" $'5\n6'
	exec {fd}>&-
	wait $!
}

@test "a second session only for work that is worth a login, and none beyond maxconnections" {
	server_of 1 <<-'END'
		* 3 FETCH (UID 3 BODY[] "message 3")
		* 4 FETCH (UID 4 BODY[] "message 4")
		TAG OK x
	END
	local started="echo >>started; $T"
	plan=$(copies 1 2 3 4)
	printf '%s\n' "${plan//size=3000000/size=2097152}" >plan
	imap-fetch -a test -t "$started" <plan >out
	[ "$(wc -l <started)" -eq 1 ]
	rm started
	write_conf 'remote:maxconnections = 1'
	copies 1 2 3 4 5 6 | imap-fetch -a test -t "$started" >out
	[ "$(wc -l <started)" -eq 1 ]
	[ "$(grep -c spool= out)" -eq 6 ]
}

@test "a session dies in the middle of a message: another one fetches what had not come" {
	server_of 2 <<-'END'
		* 3 FETCH (UID 3 BODY[] "message 3")
		%raw * 4 FETCH (UID 4 BODY[] {2000}\x0d\x0amess
		%sh kill -9 $ASKER
		%drop
	END
	copies 1 2 3 4 5 6 >plan
	imap-fetch -a test -t "$T" <plan >out
	same "$(sed 's/\tspool.*//' out)" "$(<plan)"
	[ "$(grep -c spool= out)" -eq 6 ]
	spooled 6
	same "$(grep -o 'FETCH [0-9:]*' log | sort)" $'FETCH 1:2\nFETCH 3:4\nFETCH 4\nFETCH 5:6'
}

@test "the last session dies: what has come is kept, the rest passes, and that is said once" {
	server_of 2 <<-'END'
		* 3 FETCH (UID 3 BODY[] "message 3")
		%sh kill -9 $ASKER
		%drop
	END
	sed -i 's/^on UID FETCH 4 .*/&\n%sh kill -9 $ASKER\n%drop/' script
	copies 1 2 3 4 5 6 >plan
	run --separate-stderr imap-fetch -a test -t "$T" <plan
	[ "$status" -eq 75 ]
	same "$(grep -c . <<<"$stderr") $stderr" '1 imap-fetch: the connection to the server was closed'
	same "$(sed 's/\tspool.*//' <<<"$output")" "$(<plan)"
	spooled "$(grep -c spool= <<<"$output")"
	[[ ${lines[2]} == *spool=* && ${lines[3]} != *spool=* ]]
	[ "$(grep -c 'FETCH 4 ' log)" -eq 1 ]
}

@test "the only session ends while there is nothing to do: lines that come later are a failure" {
	server_of 1 </dev/null
	sed -i 's/^on UID FETCH 1:2 .*/&\n%sh echo $ASKER >pid/' script
	awk '{ print } /"message 2"/ { getline; print; print "%close" }' script >closing
	mv closing script
	feed() {
		copies 1 2
		until [ -s pid ]; do nap; done
		while kill -0 "$(<pid)" 2>/dev/null; do nap; done
		copies 3
	}
	run --separate-stderr imap-fetch -a test -t "$T" < <(feed)
	[ "$status" -eq 75 ]
	[ "$(grep -c spool= <<<"$output")" -eq 2 ]
	[ "${#lines[@]}" -eq 3 ]
}

@test "by the driver: two sessions share what one folder has, nothing comes twice" {
	head -c 1600000 /dev/urandom | base64 | sed 's/$/\r/' >big
	local i
	for i in {1..8}; do
		{ printf 'Subject: %d\r\n\r\n' "$i"; cat big; } >one
		imap append INBOX one '\Seen' 1000000000 >/dev/null
	done
	write_conf 'remote:maxconnections = 3'
	offlineimap -o -u basic >said
	agree
	same "$(grep -o 'Establishing connection' said)" $'Establishing connection\nEstablishing connection'
	[ "$(grep -c '^Copy message' said)" -eq 8 ]
	spooled 0
}

@test "nobody reads its output: the transfer goes on" {
	imap fill INBOX 600
	offlineimap --dry-run -o -u plan >plan
	mkfifo out
	imap-fetch -a test <plan >out 3>&- &
	exec {fd}<out
	local n=0
	until spooled 600; do
		nap
		[ $((n += 1)) -lt 2500 ]
	done
	[ "$(grep -c spool= <&$fd)" -eq 600 ]
	wait $!
}

@test "a large group is made durable by one syncfs before the first is put in place, a small one file by file" {
	imap fill INBOX 100
	export SHIM_FILE=$HOME/count SHIM_LOG=$HOME/steps ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
	LD_PRELOAD=$ROOT/build/t/shim.so offlineimap -o -u quiet
	agree
	calls() { awk '$3 == "sync-apply" && $4 ~ /^(syncfs|fsync|renameat2)$/ { print $4 }' steps; }
	calls >called
	[ "$(grep -c syncfs called)" -eq 1 ]
	same "$(grep -A1 syncfs called)" $'syncfs\nrenameat2'
	same "$(grep -m1 -B1 renameat2 called)" $'syncfs\nrenameat2'
	rm steps
	mail 1000
	LD_PRELOAD=$ROOT/build/t/shim.so offlineimap -o -u quiet
	calls >called
	[[ $(<called) != *syncfs* ]]
	same "$(grep -m1 -B1 renameat2 called)" $'fsync\nrenameat2'
}
