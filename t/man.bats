# The examples of the man pages and the README, run as they stand against an
# account "Work" on which changes wait: in a shell, pasted, with nothing between.
load lib
export OVER_TLS=1
bats_require_minimum_version 1.5.0

# The examples of a page as a reader sees them, .Bd -literal blocks and .Dl lines: in "shown", from 1.
examples() {
	local line here='' inside='' n=0
	shown=()
	while IFS= read -r line; do
		case $line in
		.Sh*) [[ $line == *EXAMPLES* ]] && here=1 || here= ;;
		esac
		[ -n "$here" ] || continue
		case $line in
		'.Dl '*) shown[++n]=${line#.Dl }$'\n' ;;
		'.Bd -literal'*) inside=1 n=$((n + 1)) ;;
		.Ed*) inside= ;;
		*) [ -z "$inside" ] || shown[n]+=$line$'\n' ;;
		esac
	done <"$ROOT/man/$1"
	shown=("${shown[@]//'\(dq'/\"}")
	shown=("${shown[@]//'\(aq'/\'}")
	shown=("${shown[@]//'\&'/}")
	shown=("${shown[@]//'\-'/-}")
	shown=('' "${shown[@]//'\e'/\\}")
	unset 'shown[0]'
}

work_conf() {
	put .offlineimaprc <<-END
		[general]
		accounts = Work
		[Account Work]
		localrepository = Work-local
		remoterepository = Work-remote
		[Repository Work-local]
		type = Maildir
		localfolders = ~/Mail
		[Repository Work-remote]
		type = IMAP
		remotehost = localhost
		remoteport = $PORT
		ssl = no
		starttls = no
		remoteuser = $U
		remotepass = pw
	END
}

# Synced: INBOX 1 to 4, Archive/2024 8 and 9 (9 kept apart), lists/old 10.  Waiting
# in INBOX: 2 deleted and 5 new on the server, 3 deleted, 4 read and 666 new here;
# and 9.  Made once, and copied for each example.
world() {
	local i
	U=man-world
	export HOME=$BATS_FILE_TMPDIR/world
	export MAILDIR=$HOME/Mail PATH=$BATS_FILE_TMPDIR/commands:$PATH
	mkdir -p "$HOME" "$BATS_FILE_TMPDIR/commands" && cd "$HOME" || return 1
	printf '#!/bin/sh\necho pw\n' >../commands/pass
	printf '#!/bin/sh\ncat "$@"\n' >../commands/less
	chmod +x ../commands/*
	work_conf
	imap create Archive/2024
	imap create lists/old
	for i in 1 2 3 4; do mail $i; done
	mail 8 Archive/2024; mail 9 Archive/2024; mail 10 lists/old
	sync
	imap delete Archive/2024 2
	sync -k Repository_Work-remote:sync_deletes=no
	imap delete INBOX 2; mail 5 INBOX '\Flagged'
	rm "$(file_of 3)"; letters 4 S; deliver 666
}

work() {
	[ -d "$BATS_FILE_TMPDIR/world/Mail/INBOX" ] || world
	U=man$BATS_TEST_NUMBER-$1
	export HOME=$BATS_TEST_TMPDIR/$1
	export MAILDIR=$HOME/Mail PATH=$BATS_FILE_TMPDIR/commands:$PATH
	cp -a "$MAILS/man-world" "$MAILS/$U"
	cp -a "$BATS_FILE_TMPDIR/world" "$HOME"
	cd "$HOME" && work_conf
}

# paste PAGE N STATUS PATTERN [PATTERN]: runs it in a world that none before it has
# changed; what it prints is PATTERN, tabs as blanks, and on standard error the other.
paste() {
	local text
	[ -n "${fresh:-}" ] || work "$1.$2"
	fresh=
	[ -z "${before:-}" ] || (eval "$before") >/dev/null
	examples "$1"
	[ -n "${shown[$2]-}" ] || { echo "$1 has no example $2"; return 1; }
	printf %s "${shown[$2]}" >example
	[ -z "${edit:-}" ] || sed -i "$edit" example
	text=$(<example)$'\n'
	[[ $text =~ sync-apply|'offlineimap -o'(' -k'|' -u quiet'|$'\n')|'sh pipe' ]] || fresh=yes
	run --separate-stderr bash example
	printf '%s example %s:\n' "$1" "$2"
	printf %s "$text"
	printf 'status %s\n%s\n--- errors:\n%s\n' "$status" "$output" "$stderr"
	[ "$status" -eq "$3" ]
	# shellcheck disable=SC2053
	[[ ${output//$'\t'/ } == $4 ]]
	# shellcheck disable=SC2053
	[[ $stderr == ${5:-} ]]
}

@test "offlineimap(1)" {
	paste offlineimap.1 1 0 '*DRYRUN*Copy 1 messages from INBOX?Work-remote?*Copy message UID 5 *Copy message *666*Deleting 1 messages*'
	agree_but_times
	edit='s/^[*].5 [*] [*] [*] [*] //' paste offlineimap.1 2 0 ''
	file_of 5
	edit='s/^[0-9] [^ ]* [^ ]* [^ ]* [^ ]* //' paste offlineimap.1 3 0 ''
	paste offlineimap.1 4 0 '*done copy local INBOX*done flags remote INBOX*'
	run imap ls INBOX
	[ ${#lines[@]} -eq 5 ]
	paste offlineimap.1 5 0 '*plan 1 account=Work*copy local INBOX*end - - *'
	paste offlineimap.1 6 0 '*1 copy local INBOX*1 copy remote INBOX*1 delete remote INBOX*'
	[ ${#shown[@]} -eq 6 ]
}

@test "offlineimap(7)" {
	paste offlineimap.7 1 0 '*plan 1 account=Work*delete local INBOX*done copy local INBOX*done delete remote INBOX*'
	paste offlineimap.7 2 0 '*INBOX*'
	[ ${#shown[@]} -eq 2 ]
}

@test "offlineimap.conf(5)" {
	edit="s/imap.example.org/&\nremoteport = $TLSPORT\nsslcacertfile = ${CA//\//\\/}/
		s/alice/man$BATS_TEST_NUMBER-offlineimap.conf.5.1/; s/imap.example.org/localhost/
		s/~.Mail.Work/~\/Mail/" paste offlineimap.conf.5 1 0 '*DRYRUN*to download*nothing was changed*'
	edit="s/1143/$PORT/" paste offlineimap.conf.5 2 0 '*1 new, 1 uploaded*deleted locally, 1 deleted remotely*'
	[ ${#shown[@]} -eq 2 ]
}

# The first three show lines and are nothing to run.
@test "offlineimap-records(5)" {
	paste offlineimap-records.5 4 0 '*1 local Archive/2024*1 local INBOX*1 remote INBOX*'
	paste offlineimap-records.5 5 1 ''
	file_of 5
	# heads of directories are told once they are two seconds old
	before='sleep 2.1; offlineimap -o --dry-run -u plan >plan.old' paste offlineimap-records.5 6 0 ''
	[ ${#shown[@]} -eq 6 ]
}

@test "imap-connect(1)" {
	paste imap-connect.1 1 0 '? PREAUTH ?CAPABILITY IMAP4rev1 *'
	paste imap-connect.1 2 0 '*LIST *lists/old*'
	paste imap-connect.1 3 0 '*PREAUTH*' '*AUTHENTICATE PLAIN ?***'
	paste imap-connect.1 4 0 'stat down=* turns=1 up=*'
	[ ${#shown[@]} -eq 4 ]
}

@test "imap-list(1)" {
	paste imap-list.1 1 0 '*INBOX count=4*lists/old count=1*'
	paste imap-list.1 2 0 'm r *:5 *flags=F*'
	paste imap-list.1 3 0 ''
	[ ${#shown[@]} -eq 3 ]
}

@test "maildir-scan(1)" {
	paste maildir-scan.1 1 0 '*folder l - INBOX*'
	paste maildir-scan.1 2 0 'Archive.2024*INBOX*lists.old'
	paste maildir-scan.1 3 0 '*m s *m r *m l *'
	before='printf "Subject: nul\n\na\0b\n" >Mail/INBOX/new/nul' \
		paste maildir-scan.1 4 0 'bad=nul*'
	[ ${#shown[@]} -eq 4 ]
}

@test "sync-state(1)" {
	paste sync-state.1 1 0 $'Archive/2024 2\nINBOX 4\nlists/old 1'
	paste sync-state.1 2 0 '*m s *:4 *end s INBOX 4*'
	paste sync-state.1 3 0 '*1 kept=sync_deletes'
	paste sync-state.1 4 0 'skip=* import Archive/2024 *skip=* import INBOX INBOX*end - - 3'
	[ ${#shown[@]} -eq 4 ]
}

@test "localstatus(1)" {
	put "$BATS_TEST_TMPDIR/db.py" <<-'END'
		import os, sqlite3
		os.chdir(os.path.expanduser('~/.offlineimap/Account-Work'))
		os.mkdir('LocalStatus-sqlite')
		sqlite3.connect('LocalStatus-sqlite/INBOX').executescript("""
		CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128));
		INSERT INTO metadata VALUES('db_version', '2');
		CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50), mtime INTEGER, labels VARCHAR(256));
		INSERT INTO status VALUES(3, 'FS', 0, ''), (7, '', 0, NULL)""")
	END
	before="python3 $BATS_TEST_TMPDIR/db.py" paste localstatus.1 1 0 2
	[ ${#shown[@]} -eq 1 ]
}

@test "sync-pair(1)" {
	paste sync-pair.1 1 0 '*pair INBOX INBOX*'
	paste sync-pair.1 2 0 '*pair Archive/2024 Archive.2024 *pair INBOX INBOX *'
	paste sync-pair.1 3 0 '*copy remote INBOX*'
	paste sync-pair.1 4 0 'done forget both lists/old*'
	run -0 offlineimap -o
	[[ $output == *'1 paired'* ]]
	[ ${#shown[@]} -eq 4 ]
}

@test "sync-plan(1)" {
	paste sync-plan.1 1 0 'plan 1 account=Work*flags remote INBOX*'
	before='sync-pair INBOX | sync-state | imap-list | maildir-scan >listing' \
		paste sync-plan.1 2 0 'delete local INBOX*delete remote INBOX*'
	[ ${#shown[@]} -eq 2 ]
}

@test "sync-verify(1)" {
	paste sync-verify.1 1 1 '*differ remote Archive/2024 Archive.2024 - *why=sync_deletes*stat differ=1 folders=1 msgs=1*'
	paste sync-verify.1 2 0 '*1 both INBOX INBOX*2 local INBOX INBOX*1 remote Archive/2024 Archive.2024*2 remote INBOX INBOX'
	[ ${#shown[@]} -eq 2 ]
}

@test "imap-fetch(1)" {
	paste imap-fetch.1 1 0 'done copy local INBOX*'
	[ ${#shown[@]} -eq 1 ]
}

@test "sync-apply(1)" {
	paste sync-apply.1 1 0 'done copy local INBOX*'
	file_of 2
	before='offlineimap --dry-run -u plan >plan; offlineimap -o' \
		paste sync-apply.1 2 0 'skip=*copy local INBOX*'
	[ ${#shown[@]} -eq 2 ]
}

# The block of the README that begins with this line.
readme() {
	awk -v first="    $1" 'index($0, first) == 1 { here = 1 } here && !/^(    |$)/ { exit } here' \
		"$ROOT/README.md" | sed 's/^    //'
}

@test "README: its configuration, its two commands, its policy" {
	work readme
	rm -r .offlineimaprc .offlineimap Mail
	imap create lists/noise; mail 11 lists/noise
	readme '[general]' | sed "s/imap.example.org/localhost/; s/ada@example.org/$U/
		s/^remotehost.*/&\nremoteport = $TLSPORT\nsslcacertfile = ${CA//\//\\/}/" >.offlineimaprc
	readme 'offlineimap --dry-run      #' | bash
	[ "$(find Mail -mindepth 1 -maxdepth 1 | sort | xargs)" = 'Mail/INBOX Mail/old' ]
	rm "$(file_of 1)"; deliver 12
	run -0 bash < <(readme 'offlineimap --dry-run -u plan >plan')
	grep ^delete plan
	[[ $output == *done*copy* && $output != *delete* ]]
}
