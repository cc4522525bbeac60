# A large message each way, in 16 MB of memory: the largest of all processes.
load lib

# The peak of the biggest process of the run, in kB, as the kernel counted it.
peak() { /usr/bin/time -o peak -f %M offlineimap -o -u quiet; }

@test "a message of 24 MB (soak: 200) up and down, no process above 16 MB" {
	mb=24
	[ -z "${SOAK:-}" ] || mb=200
	python3 - "$ROOT/t" "$PORT" "$U" "$MAILDIR" $mb <<-'END'
		import base64, imaplib, os, random, sys
		sys.path.insert(0, sys.argv[1])
		import imap
		big = b'Subject: number 1\n\n' + base64.encodebytes(random.Random(1).randbytes(750000)) * int(sys.argv[5])
		m = imaplib.IMAP4('127.0.0.1', int(sys.argv[2])); m.login(sys.argv[3], 'pw')
		imap.append(m, 'INBOX', big, date=1700000000)
		for sub in 'cur', 'new', 'tmp':
		    os.makedirs(f'{sys.argv[4]}/Up/{sub}')
		with open(f'{sys.argv[4]}/Up/cur/1:2,S', 'wb') as f:
		    f.write(big.replace(b'number 1', b'number 2'))
	END
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
	python3 "$ROOT/t/seed.py" "$PORT" "$U" bulk --folders 1 --messages $count --median 200
	write_conf
	peak
	first=$(<peak)
	imap store INBOX 10,2000 +FLAGS '\Flagged'
	peak
	agree
	echo "peaks $first and $(<peak) kB"
	[ -n "${SAN:-}" ] || { [ "$first" -le 16384 ] && [ "$(<peak)" -le 16384 ]; }
}
