# Bad input gets one clear line, loses nothing, and does not stop the rest.
load lib

# Runs a sync that must fail so, and say so on one line that holds all of WORDS.
fails() {
	local status_wanted=$1 word
	shift
	run offlineimap -o -u quiet
	[ "$status" -eq "$status_wanted" ] || {
		echo "status $status, wanted $status_wanted: $output"
		return 1
	}
	for word; do
		[[ ${output,,} =~ ${word,,} ]] || {
			echo "no \"$word\" in: $output"
			return 1
		}
	done
	clean
}

# No password, no raw control character, nothing said twice.
clean() {
	local line
	local -A said=()
	[[ $output != *pw-secret* ]] || return 1
	[[ ${output//[$'\t\n']/} != *[[:cntrl:]]* && $output != *$'\xc2'[$'\x80'-$'\x9f']* ]] || return 1
	while IFS= read -r line; do
		[[ -z $line || -z ${said[$line]-} ]] || { echo "said twice: $line"; return 1; }
		[ -z "$line" ] || said[$line]=1
	done <<<"$output"
}

@test "no configuration file" {
	fails 1 offlineimaprc
}

@test "an unknown account" {
	write_conf
	run offlineimap -o -a nobody
	[ "$status" -eq 1 ]
	[[ $output == *nobody* && $output == *test* ]]
}

@test "errors in the file come with its line" {
	printf '[general]\naccounts = test\nno separator\n' >.offlineimaprc
	fails 2 'offlineimaprc:3'
	write_conf 'account:localrepository = nosuch'
	fails 2 nosuch
	write_conf 'remote:readonly = perhaps'
	fails 2 'offlineimaprc:[0-9]*' perhaps
	write_conf 'account:maxdelete = many'
	fails 2 'offlineimaprc:[0-9]*' many
}

@test "what this build cannot do and must not ignore stops it: with file and line" {
	for line in 'remote:nametrans = lambda f: f' 'remote:folderfilter = lambda f: 1' 'account:maxage = 3' \
		'remote:remotepasseval = get()' 'account:proxy = SOCKS5:localhost:1' 'remote:transporttunnel = false'; do
		write_conf "$line"
		name=${line#*:}
		fails 2 'offlineimaprc:[0-9]*' "${name%% *}"
	done
	on_server 0
	[ ! -e "$MAILDIR" ]
}

@test "harmless and unknown options do not" {
	mail 1
	write_conf 'general:ui = Noninteractive.Quiet' 'account:autorefresh = 5' 'remote:realdelete = yes' \
		'account:nonsense = 1' 'general:maxsyncaccounts = 3' 'account:quick = 10'
	sync
	file_of 1
}

@test "a host that does not exist, one that refuses, one that is silent, one that is no IMAP server" {
	write_conf 'remote:remotehost = no-such-host.invalid'
	# 1 if there is no such name, 75 if nobody can tell now
	run offlineimap -o
	[[ $status -eq 1 || $status -eq 75 ]]
	[[ $output == *no-such-host.invalid* ]]
	clean
	read -r closed _ < <(free_ports)
	write_conf "remote:remoteport = $closed" 'remote:remotehost = 127.0.0.1'
	fails 75 127.0.0.1 refused
	python3 -c '
import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(9)
print(s.getsockname()[1], flush=True)
time.sleep(100)' >port 3>&- &
	silent=$!
	while [ ! -s port ]; do nap; done
	write_conf "remote:remoteport = $(<port)" 'general:socktimeout = 1'
	fails 75 localhost
	kill $silent
	OVER_TLS=1 write_conf "remote:remoteport = $PORT"		# clear text where TLS was to be
	fails 1 TLS
}

@test "certificates: unknown authority, wrong name, wrong fingerprint, and the right one" {
	local -x OVER_TLS=1
	write_conf 'remote:cert_fingerprint = 00112233445566778899aabbccddeeff00112233'
	fails 1 fingerprint
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other -keyout other.key -out other.pem
	write_conf "remote:sslcacertfile = $PWD/other.pem"
	fails 1 certificate
	# the message tells the fingerprint, as sha256
	sha=$(openssl x509 -in "$T_CADIR/cert.pem" -noout -fingerprint -sha256 | cut -d = -f 2 | tr -d :)
	grep -qi "$sha" <<<"${output//:/}"
	write_conf remote:-sslcacertfile "remote:cert_fingerprint = $sha"
	mail 1
	sync
	file_of 1
	# another name than the certificate's
	mkdir wrong && cd wrong
	printf 'subjectAltName=DNS:mail.example.org\n' >san
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=mail.example.org -keyout key.pem -out csr.pem
	openssl x509 -req -in csr.pem -CA "$T_CADIR/ca.pem" -CAkey "$T_CADIR/ca.key" -set_serial 2 -days 30 -extfile san -out cert.pem
	cd ..
	chmod a+rX . wrong wrong/*
	server ssl_cert="<$PWD/wrong/cert.pem" ssl_key="<$PWD/wrong/key.pem"
	write_conf
	fails 1 localhost certificate
}

@test "STARTTLS is required where there is no TLS from the start, unless both are off" {
	local -x OVER_TLS=1
	write_conf "remote:remoteport = $PORT" 'remote:ssl = no'
	mail 1
	sync
	file_of 1
	rm -r "$MAILDIR" "$META"
	server ssl=no
	mail 2
	write_conf "remote:remoteport = $PORT" 'remote:ssl = no'
	fails 1 STARTTLS
	write_conf "remote:remoteport = $PORT" 'remote:ssl = no' 'remote:starttls = no'
	sync
	file_of 2
}

@test "a wrong password, from each place it may come from, and the right one" {
	mail 1
	write_conf 'remote:remotepass = pw-secret'
	fails 1 "$U"
	echo pw-secret >pass
	write_conf remote:-remotepass 'remote:remotepassfile = ~/pass'
	fails 1 "$U"
	echo pw >pass
	sync
	write_conf remote:-remotepass 'remote:remotepasscommand = cat ~/pass'
	sync
	write_conf remote:-remotepass 'remote:remotepasscommand = echo broken >&2; exit 3'
	fails 1 remotepasscommand
	write_conf remote:-remotepass
	printf 'machine localhost login %s password pw\n' "$U" >.netrc
	chmod 600 .netrc
	sync
	file_of 1
}

@test "a message that the server refuses: the others go, it is not sent again and again" {
	quota 'quota_max_mail_size = 20k' 'quota_rule = *:storage=40k' 'quota_grace = 0'
	deliver 1; deliver 3
	mkdir -p "$MAILDIR/INBOX/cur"
	{ message 2; head -c 30000 /dev/zero | tr '\0' x; } >"$MAILDIR/INBOX/cur/2:2,S"
	write_conf
	run offlineimap -o
	on_server 2 INBOX
	[ -e "$MAILDIR/INBOX/cur/2:2,S" ]
	[[ $output == *INBOX* ]]
	# the summary counts it still, but its bytes did not go up again
	run offlineimap -o
	sent_little
	[[ $output == *refused* ]]
	on_server 2 INBOX
	# made smaller it goes
	message 2 >"$MAILDIR/INBOX/cur/2:2,S"
	sync
	on_server 3 INBOX
	agree_but_times
	# what has no room is refused for now: what has goes, and the rest is asked for before it does
	for i in 4 5 6; do
		{ message $i; head -c 15000 /dev/zero | tr '\0' x; } >"$MAILDIR/INBOX/cur/$i:2,S"
	done
	run offlineimap -o
	[ "$status" -eq 75 ]
	[[ $output == *OVERQUOTA* && ${output#*OVERQUOTA} != *$'\n'*OVERQUOTA* ]]
	[[ $output == *'takes nothing more'* && ${output#*takes nothing more} != *$'\n'*'takes nothing more'* ]]
	run offlineimap -o
	[ "$status" -eq 75 ]
	on_server 5 INBOX
	run offlineimap -o
	sent_little
	[ "$status" -eq 75 ]
	[[ $output == *OVERQUOTA* ]]
	imap delete INBOX 1:4
	sync; sync
	agree_but_times
}

@test "a folder that the server refuses to make: the others are made" {
	server
	mail 1
	mkdir -p "$BATS_TEST_TMPDIR/server0/mail/$U/mailboxes"
	: >"$BATS_TEST_TMPDIR/server0/mail/$U/mailboxes/Blocked"
	deliver 2 Blocked; deliver 3 Fine
	write_conf
	run offlineimap -o
	[ "$status" -ne 0 ]
	[[ $output == *Blocked* ]]
	imap folders | grep -x Fine
	file_of 2 Blocked
	file_of 1
}

@test "an unreadable file: the others go" {
	deliver 1; deliver 2
	chmod 000 "$(file_of 1)"
	write_conf
	run unprivileged offlineimap -o
	[[ $output == *INBOX* ]]
	on_server 1 INBOX
	chmod 644 "$MAILDIR"/INBOX/new/*.1.elsewhere
	unprivileged offlineimap -o -u quiet
	on_server 2 INBOX
	agree
}

@test "an unreadable directory is not an empty one" {
	mail 1; mail 2
	write_conf
	unprivileged offlineimap -o -u quiet
	for dir in "$MAILDIR/INBOX/cur" "$MAILDIR/INBOX/new" "$MAILDIR/INBOX" "$MAILDIR"; do
		chmod 000 "$dir"
		run unprivileged offlineimap -o -u quiet
		chmod 755 "$dir"
		[ "$status" -ne 0 ]
		on_server 2 INBOX
	done
	unprivileged offlineimap -o -u quiet
	agree
}

@test "a read-only Maildir: said, nothing lost, and the next run makes good" {
	mail 1
	write_conf
	sync
	mail 2; imap delete INBOX 1
	# shellcheck disable=SC2016
	run unshare -Urm bash -c 'mount --bind "$MAILDIR" "$MAILDIR" && mount -o remount,ro,bind "$MAILDIR" && offlineimap -o -u quiet'
	[ "$status" -ne 0 ]
	[[ $output == *[Rr]ead-only* ]]
	file_of 1
	sync
	agree
	file_of 2
}

# Leaves 64 kB on a file system.
almost_full() {
	head -c 1G /dev/zero >"$1/ballast" 2>/dev/null
	truncate -s -64K "$1/ballast"
}
export -f almost_full

@test "a full disk: said, nothing lost, and the next run makes good" {
	"$SERVED" seed.py "$PORT" "$U" bulk --folders 3 --messages 40 --median 4000
	write_conf
	mkdir -p "$MAILDIR"
	# shellcheck disable=SC2016
	run unshare -Urm bash -c '
		mount -t tmpfs -o size=4m none "$MAILDIR" || exit 99
		almost_full "$MAILDIR"
		offlineimap -o -u quiet && exit 98
		find "$MAILDIR" -type f -size 0 -path "*/[cn][ue][rw]/*" | grep . && exit 97
		rm "$MAILDIR/ballast"
		offlineimap -o -u quiet || exit 95
		python3 "$1/t/agree.py" --dates "$PORT" "$U" "$MAILDIR"' - "$ROOT"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${output,,} == *"no space"* ]]
}

@test "a full disk under the state: said, nothing lost or doubled" {
	"$SERVED" seed.py "$PORT" "$U" bulk --folders 3 --messages 300 --median 500
	mkdir -p "$MAILDIR"/Mine/{cur,new,tmp}
	for i in {1..100}; do message "$i" >"$MAILDIR/Mine/new/1700000000.$i.elsewhere"; done
	write_conf
	mkdir -p "$META"
	# shellcheck disable=SC2016
	run unshare -Urm bash -c '
		mount -t tmpfs -o size=4m none "$META" || exit 99
		almost_full "$META"
		offlineimap -o -u quiet && exit 98
		rm "$META/ballast"
		offlineimap -o -u quiet || exit 95
		python3 "$1/t/agree.py" --dates "$PORT" "$U" "$MAILDIR"' - "$ROOT"
	echo "$output"
	[ "$status" -eq 0 ]
	on_server 400
}

@test "a half-made Maildir folder: the rest goes on" {
	imap create Half
	mail 1 Half; mail 2
	mkdir -p "$MAILDIR/Half/cur" "$MAILDIR/Stray/new"
	write_conf
	run sync
	file_of 2
	on_server 1 Half
	[ "$(imap folders | grep -cx Stray)" -eq 0 ]
}

@test "local names that the server cannot have: said, left alone, the rest goes on" {
	deliver 1
	for name in 'a..b' $'new\nline' $'esc\e[31m' '&bad' '&-x&' $'\xff\xfe' 'sl.ash.' 'Entwürfe'; do
		mkdir -p "$MAILDIR/$name"/{cur,new,tmp}
		message 2 >"$MAILDIR/$name/new/2"
	done
	mail 3
	before=$(find "$MAILDIR" -type f | grep -v /INBOX/ | sort)
	write_conf
	run offlineimap -o
	clean
	on_server 2 INBOX
	file_of 3
	# all of them are still there, under their old names if they could not go
	[ "$(find "$MAILDIR" -type f | grep -cv /INBOX/)" -eq "$(wc -l <<<"$before")" ]
	[ "$(imap folders | grep -c '[[:cntrl:]]')" -eq 0 ]
	run offlineimap -o
	on_server 2 INBOX
}

@test "NUL in a message, and a file with nothing in it: skipped with a reason, once a run" {
	deliver 1
	printf 'Subject: nul\n\na\0b\n' >"$MAILDIR/INBOX/cur/nul:2,S"
	: >"$MAILDIR/INBOX/cur/empty:2,S"
	write_conf
	run offlineimap -o
	[[ $output == *NUL* ]]
	on_server 1 INBOX
	run offlineimap -o
	on_server 1 INBOX
	[ -e "$MAILDIR/INBOX/cur/nul:2,S" ] && [ -e "$MAILDIR/INBOX/cur/empty:2,S" ]
	# mended, it goes
	printf 'Subject: number 7\n\nab\n' >"$MAILDIR/INBOX/cur/nul:2,S"
	run offlineimap -o
	on_server 2 INBOX
}
