# offlineimap --verify: proves that both sides hold the same, finds whatever differs,
# changes nothing; and sync-verify alone, with listings by hand.
bats_require_minimum_version 1.5.0
load lib

setup() {
	t_setup
	T="$SERVED scripted.py $HOME/script $HOME/log"
}

# What differs, blanks for TABs, ids without uidvalidity, without names' hosts and FMD5: sets "output" and
# "lines" as run does, and "stderr".
differs() {
	local line field fields
	run --separate-stderr offlineimap --verify"${1-}" -u plan "${@:2}"
	lines=()
	while IFS=$'\t' read -ra fields; do
		[ "${fields[0]-}" = differ ] || continue
		line=
		for field in "${fields[@]:1}"; do
			case $field in
			[0-9]*:*) field=${field#*:} ;;
			name=*) field=${field%%,*} ;;
			esac
			[[ ! $field =~ ^name=[0-9]+_ ]] || field=name=NAME
			line+=" $field"
		done
		lines+=("${line# }")
	done <<<"$output"
	printf -v output '%s\n' "${lines[@]}"
	output=${output%$'\n'}
}

# A second file of message N, as a mail reader's copy.
twin() { message "$1" >"$MAILDIR/INBOX/new/twin.$1${2-}"; }

# lock.mdb: LMDB notes its readers there.
everything() {
	frozen "$HOME" ! -name lock.mdb
	imap ls
	imap status '*' 'UIDNEXT HIGHESTMODSEQ UNSEEN'
}

@test "after a sync both sides are the same, and nothing is written or marked as seen" {
	local how
	imap create Sub/a
	mail 1; mail 2 INBOX '\Seen \Flagged $Forwarded keyword'; mail 3 Sub/a '\Draft \Answered'
	imap create empty
	printf 'Subject: 8 bit \xff\xfe \xc3\xa4\nX: \x80\n\n\x01\x7f\nlast line without an end' | imap append INBOX - >/dev/null
	deliver 4; deliver 5 INBOX FRS
	mkdir -p "$MAILDIR/Here"/{cur,new,tmp}
	printf 'Subject: its line ends are CRLF\r\n\r\nbody\r\n' >"$MAILDIR/Here/new/crlf"
	printf 'Subject: mixed\r\n\nbody\n a lone \r here\n' >"$MAILDIR/Here/new/mixed"
	write_conf
	sync
	# what one side only can hold is no difference
	letters 1 aPz
	imap store INBOX 2 +FLAGS other
	before=$(everything)
	for how in --verify --verify=full; do
		run -0 offlineimap $how -u plan
		same "$output" "$(printf 'verify\t1\taccount=test\nstat\tdiffer=0\tfolders=4\tmsgs=8\nend\t-\t-\t2\n')"
	done
	run -0 offlineimap --verify
	[[ $output == *'Account test: 8 messages in 4 folders the same, no difference; '*' turn'* ]]
	run -0 offlineimap --verify=full -u quiet
	same "$output" ''
	same "$(everything)" "$before"
}

@test "every kind of difference, by side, with what is known of it" {
	for i in 1 2 3 4 5 6; do mail $i; done
	imap create Far; imap create Near
	mail 20 Far; mail 21 Near
	write_conf
	sync
	sed -i 's/^body 1/bodY 1/' "$(file_of 1)"
	letters 2 FS; imap store INBOX 2 +FLAGS '\Answered'
	rm "$(file_of 3)"
	imap delete INBOX 4
	twin 55
	echo more >>"$(file_of 6)"
	rm -r "$MAILDIR/Far"
	imap rmdir Near
	imap create New; mail 22 New
	differs
	[ "$status" -eq 1 ]
	same "$stderr" ''
	same "$output" 'local Far Far - why=vanished-local
both INBOX INBOX 2 flags=R lflags=FS name=NAME size=137
local INBOX INBOX 3 flags=% size=137
remote INBOX INBOX - flags=% name=NAME size=137
both INBOX INBOX 6 flags=% lsize=143 name=NAME size=137
remote INBOX INBOX - flags=% name=twin.55 size=140
remote Near Near - why=vanished-remote
local New New - why=missing
local New New 1 flags=% size=140'
	# by size it is not seen
	differs '=full'
	[[ $'\n'$output =~ $'\nboth INBOX INBOX 1 flags=% full='[0-9a-f]{32}' lfull='[0-9a-f]{32}$' name=NAME size=137\n' ]]
	[ ${#lines[@]} -eq 10 ]
	run -1 offlineimap --verify=full -u quiet
	[ ${#lines[@]} -eq 10 ]
	[[ $output == *'Folder Far[remote] is not in the Maildir: '*'put the directory back'* ]]
	[[ $output == *"INBOX[remote]: UID 1 (137 bytes, no flags) is not like "*" (137 bytes, no flags, other text)"* ]]
	[[ $output == *"INBOX[remote]: UID 2 (137 bytes, flags R) is not like "*" (137 bytes, flags FS)"* ]]
	[[ $output == *"INBOX[remote]: UID 3 (137 bytes, no flags) is not in the Maildir"* ]]
	[[ $output == *"INBOX[local]: twin.55 (140 bytes, no flags) is not on the server"* ]]
	[[ $output == *'Folder Near[local] is not on the server: '* ]]
	[[ $output == *'Folder New[remote] is not in the Maildir'* ]]
	run -1 offlineimap --verify
	[[ $output == *'2 messages in 1 folder the same, 9 differences; '* ]]
}

@test "twins are counted: two here and one there is one difference, whichever" {
	mail 1; mail 1
	write_conf
	sync
	rm "$(find Mail -name '*,U=1,*')"
	for how in '' =full; do
		differs $how
		[[ $output == 'local INBOX INBOX 1 '*size=137 && ${#lines[@]} -eq 1 ]]
	done
	# another file with the same bytes makes up for it, a third is one too many
	twin 1
	run -0 offlineimap --verify=full -u quiet
	twin 1 b
	for how in '' =full; do
		differs $how
		[[ $output == 'remote INBOX INBOX - '*name=twin.1* && ${#lines[@]} -eq 1 ]]
	done
	# two messages of one size that lie crosswise are not the same by size either
	rm "$MAILDIR"/INBOX/new/twin*
	mail 2
	sync
	imap delete INBOX 2; rm "$(file_of 2)"
	differs
	same "$(cut -d ' ' -f 1,4 <<<"$output")" $'remote -\nlocal 3'
}

@test "the first run of all: no state is needed, and none is made" {
	write_conf
	run -1 offlineimap --verify -u plan
	[[ $output == *'differ'$'\t''local'$'\t''INBOX'$'\t''INBOX'$'\t-\t'why=missing* ]]
	mail 1; mail 2 INBOX '\Seen'
	deliver 1; deliver 2 INBOX S
	before=$(everything)
	run -0 offlineimap --verify
	run -0 offlineimap --verify=full
	[[ $output == *'2 messages in 1 folder the same, no difference'* ]]
	letters 2 F
	differs
	same "$output" 'both INBOX INBOX 2 flags=S lflags=F name=1700000000.2.elsewhere size=137'
	letters 2 S
	same "$(imap ls)" "$(grep $'^INBOX\t' <<<"$before")"
	[ ! -e "$META" ]
	[ "$(find . -type f | wc -l)" -eq 3 ]
}

@test "what a rule or a refusal keeps apart is a difference with its reason" {
	for i in 1 2 3; do mail $i; done
	write_conf
	sync
	rm "$(file_of 1)"; imap delete INBOX 2
	printf 'Subject: nul\n\na\0b\n' >"$MAILDIR/INBOX/new/nul"
	: >"$MAILDIR/INBOX/new/empty"
	ln -s nul "$MAILDIR/INBOX/new/link"
	cp "$(file_of 3)" "$MAILDIR/INBOX/cur/$(basename "$(file_of 3)"):2,S"
	sync -k Repository_remote:sync_deletes=no -k Repository_local:sync_deletes=no || :
	differs
	echo "$output"
	[[ $output == *'local INBOX INBOX 1 flags=% size=137 why=sync_deletes'* ]]
	[[ $output == *'remote INBOX INBOX - flags=% name=NAME size=137 why=sync_deletes'* ]]
	[[ $output == *'remote INBOX INBOX - flags=% name=nul size=21 why=nul'* ]]
	[[ $output == *'remote INBOX INBOX - flags=% name=empty '*why=empty* ]]
	[[ $output == *'remote INBOX INBOX - flags=% name=link why=unreadable'* ]]
	[[ $output == *'name=NAME why=duplicate'* ]]
	[ ${#lines[@]} -eq 6 ]
}

@test "filters, other names, -f; the pipe that -d chain shows finds the same" {
	imap create lists/a; imap create noise
	mail 1; mail 2 lists/a; mail 3 noise
	write_conf 'remote:folders = INBOX, lists/*' 'remote:rename = s/^lists\///'
	sync -k 'Repository_local:rename = s/^a$/lists\/a/'
	[ -n "$(file_of 2 a)" ]
	rm "$(file_of 1)" "$(file_of 2 a)"
	differs
	[[ ${lines[0]} == 'local INBOX INBOX '* && ${lines[1]} == 'local lists/a a '* && ${#lines[@]} -eq 2 ]]
	differs '' -f lists/a
	[[ $output == 'local lists/a a '* && ${#lines[@]} -eq 1 ]]
	run -1 offlineimap --verify -f lists/a,nowhere -u quiet
	[[ $output == *"nonexisting folder 'nowhere'"*'UID 1 '* && ${#lines[@]} -eq 2 ]]
	run -1 --separate-stderr offlineimap --verify=full -d chain -f INBOX -u plan
	[[ ${stderr_lines[0]} == *'sync-pair -a test --probe=full -f INBOX | sync-state'*'| sync-verify -a test' ]]
	same "$(bash -c "${stderr_lines[0]}")" "$output"
	# one folder by hand
	by_hand_too() { sync-pair --probe INBOX | sync-state | imap-list | maildir-scan | sync-verify; }
	run -1 by_hand_too
	[[ $output == *'stat'$'\t''differ=1'$'\t''folders=1'$'\t''msgs=0'* ]]
}

@test "several accounts: each is told of, the worst status counts" {
	write_conf 'general:accounts = test, second'
	cat >>.offlineimaprc <<-END
		[Account second]
		localrepository = local2
		remoterepository = remote2
		[Repository local2]
		type = Maildir
		localfolders = ~/Mail2
		[Repository remote2]
		type = IMAP
		remotehost = localhost
		remoteport = $TLSPORT
		sslcacertfile = $CA
		remoteuser = $U-second
		remotepass = pw
	END
	mail 1
	sync
	rm "$(file_of 1)"
	run -1 offlineimap --verify
	[[ $output == *'Account test: '*1' difference;'*'Account second: 0 messages in 1 folder the same, no difference;'* ]]
	run -0 offlineimap --verify -a second -u quiet
	same "$output" ''
	run -1 offlineimap --verify -a second,nobody -u quiet
	run -2 offlineimap --verify=half
	[[ $output == *'--verify=half: '* ]]
	run -2 offlineimap --verify -k Repository_remote:remoteport=none
}

@test "a server with nothing but RFC 3501, and each folder in one turn with the others" {
	for i in 1 2 3; do imap create f$i; mail $i f$i; done
	write_conf 'remote:disable_extensions = CONDSTORE, QRESYNC, ESEARCH, LIST-STATUS, UNSELECT, ENABLE, LIST-EXTENDED, LITERAL+, UIDPLUS'
	sync
	rm "$(file_of 2 f2)"
	for how in '' =full; do
		differs $how
		[[ $output =~ ^'local f2 f2 1 flags=%'(' full='[0-9a-f]{32})?' size=137'$ ]]
	done
	sync-state -H | imap-list -H | maildir-scan -H | sync-pair --probe=full >pairs
	sync-state <pairs | imap-list -d 2>trace >listed
	# all is asked before the first answer
	[ "$(sed -n 's/^\[imap\]: \([<>]\).*/\1/p' trace | uniq | wc -l)" -le 3 ]
	[ "$(grep -c 'UID FETCH 1:\* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK\[\])' trace)" -eq 4 ]
}

# The server's script, from standard input, behind the driver's imap-connect; CUT bytes of it.
scripted() {
	put script
	[ -d bin ] || cp -r "$BUILD/bin" bin
	instead_of_connect "$T"
}
instead_of_connect() { printf '#!/bin/sh\nexec %s "$CUT"\n' "$1" >bin/imap-connect; }

three_folders() {
	scripted <<-'END'
		on LIST
		* LIST () "/" INBOX
		* LIST () "/" a
		* LIST () "/" b
		TAG OK x
		on STATUS "?(\w+)
		* STATUS \1 (UIDVALIDITY 7 UIDNEXT 6 MESSAGES 1)
		TAG OK x
		on EXAMINE "a"
		TAG NO you may not
		on EXAMINE
		* 1 EXISTS
		* OK [UIDVALIDITY 7] x
		* OK [UIDNEXT 6] x
		TAG OK x
		on UID FETCH .*BODY
		* 1 FETCH (UID 5 FLAGS (\Seen) INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 8 BODY[] {8}
		%raw a: b\x0d\x0a\x0d\x0a)\x0d\x0a
		TAG OK x
		on UID FETCH
		* 1 FETCH (UID 5 FLAGS (\Seen) INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 8)
		TAG OK x
	END
}

@test "a folder that the server refuses is not proven, by name; the others are compared" {
	write_conf
	three_folders
	mkdir -p Mail/{INBOX,a,b}/{cur,new,tmp}
	for folder in INBOX a b; do printf 'a: b\n\n' >Mail/$folder/cur/x:2,S; done
	for how in '' =full; do
		run -1 bin/offlineimap --verify$how -u plan
		[[ $output == *$'differ\tboth\ta\ta\t-\ttext=EXAMINE%20was%20refused'*$'why=failed\nstat\tdiffer=1\tfolders=2\tmsgs=2\n'* ]]
	done
	run -1 bin/offlineimap --verify -u quiet
	[[ $output == 'Folder a[remote] is not proven: it could not be listed: EXAMINE was refused'* ]]
	chmod 0 Mail/b/cur
	# nobody may not ask the suite's helper
	instead_of_connect "python3 $ROOT/t/scripted.py $HOME/script"
	run -1 unprivileged env PATH="$PATH" bin/offlineimap --verify -u quiet
	[[ $output == *'Folder a[remote] is not proven'*'Folder b[remote] is not proven: it could not be listed: '*'ermission'* ]]
}

@test "a connection that breaks anywhere proves nothing that it did not show: 75" {
	local cut whole=0 line failed
	write_conf
	three_folders
	sed -i 's/^on EXAMINE "a"/on EXAMINE "none"/' script
	mkdir -p Mail/{INBOX,a,b}/{cur,new,tmp}
	for folder in INBOX a b; do printf 'a: b\n\n' >Mail/$folder/cur/x:2,S; done
	# by words it is no difference
	CUT=600 run -75 bin/offlineimap --verify
	[[ $output == *'1 message in 1 folder the same, 2 folders not proven; '* ]]
	for cut in $(cuts 1 260 1041); do
		CUT=$cut run bin/offlineimap --verify=full -u plan
		echo "$cut: $status $output"
		case $status in
		0) [[ $output == *$'stat\tdiffer=0\tfolders=3\tmsgs=3'* ]]; whole=1 ;;
		75) [[ $output != *$'folders=3\t'* && $output == *imap-* ]] ;;
		*) false ;;
		esac
		# what it did not come to is told by name
		failed=0
		for line in "${lines[@]}"; do [[ $line != differ$'\t'both* ]] || failed=$((failed + 1)); done
		[[ $output != *$'\nstat'* ]] || { [[ $output =~ folders=([0-9]+) ]] && [ $((failed + BASH_REMATCH[1])) -eq 3 ]; }
	done
	[ $whole -eq 1 ]
}

# What imap-list says of one folder in which nothing but these messages is answered to FETCH; two were
# there when it was opened: in "lines".
all_of() {
	local line tab=$'\t'
	printf '%s\n' 'on EXAMINE' '* 2 EXISTS' '* OK [UIDVALIDITY 7] x' '* OK [UIDNEXT 6] x' 'TAG OK x' \
		'on UID FETCH 1:\*' "${2// - / INTERNALDATE \" 9-Sep-2001 01:46:40 +0000\" RFC822.SIZE 3 }" 'TAG OK x' >script
	: >log
	[ -e "probe$1" ] || sync-pair --probe"$1" INBOX | sync-state >"probe$1"
	run -0 imap-list -t "$T" <"probe$1"
	lines=()
	while IFS= read -r line; do
		[[ ! $line =~ ^(folder|m)${tab}r${tab}(.*) ]] || lines+=("${BASH_REMATCH[2]//$'\t'/ }")
	done <<<"$output"
}

@test "all of a folder: mail that comes meanwhile moves nothing, a message that goes does" {
	write_conf
	m4='* 1 FETCH (UID 4 FLAGS () - )' m5='* 2 FETCH (UID 5 FLAGS () - )' m6='* 3 FETCH (UID 6 FLAGS () - )'
	all_of '' "$m4
* 3 EXISTS
$m5"
	[[ ${lines[0]} == 'INBOX INBOX count=2 kind=full next=6 validity=7' && ${#lines[@]} -eq 3 ]]
	[ "$(grep -c FETCH log)" -eq 1 ]
	# with the new one, whose uid is no less than the UIDNEXT of then
	all_of '' "$m4
* 3 EXISTS
$m5
$m6"
	[[ ${lines[0]} == 'INBOX INBOX count=3 kind=full validity=7' && ${#lines[@]} -eq 4 ]]
	# it does not stand in for another
	for answer in "$m4
* 3 EXISTS
$m6" "$m4
* 1 EXPUNGE
$m5" "$m4
* 1 EXISTS
$m5" "$m4"; do
		all_of '' "$answer"
		[[ ${lines[0]} == *kind=presence* ]]
		[ "$(grep -c FETCH log)" -eq 2 ]
	done
	# flags that somebody sets meanwhile are no message; bytes are asked for, or they do not count
	all_of '' "* 1 FETCH (UID 4 FLAGS (\\Seen))
$m4
$m5"
	[[ ${lines[0]} == *kind=full* && ${lines[1]} == 7:4\ *flags=%* ]]
	all_of '=full' "$m4
$m5"
	[[ ${lines[0]} == *kind=presence* ]]
	# a message without its bytes has no digest
	all_of '=full' "* 1 FETCH (UID 4 FLAGS () - BODY[] NIL)
* 2 FETCH (UID 5 FLAGS () - BODY[] \"abc\")"
	[[ ${lines[0]} == *kind=full* && ${lines[1]} == '7:4 date=1000000000 flags=% size=3' ]]
	[[ ${lines[2]} == *full=ba7816bf8f01cfea414140de5dae2223* ]]
}

@test "all of a folder: every file is measured, whatever the state knows; a plan can be made of it" {
	mail 1; mail 2
	write_conf
	sync
	sync-pair --probe=full INBOX >pairs
	same "$(sed -n 4p pairs)" $'probe\tboth\tINBOX\tINBOX\t-\tfull=1'
	run -2 sync-pair --probe=half INBOX
	sync-state -H | imap-list -H | maildir-scan -H | sync-pair --probe >pairs
	same "$(grep -c '^probe' pairs)" 1
	sync-state <pairs | imap-list | maildir-scan >listed
	[ "$(grep -c $'^m\t[rl].*\tsize=137' listed)" -eq 4 ]
	[ "$(grep -c kind=full listed)" -eq 3 ]
	# nothing is to be done but to take the heads, which the plan may always do
	[ "$(sync-plan <listed | grep -cvE '^(plan|mark|note|end)')" -eq 0 ]
}

# --- sync-verify by itself

# by_hand [OPTION OF run...]: sync-verify run with the lines of "in", blanks for TABs, and the frame;
# "output" is what comes out without it.
by_hand() {
	local in line all
	mapfile -t in <in
	in=('listing 1 account=A' "${in[@]}")
	in+=("end - - ${#in[@]}")
	printf '%s\n' "${in[@]// /$'\t'}" >listing
	run "$@" sync-verify <listing
	all=$output output=
	while IFS= read -r line; do
		[[ -z $line || $line == verify$'\t'* || $line == end$'\t'* ]] || output+=${output:+$'\n'}${line//$'\t'/ }
	done <<<"$all"
}
# A pair with its probe; the state's block, empty; and a block of SIDE with lines.
pair() { printf '%s\n' "pair F F fmd5=x maxdelete=- rules=${2-%}" "probe both F F -${1:+ $1}"; }
state() {
	local n=0 line
	printf '%s\n' 'folder s F F gen=7 kind=full validity=9' "$@"
	for line; do [[ $line != 'm '* ]] || n=$((n + 1)); done
	echo "end s F $n"
}
none() { printf '%s\n' "folder $1 F F kind=none" "end $1 F 0"; }
block() {
	local side=$1
	shift
	[ "$side" = r ] && echo "folder r F F count=$# kind=full next=99 validity=9" || echo 'folder l F F kind=full'
	[ $# -eq 0 ] || printf "m $side %s\n" "$@"
	echo "end $side F $#"
}
d1=00000000000000000000000000000001 d2=00000000000000000000000000000002

@test "sync-verify: equal, and the smallest differences" {
	{ pair; none s; block r '9:1 flags=S size=5' '9:2 flags=% size=5'; block l '- flags=% name=b size=5' '- flags=S name=a size=5'; } >in
	by_hand -0
	same "$output" 'stat differ=0 folders=1 msgs=2'
	{ pair; none s; block r '9:1 flags=S size=5' '9:2 flags=% size=5'; block l '- flags=S name=b size=5' '- flags=S name=a size=5'; } >in
	by_hand -1
	same "$output" $'differ both F F 9:2 flags=% lflags=S name=a size=5\nstat differ=1 folders=1 msgs=1'
	# by digest sizes do not count, by size digests do not
	{ pair full=1; none s; block r "9:1 flags=S full=$d1 size=5"; block l "- flags=S full=$d1 name=a size=6"; } >in
	by_hand -0
	{ pair; none s; block r "9:1 flags=S full=$d1 size=5"; block l "- flags=S full=$d1 name=a size=6"; } >in
	by_hand -1
	{ pair full=1; none s; block r "9:1 flags=S full=$d1 size=5"; block l "- flags=S full=$d2 name=a,U=1 size=5 uid=1"; } >in
	by_hand -1
	same "$output" "differ both F F 9:1 flags=S full=$d1 lfull=$d2 name=a,U=1 size=5
stat differ=1 folders=1 msgs=0"
	# uids are no proof
	{ pair full=1; state; block r "9:1 flags=S full=$d1 size=5"; block l "- flags=S full=$d1 name=a,U=2 size=5 uid=2"; } >in
	by_hand -0
	{ pair; none s; block r "9:1 flags=S size=5"; block l "- flags=S name=a,U=2 size=5 uid=2"; } >in
	by_hand -0
	# but by size alone, and where the state has the same UIDVALIDITY, they are a disproof
	{ pair; state; block r "9:1 flags=S size=5"; block l "- flags=S name=a,U=2 size=5 uid=2"; } >in
	by_hand -1
	same "$output" $'differ local F F 9:1 flags=S size=5\ndiffer remote F F - flags=S name=a,U=2 size=5\nstat differ=2 folders=1 msgs=0'
	{ pair; state | sed s/=9/=8/; block r "9:1 flags=S size=5"; block l "- flags=S name=a,U=2 size=5 uid=2"; } >in
	by_hand -0
	# the file of another size belongs to its uid, the one of the same size is extra
	{ pair; state; block r '9:1 flags=% size=5'; block l '- flags=% name=x size=5' '- flags=% name=y,U=1 size=6 uid=1'; } >in
	by_hand -1
	same "$output" $'differ both F F 9:1 flags=% lsize=6 name=y,U=1 size=5\ndiffer remote F F - flags=% name=x size=5\nstat differ=2 folders=1 msgs=0'
}

@test "sync-verify: what cannot be compared is never equal; reasons" {
	{ pair full=1; none s; block r '9:1 flags=S size=5' "9:2 flags=% full=$d2 size=0"
		block l "- flags=S full=$d1 name=a,U=1 size=5 uid=1" "- bad=empty flags=% full=$d2 name=b,U=2 size=0 uid=2"; } >in
		by_hand -1
	same "$output" "differ both F F 9:1 flags=S lfull=$d1 name=a,U=1 size=5 why=unreadable
differ both F F 9:2 flags=% full=$d2 name=b,U=2 size=0 why=empty
stat differ=2 folders=1 msgs=0"
	{ pair; none s; block r '9:1 flags=S'; block l '- flags=S name=a,U=1 uid=1'; } >in
	by_hand -1
	{ pair '' lreadonly; state 'm s 9:3 flags=% kept=expunge size=5' 'intent s - kept=refused name=no size=7'
		block r '9:1 flags=% size=5' '9:3 flags=T size=5'; block l '- flags=% name=no size=7'; } >in
		by_hand -1
	same "$output" 'differ local F F 9:1 flags=% size=5 why=readonly
differ local F F 9:3 flags=T size=5 why=expunge
differ remote F F - flags=% name=no size=7 why=refused
stat differ=3 folders=1 msgs=0'
	# a NUL can be compared
	{ pair; none s; block r '9:1 flags=% size=5'; block l '- bad=nul flags=% name=a size=5'; } >in
	by_hand -0
	{ pair; none s; block r '9:1 flags=% size=5'; block l '- bad=novel flags=% name=a size=5'; } >in
	by_hand -1
}

@test "sync-verify: folders" {
	{ pair; none s; block r; none l; } >in
	by_hand -1
	same "$output" $'differ local F F - why=missing\nstat differ=1 folders=0 msgs=0'
	{ pair; none s; none r; block l '- flags=% name=a size=5'; } >in
	by_hand -1
	same "$output" $'differ remote F F - why=missing\ndiffer remote F F - flags=% name=a size=5\nstat differ=2 folders=0 msgs=0'
	put in <<-'END'
		note r text=some%20are%20left%20out
		note half text=half-made
		note - folders=3 kept=1
		note r caps=IDLE
		keep remote b%FF - - why=name-utf7
		keep local X X - why=createfolders
		keep both Y Y - why=rules-changed
		forget both old old -
	END
	by_hand -1
	same "$output" 'differ both - - - text=some%20are%20left%20out why=left-out
differ both - half - text=half-made why=left-out
differ local b%FF - - why=name-utf7
differ local X X - why=createfolders
differ both Y Y - why=rules-changed
stat differ=5 folders=0 msgs=0'
	echo 'forget both old old -' >in
	by_hand -0
	# temporary trouble alone is 75, with a difference it is 1
	failed='folder r F F again=1 kind=failed why=cut
end r F 0'
	{ pair; none s; echo "$failed"; block l; } >in
	by_hand -75
	same "$output" $'differ both F F - again=1 text=cut why=failed\nstat differ=1 folders=0 msgs=0'
	{ pair; none s; block r | sed s/full/presence/; block l; } >in
	by_hand -75
	{ pair; none s; echo "$failed"; block l; pair | sed 's/F/G/g'; { none s; block r; none l; } | sed 's/F/G/g'; } >in
	by_hand -1
	{ pair; none s; echo "$failed" | sed s/again=1.//; block l; } >in
	by_hand -1
}

@test "sync-verify: a listing that is cut, miscounted, mixed up or not of all is never equal" {
	good() { pair; none s; block r '9:1 flags=S size=5'; block l '- flags=S name=a size=5'; }
	good >in
	cp in good
	by_hand -0
	bad=(
		'/^end r/d' '/^end l/d' '/^folder r/,/^end r/d' '/^folder l/,/^end l/d' '/^m r/d' '/^m l/d'
		's/^end l F 1/end l F 2/' 's/count=1/count=2/' 's/kind=full next/kind=delta next/'
		's/^folder l F F kind=full/folder l F F kind=delta/' 's/kind=full next/kind=none next/'
		's/^m r 9:1/m r 8:1/' 's/^folder r F/folder r G/' 's/^m r.*/&\n&/; s/^end r F 1/end r F 2/; s/count=1/count=2/'
		's/^\(m l.* name=a \)/\1\n/; s/^m l - flags=S name=a /m l - flags=S /' 's/^end l F 1/gone l - name=b\n&/'
		's/flags=S size/flags=X size/' 's/rules=%/rules=novel/' 's/^folder l F F kind=full/folder l F F/'
	)
	for script in "${bad[@]}"; do
		sed "$script" good >in
		by_hand
		echo "$script: $status $output"
		[ "$status" -eq 1 ]
		[[ $output == *'folders=0 msgs=0' || $output == sync-verify:* ]]
	done
	fatal=('/^probe/d' 's/^pair F F/pair F -/' 's/^m l/plan 1/' 's/^end l/end x/' 's/^pair/copy local/')
	for script in "${fatal[@]}"; do
		sed "$script" good >in
		by_hand -1
		[[ $output == 'sync-verify: '* && $output != *stat* ]]
	done
	sed /^probe/d good >in
	by_hand -1 --separate-stderr
	[[ $stderr == 'sync-verify: folder "F": '*'sync-pair with --probe' ]]
	{ printf 'listing 1 account=A\n'; cat good; } | tr ' ' '\t' >listing
	run -1 sync-verify <listing
	[[ $output == *'cut off'* && $output != *$'\nend'* && $output != *stat* ]]
	for end in $'end\t-\t-\t8' $'end\t-\t-\t' $'end\t-\t-\t9\npair\tF\tF' $'end\t-\t-\t9\nend\t-\t-\t10'; do
		printf '%s\n' "$(<listing)" "$end" >longer
		run -1 sync-verify <longer
		[[ $output == *sync-verify:* && $output != *$'\nend'* ]]
	done
	run -1 sync-verify </dev/null
	run -1 sync-verify <<<'plan	1	account=A'
	run -1 sync-verify <<<'listing	2	account=A'
	run -2 sync-verify nonsense
	printf 'end\t-\t-\t%d\n' "$(wc -l <listing)" >>listing
	run -0 sync-verify -a x -k a=b -d -c y <listing
	status=0
	sync-verify <listing 2>said >/dev/full || status=$?
	[[ $status -eq 1 && $(<said) == *'standard output: No space'* ]]
}
