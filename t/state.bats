# sync-state: the tool, on states made by t/unit/state_stream.c.
bats_require_minimum_version 1.5.0
load lib

setup() {
	t_setup
	write_conf
	STATE=$META/Account-test/state
	TAB=$'\t'
}

sample() { "$BUILD/unit/state_stream" sample "$STATE" test; }
filled() { "$BUILD/unit/state_stream" fill "$STATE" test "$1"; }

# A stream of pairs: lines with blanks for TABs, framed by listing and end.
pairs() {
	local line n=1
	printf 'listing\t1\taccount=test\n'
	for line; do
		printf '%s\n' "${line// /$TAB}"
		n=$((n + 1))
	done
	printf 'end\t-\t-\t%d\n' "$n"
}

# rows LINE...: what the tool makes of such a stream, in "out".
rows() {
	pairs "$@" >in
	sync-state <in >out
}

# is FILE < what is in it, with blanks for TABs
is() {
	local got want
	got=$(<"$1")
	IFS= read -rd '' want || :
	same "${got//$TAB/ }" "${want%$'\n'}"
}

@test "state: heads of no state, and nothing is made" {
	run -0 sync-state -H
	same "$output" "listing${TAB}1${TAB}account=test
end${TAB}s${TAB}-${TAB}0
end${TAB}-${TAB}-${TAB}2"
	[ ! -e "$META" ]
}

@test "state: heads, sorted, with FolderValidity, without reading standard input" {
	sample
	mkdir -p "$META/Repository-remote/FolderValidity"
	echo 42 >"$META/Repository-remote/FolderValidity/INBOX"
	echo junk >"$META/Repository-remote/FolderValidity/bare"
	sync-state -a test -H <&- >out
	is out <<-'END'
		listing 1 account=test
		folder s A%20b/%C3%A4 A%20b.%C3%A4 count=3 gen=1 intents=0 kept=0 kind=head new=2:6:7:8 next=8 rows=0 rules=lreadonly,rnodelete validity=42
		folder s INBOX % count=3 cur=2:3:4:5 fv=42 gen=1 intents=2 kept=1 kind=head modseq=99 new=2:6:7:8 next=8 rows=2 rules=% validity=42
		folder s bare bare gen=1 intents=0 kept=0 kind=head rows=0
		end s - 3
		end - - 5
	END
}

@test "state: rows of the pairs named, in place" {
	sample
	rows 'create remote new new' 'pair new new fmd5=x rules=%' \
		'pair INBOX % rules=%' 'folder s INBOX % kind=head gen=1' \
		'folder r INBOX % kind=head next=9' 'probe remote INBOX % 42:7' \
		'keep both other other - why=vanished-remote' \
		'pair A%20b/%C3%A4 A%20b.%C3%A4' 'forget both gone gone -' 'note x text=y'
	is out <<-'END'
		listing 1 account=test
		create remote new new
		pair new new fmd5=x rules=%
		folder s new new gen=0 intents=0 kept=0 kind=none rows=0
		end s new 0
		pair INBOX % rules=%
		folder s INBOX % kind=head gen=1
		folder r INBOX % kind=head next=9
		probe remote INBOX % 42:7
		folder s INBOX % count=3 cur=2:3:4:5 gen=1 intents=2 kept=1 kind=full modseq=99 new=2:6:7:8 next=8 rows=2 rules=% validity=42
		m s 42:2 date=1700000000 dig=00000000000000000000000000000000 flags=FS name=100_0.1.h,U=2 size=10
		m s 42:7 flags=% kept=expunge
		intent s - date=1700000001 gen=1 kept=refused name=a%20no next=42:8 size=55
		intent s - date=1700000001 dig=00000000000000000000000000000000 gen=1 name=new%20one next=42:8 size=55
		end s INBOX 2
		keep both other other - why=vanished-remote
		pair A%20b/%C3%A4 A%20b.%C3%A4
		folder s A%20b/%C3%A4 A%20b.%C3%A4 count=3 gen=1 intents=0 kept=0 kind=full new=2:6:7:8 next=8 rows=0 rules=lreadonly,rnodelete validity=42
		end s A%20b/%C3%A4 0
		forget both gone gone -
		note x text=y
		end - - 21
	END
}

@test "state: rows without a state are none, and nothing is made" {
	rows 'pair INBOX INBOX'
	is out <<-'END'
		listing 1 account=test
		pair INBOX INBOX
		folder s INBOX INBOX gen=0 intents=0 kept=0 kind=none rows=0
		end s INBOX 0
		end - - 4
	END
	[ ! -e "$META" ]
}

@test "state: a folder with another partner fails for itself" {
	sample
	rows 'pair INBOX INBOX' 'pair bare bare'
	[[ $(grep kind=failed out) == *'so%20far%20INBOX%20went%20with%20local%20""'* ]]
	[ "$(grep -c kind=failed out)" -eq 1 ]
	grep "bare${TAB}gen=1.*kind=full" out
	mapfile -t lines <out
	[ "${lines[-1]}" = "end${TAB}-${TAB}-${TAB}7" ]
}

@test "state: more rows than one piece, in order, counted" {
	filled 2500
	rows 'pair big big'
	same "$(grep -c "^m${TAB}s" out)" 2500
	same "$(sed -n 's/^m\ts\t1700000000:\([0-9]*\)\t.*/\1/p' out)" "$(seq 2500)"
	mapfile -t lines <out
	[ "${lines[-2]}" = "end${TAB}s${TAB}big${TAB}2500" ]
	[ "${lines[-1]}" = "end${TAB}-${TAB}-${TAB}2504" ]
}

@test "state: rows as sets, where the disk has the state's head and that says all" {
	local head='cur=1:2:3:4 kind=head new=1:5:6:7' rules='rules=allowdelete,noexpunge' n all line other
	"$BUILD/unit/state_stream" heads "$STATE" test
	block() {	# FOLDER HEAD RULES [LINE]: the state's block, in the file "block"
		rows "pair $1 $1 $3" "folder l $1 $1 $2" "folder r $1 $1 kind=head" "${4-probe remote $1 $1 42:1}"
		sed '1,5d; $d; s/\t/ /g' out >block
	}
	singly() {	# BLOCK...: each of the five rows is told
		block "$@"
		[ "$(grep -c '^m s' block)" -eq 5 ]
	}
	block plain "$head" "$rules"
	is block <<-'END'
		folder s plain plain count=5 cur=1:2:3:4 gen=1 intents=0 kept=0 kind=sets modseq=99 new=1:5:6:7 next=9000 rows=5 rules=noexpunge validity=42
		rows s 42:1:5
		end s plain 5
	END
	block kept "$head" "$rules"
	same "$(sed 1d block)" 'm s 42:3 flags=DF kept=expunge
rows s 42:1:2,4:5
end s kept 5'
	block empty "$head" "$rules"
	[[ $(<block) == 'folder s empty empty '*$'\nend s empty 0' && $(<block) != *$'\n'*$'\n'* ]]
	# many ranges: lines that are not long, and every row once
	block odd "$head" "$rules"
	mapfile -t lines <block
	n=0 all=
	for line in "${lines[@]}"; do
		[[ $line == rows* ]] || continue
		[ ${#line} -lt 4100 ]
		n=$((n + 1)) all+=${all:+,}${line#rows s 42:}
	done
	[ "$n" -gt 2 ]
	same "$all" "$(seq -s, 1 2 4999)"
	[ "${lines[-1]}" = 'end s odd 2500' ]
	# and nowhere else
	singly named "$head" "$rules"
	singly open "$head" "$rules"
	for other in 'cur=1:2:3:5 kind=head new=1:5:6:7' 'cur=1:2:3:4 kind=head new=9:5:6:7' \
		'cur=1:2:3:4 kind=head' 'kind=head'; do
		singly plain "$other" "$rules"
	done
	singly plain "$head" rules=%
	for other in 'probe local plain plain - name=n1' 'probe both plain plain -'; do
		singly plain "$head" "$rules" "$other"
	done
	# the head of the pair before is not this one's
	rows "pair odd odd $rules" "folder l odd odd $head" "pair plain plain $rules"
	[ "$(grep -c "^m${TAB}s" out)" -eq 5 ]
	pairs "pair plain plain $rules" "folder l plain plain cur=x kind=head" >in
	run -1 --separate-stderr sync-state <in
	[[ $stderr == *'a bad head'* ]]
	pairs "pair plain plain $rules" "rows s 42:1:5" >in
	run -1 --separate-stderr sync-state <in
	[[ $stderr == *'in it already'* ]]
}

@test "state: a stream that is cut, foreign or not of pairs is refused" {
	pairs 'pair INBOX INBOX' >whole
	while IFS='|' read -r status text command; do
		echo "# $command"
		eval "$command" >in
		run -"$status" --separate-stderr sync-state <in
		[[ $stderr == *"$text"* ]]
		[[ $output != *"end${TAB}-"* ]] || [ "$text" = "something follows" ]
	done <<-'END'
		1|the listing is cut off|head -n 2 whole
		1|the listing is cut off|head -n 1 whole
		1|the listing is cut off|true
		1|cut off (no line feed)|head -c -1 whole
		1|counts other lines|sed 2d whole
		1|something follows|cat whole whole
		1|no listing of format 1|sed 1d whole
		1|no listing of format 1|sed 1s/1/2/ whole
		2|of account other|sed s/=test/=other/ whole
		1|unknown verb|sed s/pair/pear/ whole
		1|a pair needs both names|pairs "pair INBOX -"
		1|in it already|sync-state <whole
	END
}

@test "state: usage" {
	run -0 --separate-stderr sync-state -h
	[[ $output == usage:* && -z $stderr ]]
	run -2 --separate-stderr sync-state INBOX
	[[ -z $output && $stderr == usage:* ]]
	run -2 --separate-stderr sync-state -x
	[[ $stderr == *usage:* ]]
	run -2 --separate-stderr script -qec 'sync-state' /dev/null </dev/null
	run -1 --separate-stderr sync-state -H -a nobody
	[[ $stderr == sync-state:* ]]
}

@test "state: a full disk at the end of the pipe is an error" {
	filled 10
	pairs 'pair big big' >in
	full() { sync-state "$@" <in >/dev/full; }
	run -1 --separate-stderr full
	[[ $stderr == "sync-state: standard output: No space left on device" ]]
	run -1 --separate-stderr full -H
	[[ $stderr == *"No space left"* ]]
}

@test "state: another account's and a broken one are refused with the remedy" {
	"$BUILD/unit/state_stream" sample "$STATE" other
	run -1 --separate-stderr sync-state -H
	[[ $stderr == *"belongs to account other, not to test; move the directory away"* ]]
	rm -r "$STATE"
	sample
	head -c 8192 /dev/urandom | dd of="$STATE/data.mdb" conv=notrunc status=none
	run -1 --separate-stderr sync-state -H
	[[ $stderr == *"move the directory away: mail that is equal on both sides is paired again, nothing is lost"* ]]
	[ -z "$output" ]
}

@test "state: a read-only file system is read without a lock file" {
	sample
	rm "$STATE/lock.mdb"
	sync-state -H >want
	rm "$STATE/lock.mdb"
	# shellcheck disable=SC2016
	unshare -Urm sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" &&
		! touch "$1/x" 2>/dev/null && sync-state -H' sh "$META" >out
	diff -u want out
	[ ! -e "$STATE/lock.mdb" ]
}

@test "state: a full disk while writing is told, and what was committed stays" {
	# shellcheck disable=SC2016
	unshare -Urm sh -c '
		mkdir small && mount -t tmpfs -o size=256k none small &&
		"$1" sample small/s A && ! "$1" fill small/s A 20000 >err &&
		"$1" sample small/s A' sh "$BUILD/unit/state_stream" || { cat err; false; }
	grep "No space left on device; make room and run again" err
}

@test "state: the manual's lint" {
	mandoc -Tlint -Wwarning "$ROOT/man/sync-state.1"
}
