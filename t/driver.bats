# The driver alone: the tools around it are stand-ins (t/fake), so that each can
# be made to die, to ask, to lie.
load lib
export OVER_TLS=1
bats_require_minimum_version 1.5.0

setup_file() {
	local tool
	mkdir "$BATS_FILE_TMPDIR/bin"
	cp "$BUILD/bin/offlineimap" "$BATS_FILE_TMPDIR/bin"
	for tool in sync-state imap-list maildir-scan sync-pair sync-plan imap-fetch sync-apply imap-connect asks echoes; do
		ln -s "$ROOT/build/t/fake" "$BATS_FILE_TMPDIR/bin/$tool"
	done
}

setup() {
	t_setup
	BIN=$BATS_FILE_TMPDIR/bin FAKE=$HOME/fake
	export BIN FAKE
	mkdir "$FAKE"
	write_conf 'remote:remotehost = 127.0.0.1' 'remote:remotepass = the secret'
	lines pairs 'listing 1 account=test'
	lines plan 'plan 1 account=test'
}

# Records into a file of the stand-ins, blanks as TABs, with the end record.
lines() {
	local name=$1
	shift
	printf '%s\n' "${@// /$'\t'}" $'end\t-\t-\t'$# >"$FAKE/$name"
}

work() {
	lines pairs 'listing 1 account=test' 'pair INBOX INBOX fmd5=x maxdelete=50,50 rules=%' \
		'folder s INBOX INBOX kind=head' 'folder r INBOX INBOX kind=head'
	lines plan 'plan 1 account=test' 'copy local INBOX INBOX 5:1 size=3' 'mark local INBOX INBOX gen=1'
}

# What a tool does instead, as a shell script.
tool() { put "$FAKE/$1"; }

# A tool that talks to its broker: the STEPs of t/fake/session.c.
asks() {
	local name=$1
	shift
	echo "exec '$BIN/asks' $*" >"$FAKE/$name"
}

drive() { "$BIN/offlineimap" -o "$@"; }

@test "nothing changed: four tools of the heads, one session, nothing more" {
	run drive
	[ "$status" -eq 0 ]
	[[ $output == *'nothing changed'* ]]
	same "$(sort <"$FAKE/calls" | sed 's/ *$//')" 'imap-connect -a test -s 3 -P 4
imap-list -a test -H
maildir-scan -a test -H
sync-pair -a test
sync-state -a test -H'
	run drive -u quiet
	same "$output" ''
	run drive -u plan
	same "$output" "$(<"$FAKE/plan")"
}

@test "the words are OfflineIMAP's" {
	work
	lines plan 'plan 1 account=test' 'create local a/b a.b' 'copy local a/b a.b 9:3' \
		'copy local INBOX INBOX 5:1' 'copy remote INBOX INBOX - name=x.1' \
		'delete local INBOX INBOX 5:7' 'delete local INBOX INBOX 5:8' 'delete local INBOX INBOX 5:11' \
		'flags remote INBOX INBOX 5:3 add=FS' 'flags remote INBOX INBOX 5:4 add=S del=R' \
		'keep local INBOX INBOX 5:9 why=readonly' 'mark local INBOX INBOX gen=1'
	run drive
	[ "$status" -eq 0 ]
	same "$(sed '1,2d; s/;.*//; s/ in .:..$//' <<<"$output")" "*** Processing account test
Establishing connection to 127.0.0.1:$TLSPORT (remote)
Creating folder a.b[local]
Syncing a/b: IMAP -> Maildir
Copy message UID 3 remote:a/b -> local:a.b
Syncing INBOX: IMAP -> Maildir
Copy message UID 1 remote:INBOX -> local:INBOX
Copy message x.1 local:INBOX -> remote:INBOX
Deleting 3 messages (7:8,11) in Maildir[INBOX]
Adding flag F to 1 messages on IMAP[INBOX]
Deleting flag R from 1 messages on IMAP[INBOX]
Adding flag S to 2 messages on IMAP[INBOX]
Keeping 1 messages on INBOX[local]: that side is read-only
Account test: 1 folder created, 2 new, 1 uploaded, 2 with other flags, 3 deleted locally, 1 kept
*** Finished account 'test'"
	rm "$FAKE"/planned.*
	run drive --dry-run
	[[ $output == *'[DRYRUN] Creating folder a.b[local]'* ]]
	[[ $output == *'[DRYRUN] Copy 1 messages from INBOX[remote] to local'* ]]
	[[ $output == *'2 to download, 1 to upload'*'nothing was changed'* ]]
	rm "$FAKE"/planned.*
	run drive -u quiet
	same "$output" ''
}

@test "what the server may have already comes with the command to settle it" {
	local n
	work
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	for n in "it's.[1]*" "it's.[1]*:2,S" "it's.1x:2,S" "it's.[1]*2,:2,S" "b:2,"; do echo >"$MAILDIR/INBOX/cur/$n"; done
	lines plan 'plan 1 account=test' 'keep remote INBOX INBOX - name=b why=ambiguous' \
		"keep remote INBOX INBOX - name=it's.[1]* why=ambiguous" \
		'keep local INBOX INBOX 5:9 why=ambiguous' 'keep local INBOX INBOX 5:12 why=ambiguous'
	run drive -u basic
	[[ $output == *"Keeping 2 messages only in INBOX[local]: the server may have it already"*"b, it's.[1]*"* ]]
	[[ $output == *"If b is UID 9,12 of INBOX[remote], "*': find '* ]]
	eval "$(grep -o 'find .*-delete' <<<"$output" | tail -n 1)"
	same "$(ls "$MAILDIR/INBOX/cur")" "b:2,"$'\n'"it's.1x:2,S"$'\n'"it's.[1]*2,:2,S"
}

@test "-u plan: the plan in a dry run, the report in a real one, and no other word" {
	work
	drive --dry-run -u plan 2>err | diff -u "$FAKE/plan" -
	[ ! -s err ]
	rm "$FAKE"/planned.*
	drive -u plan 2>err >out
	[ ! -s err ]
	same "$(<out)" $'plan\t1\taccount=test\ndone\tcopy\tlocal\tINBOX\tINBOX\t5:1\tsize=3
done\tmark\tlocal\tINBOX\tINBOX\tgen=1\nstat\tmsgs=1\nend\t-\t-\t4'
}

@test "a dry run starts neither imap-fetch nor sync-apply, takes no lock, writes nothing" {
	work
	drive --dry-run >out 2>&1
	grep -q '^sync-plan ' "$FAKE/calls"
	run -1 grep -E '^(imap-fetch|sync-apply) ' "$FAKE/calls"
	shopt -s dotglob
	same "$(printf '%s\n' *)" $'.offlineimaprc\nfake\nout'
}

@test "the heads are fed to the second half as they came" {
	work
	drive
	diff -u "$FAKE/pairs" "$FAKE/planned.1"
}

@test "a hundred thousand pairs go through without a deadlock" {
	{
		printf 'listing\t1\taccount=test\n'
		seq 100000 | sed 's/.*/pair\tfolder&\tfolder&\tfmd5=0123456789abcdef0123456789abcdef\tmaxdelete=50,50\trules=%/'
		printf 'end\t-\t-\t100001\n'
	} >"$FAKE/pairs"
	tool sync-plan <<-'END'
		cat >"$FAKE/planned"
		cat "$FAKE/plan"
	END
	drive
	cmp "$FAKE/pairs" "$FAKE/planned"
}

@test "each tool is killed once: the user sees which, on what, and what comes of it" {
	work
	lines pairs 'listing 1 account=test' 'pair INBOX INBOX fmd5=x maxdelete=50,50 rules=%' \
		'pair a%20b a%20b fmd5=x maxdelete=50,50 rules=%'
	local name
	for name in sync-state-H imap-list-H maildir-scan-H sync-pair sync-state imap-list maildir-scan \
		sync-plan imap-fetch sync-apply; do
		rm -f "$FAKE"/planned.*
		tool "$name" <<<'kill -9 $$'
		run timeout 120 "$BIN/offlineimap" -o -u quiet
		rm "$FAKE/$name"
		echo "$name: $status: $output"
		[ "$status" -eq 75 ]
		# one line, and it is about this tool alone
		[ ${#lines[@]} -eq 1 ]
		[[ $output == "ERROR: ${name%-H} (account test) was killed by signal 9 (Killed)"* ]]
		case $name in
		*-H | sync-pair) [[ $output == *'(Killed): nothing was changed' ]] ;;
		*) [[ $output == *'(Killed), at work on INBOX, a b: '*'the next run goes on from there' ]] ;;
		esac
	done
	# many folders are not all named, and a report tells how far it was
	lines pairs 'listing 1 account=test' 'pair A A fmd5=x maxdelete=- rules=%' \
		'pair B B fmd5=x maxdelete=- rules=%' 'pair C C fmd5=x maxdelete=- rules=%' \
		'pair D D fmd5=x maxdelete=- rules=%' 'pair E E fmd5=x maxdelete=- rules=%'
	rm -f "$FAKE"/planned.*
	tool sync-apply <<-'END'
		cat >/dev/null
		printf 'done\tcopy\tlocal\tB\tB\t5:1\n'
		kill -9 $$
	END
	run drive -u quiet
	[[ $output == *'(Killed), at work on A, B, C and 2 more, after a word on B: '* ]]
}

@test "a tool that fails: its own line, once, and its status; the echo of others is not heard" {
	work
	tool imap-list <<-'END'
		echo "imap-list: INBOX: the server said NO" >&2
		exit 1
	END
	tool maildir-scan <<-'END'
		cat
		echo "maildir-scan: the listing is cut off" >&2
		exit 1
	END
	run drive -u quiet
	[ "$status" -eq 1 ]
	same "$output" 'imap-list: INBOX: the server said NO'
	# and if it is only the others who know of it, they are heard
	rm "$FAKE/imap-list"
	run drive -u quiet
	[ "$status" -eq 1 ]
	same "$output" 'maildir-scan: the listing is cut off'
	# without a word
	tool maildir-scan <<<'exit 2'
	run drive -u quiet
	[ "$status" -eq 2 ]
	[[ $output == 'ERROR: maildir-scan (account test) ended with status 2 without a word, at work on INBOX: '* ]]
}

@test "a stream that is cut, miscounted or nonsense" {
	work
	sed -i '$d' "$FAKE/pairs"
	run drive -u quiet
	[ "$status" -eq 1 ]
	[[ $output == *sync-pair*'cut off'* ]]
	printf 'end\t-\t-\t99\n' >>"$FAKE/pairs"
	run drive -u quiet
	[ "$status" -eq 1 ]
	[[ $output == *sync-pair*'4 lines, not 99'* ]]
	work
	printf 'gibberish\n' >"$FAKE/plan"
	run drive -u quiet --dry-run
	[ "$status" -eq 1 ]
	[[ $output == *'sync-plan: line 1: unknown verb'* ]]
	sed '$d' <<<'plan	1	account=test
end' >"$FAKE/plan"
	run drive -u plan --dry-run
	[ "$status" -eq 1 ]
	[[ $output == *'sync-plan'*'cut off'* && $output != *$'plan\t1'* ]]
	# a report without its end, from a tool that says all is well
	work
	tool sync-apply <<<'cat >/dev/null'
	run drive -u quiet
	[ "$status" -eq 1 ]
	[[ $output == *sync-apply*'cut off'* ]]
}

@test "foreign bytes reach no terminal" {
	work
	lines plan 'plan 1 account=test' 'copy local a%1B[31m%C2%9B2J%9B b%0D%0A 5:1'
	tool maildir-scan <<-'END'
		printf "maildir-scan: \033]0;title\007 \233\n" >&2
		exec cat
	END
	drive >out 2>&1
	[ "$(LC_ALL=C grep -cP '[\x00-\x08\x0b-\x1f\x7f-\xff]' out)" -eq 0 ]
	grep -F 'a\x1b[31m' out
	grep -F 'title\x07' out
}

@test "outcomes: what failed is an error, what was skipped is not" {
	work
	tool sync-apply <<-'END'
		cat >/dev/null
		printf 'skip=changed%%20meanwhile\tflags\tremote\tINBOX\tINBOX\t5:4\tadd=S\n'
		printf 'fail=no%%20space\tcopy\tlocal\tINBOX\tINBOX\t5:1\n'
		for folder in INBOX Other INBOX; do
			printf 'skip=the%%20server%%20takes%%20nothing%%20more%%20for%%20this%%20folder%%20now\t'
			printf 'copy\tremote\t%s\t%s\t-\tname=x\n' "$folder" "$folder"
		done
		printf 'stat\tmsgs=0\nend\t-\t-\t6\n'
		exit 75
	END
	run drive
	[ "$status" -eq 75 ]
	[[ $output == *'ERROR: Copy message UID 1 remote:INBOX -> local:INBOX: no space'* ]]
	[[ $output == *'Skipped: flags message UID 4 remotely on INBOX: changed meanwhile'* ]]
	[ "$(grep -c 'Skipped: changes for INBOX.remote.: the server takes nothing more' <<<"$output")" -eq 1 ]
	[[ $output == *'4 skipped, 1 failed'* ]]
	# even if sync-apply forgets to say so itself
	sed -i 's/exit 75/exit 0/' "$FAKE/sync-apply"
	run drive -u quiet
	[ "$status" -eq 1 ]
	[ ${#lines[@]} -eq 3 ]
}

@test "what is kept, in words, and the status that it makes" {
	work
	lines plan 'plan 1 account=test' 'keep both Box Box - now=6 saved=5 why=uidvalidity' \
		'keep remote INBOX INBOX 5:1 why=maxdelete' 'keep remote INBOX INBOX 5:2 why=maxdelete'
	run drive -u quiet
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == 'UID validity problem for folder Box (repo remote) (saved 5; got 6); skipping it. '* ]]
	[[ ${lines[1]} == 'Keeping 2 messages on INBOX[remote]: '*--allow-delete* ]]
	lines plan 'plan 1 account=test' 'keep both Box Box - text=no%20luck why=failed' \
		'keep remote In In - name=b why=nul' 'keep remote In In - name=a:2,S why=nul'
	run drive -u quiet
	[ "$status" -eq 1 ]
	[[ ${lines[0]} == 'Skipping folder Box[remote]: '*': no luck' ]]
	[[ ${lines[1]} == 'Keeping 2 messages only in In[local]: '*'NUL'*': b, a:2,S' ]]
	# many names: the first of them
	for i in {1..99}; do echo "keep remote In In - name=17000000.$i.host why=empty"; done >some
	mapfile -t some <some
	lines plan 'plan 1 account=test' "${some[@]}"
	run drive -u quiet
	[[ $output == 'Keeping 99 messages only in In[local]: '*': 17000000.1.host, '*.host' and '*' more' ]]
	# what sync-pair leaves alone is told also when there is nothing else to do
	lines pairs 'listing 1 account=test' 'keep local ../x ../x - why=name-dots' \
		'keep remote a//b a..b - why=name-dots' 'note % text=half-made' 'note - folders=9 kept=4'
	run drive
	[ "$status" -eq 0 ]
	[[ $output == *'Skipping folder ../x[remote]: '*'Skipping folder a..b[local]: '*'6 kept'* ]]
	[[ $output == *"$HOME/Mail: half-made"* ]]
}

@test "sessions: one is lent, given back with its card, and lent again" {
	work
	asks imap-list-H get ask put
	asks imap-list get ask ask put
	asks imap-fetch get ask put
	run drive
	[ "$status" -eq 0 ]
	same "$(<"$FAKE/cards")" $'fresh=1\ntag=1\ntag=1'
	[ "$(wc -l <"$FAKE/connects")" -eq 1 ]
	[ "$(wc -l <"$FAKE/ended")" -eq 1 ]
	[[ $output == *'; 4 turns, 1000 B down, 100 B up'* ]]
}

@test "sessions: never more than maxconnections; who waits gets one when it is free" {
	work
	write_conf 'remote:maxconnections = 1'
	asks imap-list get mark first hold 0.4 put
	asks imap-fetch await first get ask put
	drive
	[ "$(wc -l <"$FAKE/connects")" -eq 1 ]
	# two at once
	write_conf 'remote:maxconnections = 2'
	rm "$FAKE"/connects "$FAKE"/first
	asks imap-list get mark first await second put
	asks imap-fetch await first more mark second ask put
	timeout 120 "$BIN/offlineimap" -o
	[ "$(wc -l <"$FAKE/connects")" -eq 2 ]
	# -1 is one, whatever the configuration says
	rm "$FAKE"/connects "$FAKE"/first "$FAKE"/second
	asks imap-list get mark first hold 0.4 put
	drive -1
	[ "$(wc -l <"$FAKE/connects")" -eq 1 ]
}

@test "sessions: who is patient gets the one that another tool has, with no login" {
	work
	write_conf 'remote:maxconnections = 2'
	asks imap-list get mark first hold 0.2 put
	asks imap-fetch await first get ask put
	drive
	[ "$(wc -l <"$FAKE/connects")" -eq 1 ]
	same "$(<"$FAKE/cards")" $'fresh=1\ntag=1'
	# one that will not come back is not waited for
	rm "$FAKE"/connects "$FAKE"/first
	asks imap-list get mark first hold 0.2 drop
	drive
	[ "$(wc -l <"$FAKE/connects")" -eq 2 ]
}

@test "sessions: one that a tool closed, or died with, is gone; the next gets another" {
	work
	asks imap-list-H get ask drop
	asks imap-list get ask put
	run drive
	[ "$status" -eq 0 ]
	same "$(<"$FAKE/cards")" $'fresh=1\nfresh=1'
	tool imap-list <<-'END'
		"$BIN/asks" get mark got die </dev/null
		exec cat
	END
	asks sync-apply await got get ask put
	rm "$FAKE/cards"
	run timeout 120 "$BIN/offlineimap" -o -u quiet
	same "$(<"$FAKE/cards")" $'fresh=1\nfresh=1\nfresh=1'
}

@test "no session: the reason once, its status, and every tool is told" {
	work
	tool imap-connect <<-'END'
		printf '* BYE no\r\n'
		echo "imap-connect: All authentication types failed: LOGIN said NO" >&2
		exit 1
	END
	asks imap-list-H get
	run drive
	[ "$status" -eq 1 ]
	[ "$(grep -c 'authentication types failed' <<<"$output")" -eq 1 ]
	[[ $output == *'nothing done'* && $output != *'cut off'* ]]
	sed -i 's/exit 1/exit 75/' "$FAKE/imap-connect"
	run drive -u quiet
	[ "$status" -eq 75 ]
	[ ${#lines[@]} -eq 1 ]
	# killed before it could say a word
	tool imap-connect <<<'kill -9 $$'
	run drive -u quiet
	[ "$status" -eq 75 ]
	[[ $output == *'imap-connect (account test) was killed by signal 9'* ]]
	rm "$FAKE/imap-connect"
	cp -R "$BIN" bin
	rm bin/imap-connect
	BIN=$HOME/bin PATH=/usr/bin:/bin run drive -u quiet
	[ "$status" -eq 1 ]
	[[ $output == 'imap-connect: cannot be started: No such file or directory' ]]
}

@test "sessions: a second one that is refused leaves the first in use" {
	work
	write_conf 'remote:maxconnections = 2'
	tool imap-connect <<-'END'
		mkdir "$FAKE/one" 2>/dev/null && exec "$BIN/echoes" "$@"
		echo "imap-connect: too many connections" >&2
		echo >"$FAKE/refused"
		exit 75
	END
	asks imap-list get mark first await refused hold 0.2 put
	asks imap-fetch await first more ask put
	run drive -u quiet
	[ "$status" -eq 0 ]
	same "$output" 'imap-connect: too many connections'
	same "$(<"$FAKE/cards")" $'fresh=1\ntag=1'
}

@test "the password goes through a pipe, not by arguments or environment" {
	work
	tool imap-connect <<-'END'
		env >"$FAKE/env"
		exec "$BIN/echoes" "$@"
	END
	asks imap-list-H get put
	drive -k Repository_remote:remotepass=other -d chain >out 2>err
	same "$(<"$FAKE/password")" other
	[ "$(cat "$FAKE/calls" "$FAKE/env" out err | grep -c 'other\|secret')" -eq 0 ]
}

@test "probes: a second round for the folders asked about, without their heads" {
	work
	lines pairs 'listing 1 account=test' 'create local New New' 'pair New New fmd5=y maxdelete=- rules=%' \
		'folder r New New kind=head' 'pair INBOX INBOX fmd5=x maxdelete=50,50 rules=%' \
		'folder s INBOX INBOX kind=head' 'folder r INBOX INBOX kind=head' 'note - folders=2'
	lines plan.1 'plan 1 account=test' 'probe remote INBOX INBOX 5:7' 'probe remote INBOX INBOX 5:10' \
		'keep both INBOX INBOX 5:3 why=readonly' 'copy local New New 8:1'
	lines plan.2 'plan 1 account=test' 'keep both INBOX INBOX 5:3 why=readonly' 'copy local INBOX INBOX 5:7'
	run drive
	[ "$status" -eq 0 ]
	same "$(<"$FAKE/planned.2")" $'listing\t1\taccount=test
pair\tINBOX\tINBOX\tfmd5=x\tmaxdelete=50,50\trules=%
probe\tremote\tINBOX\tINBOX\t5:10\nprobe\tremote\tINBOX\tINBOX\t5:7\nend\t-\t-\t4'
	[ ! -e "$FAKE/planned.3" ]
	# what two rounds keep is counted once
	[[ $output == *'2 new, 1 kept;'* ]]
	# a dry run plans all of it anew, and shows that plan alone
	rm "$FAKE"/planned.*
	drive --dry-run -u plan | diff -u "$FAKE/plan.2" -
	same "$(<"$FAKE/planned.2")" "$(sed 's/\t8$/\t10/; /^note/i\
probe\tremote\tINBOX\tINBOX\t5:10\nprobe\tremote\tINBOX\tINBOX\t5:7' "$FAKE/pairs")"
}

@test "probes: a planner that never has enough is stopped" {
	work
	for n in 1 2 3 4; do lines "plan.$n" 'plan 1 account=test' "probe remote INBOX INBOX 5:$n"; done
	run drive -u quiet
	[ "$status" -eq 75 ]
	[[ $output == *'still open'* ]]
	[ -e "$FAKE/planned.3" ] && [ ! -e "$FAKE/planned.4" ]
	# the same question again is no new one: it will not be answered
	rm "$FAKE"/planned.* "$FAKE"/plan.*
	lines plan 'plan 1 account=test' "probe remote INBOX INBOX 5:1"
	run drive -u quiet
	[ ! -e "$FAKE/planned.3" ]
	[ "$status" -eq 75 ]
	[[ $output == *'still open'* ]]
	# deletions that wait for it are tried as often as that, and are told of once, at the end
	rm "$FAKE"/planned.*
	lines plan 'plan 1 account=test' 'probe remote INBOX INBOX 5:1' 'delete remote INBOX INBOX 5:2 was=%'
	tool sync-apply <<-'END'
		exec awk '/^(probe|delete)/ { printf "skip=needs%%20another%%20listing\t" } { print }'
	END
	run drive -u basic
	echo "$output"
	[ "$status" -eq 75 ]
	[ -e "$FAKE/planned.3" ] && [ ! -e "$FAKE/planned.4" ]
	[ "$(grep -c 'needs another listing' <<<"$output")" -eq 1 ]
}

@test "probes: once a session broke there is no second round; the next run asks" {
	work
	lines plan.1 'plan 1 account=test' 'probe remote INBOX INBOX 5:7'
	lines plan.2 'plan 1 account=test'
	local end
	# closed, kept to the tool's end, and ended by the server before that
	for end in drop '' 'await over hold 0.2'; do
		[ "$end" = "${end#await}" ] || tool imap-connect <<-'END'
			printf '* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n'
			read -r line
			printf 'x\r\n'
			echo >"$FAKE/over"
		END
		asks sync-apply get ask $end
		run drive -u quiet
		[ "$status" -eq 75 ]
		[[ $output == *'still open'* ]]
		[ -e "$FAKE/planned.1" ] && [ ! -e "$FAKE/planned.2" ]
		rm "$FAKE"/planned.*
	done
	rm "$FAKE/imap-connect"
	asks sync-apply get ask put
	run drive -u quiet
	[ "$status" -eq 0 ]
	[ -e "$FAKE/planned.2" ]
}

# A run that waits in phase $1 for a tool that sleeps, and may be deaf to TERM; its pid in $pid.
sleeping() {
	work
	tool "$1" <<-END
		${2:+trap '' TERM}
		echo \$\$ >"\$FAKE/asleep"
		exec sleep 60
	END
	"$BIN/offlineimap" -o -u quiet >out 2>&1 3>&- &
	pid=$!
	while [ ! -s "$FAKE/asleep" ]; do nap; done
}

gone() { ! kill -0 "$(<"$FAKE/asleep")" 2>/dev/null; }

@test "a signal ends the tools, then the run: 75 and a word" {
	for sig in INT TERM HUP; do
		rm -f "$FAKE/asleep"
		sleeping maildir-scan
		kill -"$sig" $pid
		status=0
	wait $pid || status=$?
	[ "$status" -eq 75 ]
		grep 'ERROR: interrupted' out
		[ "$(wc -l <out)" -eq 1 ]
		gone
	done
}

@test "asked twice, the run kills what does not listen" {
	sleeping sync-apply deaf
	kill -TERM $pid
	sleep 0.2
	kill -0 "$(<"$FAKE/asleep")"
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 75 ]
	gone
}

@test "the driver is killed: its tools end, and the lock outlives it in sync-apply" {
	sleeping sync-apply deaf
	kill -KILL $pid
	run wait $pid
	# a stubborn sync-apply still holds the lock of its dead driver
	kill -0 "$(<"$FAKE/asleep")"
	run drive -u quiet
	[ "$status" -eq 75 ]
	[[ $output == 'ERROR: Could not lock account test. Is another instance using this account?' ]]
	kill -KILL "$(<"$FAKE/asleep")"
	rm "$FAKE/sync-apply" "$FAKE/planned.1"
	drive -u quiet
	rm "$FAKE/asleep"
	sleeping imap-list
	kill -KILL $pid
	run wait $pid
	for i in {1..1500}; do kill -0 "$(<"$FAKE/asleep")" 2>/dev/null || break; nap; done
	[ "$i" -lt 1500 ]
}

@test "two accounts: each on its own, the worst status counts" {
	cat >>"$HOME/.offlineimaprc" <<-END
		[Account two]
		localrepository = local
		remoterepository = remote
		[Account lost]
		localrepository = local
		remoterepository = nowhere
	END
	tool sync-pair <<-'END'
		cat >/dev/null
		case $* in *two*) echo "sync-pair: two is odd" >&2; exit 1 ;; esac
		cat "$FAKE/pairs"
	END
	run drive -a 'two, test'
	[ "$status" -eq 1 ]
	[[ $output == *'sync-pair: two is odd'*"Finished account 'two'"*'nothing changed'*"Finished account 'test'"* ]]
	run drive -a lost,test,two -u quiet
	[ "$status" -eq 2 ]
	[[ $output == *nowhere* && $output == *'two is odd'* ]]
	run drive -a nobody
	[ "$status" -eq 1 ]
	[[ $output == *nobody* ]]
}

@test "user interfaces by their old names, and one that nobody knows" {
	for ui in ttyui Blinkenlights Curses.Blinkenlights machineui Noninteractive.Basic; do
		run --separate-stderr drive -u "$ui"
		[ "$status" -eq 0 ]
		[[ $output == *'user interface'* && ${output#*user interface} != *'user interface'* ]]
		[[ $output == *'Processing account'* ]]
	done
	run drive -u syslog
	[[ $output == 'the user interface "syslog" is not in this build: quiet is used' ]]
	run drive -u telepathy
	[ "$status" -eq 1 ]
	[[ $output == *telepathy* ]]
}

@test "user interfaces of the configuration: the first of a list that there is, else a warning, never an end" {
	# what is used is told by what is printed: a word, the plan, or nothing
	for row in 'quiet||' 'Noninteractive.Quiet||' 'plan||*plan*account=test*' \
		'ttyui, basic||*Processing*' 'telepathy, Curses.Blinkenlights ,quiet||' \
		'syslog|"syslog" is not in this build: quiet is used|' \
		'telepathy, machineui|"telepathy, machineui" is not in this build: basic is used|*Processing*' \
		'telepathy|there is no user interface "telepathy": basic is used|*Processing*'; do
		IFS='|' read -r names warning words <<<"$row"
		write_conf "general:ui = $names"
		run --separate-stderr drive
		echo "$names: $output"
		[ "$status" -eq 0 ]
		said=0 rest=
		for line in "${lines[@]}"; do
			if [[ $line == *"option 'ui': "* ]]; then said=$((said + 1)); else rest+=$line$'\n'; fi
		done
		[ $said -eq $((${#warning} > 0)) ]
		[[ $output == *"$warning"* ]]
		# shellcheck disable=SC2053	# a pattern
		[[ $rest == $words ]]
	done
	# -u counts, and then nothing is said of the option
	run drive -u quiet
	same "$output" ''
}

@test "options that do nothing are said so; those that this build lacks stop it" {
	run drive -q -s -P dir --ignore-keyring -d thread,nonsense
	[ "$status" -eq 0 ]
	[[ $output == *-q:* && $output == *-s:* && $output == *-P:* && $output == *nonsense* ]]
	for o in --info --delete-folder=X --migrate-fmd5-using-nametrans --mbnames-prune --update-keyring --inf; do
		run drive "$o"
		[ "$status" -eq 2 ]
		[[ $output == *'this build'* ]]
	done
}

@test "-l appends a log with dates; its level is the interface's" {
	echo old >log
	drive -l log
	head -1 log | grep -x old
	grep -xE '[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} INFO: \*\*\* Processing account test' log
	tool sync-pair <<<'echo "sync-pair: trouble" >&2; exit 1'
	run drive -u quiet -l log2
	grep -xE '.* ERROR: sync-pair: trouble' log2
	[ "$(wc -l <log2)" -eq 1 ]
	run drive -l /nonexistent/log
	[ "$status" -eq 1 ]
	[[ $output == *'/nonexistent/log: No such file'* ]]
}

@test "-d chain: the pipe with all arguments, quoted; tools in PATH by name" {
	drive -d chain -f "a b,it's" -k 'Repository_local:folders=a b' -k Repository_remote:remotepass=x \
		--allow-delete -c "$HOME/.offlineimaprc" 2>err
	same "$(tr '|' '\n' <err | wc -l)" 10
	PATH=$BIN:/usr/bin:/bin drive -d chain -f "a b,it's" -k 'Repository_local:sep=.' 2>err
	same "$(<err)" "sync-state -a test -k Repository_local:sep=. -H | imap-list -a test -k Repository_local:sep=. -H | maildir-scan -a test -k Repository_local:sep=. -H | sync-pair -a test -k Repository_local:sep=. -f 'a b,it'\\''s' | sync-state -a test -k Repository_local:sep=. | imap-list -a test -k Repository_local:sep=. | maildir-scan -a test -k Repository_local:sep=. | sync-plan -a test -k Repository_local:sep=. | imap-fetch -a test -k Repository_local:sep=. | sync-apply -a test -k Repository_local:sep=."
}

@test "-d chain: a later round is shown with what goes in, so that it can be repeated" {
	work
	sed -i 's/fmd5=x/fmd5=%25\\x/' "$FAKE/pairs"
	lines plan.1 'plan 1 account=test' 'probe remote INBOX INBOX 5:7'
	lines plan.2 'plan 1 account=test'
	drive -d chain 2>err
	[ "$(wc -l <err)" -eq 2 ]
	sh -c "$(sed -n '2s/ | .*//p' err)" | diff -u "$FAKE/planned.2" -
	# a dry run: what is no comment gives the plan that was shown
	rm "$FAKE"/planned.*
	drive --dry-run -d chain 2>err
	[ "$(grep -c '^#' err)" -eq 1 ] && [ "$(wc -l <err)" -eq 2 ]
	cp "$FAKE/planned.2" "$HOME/fed"
	rm "$FAKE"/planned.*
	sh err >plan
	diff -u fed "$FAKE/planned.1"
}

@test "standard output that cannot be written is an error" {
	run sh -c '"$0" -o >/dev/full' "$BIN/offlineimap"
	[ "$status" -eq 1 ]
	[[ $output == *'standard output'* ]]
}

@test "offlineimap-records(5) has every verb and key that the tools take" {
	local page=$ROOT/man/offlineimap-records.5 text line word verb keys key
	local -A begins=() words=()
	text=$(mandoc -T utf8 "$page" | col -b)
	while read -r line; do
		[[ ! $line =~ ^[a-z0-9_]+ ]] || begins[${BASH_REMATCH[0]}]=1
		for word in ${line//[^A-Za-z0-9_]/ }; do words[$word]=1; done
	done <<<"$text"
	# an entry may take two lines: "verb", positionals, "keys " "more keys "
	sed -n '/ shapes\[\] = {/,/^};/p' "$ROOT/lib/base/shape.c" | tr -d '\n' |
		grep -oE '\{ "[a-z]+", [0-9], [^}]*\}' | sed 's/", [0-9], "/ /; s/[{}"]//g' >verbs
	[ "$(wc -l <verbs)" -ge 20 ]
	while read -r verb keys; do
		[ -n "${begins[$verb]:-}" ] || { echo "no verb $verb"; return 1; }
		for key in $keys; do
			[ -n "${words[$key]:-}" ] || { echo "$verb: no key $key"; return 1; }
		done
	done <verbs
}
