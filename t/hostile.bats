# Servers that lie, seen through the whole driver: each lie ends in an error that says what came, in
# bounded memory, and nothing is changed.  (What single tools make of more lies is in imap.bats,
# ladder.bats and fetch.bats, what comes before the login in connect.bats.)
bats_require_minimum_version 1.5.0
load lib

# The driver finds its tools beside itself: here imap-connect is the scripted server.
setup_file() {
	local bin=$BATS_FILE_TMPDIR/bin
	mkdir "$bin"
	cp "$BUILD/bin/offlineimap" "$bin"
	ln -s "$BUILD"/bin/{imap-list,imap-fetch,sync-state,sync-pair,sync-plan,sync-apply,maildir-scan} "$bin"
	printf '#!/bin/sh\nexec "%s" scripted.py "$HOME/script" "$HOME/log"\n' "$SERVED" >"$bin/imap-connect"
	chmod +x "$bin/imap-connect"
}

setup() {
	t_setup
	write_conf 'general:fsync = no' 'general:socktimeout = 5'
	DRIVER=$BATS_FILE_TMPDIR/bin/offlineimap
	T="exec $SERVED scripted.py $HOME/script $HOME/log"
}

# The server's script, from standard input; what it gets is in the log.
script() {
	put "$HOME/script"
	: >"$HOME/log"
}

# Standard input, then what an honest server says: of three messages one is gone since (5), one has a flag
# more (6), one is as it was (9), and one is new (12); to who asks for all, 9 is gone and 13 has come.
honest() {
	local lie truth
	IFS= read -rd '' lie || :
	IFS= read -rd '' truth <<-'END' || :
		on LIST
		* LIST () "/" INBOX
		TAG OK x
		on STATUS
		* STATUS INBOX (MESSAGES 3 UIDNEXT 13 UIDVALIDITY 7)
		TAG OK x
		on (?:EXAMINE|SELECT)
		* 3 EXISTS
		* OK [UIDVALIDITY 7] x
		* OK [UIDNEXT 13] x
		TAG OK [READ-WRITE] x
		on UID FETCH 1:9 \(UID FLAGS\)
		* 1 FETCH (UID 6 FLAGS (\Flagged))
		* 2 FETCH (UID 9 FLAGS ())
		TAG OK x
		on UID FETCH 10:\*
		* 3 FETCH (UID 12 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		TAG OK x
		on UID FETCH 1:\*
		* 1 FETCH (UID 6 FLAGS (\Flagged) INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		* 2 FETCH (UID 12 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		* 3 FETCH (UID 13 FLAGS () INTERNALDATE "14-Nov-2023 22:13:20 +0000" RFC822.SIZE 146)
		TAG OK x
		on UID FETCH 12 .*BODY
		* 3 FETCH (UID 12 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" BODY[] {20}
		%raw Subject: d\x0d\x0a\x0d\x0abody\x0d\x0a
		)
		TAG OK x
		on UID FETCH
		* 1 FETCH (UID 6 FLAGS (\Flagged))
		* 2 FETCH (UID 9 FLAGS ())
		TAG OK x
		on UID (?:STORE|EXPUNGE)
		TAG OK x
		on APPEND
		TAG OK [APPENDUID 7 13] x
	END
	script <<<"$lie$truth"
}

# A first sync of 5, 6 and 9; then the file of 9 is deleted and another one delivered.  With "honest" there
# is something to do of every kind.  Made by the first test that needs it.
begin() {
	[ ! -d "$BATS_FILE_TMPDIR/begun" ] || { anew; return; }
	script <<-'END'
		on LIST
		* LIST () "/" INBOX
		TAG OK x
		on STATUS
		* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)
		TAG OK x
		on EXAMINE
		* 3 EXISTS
		* OK [UIDVALIDITY 7] x
		* OK [UIDNEXT 10] x
		TAG OK [READ-ONLY] x
		on UID FETCH 1:\*
		* 1 FETCH (UID 5 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		* 2 FETCH (UID 6 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		* 3 FETCH (UID 9 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		TAG OK x
		on UID FETCH
		* 1 FETCH (UID 5 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" BODY[] {20}
		%raw Subject: a\x0d\x0a\x0d\x0abody\x0d\x0a
		)
		* 2 FETCH (UID 6 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" BODY[] {20}
		%raw Subject: b\x0d\x0a\x0d\x0abody\x0d\x0a
		)
		* 3 FETCH (UID 9 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" BODY[] {20}
		%raw Subject: c\x0d\x0a\x0d\x0abody\x0d\x0a
		)
		TAG OK x
	END
	drive -u quiet
	rm "$MAILDIR"/INBOX/new/*,U=9,*
	deliver mine
	mkdir "$BATS_FILE_TMPDIR/begun"
	cp -a "$MAILDIR" "$META" "$BATS_FILE_TMPDIR/begun"
}
# Back to that.
anew() {
	rm -rf "$MAILDIR" "$META"
	cp -a "$BATS_FILE_TMPDIR/begun/." "$HOME"
}

# What there is when all of it is done.
DONE='./INBOX/new/U=12:2,
./INBOX/new/U=13:2,
./INBOX/new/U=6:2,F'

# none FILE...: there is none of them (what a pattern leaves when nothing matches is none).
none() {
	local file
	for file; do
		[ ! -e "$file" ] || { echo "$file is there"; return 1; }
	done
}

drive() { "$DRIVER" -o "$@"; }

# All that a lie must leave as it is: the files, and what the state knows.
all() {
	frozen "$MAILDIR"
	sync-state -a test -H
	sync-state -a test <<<"$PAIR"
}
PAIR=$'listing\t1\taccount=test\npair\tINBOX\tINBOX\tfmd5=x\tmaxdelete=-\trules=%\nend\t-\t-\t2'

# What the Maildir holds, names without what is of the moment.
held() { (cd "$MAILDIR" && find . -type f -path '*/[cn][ue][rw]/*' | sed 's|/new/.*,U|/new/U|; s|/cur/.*,U|/cur/U|; s/,FMD5=[0-9a-f]*//' | sort); }

# What no output may hold.
CONTROL=[$'\x01'-$'\x08\x0b'-$'\x1f\x7f']

# lies STATUS: for each line "RULE|LINE...|| WORDS" on standard input the driver fails with
# that status, says the words, and changes nothing: "all" is to be $before in the end.
lies() {
	local want=$1 rule words
	while IFS= read -r rule; do
		[ -n "$rule" ] || continue
		words=${rule##*|| } rule=${rule%|| *}
		honest <<<"${rule//|/$'\n'}"
		run /usr/bin/time -q -o "$HOME/peak" -f %M "$DRIVER" -o -u quiet
		echo "$rule: status $status, peak $(<peak): $output"
		[ "$status" -eq "$want" ] || return 1
		[[ $output == *"$words"* ]] || return 1
		[[ ! $output =~ $CONTROL ]] || return 1
		# a response may have 16 MB, its values 64 MB
		[ -n "${SAN:-}" ] || [ "$(<peak)" -le "${PEAK:-16384}" ] || return 1
		# what one lie changed another does not put right; each by itself with SOAK=1
		[ -z "${SOAK:-}" ] || same "$(all)" "$before" || return 1
	done
}

@test "hostile: what the honest server has is done" {
	begin
	honest </dev/null
	drive -u quiet
	same "$(held)" "$DONE"
	grep 'UID EXPUNGE 9' log
}

@test "hostile: literals, lines, nesting and numbers that cannot be" {
	begin
	before=$(all)
	lies 1 <<-'RULES'
		on LIST|* LIST () "/" {9223372036854775808}|x|| no IMAP response: "* LIST () "/" {9223372036854775808}
		on LIST|* LIST () "/" {18446744073709551616}|x|| no IMAP response: "* LIST () "/" {18446744073709551616}
		on LIST|* LIST () "/" {999999999}|x|| a literal of 999999999 bytes
		on LIST|* LIST () "/" {3}|INBOX|| no IMAP response: "* LIST () "/" {3}
		on LIST|* LIST () "/" {5}|%raw INBOX\x00\x0d\x0a|| no IMAP response
		on LIST|* LIST () {1}|/ INBOX extra (|| no IMAP response
		on LIST|* LIST ((((((((((((((((((((((((((((((((((((((((|| no IMAP response: "* LIST ((((
		on LIST|* STATUS INBOX UIDNEXT|| STATUS line that cannot be read: "* STATUS INBOX UIDNEXT"
		on LIST|* LIST INBOX|| LIST line that cannot be read: "* LIST INBOX"
		on EXAMINE|* 18446744073709551616 EXISTS|| no IMAP response: "* 18446744073709551616 EXISTS"
		on EXAMINE|* -1 EXISTS|* OK [UIDVALIDITY 0] x|TAG OK x|| no UIDVALIDITY
		on EXAMINE|* 3 EXISTS|* OK [UIDVALIDITY 4294967296] x|TAG OK x|| no UIDVALIDITY
		on UID FETCH 1:9|* 1 FETCH (UID 0 FLAGS ())|| cannot be read: "* 1 FETCH (UID 0 FLAGS ())"
		on UID FETCH 1:9|* 1 FETCH (UID 4294967296 FLAGS ())|| cannot be read: "* 1 FETCH (UID 4294967296
		on UID FETCH 1:9|* 1 FETCH (UID 18446744073709551617 FLAGS ())|| cannot be read
		on UID FETCH 1:9|* 1 FETCH (UID 6 FLAGS () MODSEQ (9223372036854775808))|| cannot be read
		on UID FETCH 1:9|* 1 FETCH (UID 6 FLAGS () MODSEQ ())|| cannot be read
		on UID FETCH 1:9|* 1 FETCH (UID 6 FLAGS \x1b[2J)|| cannot be read: "* 1 FETCH (UID 6 FLAGS \x1b[2J)"
		on UID FETCH 10|* 3 FETCH (UID 12 FLAGS () RFC822.SIZE 9223372036854775808)|| cannot be read
		on UID FETCH 10|* 3 FETCH UID 12 FLAGS ()|| cannot be read
	RULES
	PEAK=49152 lies 1 <<-'RULES'
		on LIST|%long 20000000|| more than 16777216 bytes
		on EXAMINE|%raw * 3 EXISTS |%long 20000000|| more than 16777216 bytes
	RULES
	PEAK=131072 lies 1 <<-'RULES'
		on UID FETCH 1:9|%raw * 1 FETCH (UID 6 FLAGS (|%lines 400000 x \x20\x20()#|| no IMAP response
	RULES
	same "$(all)" "$before"
}

@test "hostile: BYE after any command: said, to be tried again, and each row still has its file" {
	local n=0 line step=5 file kind side uid fields files rows
	[ -z "${SOAK:-}" ] || step=1
	begin
	honest </dev/null
	drive -u quiet
	mv log commands
	while read -r line <&4; do
		[[ $line != '|'* ]] && [ $((n++ % step)) -eq 0 ] || continue
		anew
		case $line in
		APPEND*) line=APPEND ;;
		*) line=$(sed 's/[][*().+\\]/\\&/g' <<<"$line")$ ;;
		esac
		honest < <(printf 'on %s\n* BYE shutting \\x1bdown\n%%close\n' "$line")
		run "$DRIVER" -o -u quiet
		echo "$line: $status $output"
		[ "$status" -eq 75 ]
		[[ $output == *'shutting \x1bdown'* ]]
		file_of mine >mine
		files=() rows=()
		for file in "$MAILDIR"/INBOX/{cur,new}/*,U=*; do
			[ -e "$file" ] || continue
			uid=${file##*,U=} uid=${uid%%,*}
			files[uid]+='one '
		done
		sync-state -a test <<<"$PAIR" >state
		while IFS=$'\t' read -r kind side uid fields; do
			# 9 has a row and no file until it is deleted on the server
			[[ $kind$side != ms || $uid == 7:9 || $fields != *name=*U=* ]] || rows[${uid#7:}]+='one '
		done <state
		[ "${files[6]}" = 'one ' ]
		same "${!files[*]}: ${files[*]}" "${!rows[*]}: ${rows[*]}"
	done 4<commands
	[ "$n" -ge 12 ]
}

@test "hostile: unsolicited and repeated FETCH, and an expunge among them: nobody is deleted for it" {
	local said five
	begin
	# 9 is not told of, 5 is gone by an EXPUNGE that comes while the rest is listed
	for said in '* 1 FETCH (UID 6 FLAGS ())|* 1 FETCH (UID 6 FLAGS (\Seen))' \
		'* 1 FETCH (UID 6 FLAGS ())|* 2 EXPUNGE' '* 1 FETCH (UID 6 FLAGS ())|* VANISHED 9' \
		'* 1 FETCH (UID 6 FLAGS ())|* 2 FETCH (FLAGS (\Deleted))|* 4294967295 FETCH (UID 77 FLAGS ())'; do
		honest <<<"on UID FETCH 1:9 \\(UID FLAGS\\)"$'\n'"${said//|/$'\n'}"$'\nTAG OK x'
		run "$DRIVER" -o -u quiet
		echo "$said: $status $output"
		said=$(<log)
		[[ $said == *'UID FETCH 10'* ]]
		[[ ! $'\n'$said =~ 'UID '(EXPUNGE|STORE)' '[^$'\n']*[56] ]]
		five=("$MAILDIR"/INBOX/*/*",U=5,"*)
		[ -e "${five[0]}" ]
		anew
	done
}

@test "hostile: bodies of other messages, twice, none, too long, too short: no file of them, and the next run has it" {
	local body n=0
	begin
	while IFS= read -r body; do
		# half of them; all with SOAK=1
		[ -n "${SOAK:-}" ] || [ $((n++ % 2)) -eq 0 ] || continue
		honest <<<"on UID FETCH 12 .*BODY"$'\n'"${body//|/$'\n'}"
		run "$DRIVER" -o -u quiet
		echo "$body: $status $output"
		[ -d "$MAILDIR/INBOX/new" ]
		none "$MAILDIR"/*/*/*,U={12,77},* "$MAILDIR"/*/*/offlineimap-spool*
		honest </dev/null
		drive -u quiet
		same "$(held)" "$DONE"
		anew
	done <<-'BODIES'
		* 3 FETCH (UID 77 BODY[] {3}|%raw abc|)|TAG OK x
		* 3 FETCH (UID 12 BODY[] NIL)|TAG OK x
		* 3 FETCH (UID 12 BODY[] {0}|)|TAG OK x
		* 3 FETCH (BODY[] {3}|%raw abc|)|TAG OK x
		* 3 FETCH (UID 12 BODY[] {2}|%raw abc|)|TAG OK x
		* 3 FETCH (UID 12 BODY[] {300}|%raw abc|)|TAG OK x|%close
		* 3 FETCH (UID 12 BODY[] {3}|%raw abc| BODY[] {3}|%raw def| UID 77)|TAG OK x
		* 3 EXISTS a] {3}|%raw abc||* X a] {3}|%raw abc||TAG OK x
		* 3 FETCH (UID 12 BODY[] {4294967296}|%raw abc|)|TAG OK x
		TAG OK x
	BODIES
}

# The bytes of a message as the server's script tells them, behind the announcement of a literal.
told() {
	local text size
	text=$(message "$1" | sed 's/$/\\x0d\\x0a/' | tr -d '\n')
	size=${text//\\x0d\\x0a/..}
	printf '{%d}\n%%raw %s' ${#size} "$text"
}

@test "hostile: one uid for two uploads is believed for neither" {
	begin
	deliver yours
	honest <<-END
		caps IMAP4rev1 UNSELECT UIDPLUS LITERAL+
		on UID FETCH 13:.*BODY
		* 4 FETCH (UID 13 FLAGS () INTERNALDATE "14-Nov-2023 22:13:20 +0000" RFC822.SIZE 149 BODY[]<0> $(told yours)
		)
		* 5 FETCH (UID 14 FLAGS () INTERNALDATE "14-Nov-2023 22:13:20 +0000" RFC822.SIZE 146 BODY[]<0> $(told mine)
		)
		TAG OK x
	END
	run "$DRIVER" -o -u quiet
	echo "$status $output"
	same "$(held)" "$(printf '%s\n' "$DONE" ./INBOX/new/U=14:2, | sort)"
	[[ $(file_of yours) == *,U=13,* && $(file_of mine) == *,U=14,* ]]
}

# What no folder may do: lie elsewhere than below the Maildir, or write to a terminal.
NAMES='* LIST () "/" "../x"
* LIST () "/" "/etc/x"
* LIST () "/" "a/../../x"
* LIST () "/" ".."
* LIST () "/" "."
* LIST () "/" ""
* LIST () "/" "a//b"
* LIST () "/" "INBOX/cur"
* LIST () "/" "cur"
* LIST () "/" "sp\x1b[31mec"
* LIST () "/" "&AJs-csi"
* LIST () "/" "&IC4-rtl"
* LIST () "/" "csi\x9b2J"
* LIST () "/" {8}
%raw nl\x0d\x0ax\x0a\x0d\x0a\x0d\x0a
* LIST () "/" {5}
%raw a\x00b\x0a/\x0d\x0a'

@test "hostile: folder names that climb out, or hold control characters: no such folder, no such word" {
	local sep utf8 other before
	mkdir -p outside
	for sep in . /; do
		for utf8 in no yes; do
			# two of the four; all with SOAK=1
			[ -n "${SOAK:-}" ] || [[ $sep$utf8 == .no || $sep$utf8 == /yes ]] || continue
			rm -rf "$MAILDIR" "$META"
			write_conf 'general:fsync = no' "local:sep = $sep" "account:utf8foldernames = $utf8"
			honest <<<$'on LIST\n'"$NAMES"$'\n* LIST () "/" INBOX\nTAG OK x\non (?:STATUS|EXAMINE) (?!"INBOX")\n* OK [UIDVALIDITY 7] x\n* 0 EXISTS\nTAG OK x'
			before=$(find "$HOME" "$BATS_TEST_TMPDIR" -maxdepth 1 | sort)
			run "$DRIVER" -o
			echo "$sep $utf8: $status $output"
			[[ ! $output =~ $CONTROL && $output != *[$'\x9b']* && $output != *$'\xe2\x80\xae'* ]]
			# INBOX is synced all the same
			[ -d "$MAILDIR/INBOX/new" ]
			# all that is new lies below the Maildir, or is the state
			same "$(find "$HOME" "$BATS_TEST_TMPDIR" -maxdepth 1 -not -name Mail -not -name .offlineimap | sort)" \
				"$(grep -v -e '/Mail$' -e '/.offlineimap$' <<<"$before")"
			[ ! -e /etc/x ]
			other=$(cd "$MAILDIR" && find . -name '*[[:cntrl:]]*' -o -name cur -path '*/cur/*' -o -name '..?*')
			[ -z "$other" ] || [ "$other" = "./..." ]
		done
	done
}

@test "hostile: a million folders and more, one of them a thousand times" {
	script <<-'END'
		on LIST
		%lines 1000 * LIST () "/" INBOX
		%lines 1000 * LIST () "/" inbox
		TAG OK x
		on STATUS
		* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)
		TAG OK x
	END
	printf 'listing\t1\taccount=test\nend\t-\t-\t1\n' >in
	run imap-list -a test -t "$T" -H <in
	[ "$status" -eq 0 ]
	[ "$(grep -c ^folder <<<"$output")" -eq 1 ]
	[ "$(grep -c STATUS log)" -eq 1 ]
	script <<-'END'
		on LIST
		%lines 1000001 * LIST () "/" folder/number/#
		TAG OK x
	END
	run /usr/bin/time -q -o peak -f %M imap-list -a test -t "$T" -H <in
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = 'imap-list: the server lists more than 1000000 folders' ]
	echo "peak $(<peak)"
	[ -n "${SAN:-}" ] || [ "$(<peak)" -le 131072 ]
}
