# sync-state import: what OfflineIMAP or mbsync knew, so that changes made since its last run are
# seen as what they are.  The states are made by these programs.
bats_require_minimum_version 1.5.0
load lib

# "FOLDER NUMBER FLAGS" of all files.
disk() {
	local file dir line flags all=''
	for file in "$MAILDIR"/{*,*/*}/{cur,new}/*; do
		[ -f "$file" ] || continue
		while IFS= read -r line && [[ $line != 'Subject: number '* ]]; do :; done <"$file"
		dir=${file%/*/*} flags=
		[[ ${file##*/} != *:2,* ]] || flags=${file##*:2,}
		all+="${dir#"$MAILDIR/"} ${line#Subject: number } $flags"$'\n'
	done
	sort <<<"${all%$'\n'}"
}

# The report with blanks for TABs, without UIDVALIDITYs and paths' beginnings; also in ~/report.
import() {
	run --separate-stderr -"${wanted:-0}" sync-state import "$@"
	report=${output//$'\t'/ }
	report=${report//"from=$HOME/"/from=}
	while [[ $report =~ \ validity=[0-9]+ ]]; do report=${report//"${BASH_REMATCH[0]}"}; done
	printf '%s\n' "$report" >"$HOME/report"
}

# Mail 1 to 9 in INBOX, 10 and 11 in A/B, all read.
mails() {
	imap create A/B
	imap number INBOX 9 '\Seen'
	mail 10 A/B '\Seen'; mail 11 A/B '\Seen'
}

# OfflineIMAP takes its time: once for all who start with these mails, with no changes or with them.
# known_to_original plain|changed: home and mailbox are as it left them.
setup_file() {
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR BATS_TEST_NUMBER=0
	t_setup
	mails
	write_conf
	the_original -o -u quiet
	keep_as plain
	changes
	keep_as changed
}

keep_as() {
	mkdir "$BATS_FILE_TMPDIR/$1"
	cp -a "$HOME" "$MAILS/$U" "$BATS_FILE_TMPDIR/$1"
}

known_to_original() {
	cp -a "$BATS_FILE_TMPDIR/$1/home/." "$HOME"
	cp -a "$BATS_FILE_TMPDIR/$1/import0" "$MAILS/$U"
	write_conf
}

# On the server 1 and 7 go, 2 is unread, 3 is flagged, 20 is new; on disk 4, 7 and 11 go, 5 is
# unread, 6 is flagged, 21 is new; 8 is flagged on both.
changes() {
	local sub=${1:-A.B}
	imap raw 'SELECT INBOX' >/dev/null
	imap delete INBOX 1,7
	imap store INBOX 2 -FLAGS '\Seen'
	imap store INBOX 3,8 +FLAGS '\Flagged'
	mail 20
	rm "$(file_of 4)" "$(file_of 7)" "$(file_of 11 "$sub")"
	letters 5 ''; letters 6 FS; letters 8 FS
	deliver 21 INBOX S
}

# What both sides are to hold then.
after_changes() {
	local sub=${1:-A.B}
	same "$(disk)" "$sub 10 S
INBOX 2 
INBOX 20 
INBOX 21 S
INBOX 3 FS
INBOX 5 
INBOX 6 FS
INBOX 8 FS
INBOX 9 S"
}

@test "what OfflineIMAP wrote is durable before the state names it" {
	known_to_original plain
	ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 SHIM_FILE=$PWD/count SHIM_DISK=$PWD/log \
		LD_PRELOAD=$ROOT/build/t/shim.so import
	[[ $(<"$HOME/report") == *done* ]]
	# all of the file system, and the state behind it
	[ "$(grep -an '^A ' log | head -n 1 | cut -d : -f 1)" -lt "$(wc -l <log)" ]
}

@test "import: OfflineIMAP, as it is" {
	known_to_original changed
	import
	same "$report" 'done import A/B A.B from=.offlineimap/Account-test/LocalStatus-sqlite/A.B gone=1 left=0 msgs=2
done import INBOX INBOX from=.offlineimap/Account-test/LocalStatus-sqlite/INBOX gone=2 left=0 msgs=9
end - - 2'
	# once more: what is known stays
	before=$(sync-state -H)
	import offlineimap "$META"
	same "$report" 'skip=the%20state%20knows%20the%20folder import A/B A.B
skip=the%20state%20knows%20the%20folder import INBOX INBOX
end - - 2'
	same "$(sync-state -H)" "$before"
	sync
	agree_but_times
	after_changes
	[[ $(imap status INBOX UIDNEXT) == *'(UIDNEXT 12)'* ]]
	offlineimap --verify -u quiet
}

@test "import: a file that comes back is not deleted on the server, nor are too many" {
	known_to_original plain
	name=$(file_of 1)
	mv "$name" kept
	rm "$(file_of 2)" "$(file_of 3)"
	import
	offlineimap -o --dry-run -u plan -k 'Account_test:maxdelete=2,1%%' >held
	counted 3 '^keep.*why=maxdelete' held
	sync-pair INBOX | sync-state | imap-list | maildir-scan | sync-plan >plan
	counted 3 ^delete plan
	# under another name, but with the uid in it
	mv kept "${name%/*}/1.other${name#*"$(hostname)"}"
	sync-apply <plan >report
	counted 2 '^done.delete' report
	counted + '^skip=the%20file%20is%20back.delete' report
	sync
	agree_but_times
	same "$(disk)" $'A.B 10 S\nA.B 11 S\nINBOX 1 S\nINBOX 4 S\nINBOX 5 S\nINBOX 6 S\nINBOX 7 S\nINBOX 8 S\nINBOX 9 S'
}

@test "import: the old plain LocalStatus, both formats" {
	known_to_original changed
	cd "$META/Account-test"
	mkdir -p LocalStatus
	localstatus LocalStatus-sqlite/A.B >LocalStatus/A.B
	localstatus LocalStatus-sqlite/INBOX | sed '1s/2$/1/; s/|/:/; s/|0|$//' >LocalStatus/INBOX
	# the newer of the two is the plain one: whose is it?
	wanted=1 import
	counted 2 '^fail=.*is%20newer%20than.* import ' ~/report
	rm -r LocalStatus-sqlite
	cd
	import
	counted 2 '^done .* from=.offlineimap/Account-test/LocalStatus/' report
	sync
	agree_but_times
	after_changes
}

# Locks a file as OfflineIMAP and mbsync do, until "$held" is killed.
hold() {
	rm -f locked
	python3 -c 'import fcntl, sys, time
f = open(sys.argv[1], "w"); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); time.sleep(60)' \
		"$1" >locked 2>&1 3>&- &
	held=$!
	until [ -s locked ]; do nap; done
}

# One more row that is not to be had: the folder is refused, with these words.
refused() {
	wanted=${2:-1} import "${refused_by:-offlineimap}"
	[[ $report == "fail="*"$1"*" import INBOX INBOX"* ]] || {
		echo "wanted: $1"
		echo "$report"
		return 1
	}
	[ ! -e "$META/Account-test/state/data.mdb" ]
}

@test "import: what of OfflineIMAP's is refused, and changes nothing" {
	imap number INBOX 2
	write_conf
	the_original -o -u quiet
	db=$META/Account-test/LocalStatus-sqlite/INBOX
	fv=$META/Repository-remote/FolderValidity/INBOX
	cp "$db" db; cp "$fv" fv
	hold "$META/test.lock"
	run -75 sync-state import
	[[ $output == *'Could not lock account test'* ]]
	kill "$held"
	# the database with these changes, one after the other, as db.1 and so on; the last is new, of version 1,
	# which has two columns less
	python3 -c '
import shutil, sqlite3, sys
def run(file, sql):
    c = sqlite3.connect(file)
    c.executescript(sql)
    c.close()
for n, sql in enumerate(sys.argv[1:-1], 1):
    run("db", sql)
    shutil.copy("db", f"db.{n}")
run("db.old", sys.argv[-1])' "UPDATE metadata SET value = '3'" \
		"UPDATE metadata SET value = '2'; INSERT INTO status VALUES(9, 'S|', 0, '')" \
		"DELETE FROM status WHERE id = 9; INSERT INTO status VALUES(5000000000, 'S', 0, '')" \
		"CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128));
		INSERT INTO metadata VALUES('db_version', '1');
		CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50));
		INSERT INTO status VALUES(1, 'S'); INSERT INTO status VALUES(2, NULL)"
	rm "$fv"; refused 'of%20which%20UIDVALIDITY'
	echo 42 >"$fv"; refused 'is%20of%20UIDVALIDITY%2042,%20the%20server'
	cp fv "$fv"
	for n in 1 2 3; do
		cp db.$n "$db"; refused 'ended%20with%20status%201'
	done
	head -c 5000 db >"$db"; refused 'ended%20with%20status%201'
	: >"$db"; refused 'ended%20with%20status%201'
	cp db.old "$db"
	# another Maildir
	mv "$MAILDIR" "$MAILDIR.there"
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	run -1 sync-state import
	echo "$output"
	[[ $output == *'not one of the 2 messages'*'right Maildir'* ]]
	[ ! -e "$META/Account-test/state/data.mdb" ]
	rm -r "$MAILDIR"; mv "$MAILDIR.there" "$MAILDIR"
	import
	[[ $report == 'done import INBOX '*' msgs=2'* ]]
	sync
	agree_but_times
}

# A database as a program leaves it that is killed in the midst of a transaction: some of it is written,
# and the journal that takes it back is there.
stopped_in_transaction() {
	python3 -c 'import os, sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.executescript("PRAGMA cache_size = 1; BEGIN; UPDATE status SET flags = \"T\"; DELETE FROM status WHERE id < 3")
c.executemany("INSERT INTO status VALUES(?, \"T\", 0, \"\")", [(n,) for n in range(1000, 4000)])
os._exit(0)' "$1"
	[ -s "$1-journal" ]
}

@test "import: stopped anywhere, run again" {
	known_to_original changed
	db=$META/Account-test/LocalStatus-sqlite
	stopped_in_transaction "$db/INBOX"
	cp -a "$db" stopped
	export SHIM_FILE=$PWD/count SHIM_LOG=$PWD/steps LD_PRELOAD=$ROOT/build/t/shim.so
	ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	export ASAN_OPTIONS
	setsid -w sync-state import >/dev/null
	unset LD_PRELOAD SHIM_LOG
	steps=$(od -An -tu8 -N8 count | tr -d ' ')
	[ "$steps" -ge 10 ]
	# localstatus takes the transaction back
	counted + ' localstatus .*INBOX-journal' steps
	[ ! -e "$db/INBOX-journal" ]
	step=$((steps / 4))
	[ -z "${SOAK:-}" ] || step=1
	for ((k = 1; k <= steps; k += step)); do
		rm -rf "$META/Account-test/state" count "$db"
		cp -a stopped "$db"
		LD_PRELOAD=$ROOT/build/t/shim.so SHIM_KILL=$k setsid -w sync-state import >/dev/null 2>&1 || :
		import
		counted 2 '^(done|skip=the%20state%20knows)' report
	done
	sync
	agree_but_times
	after_changes
}

# mbsync's configuration; more lines for the channel.
mbsync_conf() {
	put .mbsyncrc <<-END
		IMAPAccount far
		Host 127.0.0.1
		Port $PORT
		User $U
		Pass pw
		SSLType None
		AuthMechs LOGIN

		IMAPStore far
		Account far

		MaildirStore near
		Path $MAILDIR/
		Inbox $MAILDIR/INBOX
		SubFolders Verbatim

		Channel c
		Far :far:
		Near :near:
		Patterns *
		Create Both
		Expunge ${expunge:-Both}
	END
	printf '%s\n' "${@:-SyncState *}" >>.mbsyncrc
	mkdir -p "$MAILDIR"
	write_conf 'local:sep = /'
}

agree_with_tuids() { "$SERVED" agree.py --tuid --sep / "$PORT" "$U" "$MAILDIR"; }

@test "import: mbsync, state in the folders" {
	mails
	mbsync_conf
	mbsync -q -a
	deliver 12 INBOX S; mbsync -q -a		# one that it uploaded
	changes A/B
	rm "$(file_of 12)"
	import mbsync
	same "$report" 'done import A/B A/B from=Mail/A/B/.mbsyncstate gone=1 left=0 msgs=2
done import INBOX INBOX from=Mail/INBOX/.mbsyncstate gone=3 left=0 msgs=10
end - - 2'
	sync
	agree_with_tuids
	after_changes A/B
	sync
	after_changes A/B
	letters 9 FS; imap store INBOX 6 -FLAGS '\Flagged'; rm "$(file_of 2)"
	sync
	agree_with_tuids
	imap ls INBOX >there
	counted 7 . there
}

@test "import: mbsync, state elsewhere, deletions not expunged, messages expired" {
	mails
	expunge=None mbsync_conf "SyncState $HOME/states/"
	sed -i "s,^SyncState.*,,; 1i SyncState $HOME/states/\n" .mbsyncrc
	mbsync -q -a
	rm "$(file_of 4)"; mbsync -q -a		# marked there
	[[ $(imap ls INBOX) == *$'\n'INBOX$'\t'4$'\t'*([!$'\t'])'\Deleted'* ]]
	states=$(ls states)
	inbox=states/$(grep INBOX <<<"$states")
	rm "$(file_of 5)"
	# 8 and 9 as MaxMessages would have them: taken out, and about to be
	sed -i -E 's/^(8 [0-9]+) S$/\1 ~S/; s/^(9 [0-9]+) S$/\1 ~S/' "$inbox"
	rm "$(file_of 8)"; letters 9 ST
	wanted=1 import mbsync INBOX=states/none
	[[ $report == *'fail=states/none:%20there%20is%20no%20such%20file import INBOX'* ]]
	import mbsync states
	counted + '^done import INBOX .* gone=1 left=1 msgs=8$' report
	counted + '^done import A/B .* gone=0 left=0 msgs=2$' report
	sync
	same "$(disk)" 'A/B 10 S
A/B 11 S
INBOX 1 S
INBOX 2 S
INBOX 3 S
INBOX 6 S
INBOX 7 S
INBOX 8 S
INBOX 9 S'
	[[ $(imap ls INBOX) == *$'\n'INBOX$'\t'4$'\t'*([!$'\t'])'\Deleted'* ]]
	run "$SERVED" imap.py "$PORT" "$U" ls INBOX
	[ ${#lines[@]} -eq 8 ]
	sync
	disk >files
	counted 9 . files
}

# Runs mbsync and kills it when its journal of INBOX gets line N.
stopped_mbsync() {
	strace -qq -o /dev/null -P "$MAILDIR/INBOX/.mbsyncstate.journal" -e trace=write \
		-e "inject=write:signal=SIGKILL:when=$1" mbsync -q -a || :
	[ -e "$MAILDIR/INBOX/.mbsyncstate.journal" ]
}

@test "import: mbsync, stopped in the midst of its work" {
	points='3 12'
	[ -z "${SOAK:-}" ] || points=$(seq 2 15)
	for k in $points; do
		U=import$BATS_TEST_NUMBER-$k
		export HOME=$BATS_TEST_TMPDIR/k$k
		export MAILDIR=$HOME/Mail META=$HOME/.offlineimap
		mkdir "$HOME"; cd "$HOME"
		imap number INBOX 3 '\Seen'
		mbsync_conf
		mbsync -q -a
		mail 4 INBOX '\Flagged'; mail 5; mail 6
		imap delete INBOX 1; letters 2 FS
		stopped_mbsync "$k"
		echo "$(<"$MAILDIR/INBOX/.mbsyncstate.journal")"
		rm "$(file_of 3)"
		import mbsync
		sync
		agree_with_tuids
		same "$(disk)" $'INBOX 2 FS\nINBOX 4 F\nINBOX 5 \nINBOX 6 '
	done
}

@test "import: mbsync, what is refused, and changes nothing" {
	imap number INBOX 2
	mbsync_conf
	mbsync -q -a
	box=$MAILDIR/INBOX
	cp "$box/.mbsyncstate" state; cp "$box/.uidvalidity" uidvalidity
	back() { put "$box/.mbsyncstate" <state; put "$box/.uidvalidity" <uidvalidity; }
	import_refuses() { refused_by=mbsync refused "$@"; back; }
	echo '3 3' >>"$box/.mbsyncstate"; echo x >>"$box/.mbsyncstate"
	import_refuses 'mbsyncstate:9:%20malformed'
	sed -i 's/^NearUidValidity .*/NearUidValidity 5/' "$box/.mbsyncstate"
	import_refuses 'local%20UIDVALIDITY%205'
	sed -i 's/^FarUidValidity .*/FarUidValidity 5/' "$box/.mbsyncstate"
	import_refuses 'is%20of%20UIDVALIDITY%205,%20the%20server'
	rm "$box/.uidvalidity"; import_refuses '.uidvalidity%20says%200'
	sed -i 's/^2 2 .*/2 2 >/' "$box/.mbsyncstate"; import_refuses 'placeholder'
	hold "$box/.mbsyncstate.lock"
	import_refuses 'mbsync%20is%20at%20work' 75
	kill "$held"
	# an upload that may have arrived or not
	deliver 3 INBOX S
	stopped_mbsync 5
	refused_by=mbsync refused 'stopped%20while%20it%20uploaded'
	mbsync -q -a
	import mbsync
	[[ $report == 'done import INBOX '*' msgs=3'* ]]
	sync
	agree_with_tuids
	same "$(disk)" $'INBOX 1 \nINBOX 2 \nINBOX 3 S'
}
