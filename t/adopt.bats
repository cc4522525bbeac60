# Taking over what is there: OfflineIMAP's Maildir, anybody's Maildir, a lost state.
load lib

on_server() { imap ls | sort; imap folders | while read -r f; do imap status "$f" 'UIDNEXT MESSAGES HIGHESTMODSEQ'; done; }
names() { find "$MAILDIR" -type f | sort; }
# The multiset of contents on disk.
contents() { find "$MAILDIR" -type f -path "*${1:-}*" -exec sha256sum {} + | cut -c -64 | sort; }

@test "OfflineIMAP's mailbox: no transfer, no renaming, no duplicate" {
	imap create A/B
	mail 1; mail 2 INBOX '\Seen \Flagged'; mail 3 A/B
	deliver 4 INBOX S
	write_conf
	the_original -o -u quiet
	server_before=$(on_server) names_before=$(names)
	sync
	same "$(on_server)" "$server_before"
	same "$(names)" "$names_before"
	agree_but_times
	# and from there both ways
	rm "$(file_of 1)"
	imap store INBOX 2 -FLAGS '\Flagged'
	mail 5; deliver 6 A.B
	sync
	agree_but_times
	[ "$(imap ls | wc -l)" -eq 5 ]
}

@test "and back again: OfflineIMAP goes on where we stopped" {
	imap create A
	mail 1; mail 2; mail 3 A; mail 4 A
	write_conf
	the_original -o -u quiet
	sync
	imap delete INBOX 1; rm "$(file_of 3 A)"; letters 2 FS
	mail 5; deliver 6
	sync
	server_before=$(on_server) names_before=$(names)
	the_original -o -u quiet
	same "$(on_server)" "$server_before"
	same "$(names)" "$names_before"
	deliver 7; mail 8
	the_original -o -u quiet
	sync
	agree_but_times
	[ "$(imap ls | wc -l)" -eq 6 ]
}

@test "OfflineIMAP's mailbox in which flags, mail and deletions are waiting on both sides" {
	imap number INBOX 6 '\Seen'
	write_conf
	the_original -o -u quiet
	letters 1 FS; imap store INBOX 2 +FLAGS '\Answered'
	mail 7; deliver 8
	sync
	agree_but_times
	[[ $(file_of 1) == *:2,FS && $(file_of 2) == *:2,RS ]]
	[ "$(imap ls | wc -l)" -eq 8 ]
}

@test "anybody's Maildir: equal messages are paired by content, as many as there are" {
	imap number INBOX 3 '\Seen'
	mail 2 INBOX '\Flagged'; mail 2 INBOX ''	# two more, equal to the last byte
	imap create Other
	mail 1 Other
	for i in 1 2 3; do deliver $i INBOX S; done
	message 2 >"$MAILDIR/INBOX/cur/twin:2,S"; touch -d @1700000000 "$MAILDIR/INBOX/cur/twin:2,S"
	message 3 >"$MAILDIR/INBOX/cur/other-time:2,S"		# equal but for the time
	deliver 9
	next=$(imap status INBOX UIDNEXT | tr -dc 0-9)
	write_conf
	sync
	agree_but_times
	# up: the second 3 or none of it, and 9; down: one of the three 2s
	[ "$(imap ls INBOX | cut -f 6 | sort | uniq -c | awk '{print $1}' | sort | tr '\n' ' ')" = '1 1 2 3 ' ]
	[ "$(imap status INBOX UIDNEXT | tr -dc 0-9)" -eq $((next + 2)) ]
	sync
	[ "$(imap ls INBOX | wc -l)" -eq 7 ]
}

@test "messages alike in size, date and headers are not one" {
	printf 'Subject: same\nMessage-ID: <x@x>\n\nbody A\n' >a
	printf 'Subject: same\nMessage-ID: <x@x>\n\nbody B\n' >b
	imap append INBOX a '' 1700000000
	mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
	cp b "$MAILDIR/INBOX/new/b"; touch -d @1700000000 "$MAILDIR/INBOX/new/b"
	write_conf
	sync
	# whichever way it was taken, no body is lost
	cat "$MAILDIR"/INBOX/*/* >all
	grep -x 'body A' all || imap body INBOX 1 | grep -x 'body A'
	grep -x 'body B' all
	imap ls INBOX | cut -f 6 | grep "$(sha256sum <a | cut -c -64)"
}

@test "the state is lost: nothing is transferred, doubled or deleted" {
	imap create A
	mail 1; mail 2 INBOX '\Seen'; mail 3 A
	mail 2 INBOX '\Seen'
	deliver 4 INBOX S
	write_conf
	sync
	server_before=$(on_server) names_before=$(names)
	rm -r "$META"/Account-test
	sync
	same "$(on_server)" "$server_before"
	same "$(names)" "$names_before"
	rm -r "$META"
	sync
	same "$(on_server)" "$server_before"
	same "$(names)" "$names_before"
	sync
	agree
}

@test "the state is lost and the mailbox made anew: numbers pair nothing" {
	imap create Box
	mail 1 Box '\Seen'; mail 2 Box '\Flagged'; mail 3 Box
	write_conf
	sync
	imap rmdir Box
	imap create Box
	# what was 2 is now 1; a stranger has taken 2
	mail 2 Box '\Flagged'; mail 7 Box '\Answered'; mail 3 Box
	rm -r "$META/Account-test"
	before=$(contents /Box/)
	run sync
	run sync
	# nothing that was here has gone, and no message has got another's flags
	for i in 1 2 3; do file_of $i Box; done
	[[ $(file_of 1 Box) == *:2,S && $(file_of 2 Box) == *:2,F ]]
	imap ls Box | cut -f 3,6 >there
	grep -F "\\Answered	$(message 7 | sha256sum | cut -c -64)" there
	grep -F "\\Flagged	$(message 2 | sha256sum | cut -c -64)" there
	[ "$(contents /Box/ | comm -23 <(echo "$before") - | wc -l)" -eq 0 ]
}

@test "an empty file with a uid is no message: neither adopted nor sent" {
	mail 1; mail 2
	write_conf
	sync
	rm -r "$META/Account-test"
	f=$(file_of 1)
	: >"$f"
	run sync
	[ -e "$f" ]
	[ "$(imap ls INBOX | wc -l)" -eq 2 ]
	file_of 1		# the message itself has come again
}

@test "readonly local: a name that is another account's is never confirmed, and it is so no later" {
	local n fv=$META/Repository-remote/FolderValidity/INBOX
	for n in 1 2 3 4 5; do mail $n; done
	write_conf 'local:readonly = yes'
	message 6 >x
	mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
	mv x "$MAILDIR/INBOX/cur/1.x,U=5,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,S"
	sync
	imap ls INBOX | grep -P '^INBOX\t6\t\\Seen\t'
	rm -r "$META/Account-test"
	letters 6 FS
	sync; sync
	[ ! -e "$fv" ]
	# nor where its rows are of that time
	write_conf
	sync
	[ ! -e "$fv" ]
	rm -r "$META/Account-test"
	letters 6 FRS
	sync
	[ "$(imap ls INBOX | grep -P '^INBOX\t[56]\t' | cut -f 2,3 | tr '\t\n' '  ')" = '5  6 \Answered \Flagged \Seen ' ]
	[[ $(file_of 6) == *,U=6,* && -e $fv ]]
	agree
	# what was confirmed is not when such a name comes
	write_conf 'local:readonly = yes'
	message 7 >"$MAILDIR/INBOX/cur/1.y,U=5,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,S"
	sync
	[ ! -e "$fv" ]
}

@test "without FolderValidity a name proves nothing, content does" {
	mail 1; mail 2
	write_conf
	sync
	server_before=$(on_server)
	rm -r "$META"
	# the names of the two change places
	a=$(file_of 1) b=$(file_of 2)
	mv "$a" x; mv "$b" "$a"; mv x "$b"
	sync
	agree
	same "$(on_server)" "$server_before"
	[[ $(file_of 1) == *,U=1,* && $(file_of 2) == *,U=2,* ]]
}

@test "what is marked, and no longer, comes back with its date, also if the state learnt of it by its bytes" {
	imap number INBOX 2 '\Seen'
	write_conf 'remote:expunge = no'
	sync
	rm -r "$META"
	sync
	rm "$(file_of 1)"
	sync
	[[ $(imap ls INBOX) == *$'\t1\t\\Deleted \\Seen'* ]]
	imap store INBOX 1 -FLAGS '\Deleted'
	sync
	[ "$(stat -c %Y "$(file_of 1)")" -eq 1700000000 ]
	agree
}
