# The driver as a program: its options, its exit status, the pipe that it runs.
load lib
export OVER_TLS=1
bats_require_minimum_version 1.5.0

# lock.mdb: LMDB notes its readers there.
everything() {
	frozen "$HOME" | grep -v lock.mdb
	imap ls
	imap raw 'LIST "" "*" RETURN (STATUS (UIDNEXT HIGHESTMODSEQ))' | grep '^\* STATUS .*HIGHESTMODSEQ'
}

waiting_changes() {
	imap number INBOX 4
	write_conf
	sync
	rm "$(file_of 1)"; imap delete INBOX 2; letters 3 FS; imap store INBOX 4 +FLAGS '\Answered'
	deliver 5; mail 6
	imap create There
	mkdir -p "$MAILDIR/Here"/{cur,new,tmp}
}

@test "the options that every OfflineIMAP user types" {
	mail 1
	write_conf
	run offlineimap -h
	[ "$status" -eq 0 ] && [[ $output == *--dry-run* && $output == *-a* ]]
	run offlineimap --version
	[ "$status" -eq 0 ] && [[ $output =~ ^[0-9]+\.[0-9.]+$ ]]
	run offlineimap -V
	[ "$status" -eq 0 ] && [[ $output == offlineimap\ v* && ${#lines[@]} -eq 1 ]]
	run -2 offlineimap --nonsense
	[[ $output == *nonsense* ]]
	run -2 offlineimap -c
	offlineimap -1o -c "$HOME/.offlineimaprc" -a test -u quiet -f INBOX -k Repository_local:sep=.
	file_of 1
}

@test "every tool says how it is used, and refuses what it does not know" {
	for tool in "$BUILD"/bin/*; do
		run "$tool" -h
		[ "$status" -eq 0 ] && [[ $output == *[Uu]sage* ]]
		run "$tool" -Z
		[ "$status" -eq 2 ]
	done
}

@test "standard descriptors that are closed do not become a lock or a session" {
	write_conf
	mail 1
	sync
	mail 2
	offlineimap -o --dry-run -u plan >plan
	imap-fetch <plan >fetched
	status=0
	sync-apply <fetched 2>said >&- || status=$?
	[ "$status" -eq 75 ]
	[[ $(<said) == *'standard output: Bad file descriptor'* ]]
	[ ! -s "$META/test.lock" ]
	# what was done is done: the report alone is lost
	file_of 2
	printf 'no plan\n' >"$META/test.lock"
	for tool in 'imap-fetch' 'imap-list -H' 'maildir-scan -H' sync-apply sync-pair sync-plan sync-state; do
		status=0
		# shellcheck disable=SC2086	# with its options
		$tool >said 2>&1 <&- || status=$?
		[ "$status" -eq 1 ]
		[[ $(<said) == *': Bad file descriptor' ]]
	done
	status=0
	offlineimap -o 2>said >&- || status=$?
	[ "$status" -eq 1 ]
	[[ $(<said) == *'standard output: Bad file descriptor'* ]]
	offlineimap -o -u quiet <&- 2>&-
	agree
}

@test "the configuration is found where OfflineIMAP looks" {
	mail 1
	write_conf
	mkdir -p .config/offlineimap xdg/offlineimap
	mv .offlineimaprc .config/offlineimap/config
	sync
	file_of 1
	mv .config/offlineimap/config xdg/offlineimap/config
	mail 2
	XDG_CONFIG_HOME=$HOME/xdg sync
	file_of 2
}

@test "-k overrides what the file says" {
	mail 1
	write_conf 'remote:remotepass = wrong'
	sync -k Repository_remote:remotepass=pw
	file_of 1
}

@test "several accounts: one that fails does not stop the other, the worst status stays" {
	mail 1
	write_conf 'general:accounts = bad, test'
	read -r closed _ < <(free_ports)
	cat >>.offlineimaprc <<-END
		[Account bad]
		localrepository = local2
		remoterepository = remote2
		[Repository local2]
		type = Maildir
		localfolders = ~/Mail2
		[Repository remote2]
		type = IMAP
		remotehost = 127.0.0.1
		remoteport = $closed
		sslcacertfile = $CA
		remoteuser = x
		remotepass = pw
	END
	run offlineimap -o
	[ "$status" -eq 75 ]
	[[ $output == *bad* && $output == *test* ]]
	file_of 1
	sed -i "s/remoteport = $closed/remoteport = $TLSPORT/; s/remotepass = pw/remotepass = no/" .offlineimaprc
	run offlineimap -o
	[ "$status" -eq 1 ]
	run offlineimap -o -a test
	[ "$status" -eq 1 ]
	run offlineimap -o -a nobody,test
	[ "$status" -eq 1 ]
}

@test "several accounts: all have work" {
	write_conf 'general:accounts = test, second, third'
	for name in second third; do
		cat >>.offlineimaprc <<-END
			[Account $name]
			localrepository = local-$name
			remoterepository = remote-$name
			[Repository local-$name]
			type = Maildir
			localfolders = ~/Mail-$name
			[Repository remote-$name]
			type = IMAP
			remotehost = localhost
			remoteport = $TLSPORT
			sslcacertfile = $CA
			remoteuser = $U-$name
			remotepass = pw
		END
	done
	for i in 1 ${SOAK:+2}; do
		mail "$i"
		for name in second third; do U=$U-$name mail "$i"; done
		sync
		for dir in Mail Mail-second Mail-third; do MAILDIR=$HOME/$dir file_of "$i"; done
	done
}

@test "dry run: nothing is written, not on the first run either" {
	mail 1
	deliver 2
	write_conf
	before=$(everything)
	run offlineimap -o --dry-run
	[ "$status" -eq 0 ]
	[[ $output == *INBOX* ]]
	same "$(everything)" "$before"
	[ ! -e "$META" ]
	run offlineimap -o --dry-run -u plan
	[ "$status" -eq 0 ]
	[[ $output == *$'\ncopy\tlocal\tINBOX\tINBOX\t'* ]]
	[[ $output == *$'\ncopy\tremote\tINBOX\tINBOX\t-\t'* ]]
	same "$(everything)" "$before"
}

@test "dry run: what would happen, in words and as a plan, and then it does" {
	waiting_changes
	# so that the directories' times count as proof in all of the plans
	sleep 2.1
	before=$(everything)
	run offlineimap -o --dry-run
	[ "$status" -eq 0 ]
	[[ $output == *INBOX* && $output == *There* && $output == *Here* ]]
	run offlineimap -o --dry-run -u plan
	[ "$status" -eq 0 ]
	plan=$output
	for line in 'create local There' 'create remote Here' 'delete local INBOX' 'delete remote INBOX' \
		'flags local INBOX' 'flags remote INBOX' 'copy local INBOX' 'copy remote INBOX'; do
		[[ $plan == *$'\n'"${line// /$'\t'}"$'\t'* ]]
	done
	# the same world gives the same bytes
	same "$(offlineimap -o --dry-run -u plan)" "$plan"
	same "$(everything)" "$before"
	sync
	agree
	offlineimap -o --dry-run -u plan >plan
	counted + $'^plan\t' plan
	[ "$(grep -cvP '^(plan|end|mark|note)\t' plan)" -eq 0 ]
}

@test "the plan, filtered by hand, is what is done" {
	waiting_changes
	offlineimap -o --dry-run -u plan | grep -v '^delete' | imap-fetch -a test | sync-apply -a test >report
	counted + $'^done[^\t]*\tcopy\tlocal' report
	counted 0 '^(fail|skip)' report
	file_of 2 && file_of 6
	[[ $(imap ls INBOX) == INBOX$'\t1\t'* ]]
	# what was filtered out is found again
	sync
	agree
	imap ls INBOX >there
	counted 4 . there
}

@test "a plan applied twice, and a plan that is old, do nothing wrong" {
	waiting_changes
	# shellcheck disable=SC2094	# the first is a word, not the file
	offlineimap -o --dry-run -u plan >plan
	imap-fetch -a test <plan | sync-apply -a test >report
	both() { imap ls; printf '%s\n' "$MAILDIR"/*/{cur,new}/*; }
	before=$(both)
	imap-fetch -a test <plan | sync-apply -a test >report || :
	counted 0 $'^done[^\t]*\t(delete|copy)' report
	same "$(both)" "$before"
	sync
	agree
}

@test "-d chain prints the pipe; pasted into a shell it does the same" {
	waiting_changes
	mail 7 There
	sleep 2.1
	offlineimap -o --dry-run -d chain >out 2>err
	grep -hE '^[^#]*sync-state .*\|' out err >pipe || { cat out err; return 1; }
	counted + sync-plan pipe
	mapfile -t pipes <pipe
	# a dry run prints the pipes that it ran, which end at the plan; where equal sizes made it
	# ask for more, the last one has the plan
	bash -c "${pipes[-1]}" >plan
	offlineimap -o --dry-run -u plan >said
	diff -u <(grep -vP '^(note|end)\t' plan) <(grep -vP '^(note|end)\t' said)
	imap-fetch -a test <said | sync-apply -a test >report
	sync
	agree
}

# bats test_tags=soak
@test "-d chain of a whole run ends at sync-apply, and does what the run does" {
	waiting_changes
	offlineimap -o -d chain >out 2>err
	grep -hE '^[^#]*sync-state .*\|.*sync-apply' out err >pipe
	agree
	# new work for the very same line
	rm "$(file_of 3)"; mail 8; deliver 999
	bash -c "$(<pipe)" >report
	agree
	counted + $'^done[^\t]*\tdelete\tremote' report
}

@test "the lock: a second run gives way, and OfflineIMAP and we exclude each other" {
	mail 1
	write_conf
	mkdir -p "$META"
	python3 -c '
import fcntl, sys, time
f = open(sys.argv[1], "w"); fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
print("held", flush=True)
time.sleep(100)' "$META/test.lock" >held 3>&- &
	holder=$!
	while [ ! -s held ]; do nap; done
	run offlineimap -o
	[ "$status" -eq 75 ]
	[[ $output == *lock* && $output == *test* ]]
	[ ! -e "$MAILDIR/INBOX" ]
	# looking is free
	run offlineimap -o --dry-run
	[ "$status" -eq 0 ]
	kill $holder
	wait $holder || :
	sync
	[ -e "$META/test.lock" ]
}

# A run that hangs in the middle: its server accepts and says nothing.
hanging() {
	python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(9)
print(s.getsockname()[1], flush=True)
c = s.accept()
print("connected", flush=True)
time.sleep(100)' >port 3>&- &
	tarpit=$!
	while [ ! -s port ]; do nap; done
	read -r PORT <port
	write_conf "remote:remoteport = $PORT"
	offlineimap -o -u quiet >said 2>&1 3>&- &
	driver=$!
	while [[ $(<port) != *connected* ]]; do nap; done
}

# The driver's tools and theirs, in "tools".
descendants() {
	local all pid parent more=1
	all=$(ps -eo pid=,ppid=)
	tools=
	while [ -n "$more" ]; do
		more=
		while read -r pid parent; do
			[[ " $driver $tools " != *" $parent "* || " $tools " == *" $pid "* ]] || { tools+=" $pid" more=1; }
		done <<<"$all"
	done
}

@test "the lock is held while a run lasts: OfflineIMAP gives way to us" {
	hanging
	run the_original -o -u basic
	[ "$status" -ne 0 ]
	[[ $output == *'Could not lock'* || $output == *lock* ]]
	# and has unlinked the file, as it does; we still exclude ourselves
	run offlineimap -o
	[ "$status" -eq 75 ]
	[[ $output == *lock* ]]
	kill $driver $tarpit
	wait $driver || :
}

@test "the driver is killed: its tools end" {
	hanging
	descendants
	[ -n "$tools" ]
	kill -KILL $driver
	wait $driver || :
	for _ in {1..600}; do
		left=
		for pid in $tools; do
			[ ! -e "/proc/$pid" ] || left+=" $pid"
		done
		[ -n "$left" ] || break
		nap
	done
	kill $tarpit
	[ -z "$left" ]
}

@test "a signal ends the run, its tools too, and says so by the status" {
	hanging
	descendants
	kill -TERM $driver
	status=0
	wait $driver || status=$?
	kill $tarpit
	[ "$status" -lt 128 ] || [ "$status" -eq 143 ]
	for pid in $tools; do [ ! -e "/proc/$pid" ]; done
}

@test "no password on any command line or in any environment" {
	hanging
	descendants
	[ -n "$tools" ]
	for pid in $driver $tools; do
		mapfile -d '' -t words <"/proc/$pid/cmdline"
		[ ${#words[@]} -gt 0 ]
		for word in "${words[@]}"; do [ "$word" != pw ]; done
		mapfile -d '' -t words <"/proc/$pid/environ"
		[ ${#words[@]} -gt 0 ]
		for word in "${words[@]}"; do [[ $word != pw && $word != *=pw ]]; done
	done
	kill $driver $tarpit
	wait $driver || :
	counted 0 remotepass said
	run offlineimap -o --dry-run -d ALL
	[[ ! $output =~ (^|[^a-z])pw([^a-z]|$) ]]
}

@test "a tool that dies is named, and the next run makes good" {
	local tool other n=10
	waiting_changes
	cp -r "$BUILD/bin" "$BUILD/lib" .
	for tool in imap-connect imap-list maildir-scan sync-state sync-pair sync-plan imap-fetch sync-apply; do
		printf '#!/bin/sh\nkill -KILL $$\n' >bin/$tool
		run bin/offlineimap -o -u basic
		echo "$tool: status $status: $output"
		[ "$status" -ne 0 ]
		[[ $output == *"$tool (account test) was killed"* ]]
		# and what it was at, once that is known
		case $tool in
		imap-fetch | sync-apply | sync-plan) [[ $output == *'at work on '*INBOX*': '* ]] ;;
		esac
		# it is named as the cause and no other is
		for other in imap-list maildir-scan sync-state sync-pair sync-plan imap-fetch sync-apply; do
			[[ $other == "$tool" || $output != *"$other (account"* ]]
		done
		cp "$BUILD/bin/$tool" bin/
		# those before have done nothing that one run could not make good for all
		case $tool in
		imap-fetch | sync-apply | sync-plan)
			sync
			agree
			mail $((++n))
			deliver $((++n))
			;;
		esac
	done
}

@test "offlineimap.sh runs the driver from the tree" {
	run "$ROOT/offlineimap.sh" --version
	[ "$status" -eq 0 ]
	[ "$output" = "$(offlineimap --version)" ]
}
