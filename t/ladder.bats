# The ladder: how imap-list asks, by what server and state allow, and what it believes.
# Each rung against a Dovecot that shows just that; lies against the scripted server.
bats_require_minimum_version 1.5.0
load lib

# One Dovecot for all rungs: what it shows depends on the address that is spoken to.
setup_file() {
	dovecot_addresses 127.0.0.2=QRESYNC 127.0.0.3=QRESYNC,ESEARCH 127.0.0.4=QRESYNC,CONDSTORE \
		127.0.0.5=QRESYNC,CONDSTORE,ESEARCH >"$BATS_FILE_TMPDIR/conf"
	dovecot_start "$BATS_FILE_TMPDIR/rungs" ca="$T_CADIR" include="$BATS_FILE_TMPDIR/conf" || return 1
	export RUNGS_PORT=$DOVECOT_PORT
}
teardown_file() { dovecot_stop "$BATS_FILE_TMPDIR/rungs"; }

setup() {
	t_setup
	write_conf 'general:fsync = no'
	T="$SERVED scripted.py $HOME/script $HOME/log"
}

# shellcheck source=t/rungs.bash
. "$BATS_TEST_DIRNAME/rungs.bash"

@test "rung qresync: EXAMINE tells all" {
	rung 127.0.0.1 "$RUNGS_PORT" 'EXAMINE "INBOX" (QRESYNC (V M))' "$NEW" UNSELECT
	counted + ^gone listed
	counted 4 $'^m\tr' listed
}

@test "rung condstore: what changed, and a search for what is gone" {
	rung 127.0.0.2 "$RUNGS_PORT" 'EXAMINE "INBOX" (CONDSTORE)' 'UID FETCH 1:30 (UID FLAGS) (CHANGEDSINCE M)' \
		'UID SEARCH RETURN (ALL) UID 1:30' "$NEW" UNSELECT
	counted 4 $'^m\tr' listed
}

@test "rung condstore without ESEARCH" {
	rung 127.0.0.3 "$RUNGS_PORT" 'EXAMINE "INBOX" (CONDSTORE)' 'UID FETCH 1:30 (UID FLAGS) (CHANGEDSINCE M)' \
		'UID SEARCH UID 1:30' "$NEW" UNSELECT
}

@test "rung search: a set of uids for each flag" {
	rung 127.0.0.4 "$RUNGS_PORT" 'EXAMINE "INBOX"' 'UID SEARCH RETURN (ALL) UID 1:30 DRAFT' \
		'UID SEARCH RETURN (ALL) UID 1:30 FLAGGED' 'UID SEARCH RETURN (ALL) UID 1:30 ANSWERED' \
		'UID SEARCH RETURN (ALL) UID 1:30 SEEN' 'UID SEARCH RETURN (ALL) UID 1:30 DELETED' \
		'UID SEARCH RETURN (ALL) UID 1:30' "$NEW" UNSELECT
}

@test "rung plain: the flags of all" {
	rung 127.0.0.5 "$RUNGS_PORT" 'EXAMINE "INBOX"' 'UID FETCH 1:30 (UID FLAGS)' "$NEW" UNSELECT
}

@test "an extension that is switched off is not used, by any tool" {
	write_conf 'general:fsync = no' 'remote:disable_extensions = qresync, LIST-STATUS,literal+ , UIDPLUS'
	seed 30
	sync
	imap store INBOX 3 +FLAGS '\Answered'
	rm "$MAILDIR"/INBOX/cur/*,U=5,*
	message c >"$MAILDIR/INBOX/new/c"
	offlineimap -o -d imap >said 2>&1
	counted + '> o[0-9]' said
	counted 0 '> o[0-9].*(ENABLE|QRESYNC|RETURN \(STATUS|\{[0-9]*\+\}|EXPUNGE)' said
	counted + '\(CONDSTORE\)' said
	counted + '> o.* STATUS "INBOX" \(.* HIGHESTMODSEQ\)' said
	# without CONDSTORE there is no QRESYNC, and no modseq
	write_conf 'general:fsync = no' 'remote:disable_extensions = CONDSTORE'
	imap store INBOX 4 +FLAGS '\Answered'
	offlineimap -o -d imap >said 2>&1
	counted + '> o[0-9]' said
	counted 0 '> o[0-9].*(ENABLE|QRESYNC|CONDSTORE|HIGHESTMODSEQ)' said
	compgen -G "$MAILDIR/INBOX/cur/*,U=4,*RS"
	# though Dovecot tells it unasked
	sync-state -H >heads
	counted 0 modseq heads
}

@test "one flag among 2000: less than 4 kB on the wire and from each tool, on the rungs that can" {
	local off tool wire told
	seed 2000
	imap store INBOX "$(seq -s, 1 3 2000)" +FLAGS '\Answered'
	sync
	# heads of directories are told once they are two seconds old
	sleep 2.1
	sync
	imap store INBOX 1234 +FLAGS '\Flagged'
	for off in '' QRESYNC; do
		write_conf 'general:fsync = no' "remote:disable_extensions = $off"
		pairs >pair
		sync-state <pair >state
		imap-list -t 'tee up | imap-connect | tee down' <state >list
		maildir-scan <list >scan
		sync-plan <scan >plan
		imap-fetch <plan >fetch
		counted 1 $'^m\tr' list
		wire=$(<up)$(<down)
		echo "with $off: ${#wire}"
		[ "${#wire}" -lt 4096 ]
		for tool in pair state list scan plan fetch; do
			told=$(<$tool)
			[ "${#told}" -lt 4096 ]
		done
		counted + $'^flags\tlocal.*:1234\tadd=F.*was=RS' plan
		[ "$(grep -c -v '^plan\|^note\|^mark\|^end' plan)" -eq 1 ]
	done
	sync-apply <fetch >report
	told=$(<report)
	[ "${#told}" -lt 4096 ]
	agree_but_times
}

# The turns of the listing of what changed, by hand.
turns() {	# of FOLDERS, are N
	pairs | sync-state >in
	imap-list -t "imap-connect -s 5 5>$HOME/stat" <in >out
	counted "$1+" $'^folder\tr.*kind=(delta|full)' out
	[[ $(<stat) =~ turns=([0-9]*) ]]
	[ "${BASH_REMATCH[1]}" -eq "$2" ]
}

@test "turns: one listing is one turn for any number of folders, on every rung" {
	local off i k
	write_conf
	for i in {1..8}; do seed 20 "f$i"; done
	sync
	for k in 1 8; do
		for ((i = 1; i <= k; i++)); do imap store "f$i" 1 -FLAGS '\Seen'; done
		write_conf
		# with the driver QRESYNC is enabled with the LIST
		offlineimap -o --dry-run -d imap >said 2>&1
		counted + 'QRESYNC \(' said
		counted + ' 2 turns' said
		write_conf 'remote:disable_extensions = QRESYNC'
		turns $k 1
	done
	for off in CONDSTORE CONDSTORE,ESEARCH; do
		write_conf "remote:disable_extensions = $off"
		turns 8 1
	done
}

# --- lies

script() {
	put "$HOME/script"
	: >"$HOME/log"
}
stream() {
	local lines
	mapfile -t lines
	r listing 1 account=test
	[ ${#lines[@]} -eq 0 ] || printf '%s\n' "${lines[@]}"
	r end - - $((${#lines[@]} + 1))
}
# The state of a folder of three messages; extra keys of its line and of the server's head.
known() {
	r pair INBOX INBOX fmd5=x maxdelete=- rules=%
	[ -z "${2-}" ] || r folder r INBOX INBOX "$2"
	r folder s INBOX INBOX count=3 gen=3 intents=0 kept=0 kind=full modseq=9 next=10 rows=3 rules=% ${1:+"$1"} validity=7
	local uid
	for uid in 1 4 ${KEPT-}; do r m s "7:$uid" date=1 flags=S ${KEPT:+kept=maxdelete} "name=n$uid" size=1; done
	[ -n "${KEPT-}" ] || r m s 7:6 date=1 flags=S name=n6 size=1
	r end s INBOX 3
}
# What imap-list says of it.
list() { imap-list -a test -t "$T" "$@"; }
# And of what is known, but that itself, in "output"; with its errors.
# shellcheck disable=SC2120
said() {
	local line
	output=
	known "$@" >known
	stream <known >in
	list <in >out 2>errors || :
	while IFS= read -r line; do
		[[ ! $line =~ ^[fmeng][a-z]*$'\t'[rI] || $line == *$'\ts\t'* ]] || output+=$line$'\n'
	done <out
	output+=$(<errors)
	output=${output%$'\n'}
}
SIZED='INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20'
# server CAPS EXAMINE [CHANGES [NEW]]: answers to a delta, "|" for a new line; and the whole truth:
# messages 1 and 4, without 6, if it is asked for.
lying() {
	script <<-END
		caps IMAP4rev1 UNSELECT $1
		on ENABLE
		* ENABLED QRESYNC
		TAG OK x
		once EXAMINE
		${2//|/$'\n'}
		on UID FETCH 1:9 \(UID FLAGS\) \(CHANGEDSINCE
		${3:+${3//|/$'\n'}}
		TAG OK x
		once UID FETCH 10:
		${4:+${4//|/$'\n'}}
		TAG OK x
		on UID SEARCH UID 1:9
		${5-* SEARCH 1 4}
		TAG OK x
		on EXAMINE
		* 2 EXISTS
		* OK [UIDVALIDITY 7] x
		* OK [UIDNEXT 10] x
		* OK [HIGHESTMODSEQ 12] x
		TAG OK x
		on UID FETCH 1:9 \(UID FLAGS\)
		* 1 FETCH (UID 1 FLAGS (\\Seen))
		* 2 FETCH (UID 4 FLAGS (\\Seen \\Flagged))
		TAG OK x
		on UID FETCH
		TAG OK x
	END
}
Q='ENABLE QRESYNC CONDSTORE'
HEAD='* OK [UIDVALIDITY 7] x|* OK [UIDNEXT 10] x|* OK [HIGHESTMODSEQ 12] x'
# What a full listing of that server is.
FULL="$(printf 'folder\tr\tINBOX\tINBOX\tcount=2\tkind=full\tmodseq=12\tnext=10\tvalidity=7\nm\tr\t7:1\tflags=S\nm\tr\t7:4\tflags=FS\nend\tr\tINBOX\t2')"

@test "rows as sets: a delta as with lines, but only if all rows are there" {
	local rows
	as_sets() {	# what known says, with these records in place of the messages; the answer in "output"
		known >known
		awk -v rows="$1" '/^m/ { next } /^end/ { gsub(/ /, "\t", rows); print rows } { sub(/kind=full/, "kind=sets"); print }' \
			known | stream >in
		list <in >out
		output=$(<out)
		output=${output#*$'\n'end$'\t's$'\t'*$'\n'}
	}
	for rows in 'rows s 7:1,4,6' $'rows s 7:1\nrows s 7:4,6' $'rows s 7:1,6\nm s 7:4 flags=S kept=expunge size=1'; do
		lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) 6|* 2 FETCH (UID 4 FLAGS (\\Seen \\Flagged) MODSEQ (11))|TAG OK x"
		as_sets "$rows"
		same "${output%$'\n'end$'\t'-*}" "$(r folder r INBOX INBOX count=2 kind=delta modseq=12 next=10 since=3 validity=7
			r m r 7:4 flags=FS
			r gone r 7:6
			r end r INBOX 1)"
	done
	for rows in 'rows s 7:1,4' 'rows s 7:1:6' 'rows s 7:1,4,x' 'rows s 8:1,4,6' 'rows s -' \
		$'rows s 7:1,4\nrows s 7:4' $'rows s 7:1,6\nm s 8:4 flags=S kept=expunge size=1'; do
		lying "$Q" "* 2 EXISTS|$HEAD|TAG OK x"
		as_sets "$rows"
		[[ $output == "$FULL"* ]]
		counted 0 'QRESYNC \(' log
	done
}

@test "qresync: uids that were never held are nobody's business; ranges are not expanded" {
	local set
	for set in 6 5:9 6:4294967295 2:3,5:6 6,1000000:4294967295; do
		lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) $set|* 2 FETCH (UID 4 FLAGS (\\Seen \\Flagged) MODSEQ (11))|TAG OK x"
		said
		same "$output" "$(r folder r INBOX INBOX count=2 kind=delta modseq=12 next=10 since=3 validity=7
			r m r 7:4 flags=FS
			r gone r 7:6
			r end r INBOX 1)"
		counted 1 EXAMINE log
	done
}

@test "qresync: VANISHED that does not fit, or cannot be read, deletes nothing; the full list decides" {
	local told
	for told in 'VANISHED (EARLIER) 1:4294967295' 'VANISHED (EARLIER) 1,6' 'VANISHED (EARLIER) *' \
		'VANISHED (EARLIER) 6:' 'VANISHED (EARLIER)' 'VANISHED (LATER) 6' 'OK nothing vanished'; do
		lying "$Q" "* 2 EXISTS|$HEAD|* $told|TAG OK x"
		said
		echo "$told"
		[[ $output == "$FULL"$'\nnote\tINBOX\tlocal=INBOX\trung=condstore\ttext='* && ${output#"$FULL"?} != *$'\n'* ]]
		counted 2 EXAMINE log
	done
	# a message that is there and gone
	lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) 6|* 3 FETCH (UID 6 FLAGS () MODSEQ (11))|TAG OK x"
	said
	[[ $output == "$FULL"* && $output == *rung=condstore* ]]
}

@test "a listing that was disturbed is made again and nobody is blamed" {
	local also
	for also in '* 3 EXPUNGE' '* VANISHED 6' '* 3 EXISTS'; do
		lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) 6|TAG OK x" '' "$also"
		sed -i 's/^\* 2 EXISTS$/&\n* VANISHED (EARLIER) 6/' script
		said
		echo "$also"
		[[ $output == *kind=delta*gone* && $output != *note* ]]
		counted 2 'QRESYNC \(7 9\)' log
	done
}

@test "figures that no delta can end in: full, by what EXAMINE says" {
	local figures
	for figures in '* OK [HIGHESTMODSEQ 8] x' '* OK [HIGHESTMODSEQ 0] x' '* OK [NOMODSEQ] x' \
		'* OK [HIGHESTMODSEQ 12] x|* OK [UIDNEXT 9] x' '* OK [HIGHESTMODSEQ 12] x|* OK [UIDVALIDITY 8] x'; do
		lying "$Q" "* 2 EXISTS|${HEAD% x|*} x|$figures|* VANISHED (EARLIER) 6|TAG OK x"
		sed -i 's/^on UID FETCH$/&|UID FETCH 1:\\*/' script
		said
		echo "$figures"
		[[ $output == *kind=full* || $output == *kind=presence* ]]
		[[ $output != *gone* && $output != *note* ]]
		counted 2+ EXAMINE log
	done
	# UIDNEXT not above every uid
	lying "$Q" "* 3 EXISTS|$HEAD|* VANISHED (EARLIER) 6|TAG OK x" '' "* 3 FETCH (UID 10 FLAGS () $SIZED)"
	said
	[[ $output == "$FULL"* ]]
	# what STATUS has told already is not tried
	lying "$Q" "* 2 EXISTS|$HEAD|TAG OK x"
	known '' $'count=2\tkind=head\tmodseq=8\tnext=10\tvalidity=7' >known
	stream <known >in
	list <in >out
	counted 0 'QRESYNC \(|CHANGEDSINCE' log
}

@test "HIGHESTMODSEQ that stands still is not trusted, and never a head" {
	# messages arrive
	lying CONDSTORE "* 3 EXISTS|* OK [UIDVALIDITY 7] x|* OK [UIDNEXT 11] x|* OK [HIGHESTMODSEQ 9] x|TAG OK x" '' \
		"* 3 FETCH (UID 10 FLAGS () $SIZED)"
	said
	[[ $output != *modseq=* && $output == *kind=full* && $output == *rung=search* ]]
	# a FETCH shows a higher one; the next EXAMINE still does not
	lying CONDSTORE "* 2 EXISTS|${HEAD/12/9}|TAG OK x" '* 2 FETCH (UID 4 FLAGS () MODSEQ (30))'
	said
	[[ $output != *modseq=* && $output == *kind=full* && $output == *rung=search* ]]
	# it does: it had changed that very moment
	lying CONDSTORE "* 2 EXISTS|${HEAD/12/9}|TAG OK x" '* 2 FETCH (UID 4 FLAGS () MODSEQ (11))'
	said
	same "$output" "$FULL"
}

@test "an extension that is answered BAD is not used for the folder again" {
	lying "$Q" 'TAG BAD what'
	said
	[[ $output == "$FULL"* && $output == *rung=condstore* ]]
	lying CONDSTORE 'TAG BAD what'
	said
	[[ $output == *kind=full* && $output != *modseq=* && $output == *rung=search* ]]
	mapfile -t lines <log
	[ "${lines[-4]}" = 'EXAMINE "INBOX"' ]
	lying CONDSTORE "* 2 EXISTS|$HEAD|TAG OK x"
	sed -i '/CHANGEDSINCE/,/TAG/s/TAG OK x/TAG BAD x/' script
	said
	[[ $output == *kind=full* && $output != *modseq=* && $output == *rung=search* ]]
	# a NO says nothing of the extension
	sed -i '/CHANGEDSINCE/,/TAG/s/TAG BAD x/TAG NO x/' script
	said
	same "$output" "$FULL"
}

@test "ENABLE without ENABLED: the next rung, and the next run asks no more" {
	lying "$Q" "* 2 EXISTS|$HEAD|TAG OK x" '* 2 FETCH (UID 4 FLAGS (\Seen \Flagged) MODSEQ (11))'
	sed -i '/ENABLED/d' script
	said
	[[ $output == *kind=delta*7:4*gone$'\t'r$'\t'7:6*rung=condstore* ]]
	counted + CHANGEDSINCE log
	sed -i '/^once EXAMINE/s/once/on/' script
	: >log
	said rung=condstore
	[[ $output == *kind=delta*7:4*gone$'\t'r$'\t'7:6* && $output != *note* ]]
	counted 0 ENABLE log
	# lower still: no modseq is asked for, none is a head
	lying CONDSTORE "* 2 EXISTS|$HEAD|TAG OK x"
	said rung=search
	[[ $output == *kind=full* && $output != *modseq=* ]]
	counted 0 CONDSTORE log
}

@test "condstore: no search where the numbers leave no room for an expunge" {
	lying CONDSTORE "* 4 EXISTS|* OK [UIDVALIDITY 7] x|* OK [UIDNEXT 11] x|* OK [HIGHESTMODSEQ 12] x|TAG OK x" '' \
		"* 4 FETCH (UID 10 FLAGS () $SIZED)"
	said '' $'count=4\tkind=head\tmodseq=12\tnext=11\tvalidity=7'
	[[ $output == *kind=delta*7:10* && $output != *gone* ]]
	counted 0 SEARCH log
	# one went after all: a full list, and no blame
	sed -i 's/^\* 4 EXISTS/* 3 EXISTS/' script
	said '' $'count=4\tkind=head\tmodseq=12\tnext=11\tvalidity=7'
	[[ $output == *kind=head* ]]
	same "${output#*kind=head*$'\n'}" "$FULL"
}

@test "condstore: a search that finds other messages than there are is not believed" {
	local found
	for found in '* SEARCH 1' '* SEARCH' '* SEARCH 1 4 6' '* SEARCH 4294967295' '* SEARCH 1 5'; do
		lying CONDSTORE "* 2 EXISTS|$HEAD|TAG OK x" '' '' "$found"
		said
		echo "$found"
		[[ $output == *kind=full* && $output != *gone* && $output != *modseq=* && $output == *rung=search* ]]
	done
}

@test "rows that are kept apart are always told of" {
	local KEPT=8
	lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) 1:8|TAG OK x"
	sed -i 's/^on UID FETCH 1:9 .(UID FLAGS.)$/on UID FETCH 1,4,8/' script
	said
	counted + $'^m\tr\t7:1\t' out
	counted + $'^m\tr\t7:4\tflags=FS' out
	counted + $'^gone\tr\t7:8$' out
	counted + 'kind=delta' out
}

@test "search: answers that are not labelled, missing or miscounted are no flags" {
	local all i fetched
	printf -v fetched '* %d FETCH (UID %d FLAGS ())\n' {1..20}{,}
	for all in '(TAG "TAGX") UID ALL 1:20' '(TAG "o99") UID ALL 1:20' 'UID ALL 1:20' '(TAG "%") UID' \
		'(TAG "%") UID ALL 1:19' '(TAG "%") UID ALL 1:4294967295' '(TAG "%") UID ALL *' '(TAG "%") ALL 1:20'; do
		script <<-END
			caps IMAP4rev1 UNSELECT ESEARCH
			on EXAMINE
			* 20 EXISTS
			* OK [UIDVALIDITY 7] x
			* OK [UIDNEXT 21] x
			TAG OK x
			on UID SEARCH RETURN .ALL. UID 1:20 \w
			* ESEARCH (TAG "o0") UID
			TAG OK x
			on UID SEARCH
			* ESEARCH ${all/\%/o7}
			TAG OK x
			on UID FETCH 1:20
			${fetched%$'\n'}
			TAG OK x
			on UID FETCH
			TAG OK x
		END
		{
			r pair INBOX INBOX fmd5=x maxdelete=- rules=%
			r folder s INBOX INBOX count=20 gen=3 intents=0 kept=0 kind=full next=21 rows=20 rules=% validity=7
			for i in {1..20}; do r m s "7:$i" date=1 flags=S "name=n$i" size=1; done
			r end s INBOX 20
		} >known
		stream <known >in
		list <in >out
		echo "$all"
		counted + 'kind=full' out
		counted 20 $'^m\tr' out
		counted + $'^note\tINBOX\tlocal=INBOX\trung=plain' out
	done
}

@test "qresync: the server dies at any byte: failed, or all of it" {
	local cut
	for cut in $(cuts 80 95 460); do
		lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) 6|* 2 FETCH (UID 4 FLAGS (\\Seen \\Flagged) MODSEQ (11))|TAG OK x"
		known >known
		stream <known >in
		imap-list -a test -t "$T $cut" <in >out 2>err || [ $? -eq 75 ]
		mapfile -t lines <out
		[ "${lines[-1]}" = $'end\t-\t-\t'$((${#lines[@]} - 1)) ]
		if [[ $(<out) == *kind=failed* ]]; then
			counted 0 $'^m\tr|^gone' out
		else
			counted + $'^gone\tr\t7:6' out
		fi
	done
}

@test "a folder goes out as soon as it is answered, while the next one still is listed" {
	script <<-END
		on EXAMINE "a"
		* 1 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK x
		once UID FETCH
		* 1 FETCH (UID 5 FLAGS () $SIZED)
		TAG OK x
		on EXAMINE "b"
		%sh for i in \$(seq 500); do ! grep -q 'end.r.a.1' out || exit 0; sleep .02; done; exit 1
		* 0 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on UID FETCH
		TAG OK x
	END
	{ r pair a a fmd5=x maxdelete=- rules=%; r pair b b fmd5=x maxdelete=- rules=%; } | stream >in
	list <in >out
	counted 2 kind=full out
}

@test "no command line is longer than 4 kB" {
	local i
	script <<-'END'
		caps IMAP4rev1 UNSELECT ENABLE QRESYNC CONDSTORE
		on ENABLE
		* ENABLED QRESYNC
		TAG OK x
		on EXAMINE
		* 0 EXISTS
		* OK [UIDVALIDITY 7] x
		* OK [UIDNEXT 9000] x
		* OK [HIGHESTMODSEQ 10] x
		TAG OK x
		on UID FETCH
		TAG OK x
	END
	{
		r pair INBOX INBOX fmd5=x maxdelete=- rules=%
		r folder s INBOX INBOX count=2000 gen=3 intents=0 kept=2000 kind=full modseq=9 next=9000 rows=2000 rules=% validity=7
		for ((i = 1; i <= 4000; i += 2)); do r m s "7:$i" date=1 flags=S kept=maxdelete "name=n$i" size=1; done
		r end s INBOX 2000
		for ((i = 4001; i <= 8000; i += 2)); do r probe remote INBOX INBOX "7:$i"; done
	} | stream >in
	list <in >out
	counted 6+ 'UID FETCH' log
	[ "$(awk '{ if (length($0) > m) m = length($0) } END { print m }' log)" -lt 4080 ]
	counted 2+ ^gone out
	[ "$(awk '{ if (length($0) > m) m = length($0) } END { print m }' out)" -lt 4100 ]
}

# --- what is remembered

@test "a lie is remembered in the state, shown by sync-state, and told" {
	seed 20
	sync
	r note INBOX local=INBOX rung=condstore text=lies >plan
	sync-apply <plan >report
	counted + $'^done\tnote\tINBOX' report
	sync-state -H >heads
	counted + $'distrust=1\t.*\trung=condstore' heads
	# it is no news a second time, nor is something better
	r note INBOX local=INBOX rung=condstore text=lies >plan
	sync-apply <plan >report
	counted 0 note report
	r note INBOX local=INBOX rung=plain text=lies >plan
	sync-apply <plan >report
	counted 1 note report
	sync-state -H >heads
	counted + $'distrust=2\t.*\trung=plain' heads
	# and what the state does not have is not made for it
	r note other local=other rung=plain text=lies >plan
	sync-apply <plan >report
	counted 0 note report
	# it is obeyed
	imap store INBOX 3 +FLAGS '\Answered'
	pairs | listing >listed
	asked >commands
	same "$(<commands)" 'EXAMINE "INBOX"
UID FETCH 1:20 (UID FLAGS)
UID FETCH 21:* (UID FLAGS INTERNALDATE RFC822.SIZE)
UNSELECT'
}

@test "heads: STATUS that cannot tell HIGHESTMODSEQ is asked without it" {
	local caps status
	for caps in 'LIST-STATUS CONDSTORE' CONDSTORE; do
		status=
		[[ $caps != LIST* ]] || status='* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)'
		script <<-END
			caps IMAP4rev1 UNSELECT $caps
			on LIST "" "\*" RETURN .*HIGHESTMODSEQ
			TAG BAD what
			on LIST
			* LIST () "/" INBOX
			* LIST () "/" b
			$status
			TAG OK x
			on STATUS .*HIGHESTMODSEQ
			TAG BAD what
			on STATUS "(INBOX|b)"
			* STATUS \1 (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)
			TAG OK x
		END
		r listing 1 account=test >known
		stream <known >in
		list -H <in >out
		counted + $'^folder\tr\tINBOX\t-\tcount=1\tkind=head\tnext=2\tvalidity=3' out
		counted + $'^folder\tr\tb\t-\tcount=1\tkind=head\tnext=2\tvalidity=3' out
	done
}
