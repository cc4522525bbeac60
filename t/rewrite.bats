# A server that rewrites what it is given (a header, blanks, a line, the date): its copies never equal ours again.
bats_require_minimum_version 1.5.0
load lib

# rewriting WORD...: nothing here and a mailbox of its own there, behind a relay that does this (rewriter.py).
rewriting() {
	U=${U%%-*}-${*// /-}
	U=${U// /-}
	rm -rf "$MAILDIR" "$META"
	[ -d relay ] || relay_start rewriter.py "$PORT" relay
	echo "$*" >relay/how
	: >relay/log
	write_conf "remote:remoteport = $(<relay/port)"
}

# sent N: since it was last asked the server was given so many APPENDs, and no message was fetched.
sent() {
	counted "$1" ^APPEND relay/log
	counted 0 '^UID FETCH.*BODY\.PEEK\[\]( |\)|$)' relay/log
	: >relay/log
}

# New files that no rewriting leaves alone: the first long, two alike; their digests in "ours".
write_some() {
	local n
	mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
	for n in 1 2 3 3; do
		printf '%s\n' 'From: a@example.org' 'Bcc: b@example.org,' '  c@example.org' "Subject: number $n" \
			'Date: Mon, 01 Jan 2024 00:00:00 +0000' "Message-ID: <$n@example.org>" '' 'blanks  ' "body $n" >one
		[ "$n" -ne 1 ] || printf 'a line of many \n%.0s' {1..700} >>one
		mv one "$MAILDIR/INBOX/cur/$((1700000000 + n)).$((++files)).elsewhere:2,S"
		touch -d "@$((1700000000 + n))" "$MAILDIR/INBOX/cur/$((1700000000 + n)).$files.elsewhere:2,S"
	done
	ours=$(digests)
}

# Of all files, sorted.
digests() { (cd "$MAILDIR/INBOX" && sha256sum cur/* new/* 2>/dev/null | cut -d ' ' -f 1 | sort); }
theirs() { imap ls INBOX | cut -f 6 | sort; }

# A run that changes nothing here or there, and sends and fetches no message.
nothing() {
	local before after
	before=$(frozen "$MAILDIR"; imap ls)
	run -0 offlineimap -o
	after=$(frozen "$MAILDIR"; imap ls)
	same "$after" "$before"
	sent 0
}

# Runs the commands that the last run has told, N of them.
do_as_told() {
	local line n=0
	for line in "${lines[@]}"; do
		[[ $line =~ this\ removes\ the\ file.*:\ (find\ .*-delete)$ ]] || continue
		n=$((n + 1))
		eval "${BASH_REMATCH[1]}"
	done
	[ "$n" -eq "$1" ]
}

@test "rewrite: with UIDPLUS an upload is known by its uid, whatever has become of it" {
	local how
	for how in 'bcc tail spaces now' ${SOAK:+header tail}; do
		rewriting $how
		write_some
		run -0 offlineimap -o
		[[ $output == *' 4 uploaded;'* ]]
		sent 1
		holds 4 INBOX
		same "$(digests)" "$ours"
		[ -z "$(comm -12 <(theirs) <(echo "$ours"))" ]
		nothing
		[[ $output == *'nothing changed'* ]]
		# each file is the message with its uid
		letters 1 FS
		imap store INBOX 2 +FLAGS '\Answered'
		sync
		[ "$(imap numbers INBOX)" = '1:\Flagged \Seen 2:\Answered \Seen 3:\Seen 3:\Seen ' ]
		[[ $(file_of 2) == *,U=2,*:2,RS ]]
		nothing
		# the state is lost, the names say it
		rm -rf "$META/Account-test"
		nothing
		nothing
		# that they are not the same is a difference, and is told
		run -1 offlineimap --verify=full -u plan
		counted 4 ^differ <(printf '%s\n' "$output")
		: >relay/log
		rm "$(file_of 1)"
		imap delete INBOX 2
		sync
		[ "$(imap numbers INBOX)" = '3:\Seen 3:\Seen ' ]
		[ "$(digests | wc -l)" -eq 2 ]
	done
	# numbers that mean nothing any more: nothing is known by its bytes
	imap renumber INBOX
	run -2 offlineimap -o
	sent 0
	[ "$(digests | wc -l)" -eq 2 ]
	holds 2 INBOX
}

# told N: a run that does nothing, keeps N files and says so.
told() {
	nothing
	[[ $output == *"Keeping $1 messages only in INBOX[local]: the server may have it already"* ]]
	[[ $output != *'Copy message'* ]]
}

@test "rewrite: without UIDPLUS it goes up once, and the user is told what to do" {
	local how
	for how in 'header now' ${SOAK:+tail 'spaces now'}; do
		rewriting blind $how
		mail 8
		sync
		: >relay/log
		write_some
		offlineimap -o --dry-run -u plan >plan
		run -75 offlineimap -o
		[[ $output == *'uploaded, but its uid was not found; the next run looks again'* ]]
		sent 1
		holds 5 INBOX
		ours=$(digests)
		told 4
		told 4
		[[ $output == *' is UID 2:5 of INBOX[remote], this removes the file, and the next run copies the message, once no other file may be it: '* ]]
		same "$(digests)" "$ours"
		holds 5 INBOX
		# an old plan does not send it either
		imap-fetch -a test <plan | sync-apply -a test >report || :
		counted 4 '^skip=the%20server%20has%20taken%20it%20already.copy.remote' report
		sent 0
		# other mail comes as always
		mail 9
		run -0 offlineimap -o
		find_file 9
		counted 0 ^APPEND relay/log
		: >relay/log
		told 4
		do_as_told 4
		run -0 offlineimap -o
		[[ $output == *' 4 new;'* ]]
		agree
		: >relay/log
		nothing
		[[ $output == *'nothing changed'* ]]
	done
}

@test "rewrite: without UIDPLUS, one file has a new name, the others go" {
	rewriting blind header now
	write_some
	run -75 offlineimap -o
	sent 1
	told 4
	mv "$(file_of 1)" "$MAILDIR/INBOX/cur/another:2,S"
	do_as_told 4
	# the new name goes up, once
	run -75 offlineimap -o
	counted 1 ^APPEND relay/log
	: >relay/log
	holds 5 INBOX
	told 1
	do_as_told 1
	run -0 offlineimap -o
	agree
	: >relay/log
	nothing
}

@test "rewrite: without UIDPLUS, and only the date is another: known by the bytes" {
	rewriting blind now
	write_some
	run -0 offlineimap -o
	[[ $output == *' 4 uploaded;'* ]]
	sent 1
	same "$(digests)" "$ours"
	same "$(theirs)" "$ours"
	nothing
	[[ $output == *'nothing changed'* ]]
}

@test "rewrite: the answer to an upload is lost: by its bytes it is known, or the user is told" {
	local how
	for how in '' 'blind header' ${SOAK:+header 'header now'}; do
		rewriting $how
		mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
		sync
		write_some
		: >relay/cut
		: >relay/log
		run -75 offlineimap -o
		[[ $output == *'4 failed'* ]]
		sent 1
		holds 4 INBOX
		case $how in
		'')
			run -0 offlineimap -o
			[[ $output == *' 4 paired;'* ]]
			;;
		*now)
			# neither bytes nor date: once more it goes, and that is all
			run -0 offlineimap -o
			[[ $output == *' 4 new, 4 uploaded;'* ]]
			counted 1 ^APPEND relay/log
			holds 8 INBOX
			;;
		*)
			told 4
			told 4
			same "$(digests)" "$ours"
			do_as_told 4
			run -0 offlineimap -o
			[[ $output == *' 4 new;'* ]]
			holds 4 INBOX
			agree
			;;
		esac
		: >relay/log
		nothing
		[[ $output == *'nothing changed'* ]]
	done
}
