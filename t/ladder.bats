# The ladder: how imap-list asks, by what server and state allow, and what it believes.
# Each rung against a Dovecot that shows just that; lies against the scripted server.
bats_require_minimum_version 1.5.0
load lib

setup() {
	t_setup
	write_conf 'general:fsync = no'
	T="$SERVED scripted.py $HOME/script $HOME/log"
}

# A record: its fields.
r() {
	local IFS=$'\t'
	printf '%s\n' "$*"
}

# seed N [FOLDER]: so many messages in one command.
seed() { imap fill "${2:-INBOX}" "$1"; }

# The pairs that changed; the listing of them, with the dialogue in "trace"; the plan.
pairs() { sync-state -H | imap-list -H | maildir-scan -H | sync-pair; }
listing() { sync-state | imap-list -d 2>trace | maildir-scan; }
# What was asked, and of a plan what does not depend on names and numbers of the day.
asked() { sed -n 's/^\[imap\]: > [^ ]* //p' trace; }
plain_plan() { sed -E '/^(plan|end|note|mark\tlocal)/d; s/\t[0-9]+:/\tV:/; s/\t(name|sum|gen|modseq|validity|cur|new|rules|date)=[^\t]*//g'; }

# rung HIDE PATTERN...: new, flags, expunge, nothing, on a server without the capabilities in
# HIDE; the commands for the folder must be these, and the plan is the same everywhere.
rung() {
	server hide="$1"
	write_conf 'general:fsync = no'
	shift
	seed 30
	sync
	message a | imap append INBOX - >/dev/null
	message b | imap append INBOX - '\Flagged' >/dev/null
	imap store INBOX 3 +FLAGS '\Answered'
	imap store INBOX 4 -FLAGS '\Seen'
	imap delete INBOX 7:8
	pairs | listing >listed
	sync-plan <listed >plan
	same "$(asked | grep -v -e ^ENABLE | sed 's/([0-9]* [0-9]*)/(V M)/; s/CHANGEDSINCE [0-9]*/CHANGEDSINCE M/')" \
		"$(printf '%s\n' "$@")"
	same "$(plain_plan <plan)" "$(r flags local INBOX INBOX V:3 add=R was=S
		r flags local INBOX INBOX V:4 del=S was=S
		r delete local INBOX INBOX V:7 was=S
		r delete local INBOX INBOX V:8 was=S
		r copy local INBOX INBOX V:31 flags=% size=137
		r copy local INBOX INBOX V:32 flags=F size=137
		r mark remote INBOX INBOX count=30 lines=6 next=33)"
	imap-fetch <plan | sync-apply >report
	[ "$(grep -c ^done report)" -eq 6 ]
	agree_but_times
	# and nothing: the plan is empty, whatever had to be asked
	pairs | listing | sync-plan | plain_plan >plan
	[ "$(grep -c -v ^mark plan)" -eq 0 ]
}

NEW='UID FETCH 31:* (UID FLAGS INTERNALDATE RFC822.SIZE)'

@test "rung qresync: EXAMINE tells all" {
	rung '' 'EXAMINE "INBOX" (QRESYNC (V M))' "$NEW" UNSELECT
	grep -q '^gone' listed
	[ "$(grep -c $'^m\tr' listed)" -eq 4 ]
}

@test "rung condstore: what changed, and a search for what is gone" {
	rung QRESYNC 'EXAMINE "INBOX" (CONDSTORE)' 'UID FETCH 1:30 (UID FLAGS) (CHANGEDSINCE M)' \
		'UID SEARCH RETURN (ALL) UID 1:30' "$NEW" UNSELECT
	[ "$(grep -c $'^m\tr' listed)" -eq 4 ]
}

@test "rung condstore without ESEARCH" {
	rung QRESYNC,ESEARCH 'EXAMINE "INBOX" (CONDSTORE)' 'UID FETCH 1:30 (UID FLAGS) (CHANGEDSINCE M)' \
		'UID SEARCH UID 1:30' "$NEW" UNSELECT
}

@test "rung search: a set of uids for each flag" {
	rung QRESYNC,CONDSTORE 'EXAMINE "INBOX"' 'UID SEARCH RETURN (ALL) UID 1:30 DRAFT' \
		'UID SEARCH RETURN (ALL) UID 1:30 FLAGGED' 'UID SEARCH RETURN (ALL) UID 1:30 ANSWERED' \
		'UID SEARCH RETURN (ALL) UID 1:30 SEEN' 'UID SEARCH RETURN (ALL) UID 1:30 DELETED' \
		'UID SEARCH RETURN (ALL) UID 1:30' "$NEW" UNSELECT
}

@test "rung plain: the flags of all" {
	rung QRESYNC,CONDSTORE,ESEARCH 'EXAMINE "INBOX"' 'UID FETCH 1:30 (UID FLAGS)' "$NEW" UNSELECT
}

@test "an extension that is switched off is not used, by any tool" {
	server
	write_conf 'general:fsync = no' 'remote:disable_extensions = qresync, LIST-STATUS,literal+ , UIDPLUS'
	seed 30
	sync
	imap store INBOX 3 +FLAGS '\Answered'
	rm "$(find "$MAILDIR" -name '*,U=5,*')"
	message c >"$MAILDIR/INBOX/new/c"
	offlineimap -o -d imap >said 2>&1
	[ "$(grep -c -e ENABLE -e QRESYNC -e 'RETURN (STATUS' -e '{[0-9]*+}' -e EXPUNGE <(grep '> o[0-9]' said))" -eq 0 ]
	grep -q '(CONDSTORE)' said
	grep -q '> o.* STATUS "INBOX" (.* HIGHESTMODSEQ)' said
	# without CONDSTORE there is no QRESYNC, and no modseq
	write_conf 'general:fsync = no' 'remote:disable_extensions = CONDSTORE'
	imap store INBOX 4 +FLAGS '\Answered'
	offlineimap -o -d imap >said 2>&1
	[ "$(grep -c -e ENABLE -e QRESYNC -e CONDSTORE -e HIGHESTMODSEQ <(grep '> o[0-9]' said))" -eq 0 ]
	[ "$(find "$MAILDIR" -name '*,U=4,*RS' | wc -l)" -eq 1 ]
	# though Dovecot tells it unasked
	sync-state -H >heads
	[ "$(grep -c -e modseq heads)" -eq 0 ]
}

@test "one flag among 2000: less than 4 kB on the wire and from each tool, on the rungs that can" {
	local off tool
	server
	write_conf 'general:fsync = no'
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
		grep ^folder list
		[ "$(grep -c $'^m\tr' list)" -eq 1 ]
		wc -c up down pair state list scan plan fetch
		[ $(($(wc -c <up) + $(wc -c <down))) -lt 4096 ]
		for tool in pair state list scan plan fetch; do
			[ "$(wc -c <$tool)" -lt 4096 ]
		done
		grep -q $'^flags\tlocal.*:1234\tadd=F.*was=RS' plan
		[ "$(grep -c -v '^plan\|^note\|^mark\|^end' plan)" -eq 1 ]
	done
	sync-apply <fetch >report
	[ "$(wc -c <report)" -lt 4096 ]
	agree_but_times
}

# The turns of the listing of what changed, by hand.
turns() {
	pairs | sync-state >in
	imap-list -t "imap-connect -s 5 5>$HOME/stat" <in >out
	[ "$(grep -c $'^folder\tr.*kind=\(delta\|full\)' out)" -ge "$1" ]
	sed -n 's/.*turns=\([0-9]*\).*/\1/p' "$HOME/stat"
}

@test "turns: one listing is one turn for any number of folders, on every rung" {
	local off i k
	server
	write_conf
	for i in {1..8}; do seed 20 "f$i"; done
	sync
	for k in 1 8; do
		for ((i = 1; i <= k; i++)); do imap store "f$i" 1 -FLAGS '\Seen'; done
		write_conf
		# with the driver QRESYNC is enabled with the LIST
		offlineimap -o --dry-run -d imap >said 2>&1
		grep -q 'QRESYNC (' said
		grep -q ' 2 turns' said
		write_conf 'remote:disable_extensions = QRESYNC'
		[ "$(turns $k)" -eq 1 ]
	done
	for off in CONDSTORE CONDSTORE,ESEARCH; do
		write_conf "remote:disable_extensions = $off"
		[ "$(turns 8)" -eq 1 ]
	done
}

# --- lies

script() {
	cat >"$HOME/script"
	: >"$HOME/log"
}
stream() { { r listing 1 account=test; cat; } | awk '{ print } END { printf "end\t-\t-\t%d\n", NR }'; }
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
# shellcheck disable=SC2120
said() { known "$@" | stream | list | grep $'^[fmeng][a-z]*\t\\([rI]\\)' | grep -v $'\ts\t'; }
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
	as_sets() {	# what known says, with these records in place of the messages
		known | awk -F '\t' -v rows="$1" '/^m/ { next } /^end/ { print rows } { print }' |
			sed 's/kind=full/kind=sets/' | tr ' ' '\t' | stream | list | sed '1,/^end.s/d'
	}
	for rows in 'rows s 7:1,4,6' $'rows s 7:1\nrows s 7:4,6' $'rows s 7:1,6\nm s 7:4 flags=S kept=expunge size=1'; do
		lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) 6|* 2 FETCH (UID 4 FLAGS (\\Seen \\Flagged) MODSEQ (11))|TAG OK x"
		same "$(as_sets "$rows" | grep -v '^end.-')" "$(r folder r INBOX INBOX count=2 kind=delta modseq=12 next=10 since=3 validity=7
			r m r 7:4 flags=FS
			r gone r 7:6
			r end r INBOX 1)"
	done
	for rows in 'rows s 7:1,4' 'rows s 7:1:6' 'rows s 7:1,4,x' 'rows s 8:1,4,6' 'rows s -' \
		$'rows s 7:1,4\nrows s 7:4' $'rows s 7:1,6\nm s 8:4 flags=S kept=expunge size=1'; do
		lying "$Q" "* 2 EXISTS|$HEAD|TAG OK x"
		[[ $(as_sets "$rows") == "$FULL"* ]]
		[ "$(grep -c 'QRESYNC (' log)" -eq 0 ]
	done
}

@test "qresync: uids that were never held are nobody's business; ranges are not expanded" {
	local set
	for set in 6 5:9 6:4294967295 2:3,5:6 6,1000000:4294967295; do
		lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) $set|* 2 FETCH (UID 4 FLAGS (\\Seen \\Flagged) MODSEQ (11))|TAG OK x"
		same "$(said "")" "$(r folder r INBOX INBOX count=2 kind=delta modseq=12 next=10 since=3 validity=7
			r m r 7:4 flags=FS
			r gone r 7:6
			r end r INBOX 1)"
		[ "$(grep -c EXAMINE log)" -eq 1 ]
	done
}

@test "qresync: VANISHED that does not fit, or cannot be read, deletes nothing; the full list decides" {
	local told
	for told in 'VANISHED (EARLIER) 1:4294967295' 'VANISHED (EARLIER) 1,6' 'VANISHED (EARLIER) *' \
		'VANISHED (EARLIER) 6:' 'VANISHED (EARLIER)' 'VANISHED (LATER) 6' 'OK nothing vanished'; do
		lying "$Q" "* 2 EXISTS|$HEAD|* $told|TAG OK x"
		run said
		echo "$told"
		same "$(grep -v ^note <<<"$output")" "$FULL"
		[[ $output == *$'note\tINBOX\tlocal=INBOX\trung=condstore\ttext='* ]]
		[ "$(grep -c EXAMINE log)" -eq 2 ]
	done
	# a message that is there and gone
	lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) 6|* 3 FETCH (UID 6 FLAGS () MODSEQ (11))|TAG OK x"
	run said
	[[ $output == "$FULL"* && $output == *rung=condstore* ]]
}

@test "a listing that was disturbed is made again and nobody is blamed" {
	local also
	for also in '* 3 EXPUNGE' '* VANISHED 6' '* 3 EXISTS'; do
		lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) 6|TAG OK x" '' "$also"
		sed -i 's/^\* 2 EXISTS$/&\n* VANISHED (EARLIER) 6/' script
		run said
		echo "$also"
		[[ $output == *kind=delta*gone* && $output != *note* ]]
		[ "$(grep -c 'QRESYNC (7 9)' log)" -eq 2 ]
	done
}

@test "figures that no delta can end in: full, by what EXAMINE says" {
	local figures
	for figures in '* OK [HIGHESTMODSEQ 8] x' '* OK [HIGHESTMODSEQ 0] x' '* OK [NOMODSEQ] x' \
		'* OK [HIGHESTMODSEQ 12] x|* OK [UIDNEXT 9] x' '* OK [HIGHESTMODSEQ 12] x|* OK [UIDVALIDITY 8] x'; do
		lying "$Q" "* 2 EXISTS|${HEAD% x|*} x|$figures|* VANISHED (EARLIER) 6|TAG OK x"
		sed -i 's/^on UID FETCH$/&|UID FETCH 1:\\*/' script
		run said
		echo "$figures"
		[[ $output == *kind=full* || $output == *kind=presence* ]]
		[[ $output != *gone* && $output != *note* ]]
		[ "$(grep -c EXAMINE log)" -ge 2 ]
	done
	# UIDNEXT not above every uid
	lying "$Q" "* 3 EXISTS|$HEAD|* VANISHED (EARLIER) 6|TAG OK x" '' "* 3 FETCH (UID 10 FLAGS () $SIZED)"
	run said
	[[ $output == "$FULL"* ]]
	# what STATUS has told already is not tried
	lying "$Q" "* 2 EXISTS|$HEAD|TAG OK x"
	known '' $'count=2\tkind=head\tmodseq=8\tnext=10\tvalidity=7' | stream | list >out
	[ "$(grep -c -e 'QRESYNC (' -e CHANGEDSINCE log)" -eq 0 ]
}

@test "HIGHESTMODSEQ that stands still is not trusted, and never a head" {
	# messages arrive
	lying CONDSTORE "* 3 EXISTS|* OK [UIDVALIDITY 7] x|* OK [UIDNEXT 11] x|* OK [HIGHESTMODSEQ 9] x|TAG OK x" '' \
		"* 3 FETCH (UID 10 FLAGS () $SIZED)"
	run said
	[[ $output != *modseq=* && $output == *kind=full* && $output == *rung=search* ]]
	# a FETCH shows a higher one; the next EXAMINE still does not
	lying CONDSTORE "* 2 EXISTS|${HEAD/12/9}|TAG OK x" '* 2 FETCH (UID 4 FLAGS () MODSEQ (30))'
	run said
	[[ $output != *modseq=* && $output == *kind=full* && $output == *rung=search* ]]
	# it does: it had changed that very moment
	lying CONDSTORE "* 2 EXISTS|${HEAD/12/9}|TAG OK x" '* 2 FETCH (UID 4 FLAGS () MODSEQ (11))'
	run said
	same "$output" "$FULL"
}

@test "an extension that is answered BAD is not used for the folder again" {
	lying "$Q" 'TAG BAD what'
	run said
	[[ $output == "$FULL"* && $output == *rung=condstore* ]]
	lying CONDSTORE 'TAG BAD what'
	run said
	[[ $output == *kind=full* && $output != *modseq=* && $output == *rung=search* ]]
	[ "$(tail -n 4 log | head -n 1)" = 'EXAMINE "INBOX"' ]
	lying CONDSTORE "* 2 EXISTS|$HEAD|TAG OK x"
	sed -i '/CHANGEDSINCE/,/TAG/s/TAG OK x/TAG BAD x/' script
	run said
	[[ $output == *kind=full* && $output != *modseq=* && $output == *rung=search* ]]
	# a NO says nothing of the extension
	sed -i '/CHANGEDSINCE/,/TAG/s/TAG BAD x/TAG NO x/' script
	run said
	same "$output" "$FULL"
}

@test "ENABLE without ENABLED: the next rung, and the next run asks no more" {
	lying "$Q" "* 2 EXISTS|$HEAD|TAG OK x" '* 2 FETCH (UID 4 FLAGS (\Seen \Flagged) MODSEQ (11))'
	sed -i '/ENABLED/d' script
	run said
	[[ $output == *kind=delta*7:4*gone$'\t'r$'\t'7:6*rung=condstore* ]]
	grep -q CHANGEDSINCE log
	sed -i '/^once EXAMINE/s/once/on/' script
	: >log
	run said rung=condstore
	[[ $output == *kind=delta*7:4*gone$'\t'r$'\t'7:6* && $output != *note* ]]
	[ "$(grep -c ENABLE log)" -eq 0 ]
	# lower still: no modseq is asked for, none is a head
	lying CONDSTORE "* 2 EXISTS|$HEAD|TAG OK x"
	run said rung=search
	[[ $output == *kind=full* && $output != *modseq=* ]]
	[ "$(grep -c CONDSTORE log)" -eq 0 ]
}

@test "condstore: no search where the numbers leave no room for an expunge" {
	lying CONDSTORE "* 4 EXISTS|* OK [UIDVALIDITY 7] x|* OK [UIDNEXT 11] x|* OK [HIGHESTMODSEQ 12] x|TAG OK x" '' \
		"* 4 FETCH (UID 10 FLAGS () $SIZED)"
	run said '' $'count=4\tkind=head\tmodseq=12\tnext=11\tvalidity=7'
	[[ $output == *kind=delta*7:10* && $output != *gone* ]]
	[ "$(grep -c SEARCH log)" -eq 0 ]
	# one went after all: a full list, and no blame
	sed -i 's/^\* 4 EXISTS/* 3 EXISTS/' script
	run said '' $'count=4\tkind=head\tmodseq=12\tnext=11\tvalidity=7'
	same "$(grep -v kind=head <<<"$output")" "$FULL"
}

@test "condstore: a search that finds other messages than there are is not believed" {
	local found
	for found in '* SEARCH 1' '* SEARCH' '* SEARCH 1 4 6' '* SEARCH 4294967295' '* SEARCH 1 5'; do
		lying CONDSTORE "* 2 EXISTS|$HEAD|TAG OK x" '' '' "$found"
		run said
		echo "$found"
		[[ $output == *kind=full* && $output != *gone* && $output != *modseq=* && $output == *rung=search* ]]
	done
}

@test "rows that are kept apart are always told of" {
	local KEPT=8
	lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) 1:8|TAG OK x"
	sed -i 's/^on UID FETCH 1:9 .(UID FLAGS.)$/on UID FETCH 1,4,8/' script
	known | stream >in
	list <in >out
	grep -q $'^m\tr\t7:1\t' out && grep -q $'^m\tr\t7:4\tflags=FS' out && grep -q $'^gone\tr\t7:8$' out
	grep -q 'kind=delta' out
}

@test "search: answers that are not labelled, missing or miscounted are no flags" {
	local all i
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
			$(for i in {1..20}; do echo "* $i FETCH (UID $i FLAGS ())"; done)
			TAG OK x
			on UID FETCH
			TAG OK x
		END
		{
			r pair INBOX INBOX fmd5=x maxdelete=- rules=%
			r folder s INBOX INBOX count=20 gen=3 intents=0 kept=0 kind=full next=21 rows=20 rules=% validity=7
			for i in {1..20}; do r m s "7:$i" date=1 flags=S "name=n$i" size=1; done
			r end s INBOX 20
		} | stream >in
		list <in >out
		echo "$all"
		grep -q 'kind=full' out
		[ "$(grep -c $'^m\tr' out)" -eq 20 ]
		grep -q $'^note\tINBOX\tlocal=INBOX\trung=plain' out
	done
}

@test "qresync: the server dies at any byte: failed, or all of it" {
	local cut
	for cut in $(cuts 80 95 460); do
		lying "$Q" "* 2 EXISTS|$HEAD|* VANISHED (EARLIER) 6|* 2 FETCH (UID 4 FLAGS (\\Seen \\Flagged) MODSEQ (11))|TAG OK x"
		known | stream >in
		imap-list -a test -t "$T $cut" <in >out 2>err || [ $? -eq 75 ]
		[ "$(tail -n 1 out)" = "$(r end - - $(($(wc -l <out) - 1)))" ]
		grep -q kind=failed out || grep -q $'^gone\tr\t7:6' out
		[[ $(<out) != *kind=failed* || $(grep -c -e $'^m\tr' -e ^gone out) -eq 0 ]]
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
	[ "$(grep -c kind=full out)" -eq 2 ]
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
	[ "$(grep -c 'UID FETCH' log)" -gt 5 ]
	[ "$(awk '{ if (length($0) > m) m = length($0) } END { print m }' log)" -lt 4080 ]
	[ "$(grep -c ^gone out)" -ge 2 ]
	[ "$(awk '{ if (length($0) > m) m = length($0) } END { print m }' out)" -lt 4100 ]
}

# --- what is remembered

@test "a lie is remembered in the state, shown by sync-state, and told" {
	server
	write_conf
	seed 20
	sync
	r note INBOX local=INBOX rung=condstore text=lies >plan
	sync-apply <plan >report
	grep -q $'^done\tnote\tINBOX' report
	sync-state -H >heads
	grep -q $'distrust=1\t.*\trung=condstore' heads
	# it is no news a second time, nor is something better
	r note INBOX local=INBOX rung=condstore text=lies >plan
	[ "$(sync-apply <plan | grep -c note)" -eq 0 ]
	r note INBOX local=INBOX rung=plain text=lies >plan
	[ "$(sync-apply <plan | grep -c note)" -eq 1 ]
	sync-state -H >heads
	grep -q $'distrust=2\t.*\trung=plain' heads
	# and what the state does not have is not made for it
	r note other local=other rung=plain text=lies >plan
	[ "$(sync-apply <plan | grep -c note)" -eq 0 ]
	# it is obeyed
	imap store INBOX 3 +FLAGS '\Answered'
	pairs | listing >listed
	same "$(asked)" 'EXAMINE "INBOX"
UID FETCH 1:20 (UID FLAGS)
UID FETCH 21:* (UID FLAGS INTERNALDATE RFC822.SIZE)
UNSELECT'
}

@test "heads: STATUS that cannot tell HIGHESTMODSEQ is asked without it" {
	local caps
	for caps in 'LIST-STATUS CONDSTORE' CONDSTORE; do
		script <<-END
			caps IMAP4rev1 UNSELECT $caps
			on LIST "" "\*" RETURN .*HIGHESTMODSEQ
			TAG BAD what
			on LIST
			* LIST () "/" INBOX
			* LIST () "/" b
			$([[ $caps != LIST* ]] || echo '* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)')
			TAG OK x
			on STATUS .*HIGHESTMODSEQ
			TAG BAD what
			on STATUS "(INBOX|b)"
			* STATUS \1 (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)
			TAG OK x
		END
		r listing 1 account=test | stream | list -H >out
		grep -q $'^folder\tr\tINBOX\t-\tcount=1\tkind=head\tnext=2\tvalidity=3' out
		grep -q $'^folder\tr\tb\t-\tcount=1\tkind=head\tnext=2\tvalidity=3' out
	done
}
