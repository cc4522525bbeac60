# A large message each way, in 16 MB of memory: the largest of all processes.
load lib

# The peak of the biggest process of the run, in kB, as the kernel counted it.
peak() { /usr/bin/time -o peak -f %M offlineimap -o -u quiet; }

@test "a message of 24 MB (soak: 200) up and down, no process above 16 MB" {
	mb=24
	[ -z "${SOAK:-}" ] || mb=200
	# a megabyte, in lines; cat is given it so many times
	head -c 750000 /dev/urandom | base64 >block
	local i blocks=()
	for ((i = 0; i < mb; i++)); do blocks+=(block); done
	mkdir -p "$MAILDIR"/Up/{cur,new,tmp}
	{ printf 'Subject: number 1\n\n'; cat "${blocks[@]}"; } >one
	{ printf 'Subject: number 2\n\n'; cat "${blocks[@]}"; } >"$MAILDIR/Up/cur/1:2,S"
	imap append INBOX one '' 1700000000
	write_conf
	peak
	agree
	[ "$(stat -c %s "$(find "$MAILDIR/INBOX" -type f)")" -gt ${mb}000000 ]
	echo "peak $(<peak) kB"
	# The sanitizers' own memory is not ours.
	[ -n "${SAN:-}" ] || [ "$(<peak)" -le 16384 ]
}

@test "10,000 messages in one folder (soak: 100,000), no process above 16 MB" {
	count=10000
	[ -z "${SOAK:-}" ] || count=100000
	[ -z "${SAN:-}" ] || count=2000
	# of all sizes with SOAK=1
	if [ -n "${SOAK:-}" ]; then
		python3 "$ROOT/t/seed.py" "$PORT" "$U" bulk --folders 1 --messages $count --median 200
	else
		imap fill INBOX $count
	fi
	write_conf
	peak
	first=$(<peak)
	imap store INBOX 10,2000 +FLAGS '\Flagged'
	peak
	agree
	echo "peaks $first and $(<peak) kB"
	[ -n "${SAN:-}" ] || { [ "$first" -le 16384 ] && [ "$(<peak)" -le 16384 ]; }
}
