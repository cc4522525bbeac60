# Both sides brought together by the driver, on a real Dovecot.
load lib

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
	[[ $(file_of 3 Archive.2024) =~ cur/[^/]*,U=1,FMD5=$(printf Archive.2024 | md5sum | cut -c -32):2,DS$ ]]
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
	for uid in 1 2 3 4 5; do imap body INBOX $uid | tail -n 1; done | grep -x 'no end.*'
}

@test "bytes are unaltered both ways, however odd" {
	mkdir odd
	printf 'From a@b Mon Jan  1 00:00:00 2024\nSubject:x\nbad line\nY:   z\n\nbody' >odd/1
	printf 'Subject: =\nContent-Type: multipart/mixed; boundary=a=b\n\n--a=b\n\nx\n--a=b-\n' >odd/2
	printf '\n\nno header at all\n' >odd/3
	printf 'S: x\n\n%s\n' "$(head -c 100000 /dev/zero | tr '\0' y)" >odd/4
	printf 'S: \303\244\377\n\n\r lone \r CR\n\t\n.\n..\n* OK\nz1 LOGOUT\n' >odd/5
	printf 'only a header: x\n' >odd/6
	for i in 1 2 3 4 5 6; do
		[ "$i" = 3 ] || imap append INBOX odd/$i
		mkdir -p "$MAILDIR/Up"/{cur,new,tmp}
		cp odd/$i "$MAILDIR/Up/cur/$i:2,"
	done
	write_conf
	sync
	agree
	for f in odd/1 odd/2 odd/4 odd/5 odd/6; do
		sha256sum <$f
	done | sort >want
	sha256sum <odd/3 | sort - want >want2
	for f in "$MAILDIR"/INBOX/*/*; do sha256sum <"$f"; done | sort | diff -u want -
	for f in "$MAILDIR"/Up/*/*; do sha256sum <"$f"; done | sort | diff -u want2 -
}

@test "flags merge, each for itself, against what both sides had" {
	imap number INBOX 6 '\Seen \Flagged'
	write_conf
	sync
	imap store INBOX 1 +FLAGS '\Answered'		# one side
	letters 2 FRS					# the other
	imap store INBOX 3 +FLAGS '\Answered'; letters 3 S	# different ones on both
	imap store INBOX 4 -FLAGS '\Seen'; letters 4 F	# the same on both
	imap store INBOX 5 FLAGS ''; letters 5 DFS	# taken away there, added here
	letters 6 ''					# all taken away here
	sync
	agree
	for want in 1:FRS 2:FRS 3:RS 4:F 5:D 6:; do
		[[ $(file_of ${want%:*}) == *:2,${want#*:} ]]
	done
	before=$(frozen "$MAILDIR")
	sync
	same "$(frozen "$MAILDIR")" "$before"
}

@test "thirteen pairs at once, as isync's suite has them" {
	imap number INBOX 9 '\Seen'
	write_conf
	sync
	letters 1 FS					# flag added here
	imap store INBOX 2 +FLAGS '\Flagged'		# there
	letters 3 FS; imap store INBOX 3 +FLAGS '\Answered'	# different ones
	letters 4 ST					# deleted here, by mark
	imap store INBOX 5 +FLAGS '\Deleted'		# there
	letters 6 ST; imap store INBOX 6 +FLAGS '\Deleted'	# on both
	rm "$(file_of 7)"				# expunged here
	imap delete INBOX 8				# there
	rm "$(file_of 9)"; imap store INBOX 9 +FLAGS '\Deleted \Flagged'	# here, changed there
	deliver 10; mail 11				# new on either side
	mail 12 INBOX '\Deleted'			# new and already marked
	deliver 13 INBOX PS				# new with the passed mark
	sync
	agree
	[[ $(file_of 1) == *:2,FS && $(file_of 2) == *:2,FS && $(file_of 3) == *:2,FRS ]]
	[[ $(file_of 4) == *:2,ST && $(file_of 5) == *:2,ST && $(file_of 6) == *:2,ST ]]
	for gone in 7 8 9; do run file_of $gone; [ "$status" -ne 0 ]; done
	file_of 10 && file_of 11 && [[ $(file_of 12) == *:2,T ]] && [[ $(file_of 13) == *:2,PS ]]
	before=$(frozen "$MAILDIR"; imap status INBOX HIGHESTMODSEQ)
	sync
	same "$(frozen "$MAILDIR"; imap status INBOX HIGHESTMODSEQ)" "$before"
}

@test "what is in cur stays there; what the other side has seen goes there" {
	mail 1; mail 2
	write_conf
	sync
	[[ $(file_of 1) == */new/* ]]
	letters 1 ''
	sync
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
	sync
	imap store INBOX 1:2 +FLAGS '\Flagged'
	sync
	sync
	[[ $(file_of 1) == *:2,FPSb && $(file_of 2) == *:2,FPSa ]]
	same "$(imap ls INBOX | cut -f 3)" $'$Forwarded NonJunk \\Flagged \\Seen\n\\Flagged \\Seen'
	agree
}

@test "deletions go both ways, and deletion beats a flag" {
	for i in 1 2 3 4 5; do mail $i; done
	write_conf
	sync
	rm "$(file_of 1)"
	imap delete INBOX 2
	rm "$(file_of 3)"; imap store INBOX 3 +FLAGS '\Flagged'
	imap delete INBOX 4; letters 4 F
	sync
	agree
	[ "$(imap ls INBOX | cut -f 2)" = 5 ]
	file_of 5
}

@test "other clients' deleted marks are not swept away with ours" {
	for i in 1 2 3; do mail $i; done
	write_conf
	sync
	imap store INBOX 2 +FLAGS '\Deleted'
	rm "$(file_of 1)"
	sync
	[ "$(imap ls INBOX | cut -f 2 | tr '\n' ' ')" = '2 3 ' ]
}

@test "a message moved between folders arrives once, on either side" {
	imap create Kept
	mail 1; mail 2
	write_conf
	sync
	mv "$(file_of 1)" "$MAILDIR/Kept/cur/"
	imap raw 'SELECT INBOX' >/dev/null
	python3 -c 'import imaplib,sys
m = imaplib.IMAP4("127.0.0.1", int(sys.argv[1])); m.login(sys.argv[2], "pw"); m.select(); m.uid("MOVE", "2", "Kept")' "$PORT" "$U"
	sync
	agree
	file_of 1 Kept && file_of 2 Kept
	[ "$(imap ls | wc -l)" -eq 2 ]
}

@test "a copy of a file that keeps its ,U= is a message of its own" {
	mail 1; mail 2
	write_conf
	sync
	f=$(file_of 1)
	cp -p "$f" "${f%/*}/copy_${f##*/}"
	sync
	agree
	[ "$(imap ls INBOX | wc -l)" -eq 3 ]
	sync
	[ "$(imap ls INBOX | wc -l)" -eq 3 ]
	agree
}

@test "a file from another folder keeps no uid of that folder" {
	imap create A
	mail 1 A; mail 2 INBOX; mail 3 INBOX
	write_conf
	sync
	# uid 1 of A into INBOX, whose uid 1 is another message
	cp -p "$(file_of 1 A)" "$MAILDIR/INBOX/cur/"
	sync
	agree
	[ "$(imap ls INBOX | wc -l)" -eq 3 ]
	[ "$(imap ls A | wc -l)" -eq 1 ]
}

@test "folders are made on either side, nested ones with their parents" {
	imap create a/b/c
	mkdir -p "$MAILDIR"/{x.y.z,x}/{cur,new,tmp}
	write_conf
	sync
	[ -d "$MAILDIR/a.b.c/cur" ]
	agree
	imap folders | grep -x x/y/z
	imap folders | grep -x x
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
	[[ $(file_of 1 a/b) =~ Mail/a/b/new/[^/]*,FMD5=$(printf a/b | md5sum | cut -c -32) ]]
	imap folders | grep -x x/y
	agree --sep /
	before=$(frozen "$MAILDIR")
	sync
	same "$(frozen "$MAILDIR")" "$before"
}

@test "a server whose separator is a dot" {
	server sep=.
	imap create a.b
	mail 1 a.b
	mkdir -p "$MAILDIR"/x.y/{cur,new,tmp}
	write_conf
	sync
	file_of 1 a.b
	imap folders | grep -x x.y
	agree
}

@test "a server whose mail lies in Maildirs" {
	server format=maildir
	mail 1; mail 2 INBOX '\Seen'
	deliver 3
	write_conf
	sync
	agree
	rm "$(file_of 1)"; imap store INBOX 2 +FLAGS '\Flagged'
	sync
	agree
}

@test "non-ASCII names stay modified UTF-7 on disk, both ways" {
	imap create 'Entw&APw-rfe/&ZeVnLIqe-'
	mkdir -p "$MAILDIR/Gel&APY-scht"/{cur,new,tmp}
	mail 1 'Entw&APw-rfe/&ZeVnLIqe-'
	write_conf
	sync
	file_of 1 'Entw&APw-rfe.&ZeVnLIqe-'
	imap folders | grep -xF 'Gel&APY-scht'
	agree
}

@test "utf8foldernames: real names on disk, modified UTF-7 on the wire" {
	imap create 'Entw&APw-rfe/R&-D'
	mail 1 'Entw&APw-rfe/R&-D'
	mkdir -p "$MAILDIR/日本語"/{cur,new,tmp} "$MAILDIR/Q&A"/{cur,new,tmp}
	write_conf 'account:utf8foldernames = yes'
	sync
	[[ $(file_of 1 'Entwürfe.R&D') =~ FMD5=$(printf 'Entwürfe.R&D' | md5sum | cut -c -32) ]]
	imap folders | grep -xF '&ZeVnLIqe-'
	imap folders | grep -xF 'Q&-A'
	agree --utf8
	before=$(frozen "$MAILDIR")
	sync
	same "$(frozen "$MAILDIR")" "$before"
}

@test "odd names survive: blanks, quotes, backslashes, percent, brackets, tabs" {
	for f in 'with blank' 'quo"te' 'back\slash' '100%' 'fo!o [b(a)r]' '{5}' '-dash' "it's" 'a%2Fb' '*'; do
		if imap create "$f" 2>/dev/null; then
			mail 1 "$f"
		fi
	done
	mkdir -p "$MAILDIR/"{'local "1"','local \2','local %3','#x'}/{cur,new,tmp}
	write_conf
	sync
	agree
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
	printf 'Shared user=%s lr\n' "$U" >acl
	chmod 644 acl; chmod a+x "$BATS_TEST_TMPDIR" "$HOME"
	server
	imap create Shared
	mail 1 Shared
	mail 4 Shared
	server_mails=$BATS_TEST_TMPDIR/server0/mail
	dovecot_stop "$BATS_TEST_TMPDIR/server0"
	server acl="$PWD/acl"
	rm -rf "$BATS_TEST_TMPDIR/server1/mail"
	mv "$server_mails" "$BATS_TEST_TMPDIR/server1/mail"
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
	sessions=$(grep -c 'Disconnected.* in=' "$BATS_TEST_TMPDIR/server1/log")
	run sync
	[ "$status" -eq 0 ] && [ -z "$output" ]
	bytes=$(grep 'Disconnected.* in=' "$BATS_TEST_TMPDIR/server1/log" | sed -n "$((sessions + 1)),\$ s/.* in=\([0-9]*\) .*/\1/p" | sort -n | tail -n 1)
	[ "$bytes" -lt 10000 ]
	[[ $(file_of 1 Shared) == *:2,FS ]]
	file_of 2 Shared
	[ "$(imap ls Shared | wc -l)" -eq 2 ]
	[ "$(imap ls INBOX | wc -l)" -eq 1 ]
	# once it may be written to, all of it follows
	printf 'Shared user=%s lrwstie\n' "$U" >acl
	sync
	agree_but_times
	[ "$(imap ls Shared | wc -l)" -eq 3 ]
}

@test "readonly remote: nothing is written there, and nothing forgotten" {
	mail 1; mail 2; mail 3
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
	[ "$(imap ls INBOX | cut -f 2 | tr '\n' ' ')" = '1 3 4 5 ' ]
	imap folders | grep -x New
}

@test "readonly local: nothing is written there, and nothing forgotten" {
	mail 1; mail 2; mail 3
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
	[ "$(imap folders | tr '\n' ' ')" = 'INBOX There ' ]
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
	for n in 1 2 3; do mail $n Old; deliver $n Old; done
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
	[ "$(imap ls Old | wc -l)" -eq 3 ]
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
	[ "$(imap folders | tr '\n' ' ')" = 'Beside INBOX Mail/New Mail/There ' ]
	file_of 1 There
	[ "$(imap ls Mail/New | wc -l)" -eq 1 ]
	[ -z "$(planned)" ]
	# a name that says it itself
	write_conf 'remote:reference = Mail'
	rm -r "$META" "$MAILDIR"
	deliver 3 Mail.Own
	sync
	[ "$(imap folders | tr '\n' ' ')" = 'Beside INBOX Mail/New Mail/Own Mail/There ' ]
	[ -z "$(planned)" ]
}

@test "sync_deletes = no: what was deleted there stays here, until it may go" {
	mail 1; mail 2; mail 3
	write_conf
	sync
	write_conf 'remote:sync_deletes = no'
	imap delete INBOX 1
	rm "$(file_of 2)"
	sync
	sync
	file_of 1
	[ "$(imap ls INBOX | cut -f 2 | tr '\n' ' ')" = '3 ' ]
	write_conf
	sync
	agree
	run file_of 1
	[ "$status" -ne 0 ]
}

@test "sync_deletes = no: what was deleted here stays there, and is not fetched again" {
	mail 1; mail 2; mail 3
	write_conf
	sync
	write_conf 'local:sync_deletes = no'
	rm "$(file_of 1)"
	imap delete INBOX 2
	sync
	imap store INBOX 1 +FLAGS '\Flagged'
	sync
	[ "$(imap ls INBOX | cut -f 2 | tr '\n' ' ')" = '1 3 ' ]
	[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 1 ]
	write_conf
	sync
	agree
	[ "$(imap ls INBOX | wc -l)" -eq 1 ]
}

@test "expunge = no: the message is marked, stays, and is not fetched again" {
	mail 1; mail 2
	write_conf 'remote:expunge = no'
	sync
	rm "$(file_of 1)"
	sync
	imap ls INBOX | grep -P '^INBOX\t1\t\\Deleted\t'
	sync
	sync
	[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 1 ]
	[ "$(imap ls INBOX | wc -l)" -eq 2 ]
}

@test "without UIDPLUS: the mark stays, uploads are found again, nobody else's mail is expunged" {
	server hide=UIDPLUS
	mail 1; mail 2; mail 3
	imap store INBOX 3 +FLAGS '\Deleted'
	write_conf
	sync
	rm "$(file_of 1)"
	deliver 4; deliver 5
	cp -p "$MAILDIR"/INBOX/new/*.5.elsewhere "$MAILDIR/INBOX/new/1.twin"
	sync
	[ "$(imap ls INBOX | wc -l)" -eq 6 ]
	imap ls INBOX | grep -P '^INBOX\t1\t\\Deleted\t'
	[[ $(file_of 4) == *,U=* ]]
	sync
	[ "$(imap ls INBOX | wc -l)" -eq 6 ]
	[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 5 ]
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
	[ "$(imap folders | grep -cx Other)" -eq 0 ]
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
	[ "$(imap ls '[Gmail]/Sent Mail' | wc -l)" -eq 2 ]
	[ "$(imap folders | tr '\n' ' ')" = 'INBOX Plain [Gmail]/Sent Mail ' ]
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
	[[ $(file_of 1 .) == *",U=1,FMD5=$(printf Old | md5sum | cut -c1-32):2," ]]
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
		[ "$(imap ls B | wc -l)" -eq 1 ]
		[ ! -e "$MAILDIR/B" ]
		[ "$(imap folders | grep -cx A)" -eq 0 ]
	done
}

sixty() {
	python3 - "$PORT" "$U" <<-'END'
		import imaplib, sys
		m = imaplib.IMAP4('127.0.0.1', int(sys.argv[1])); m.login(sys.argv[2], 'pw')
		for i in range(60):
		    m.append('INBOX', '', None, f'Subject: number {i}\r\n\r\nx\r\n'.encode())
	END
}

@test "maxdelete: a mass deletion here is held, said, and let through once" {
	sixty
	write_conf
	sync
	find "$MAILDIR/INBOX" -type f | head -n 55 | xargs rm
	run offlineimap -o
	[[ $output == *allow-delete* ]]
	[ "$(imap ls INBOX | wc -l)" -eq 60 ]
	run sync
	[ "$(imap ls INBOX | wc -l)" -eq 60 ]
	# new mail still comes, flags still go
	mail 100
	run sync
	file_of 100
	sync --allow-delete
	[ "$(imap ls INBOX | wc -l)" -eq 6 ]
	agree
}

@test "maxdelete: a mailbox emptied on the server empties no Maildir" {
	sixty
	write_conf
	sync
	imap delete INBOX 1:60
	run offlineimap -o
	[[ $output == *allow-delete* ]]
	[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 60 ]
	sync --allow-delete
	agree
	[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 0 ]
}

@test "maxdelete: an emptied and an unmounted Maildir delete nothing" {
	sixty
	write_conf
	sync
	mv "$MAILDIR" gone
	run sync
	[[ $status -ne 0 && $output == *'unmounted Maildir'* ]]
	[ "$(imap ls INBOX | wc -l)" -eq 60 ]
	rm -rf "$MAILDIR"
	mkdir "$MAILDIR"
	run sync
	[[ $status -ne 0 && $output == *'is empty'*'unmounted Maildir'* ]]
	[ "$(imap ls INBOX | wc -l)" -eq 60 ]
	rm -rf "$MAILDIR"
	mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
	run sync
	[ "$(imap ls INBOX | wc -l)" -eq 60 ]
	rm -rf "$MAILDIR"
	mv gone "$MAILDIR"
	sync
	agree
	[ "$(imap ls INBOX | wc -l)" -eq 60 ]
}

@test "maxdelete can be set: a number and a share" {
	for i in 1 2 3 4; do mail $i; done
	write_conf 'account:maxdelete = 1,10'
	sync
	rm "$(file_of 1)" "$(file_of 2)"
	run sync
	[ "$(imap ls INBOX | wc -l)" -eq 4 ]
	write_conf 'account:maxdelete = no'
	sync
	[ "$(imap ls INBOX | wc -l)" -eq 2 ]
}

@test "many messages at once, several connections" {
	python3 "$ROOT/t/seed.py" "$PORT" "$U" bulk --folders 12 --messages 300 --median 2000
	for i in {1..60}; do deliver "$i" Local; done
	write_conf 'remote:maxconnections = 4'
	sync
	agree
	find "$MAILDIR" -type f | sed -n 'p;n;n;n' | while read -r f; do rm "$f"; done
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
