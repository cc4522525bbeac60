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

@test "killed while much goes up: what went up in the batches before is in the state" {
	local i
	head -c 750000 /dev/urandom | base64 >block
	write_conf 'general:fsync = no'
	sync
	for i in {1..12}; do
		{ printf 'Subject: number %d\n\n' "$i"; cat block; } >"$MAILDIR/INBOX/cur/$i:2,S"
	done
	# two seconds for the first batch, one for the second
	"$ROOT/build/t/relay" -r 4000000 0 "$PORT" >port 3>&- &
	RELAY=$!
	until [ -s port ]; do nap; done
	read -r _ i <port
	write_conf 'general:fsync = no' "remote:remoteport = $i" 'remote:ssl = no' 'remote:starttls = no' \
		'remote:-sslcacertfile'
	setsid offlineimap -o -u quiet 3>&- &
	until compgen -G "$MAILDIR/INBOX/cur/*,U=*" >/dev/null; do nap; done
	sleep 0.3
	kill -KILL -- -$!
	wait $! || :
	kill "$RELAY"
	write_conf 'general:fsync = no'
	# 8 MB and what began below it are settled; the rest was on its way: it is looked for, and must not arrive later
	sync-state -H | imap-list -H | maildir-scan -H | sync-pair | sync-state >state
	counted 9 $'^m\ts' state
	counted 3 ^intent state
	sync
	agree
	[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 12 ]
}
