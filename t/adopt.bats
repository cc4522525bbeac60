# Taking over what is there: OfflineIMAP's Maildir, anybody's Maildir, a lost state.
load lib

on_server() {
	imap ls | sort
	imap raw 'LIST "" "*" RETURN (STATUS (UIDNEXT MESSAGES HIGHESTMODSEQ))' | grep '^\* STATUS .*HIGHESTMODSEQ'
}
names() { find "$MAILDIR" -type f | sort; }
# The multiset of contents on disk.
contents() { find "$MAILDIR" -type f -path "*${1:-}*" -exec sha256sum {} + | cut -c -64 | sort; }

# OfflineIMAP takes its time: once for all who start with these mails.
setup_file() {
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR BATS_TEST_NUMBER=0
	t_setup
	imap create A/B
	imap number INBOX 6 '\Seen'
	imap store INBOX 2 +FLAGS '\Flagged'
	mail 7 A/B; mail 8 A/B
	deliver 9 INBOX S
	write_conf
	the_original -o -u quiet
}

# Home and mailbox as it left them.
original_mailbox() {
	cp -a "$BATS_FILE_TMPDIR/home/." "$HOME"
	cp -a "$MAILS/adopt0" "$MAILS/$U"
	write_conf
}

@test "OfflineIMAP's mailbox: no transfer, no renaming, no duplicate" {
	original_mailbox
	server_before=$(on_server) names_before=$(names)
	sync
	same "$(on_server)" "$server_before"
	same "$(names)" "$names_before"
	agree_but_times
	# and from there both ways
	rm "$(file_of 1)"
	imap store INBOX 2 -FLAGS '\Flagged'
	mail 10; deliver 11 A.B
	sync
	agree_but_times
	holds 10
}

@test "and back again: OfflineIMAP goes on where we stopped" {
	original_mailbox
	sync
	imap delete INBOX 1; rm "$(file_of 7 A.B)"; letters 3 FS
	mail 10; deliver 11
	sync
	server_before=$(on_server) names_before=$(names)
	the_original -o -u quiet
	same "$(on_server)" "$server_before"
	same "$(names)" "$names_before"
	deliver 12; mail 13
	the_original -o -u quiet
	sync
	agree_but_times
	holds 11
}

@test "OfflineIMAP's mailbox in which flags, mail and deletions are waiting on both sides" {
	original_mailbox
	letters 1 FS; imap store INBOX 3 +FLAGS '\Answered'
	mail 10; deliver 11
	sync
	agree_but_times
	[[ $(file_of 1) == *:2,FS && $(file_of 3) == *:2,RS ]]
	holds 11
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
	next=$(imap status INBOX UIDNEXT) next=${next//[!0-9]}
	write_conf
	sync
	agree_but_times
	# up: the second 3 or none of it, and 9; down: one of the three 2s
	[ "$(imap ls INBOX | awk '{ n[$NF]++ } END { for (d in n) print n[d] }' | sort)" = $'1\n1\n2\n3' ]
	[[ $(imap status INBOX UIDNEXT) == *"(UIDNEXT $((next + 2)))"* ]]
	sync
	holds 7 INBOX
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
	counted + '^body B$' all
	sum=$(sha256sum a)
	[[ $(imap ls INBOX) == *$'\t'"${sum:0:64}"* ]]
	# and both are on both sides
	sync
	agree_but_times
	holds 2 INBOX
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
	imap ls Box >there
	message 7 >seven; message 2 >two
	sums=$(sha256sum seven two)
	counted + $'\t\\\\Answered\t.*\t'"${sums:0:64}" there
	sums=${sums#*$'\n'}
	counted + $'\t\\\\Flagged\t.*\t'"${sums:0:64}" there
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
	holds 2 INBOX
	file_of 1		# the message itself has come again
}

@test "readonly local: a name that is another account's is never confirmed, and it is so no later" {
	local fv=$META/Repository-remote/FolderValidity/INBOX
	imap number INBOX 5
	write_conf 'local:readonly = yes'
	mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
	message 6 >"$MAILDIR/INBOX/cur/1.x,U=5,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,S"
	sync
	imap ls INBOX >there
	counted 1 $'^INBOX\t6\t\\\\Seen\t' there
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
	imap ls INBOX >there
	counted 1 $'^INBOX\t5\t\t' there
	counted 1 $'^INBOX\t6\t\\\\Answered \\\\Flagged \\\\Seen\t' there
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
