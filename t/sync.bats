# Both sides brought together by the driver, on a real Dovecot.
load lib

# there N [FOLDER]: so many messages are on the server.
there() {
	local all
	imap ls "${2:-INBOX}" >there
	mapfile -t all <there
	[ ${#all[@]} -eq "$1" ] || { cat there; return 1; }
}

# uids 'UID UID...': those of INBOX on the server.
uids() {
	local uid found=
	imap ls INBOX >there
	while IFS=$'\t' read -r _ uid _; do found+=" $uid"; done <there
	same "${found# }" "$1"
}

# here N: so many files are in the Maildir's INBOX.
here() {
	local file n=0
	for file in "$MAILDIR/INBOX"/{cur,new,tmp}/*; do [ ! -e "$file" ] || n=$((n + 1)); done
	[ "$n" -eq "$1" ] || { echo "$n files instead of $1"; return 1; }
}

# folders NAME...: all that the server has.
folders() {
	imap folders >folders
	same "$(<folders)" "$(printf '%s\n' "$@")"
}

# has_folder NAME: the server does.
has_folder() {
	imap folders >folders
	[[ $'\n'$(<folders)$'\n' == *$'\n'"$1"$'\n'* ]]
}

@test "first sync: everything comes, with OfflineIMAP's names" {
	mail 1 INBOX '\Seen' 1000000000
	mail 2 INBOX '\Flagged \Answered' 1500000000
	imap create Archive/2024
	mail 3 Archive/2024 '\Seen \Draft $Label'
	write_conf
	sync
	agree
	host=$(uname -n)
	# FMD5 is that of the folder's local name; read mail lies in cur, the rest in new
	[[ $(file_of 1) =~ INBOX/cur/[0-9]+_[0-9]+\.[0-9]+\.$host,U=1,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,S$ ]]
	[[ $(file_of 2) =~ INBOX/new/[^/]*,U=2,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,FR$ ]]
	[[ $(file_of 3 Archive.2024) =~ cur/[^/]*,U=1,FMD5=1a93ab4c536c71150dc4b4835ca6c7b0:2,DS$ ]]
	[ "$(<"$META/Repository-remote/FolderValidity/INBOX")" = "$(imap status INBOX UIDVALIDITY | tr -dc 0-9)" ]
	[ -e "$META/Repository-remote/FolderValidity/Archive.2024" ]
}

@test "a run with nothing to do changes nothing" {
	mail 1
	deliver 2
	write_conf
	sync
	before=$(frozen "$MAILDIR"; imap status INBOX 'UIDNEXT HIGHESTMODSEQ')
	sync
	same "$(frozen "$MAILDIR"; imap status INBOX 'UIDNEXT HIGHESTMODSEQ')" "$before"
	# nor with directories old enough to be taken at their times' word
	sleep 2.1
	sync
	sync
	same "$(frozen "$MAILDIR"; imap status INBOX 'UIDNEXT HIGHESTMODSEQ')" "$before"
}

@test "upload: bytes, flags and time go up, the file gets its uid and stays where it was" {
	mail 1
	deliver 2 INBOX FS 1234567890
	deliver 3
	printf 'Subject: number 4\r\nX: \xff\xfe 8 bit\r\n\r\nCRLF on disk\r\n.\r\nno end' >"$MAILDIR/INBOX/cur/4:2,"
	printf 'Subject: number 5\n\n' >"$MAILDIR/INBOX/cur/5:2,"
	write_conf
	sync
	agree
	[[ $(file_of 2) =~ /cur/[^/]*,U=[0-9]+,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,FS$ ]]
	[[ $(file_of 3) =~ /new/[^/]*,U=[0-9]+,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,$ ]]
	imap ls INBOX | grep -P '\\Flagged \\Seen\t\d+\t1234567890\t'
	for uid in 1 2 3 4 5; do imap body INBOX $uid; done >bodies
	grep -x 'no end.*' bodies
}

@test "bytes are unaltered both ways, however odd" {
	mkdir -p odd "$MAILDIR/Up"/{cur,new,tmp}
	printf 'From a@b Mon Jan  1 00:00:00 2024\nSubject:x\nbad line\nY:   z\n\nbody' >odd/1:2,
	printf 'Subject: =\nContent-Type: multipart/mixed; boundary=a=b\n\n--a=b\n\nx\n--a=b-\n' >odd/2:2,
	printf '\n\nno header at all\n' >odd/3:2,
	printf -v long %0100000d 0
	printf 'S: x\n\n%s\n' "${long//0/y}" >odd/4:2,
	printf 'S: \303\244\377\n\n\r lone \r CR\n\t\n.\n..\n* OK\nz1 LOGOUT\n' >odd/5:2,
	printf 'only a header: x\n' >odd/6:2,
	cp odd/* "$MAILDIR/Up/cur/"
	for i in 1 2 4 5 6; do imap append INBOX odd/$i:2,; done
	write_conf
	sync
	agree
	digests() { sha256sum "$@" | cut -c -64 | sort; }
	same "$(digests "$MAILDIR"/INBOX/*/*)" "$(digests odd/[12456]:2,)"
	same "$(digests "$MAILDIR"/Up/*/*)" "$(digests odd/*)"
}

@test "flags merge, each for itself, against what both sides had; thirteen pairs at once, as isync's suite has them" {
	imap number INBOX 9 '\Seen'
	imap create Flags
	imap number Flags 6 '\Seen \Flagged'
	write_conf
	sync
	imap store Flags 1 +FLAGS '\Answered'		# one side
	letters 2 FRS Flags				# the other
	imap store Flags 3 +FLAGS '\Answered'; letters 3 S Flags	# different ones on both
	imap store Flags 4 -FLAGS '\Seen'; letters 4 F Flags	# the same on both
	imap store Flags 5 FLAGS ''; letters 5 DFS Flags	# taken away there, added here
	letters 6 '' Flags				# all taken away here

	letters 1 FS					# flag added here
	imap store INBOX 2 +FLAGS '\Flagged'		# there
	letters 3 FS; imap store INBOX 3 +FLAGS '\Answered'	# different ones
	letters 4 ST					# deleted here, by mark
	imap store INBOX 5 +FLAGS '\Deleted'		# there
	letters 6 ST; imap store INBOX 6 +FLAGS '\Deleted'	# on both
	rm "$(file_of 7)" "$(file_of 9)"		# expunged here
	imap delete INBOX 8				# there
	imap store INBOX 9 +FLAGS '\Deleted \Flagged'	# here, changed there
	deliver 10; mail 11				# new on either side
	mail 12 INBOX '\Deleted'			# new and already marked
	deliver 13 INBOX PS				# new with the passed mark
	sync
	agree
	for want in 1:FRS 2:FRS 3:RS 4:F 5:D 6:; do
		[[ $(file_of ${want%:*} Flags) == *:2,${want#*:} ]]
	done
	[[ $(file_of 1) == *:2,FS && $(file_of 2) == *:2,FS && $(file_of 3) == *:2,FRS ]]
	[[ $(file_of 4) == *:2,ST && $(file_of 5) == *:2,ST && $(file_of 6) == *:2,ST ]]
	for gone in 7 8 9; do run file_of $gone; [ "$status" -ne 0 ]; done
	file_of 10 && file_of 11 && [[ $(file_of 12) == *:2,T ]] && [[ $(file_of 13) == *:2,PS ]]
	before=$(frozen "$MAILDIR"; imap status INBOX HIGHESTMODSEQ)
	sync
	same "$(frozen "$MAILDIR"; imap status INBOX HIGHESTMODSEQ)" "$before"
}

@test "what is in cur stays there; what the other side has seen goes there" {
	imap number INBOX 2
	write_conf
	sync
	[[ $(file_of 1) == */new/* ]]
	letters 1 ''
	imap store INBOX 1:2 +FLAGS '\Flagged'
	sync
	[[ $(file_of 1) == */cur/*:2,F ]]
	imap store INBOX 2 +FLAGS '\Seen'
	sync
	[[ $(file_of 2) == */cur/*:2,FS ]]
	imap store INBOX 2 -FLAGS '\Seen'
	sync
	[[ $(file_of 2) == */cur/*:2,F ]]
	agree
}

@test "letters and keywords that are one side's own stay, and do not flap" {
	mail 1 INBOX '\Seen $Forwarded NonJunk'
	deliver 2 INBOX PSa
	write_conf
	sync
	letters 1 PSb
	imap store INBOX 1:2 +FLAGS '\Flagged'
	sync
	sync
	[[ $(file_of 1) == *:2,FPSb && $(file_of 2) == *:2,FPSa ]]
	imap ls INBOX >there
	same "$(cut -f 3 there)" $'$Forwarded NonJunk \\Flagged \\Seen\n\\Flagged \\Seen'
	agree
}

@test "deletions go both ways, and deletion beats a flag; other clients' deleted marks are not swept away with ours" {
	imap number INBOX 6
	write_conf
	sync
	rm "$(file_of 1)" "$(file_of 3)"
	imap delete INBOX 2
	imap store INBOX 3 +FLAGS '\Flagged'
	imap delete INBOX 4; letters 4 F
	imap store INBOX 6 +FLAGS '\Deleted'
	sync
	agree
	uids '5 6'
	file_of 5
}

@test "a message moved between folders arrives once, on either side" {
	imap create Kept
	imap number INBOX 2
	write_conf
	sync
	mv "$(file_of 1)" "$MAILDIR/Kept/cur/"
	imap move INBOX 2 Kept
	sync
	agree
	file_of 1 Kept && file_of 2 Kept
	imap ls >there
	mapfile -t lines <there
	[ ${#lines[@]} -eq 2 ]
}

@test "a copy of a file that keeps its ,U= is a message of its own; a file from another folder keeps no uid of that folder" {
	imap create A
	mail 9 A; imap number INBOX 3
	write_conf
	sync
	f=$(file_of 2)
	cp -p "$f" "${f%/*}/copy_${f##*/}"
	# uid 1 of A into INBOX, whose uid 1 is another message
	cp -p "$(file_of 9 A)" "$MAILDIR/INBOX/cur/"
	sync
	agree
	there 5
	there 1 A
	sync
	there 5
	agree
}

@test "two files of one name, as a tool leaves them that keeps Maildirs alike, are one message to the last" {
	local FILE base n
	write_conf
	imap number INBOX 4
	sync
	for n in 1 2 3; do
		find_file $n
		base=${FILE##*/} base=${base%:2,*}
		cp -p "$FILE" "$MAILDIR/INBOX/cur/$base:2,S"
	done
	message 9 >"$MAILDIR/INBOX/cur/$base:2,S"
	cp -p "$MAILDIR/INBOX/cur/$base:2,S" "$MAILDIR/INBOX/cur/$base:2,F"
	# its flags are those of the one that has more of them
	sync
	[[ $(imap numbers INBOX) == '1:\Seen 2:\Seen '* ]]
	write_conf 'local:trashfolder = Trash'
	imap delete INBOX 1
	sync
	write_conf
	imap delete INBOX 2:3
	run -0 offlineimap -o
	[[ $output == *'another file of its name holds something else'* ]]
	sync
	[ "$(imap numbers INBOX)" = '4: ' ]
	[ "$(imap numbers Trash)" = '1:\Seen ' ]
	run ! file_of 1
	file_of 3; file_of 1 Trash
	[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 4 ]
	[ "$(find "$MAILDIR/Trash" -type f | wc -l)" -eq 1 ]
}

@test "two files of one name that are new are sent once, and once paired; what only has the name of one is mail" {
	local n dir=$MAILDIR/INBOX
	mail 1 INBOX '' 1700000000
	for n in 1 2 3; do deliver $n; done
	# a mail reader has shown them, and its rename was cut short
	for n in 1 2; do cp -p "$dir/new/1700000000.$n.elsewhere" "$dir/cur/1700000000.$n.elsewhere:2,S"; done
	ln "$dir/new/1700000000.3.elsewhere" "$dir/cur/1700000000.3.elsewhere:2,F"
	deliver 4
	message 5 >"$dir/cur/1700000000.4.elsewhere:2,S"
	write_conf
	sync; sync; sync
	[ "$(imap numbers INBOX)" = '1:\Seen 2:\Seen 3:\Flagged 5:\Seen 4: ' ]
	for n in 1 2 3 4 5; do file_of $n; done
	[ "$(find "$dir" -type f | wc -l)" -eq 5 ]
	agree_but_times
}

@test "folders are made on either side, nested ones with their parents; odd and non-ASCII names survive" {
	imap create a/b/c
	# modified UTF-7 stays that, both ways
	imap create 'Entw&APw-rfe/&ZeVnLIqe-'
	mail 1 'Entw&APw-rfe/&ZeVnLIqe-'
	# blanks, quotes, backslashes, percent, brackets
	for f in 'with blank' 'quo"te' 'back\slash' '100%' 'fo!o [b(a)r]' '{5}' '-dash' "it's" 'a%2Fb' '*'; do
		if imap create "$f" 2>/dev/null; then
			mail 1 "$f"
		fi
	done
	mkdir -p "$MAILDIR"/{x.y.z,x,'Gel&APY-scht','local "1"','local \2','local %3','#x'}/{cur,new,tmp}
	write_conf
	sync
	[ -d "$MAILDIR/a.b.c/cur" ]
	agree
	imap folders >folders
	for f in x/y/z x 'Gel&APY-scht'; do grep -xF "$f" folders; done
	file_of 1 'Entw&APw-rfe.&ZeVnLIqe-'
	before=$(frozen "$MAILDIR")
	sync
	same "$(frozen "$MAILDIR")" "$before"
}

@test "a directory under two names is one folder: its mail does not wander between two" {
	imap create Sent
	mail 1 Sent; mail 2 Sent
	write_conf
	sync
	ln -s Sent "$MAILDIR/Sent Messages"
	for _ in 1 2; do
		run -0 offlineimap -o
		[[ $output == *'a link leads to the directory of another folder'*'nothing changed'* ]]
	done
	[ "$(imap folders)" = $'INBOX\nSent' ]
	imap ls >there
	[ "$(cut -f 1,2 there)" = $'Sent\t1\nSent\t2' ]
}

@test "sep = / nests directories" {
	imap create a/b
	mail 1 a/b
	# a name that is no file's, for FolderValidity: that folder has none, and all else works
	printf -v long %0130d 0
	imap create "$long/$long"
	mail 2 "$long/$long"
	mkdir -p "$MAILDIR"/x/y/{cur,new,tmp}
	write_conf 'local:sep = /'
	sync
	file_of 2 "$long/$long"
	letters 2 F "$long/$long"
	sync
	[[ $(file_of 1 a/b) =~ Mail/a/b/new/[^/]*,FMD5=a7e86136543b019d72468ceebf71fb8e ]]
	has_folder x/y
	agree --sep /
	before=$(frozen "$MAILDIR")
	sync
	same "$(frozen "$MAILDIR")" "$before"
}

@test "a server whose separator is a dot, and whose mail lies in Maildirs" {
	server sep=. format=maildir
	imap create a.b
	mail 1 a.b
	mail 3; mail 4 INBOX '\Seen'
	deliver 5
	mkdir -p "$MAILDIR"/x.y/{cur,new,tmp}
	write_conf
	sync
	file_of 1 a.b
	has_folder x.y
	agree
	rm "$(file_of 3)"; imap store INBOX 2 +FLAGS '\Flagged'
	sync
	agree
}

@test "utf8foldernames: real names on disk, modified UTF-7 on the wire" {
	imap create 'Entw&APw-rfe/R&-D'
	mail 1 'Entw&APw-rfe/R&-D'
	mkdir -p "$MAILDIR/日本語"/{cur,new,tmp} "$MAILDIR/Q&A"/{cur,new,tmp}
	write_conf 'account:utf8foldernames = yes'
	sync
	[[ $(file_of 1 'Entwürfe.R&D') =~ FMD5=4612ed6746ef9daffa90424bfabe224f ]]
	has_folder '&ZeVnLIqe-'
	has_folder 'Q&-A'
	agree --utf8
	before=$(frozen "$MAILDIR")
	sync
	same "$(frozen "$MAILDIR")" "$before"
}

@test "INBOX in any case is INBOX" {
	mail 1
	write_conf
	mkdir -p "$MAILDIR/Inbox"/{cur,new,tmp}
	printf 'Subject: number 2\n\nx\n' >"$MAILDIR/Inbox/cur/2:2,S"
	run sync
	# whichever directory it is, the server has no second INBOX and nothing is lost
	[ "$(imap folders | grep -ic '^inbox$')" -eq 1 ]
	[ "$(grep -rl 'Subject: number 1' "$MAILDIR" | wc -l)" -eq 1 ]
	[ "$(grep -rl 'Subject: number 2' "$MAILDIR" | wc -l)" -eq 1 ]
}

@test "a folder that the server gives read-only: its mail comes, local changes stay local, said once" {
	printf 'Shared user=%s lrwstiekx\n' "$U" >acl
	chmod 644 acl; chmod a+x "$BATS_TEST_TMPDIR" "$HOME"
	server acl="$PWD/acl"
	imap create Shared
	mail 1 Shared
	mail 4 Shared
	printf 'Shared user=%s lr\n' "$U" >acl
	write_conf
	sync
	letters 1 FS Shared
	rm "$(file_of 4 Shared)"
	deliver 2 Shared
	{ message 5; head -c 50000 /dev/zero | tr '\0' x; } >"$MAILDIR/Shared/cur/5:2,S"
	run sync
	[ "$status" -eq 0 ]
	same "$output" 'Skipped: changes for Shared[remote]: the folder is read-only on the server'
	# the rest of the account goes on; of Shared no body goes up again, and nothing is said if so told
	deliver 3
	write_conf 'general:ignore-readonly = yes'
	run sync
	[ "$status" -eq 0 ] && [ -z "$output" ]
	run offlineimap -o
	sent_little
	[[ $(file_of 1 Shared) == *:2,FS ]]
	file_of 2 Shared
	there 2 Shared
	there 1
	# once it may be written to, all of it follows
	printf 'Shared user=%s lrwstie\n' "$U" >acl
	sync
	agree_but_times
	there 3 Shared
}

@test "readonly remote: nothing is written there, and nothing forgotten" {
	imap number INBOX 3
	write_conf
	sync
	write_conf 'remote:readonly = yes'
	letters 1 FS
	rm "$(file_of 2)"
	deliver 4
	mkdir -p "$MAILDIR/New"/{cur,new,tmp}
	mail 5
	before=$(imap ls INBOX; imap folders)
	sync
	sync
	same "$(imap ls INBOX; imap folders)" "$before"
	file_of 5
	# allowed again, all of it follows
	write_conf
	sync
	agree
	uids '1 3 4 5'
	has_folder New
}

@test "readonly local: nothing is written there, and nothing forgotten" {
	imap number INBOX 3
	write_conf
	sync
	write_conf 'local:readonly = yes'
	imap store INBOX 1 +FLAGS '\Flagged'
	imap delete INBOX 2
	mail 4
	imap create New
	letters 3 S
	before=$(frozen "$MAILDIR")
	sync
	sync
	same "$(frozen "$MAILDIR")" "$before"
	imap ls INBOX | grep -P '^INBOX\t3\t\\Seen\t'
	write_conf
	sync
	agree
	[ -d "$MAILDIR/New/cur" ]
	file_of 4
}

@test "createfolders = no on either side" {
	imap create There
	mkdir -p "$MAILDIR/Here"/{cur,new,tmp}
	mail 1
	write_conf 'remote:createfolders = no' 'local:createfolders = no'
	mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
	sync
	[ ! -e "$MAILDIR/There" ]
	folders INBOX There
	file_of 1
	write_conf
	sync
	agree
}

# What the next run would do; its marks are no more than what it has seen.
planned() { offlineimap -o --dry-run -u plan | grep -v -e '^mark' -e '^plan' -e '^end' -e '^note'; }

@test "subscribedonly: a folder made here is subscribed to, one that is there already is never filled twice" {
	mail 9
	imap raw 'SUBSCRIBE INBOX'
	imap create Old
	imap number Old 3
	for n in 1 2 3; do deliver $n Old; done
	deliver 4 New
	mkdir -p "$MAILDIR/Empty"/{cur,new,tmp}
	write_conf 'remote:subscribedonly = yes'
	run sync
	echo "$output"
	[ "$status" -eq 75 ]
	# said once; that its messages wait comes of it
	[ ${#lines[@]} -eq 1 ]
	[[ $output == *'Creating folder Old[remote]: it is there already'* ]]
	# what was made needs nothing more, and Old is listed now
	there 3 Old
	[ "$(planned | cut -f 1-4 | sort -u)" = $'adopt\tboth\tOld\tOld' ]
	sync
	agree
	[ -z "$(planned)" ]
	file_of 4 New
}

@test "reference: folders made here lie below it, and stay in sync" {
	imap create Mail/There
	imap create Beside
	mail 1 Mail/There
	deliver 2 New
	write_conf 'remote:reference = Mail' 'remote:rename = s,^Mail/,,'
	sync
	folders Beside INBOX Mail/New Mail/There
	file_of 1 There
	there 1 Mail/New
	[ -z "$(planned)" ]
	# a name that says it itself
	write_conf 'remote:reference = Mail'
	rm -r "$META" "$MAILDIR"
	deliver 3 Mail.Own
	sync
	folders Beside INBOX Mail/New Mail/Own Mail/There
	[ -z "$(planned)" ]
}

@test "sync_deletes = no: what was deleted there stays here, until it may go" {
	imap number INBOX 3
	write_conf
	sync
	write_conf 'remote:sync_deletes = no'
	imap delete INBOX 1
	rm "$(file_of 2)"
	sync
	sync
	file_of 1
	uids '3'
	write_conf
	sync
	agree
	run file_of 1
	[ "$status" -ne 0 ]
}

@test "sync_deletes = no: what was deleted here stays there, and is not fetched again" {
	imap number INBOX 3
	write_conf
	sync
	write_conf 'local:sync_deletes = no'
	rm "$(file_of 1)"
	imap delete INBOX 2
	sync
	imap store INBOX 1 +FLAGS '\Flagged'
	sync
	uids '1 3'
	here 1
	write_conf
	sync
	agree
	there 1
}

@test "expunge = no: the message is marked, stays, and is not fetched again" {
	imap number INBOX 2
	write_conf 'remote:expunge = no'
	sync
	rm "$(file_of 1)"
	sync
	imap ls INBOX | grep -P '^INBOX\t1\t\\Deleted\t'
	sync
	here 1
	there 2
}

@test "without UIDPLUS: the mark stays, uploads are found again, nobody else's mail is expunged" {
	server hide=UIDPLUS
	imap number INBOX 3
	imap store INBOX 3 +FLAGS '\Deleted'
	write_conf
	sync
	rm "$(file_of 1)"
	deliver 4; deliver 5
	cp -p "$MAILDIR"/INBOX/new/*.5.elsewhere "$MAILDIR/INBOX/new/1.twin"
	sync
	there 6
	imap ls INBOX | grep -P '^INBOX\t1\t\\Deleted\t'
	[[ $(file_of 4) == *,U=* ]]
	sync
	there 6
	here 5
}

@test "-f syncs only those folders, by their remote names" {
	imap create A/B
	imap create C
	mail 1 A/B; mail 2 C; mail 3
	write_conf
	sync -f A/B,INBOX
	file_of 1 A.B && file_of 3
	[ ! -e "$MAILDIR/C" ]
	sync
	agree
}

@test "folders = globs, the last match wins; a folder left out is not touched" {
	imap create lists/a
	imap create lists/noise
	imap create Spam
	mail 1 lists/a; mail 2 lists/noise; mail 3 Spam; mail 4
	write_conf 'remote:folders = INBOX, lists/*, !lists/noise'
	sync
	file_of 1 lists.a && file_of 4
	[ ! -e "$MAILDIR/lists.noise" ] && [ ! -e "$MAILDIR/Spam" ]
	# a local folder that the remote's list leaves out is not created there
	mkdir -p "$MAILDIR/Other"/{cur,new,tmp}
	sync
	run ! has_folder Other
	# a list that leaves nothing is an error, in every run, not a mailbox in which nothing happens
	write_conf 'remote:folders = Inbx*'
	for option in -o --verify; do
		run sync $option
		[ "$status" -eq 1 ]
		same "$output" "sync-pair: Account test: no folder to sync (folderfilter issue?): the \
options folders and rename, or -f, leave none of those on the server"
	done
}

@test "rename on both repositories maps names there and back" {
	imap create '[Gmail]/Sent Mail'
	mail 1 '[Gmail]/Sent Mail'
	write_conf 'remote:rename = s/^\[Gmail\]\/Sent Mail$/Sent/' 'local:rename = s/^Sent$/[Gmail]\/Sent Mail/'
	sync
	file_of 1 Sent
	deliver 2 Sent
	mkdir -p "$MAILDIR/Plain"/{cur,new,tmp}
	sync
	there 2 '[Gmail]/Sent Mail'
	folders INBOX Plain '[Gmail]/Sent Mail'
}

@test "a rename that does not lead back is stopped before it creates folders for ever" {
	imap create A
	mail 1 A
	mkdir -p "$MAILDIR/Mine"/{cur,new,tmp}
	# here Mine becomes Mine2, and there every name gets another tail
	write_conf 'remote:rename = s/$/.x/'
	run sync
	[ "$status" -ne 0 ]
	[[ $output == *'INFINITE FOLDER CREATION DETECTED'* ]]
	before=$(imap folders; ls "$MAILDIR")
	run sync
	same "$(imap folders; ls "$MAILDIR")" "$before"
}

@test "a folder with a new UIDVALIDITY is left alone, in words, and the rest goes on" {
	imap create Box
	mail 1 Box; mail 2 Box; mail 3
	write_conf
	sync
	imap rmdir Box
	imap create Box
	mail 7 Box
	deliver 8 Box
	mail 4
	before=$(frozen "$MAILDIR/Box"; imap ls Box)
	run sync
	[ "$status" -ne 0 ]
	[[ ${output,,} == *"uid validity"* && $output == *Box* ]]
	same "$(frozen "$MAILDIR/Box"; imap ls Box)" "$before"
	file_of 4
	run sync
	same "$(frozen "$MAILDIR/Box"; imap ls Box)" "$before"
}

@test "a Maildir whose root is a folder: said how to name it, and named so it is one" {
	write_conf 'local:sep = /'
	mkdir -p "$MAILDIR"/{cur,new,tmp}
	message 1 >"$MAILDIR/new/1.elsewhere"
	run sync
	[ "$status" -eq 0 ]
	[[ $output == 'Skipping folder ""[local]: '*'rename = s/^$/NAME/'*'rename = s/^NAME$//'* ]]
	write_conf 'local:sep = /' 'local:rename = s/^$/Old/' 'remote:rename = s/^Old$//'
	same "$(sync)" ''
	[[ $(file_of 1 .) == *",U=1,FMD5=c7268757fbabf48019f4984933539d8a:2," ]]
	imap body Old 1 | cmp - <(message 1)
	same "$(offlineimap -o | grep -c 'nothing changed')" 1
}

@test "a folder that vanished on one side is reported and left" {
	imap create A
	imap create B
	mail 1 A; mail 2 B
	write_conf
	sync
	imap rmdir A
	rm -r "$MAILDIR/B"
	for _ in 1 2; do
		run offlineimap -o
		[[ $output == *A* && $output == *B* ]]
		file_of 1 A
		there 1 B
		[ ! -e "$MAILDIR/B" ]
		run ! has_folder A
	done
}

@test "maxdelete: a mass deletion here is held, said, and let through once" {
	imap number INBOX 60
	write_conf
	sync
	find "$MAILDIR/INBOX" -type f | head -n 55 | xargs rm
	run offlineimap -o
	[[ $output == *allow-delete* ]]
	there 60
	# new mail still comes, flags still go
	mail 100
	run sync
	file_of 100
	there 61
	sync --allow-delete
	there 6
	agree
}

@test "maxdelete: an emptied and an unmounted Maildir delete nothing; a mailbox emptied on the server empties no Maildir" {
	imap number INBOX 60
	write_conf
	sync
	mv "$MAILDIR" gone
	run sync
	[[ $status -ne 0 && $output == *'unmounted Maildir'* ]]
	there 60
	rm -rf "$MAILDIR"
	mkdir "$MAILDIR"
	run sync
	[[ $status -ne 0 && $output == *'is empty'*'unmounted Maildir'* ]]
	there 60
	rm -rf "$MAILDIR"
	mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
	run sync
	there 60
	rm -rf "$MAILDIR"
	mv gone "$MAILDIR"
	sync
	agree
	there 60
	# the other way round
	imap delete INBOX 1:60
	run offlineimap -o
	[[ $output == *allow-delete* ]]
	here 60
	sync --allow-delete
	agree
	here 0
}

@test "maxdelete can be set: a number and a share" {
	imap number INBOX 4
	write_conf 'account:maxdelete = 1,10'
	sync
	rm "$(file_of 1)" "$(file_of 2)"
	run sync
	there 4
	write_conf 'account:maxdelete = no'
	sync
	there 2
}

@test "many messages at once, several connections" {
	local folders=6 messages=100
	[ -z "${SOAK:-}" ] || folders=12 messages=300
	python3 "$ROOT/t/seed.py" "$PORT" "$U" bulk --folders $folders --messages $messages --median 2000
	deliver 1 Local
	for i in {2..60}; do message "$i" >"$MAILDIR/Local/new/$i.elsewhere"; done
	write_conf 'remote:maxconnections = 4'
	sync
	agree
	find "$MAILDIR" -type f | sed -n 'p;n;n;n' | xargs -d '\n' rm
	sync --allow-delete
	agree
}

@test "copies of all folders come before deletions of any, also where they wait for an answer of the server" {
	imap number INBOX 4 '\Seen'
	imap create Other
	mail 7 Other
	write_conf
	sync
	imap delete INBOX 1
	rm "$(file_of 2)" "$(file_of 7 Other)"
	# of one size and date: is the new one here the new one there?
	mail 5 INBOX '\Seen'
	deliver 6 INBOX S
	export SHIM_FILE=$HOME/count SHIM_LOG=$HOME/steps ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	LD_PRELOAD=$ROOT/build/t/shim.so offlineimap -o -u plan >report
	# the first round asks, and deletes nothing
	[ "$(grep -c $'^skip=.*\tprobe' report)" -eq 1 ]
	[ "$(grep -c $'^skip=needs%20another%20listing\tdelete' report)" -eq 3 ]
	[ "$(grep -c $'^done\tdelete' report)" -eq 3 ]
	same "$(awk '$3 == "sync-apply" && ($4 == "renameat2" || $4 == "unlinkat") { print $4 }' steps)" $'renameat2\nrenameat2\nunlinkat'
	awk '/^done\tdelete/ { deleted = 1 } /^done.*\tcopy/ && deleted { exit 1 }' report
	unset SHIM_FILE SHIM_LOG
	agree
	sync
	agree
	# not a word of the waiting
	rm "$(file_of 3)"
	mail 8 INBOX '\Seen'
	deliver 9 INBOX S
	run offlineimap -o
	[ "$status" -eq 0 ]
	[[ $output == *'1 new, 1 uploaded, 1 deleted remotely'* && $output != *skip* && $output != *'another listing'* ]]
}
