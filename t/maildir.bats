# maildir-scan: heads, listings, proofs, and what may lie in a Maildir.
bats_require_minimum_version 1.5.0
load lib

setup() {
	t_setup
	write_conf
}

# A record: its fields.
r() {
	local IFS=$'\t'
	printf '%s\n' "$*"
}

# A stream: the records on standard input, and the end that counts them.
stream() {
	local all
	mapfile -t all
	printf '%s\n' "${all[@]}" $'end\t-\t-\t'${#all[@]}
}

# A folder with cur, new and tmp.
folder() {
	local f all=()
	for f; do all+=("$MAILDIR/$f"/{cur,new,tmp}); done
	mkdir -p "${all[@]}"
}

# The stream of one pair; more records of it on standard input.
pair() {
	local all
	mapfile -t all
	r listing 1 account=test
	r pair "$1" "$1" "fmd5=${2:-%}" maxdelete=50,50 "rules=${3-%}"
	printf '%s\n' "${all[@]}" $'end\t-\t-\t'$((${#all[@]} + 2))
}

heads() {
	local all
	mapfile -t all
	printf '%s\n' $'listing\t1\taccount=test' "${all[@]}" $'end\t-\t-\t'$((${#all[@]} + 1)) >"$BATS_TEST_TMPDIR/in"
	"${AS[@]}" maildir-scan -H -a test <"$BATS_TEST_TMPDIR/in"
}
# The listing of one folder about which nothing is known.
list() {
	pair "$@" </dev/null >"$BATS_TEST_TMPDIR/in"
	"${AS[@]}" maildir-scan -a test <"$BATS_TEST_TMPDIR/in"
}
AS=()
# The listing of a folder whose records stand on standard input, as "run" says it.
listed() {
	pair "$@" >"$BATS_TEST_TMPDIR/in"
	run -0 maildir-scan -a test <"$BATS_TEST_TMPDIR/in"
}

# A home for somebody whom permissions stop, with the tool in it, and all run as him; own_home
# gives him what was made there.
nobodys_home() {
	[ "$(id -u)" -ne 0 ] || AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	OPEN=$(mktemp -d /tmp/maildir.XXXXXX)
	chmod 755 "$OPEN"
	cp "$BUILD/bin/maildir-scan" "$OPEN/"
	sed "s|$HOME|$OPEN|" "$HOME/.offlineimaprc" >"$OPEN/.offlineimaprc"
	HOME=$OPEN MAILDIR=$OPEN/Mail PATH=$OPEN:$PATH
	mkdir "$MAILDIR"
}

own_home() {
	[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$OPEN"
}

teardown() {
	if [ -n "${OPEN:-}" ]; then
		chmod -R u+rwx "$OPEN"
		rm -rf "$OPEN"
	fi
	t_teardown
}

@test "maildir-scan: usage, errors of the configuration, a full disk" {
	run -0 --separate-stderr maildir-scan -h
	[[ $output == usage:* ]]
	run -2 maildir-scan -Q
	run -2 maildir-scan -a test operand
	run maildir-scan -H -a nobody </dev/null
	[ "$status" -ne 0 ] && [[ $output == maildir-scan:*nobody* ]]
	folder INBOX
	r listing 1 account=test | stream >in
	full() { maildir-scan -H -a test <in >/dev/full; }
	run -1 full
	[[ $output == *"standard output: No space left"* ]]
}

@test "maildir-scan: heads by hand on a terminal" {
	folder INBOX
	run -0 script -qec 'maildir-scan -H -a test' /dev/null
	[[ $output == *account=test*INBOX* ]]
	run -2 script -qec 'maildir-scan -a test' /dev/null
	[[ $output == *"standard input is a terminal"* ]]
}

@test "maildir-scan: heads are sorted, counted, and old enough" {
	folder b a .Sent 'with space' INBOX
	mkdir "$MAILDIR/plain" "$MAILDIR/plain/sub"
	echo x >"$MAILDIR/file"
	mkdir -p away/{cur,new,tmp}
	ln -s "$PWD/away" "$MAILDIR/link"
	ln -s . "$MAILDIR/loop"
	run -0 heads </dev/null
	same "$output" "$({
		r listing 1 account=test
		r tree l full 6 sep=.
		for f in .Sent INBOX a b link with%20space; do r folder l - "$f" kind=head; done
		r end l - 6
	} | stream)"
	sleep 2.1
	# Nothing was touched: now each of them can be stored.
	run -0 heads </dev/null
	[ "$(grep -cE $'^folder\tl\t-\t[^\t]+\tcur=[0-9]+:[0-9]+:[0-9]+:[0-9]+\tkind=head\tnew=[0-9:]+$' <<<"$output")" -eq 6 ]
	touch "$MAILDIR/a/cur/x"
	run -0 heads </dev/null
	[[ $output == *$'\ta\tkind=head\tnew='* ]]
	# An mtime that is put back does not make the directory old.
	touch -d '2001-01-01' "$MAILDIR/a/cur"
	run -0 heads </dev/null
	[[ $output == *$'\ta\tkind=head\tnew='* ]]
}

@test "maildir-scan: nested folders, links that lead back" {
	write_conf 'local:sep = /'
	folder a a/b a/b/c plain/x
	ln -s .. "$MAILDIR/a/up"
	ln -s ../../.. "$MAILDIR/a/b/top"
	ln -s self "$MAILDIR/self"
	ln -s /nowhere "$MAILDIR/dangling"
	folder a/cur/no
	run -0 heads </dev/null
	same "$(cut -f1-4 <<<"$output" | grep ^folder)" "$(for f in a a/b a/b/c plain/x; do r folder l - $f; done)"
}

@test "maildir-scan: a link to another folder is left out and told; what the state knows goes first" {
	local sep
	for sep in . /; do
		write_conf "local:sep = $sep"
		rm -rf "$MAILDIR"
		folder b d
		mkdir -p away/{cur,new,tmp}
		ln -s b "$MAILDIR/a"; ln -s b "$MAILDIR/c"
		ln -s "$PWD/away" "$MAILDIR/e"; ln -s "$PWD/away" "$MAILDIR/f"
		run -0 heads </dev/null
		same "$(cut -f1-4 <<<"$output" | grep ^folder)" "$(for f in b d e; do r folder l - $f; done)"
		same "$(grep ^note <<<"$output" | cut -f 1,2)" "$(for f in a c f; do r note $f; done)"
		run -0 heads < <(r folder s f f kind=head)
		same "$(cut -f1-4 <<<"$output" | grep $'^folder\tl')" "$(for f in b d f; do r folder l - $f; done)"
		# a name that the state alone knows stays, with the other as before; of two the link goes
		run -0 heads < <(r folder s a a kind=head)
		same "$(cut -f1-4 <<<"$output" | grep $'^folder\tl')" "$(for f in a b d e; do r folder l - $f; done)"
		run -0 heads < <(r folder s a a kind=head; r folder s b b kind=head)
		same "$(cut -f1-4 <<<"$output" | grep $'^folder\tl')" "$(for f in b d e; do r folder l - $f; done)"
	done
}

@test "maildir-scan: a missing or empty root is not an empty Maildir once there were folders" {
	run -0 heads </dev/null
	[[ $output == *$'tree\tl\tfull\t0\tsep=.\nend\tl\t-\t0'* ]]
	r folder s INBOX INBOX count=1 kind=head rows=1 >known
	run -0 heads <known
	[[ $output == *$'tree\tl\tfailed\t0\twhy='*unmounted* && $output == *$'\nend\tl\t-\t0\nend\t-\t-\t4' ]]
	mkdir "$MAILDIR"
	run -0 heads <known
	[[ $output == *$'tree\tl\tfailed\t0\twhy='*empty*unmounted* ]]
	run -0 heads </dev/null
	[[ $output == *$'tree\tl\tfull\t0'* ]]
	# With anything in it, it is mounted: then the folder alone is gone.
	mkdir "$MAILDIR/lost+found"
	run -0 heads <known
	[[ $output == *$'tree\tl\tfull\t0'* ]]
	rm -r "$MAILDIR"
	echo x >"$MAILDIR"
	run -0 heads </dev/null
	[[ $output == *$'tree\tl\tfailed\t0\twhy='* ]]
}

@test "maildir-scan: a half-made folder is told, and is not gone" {
	folder INBOX
	mkdir -p "$MAILDIR"/half/{new,tmp} "$MAILDIR"/begun/tmp
	run -0 heads </dev/null
	[[ $output == *$'tree\tl\tfull\t1\t'* && $output == *$'\nnote\thalf\ttext='*half-made* ]]
	[[ $output != *begun* ]]
	run -0 heads < <(r folder s half half kind=head)
	[[ $output == *$'tree\tl\tfull\t2\t'* && $output == *$'\nfolder\tl\t-\thalf\tkind=head\n'* ]]
	[[ $output != *note* ]]
}

@test "maildir-scan: a directory that cannot be read is told, and is not gone" {
	nobodys_home
	folder INBOX shut up/down
	sed -i '/localfolders/a sep = /' "$HOME/.offlineimaprc"
	mkdir "$MAILDIR/lost+found"
	own_home
	chmod 0 "$MAILDIR/shut" "$MAILDIR/up" "$MAILDIR/lost+found"
	run -0 heads </dev/null
	[[ $output == *$'tree\tl\tfull\t1\t'*$'\nnote\tshut\ttext='*Permission*$'\nnote\tup\t'* ]]
	[[ $output != *lost* ]]
	run -0 heads < <(r folder s shut shut kind=head; r folder s x up/down kind=head
		r folder s y up/down/s/t kind=head; r folder s z upper/s kind=head)
	[[ $output == *$'tree\tl\tfull\t4\t'* ]]
	[[ $output == *$'\nfolder\tl\t-\tshut\tkind=head\nfolder\tl\t-\tup/down\tkind=head\nfolder\tl\t-\tup/down/s/t\tkind=head\nend\tl\t'* ]]
	run -0 list shut
	[[ $output == *$'\nfolder\tl\tshut\tshut\tkind=failed\twhy='*Permission* ]]
	# Permission to enter and not to list: neither is that empty.
	echo hi >"$MAILDIR/INBOX/cur/one"
	chmod 300 "$MAILDIR/INBOX/cur"
	run -0 list INBOX
	[[ $output == *kind=failed* && $output != *$'\nm\t'* ]]
	chmod 700 "$MAILDIR/INBOX/cur"
	chmod 0 "$MAILDIR/INBOX/cur/one"
	run -0 list INBOX
	[[ $output == *$'\nm\tl\t-\tbad=unreadable\tdir=cur\tflags=%\tname=one\nend\tl\tINBOX\t1\n'* ]]
	chmod 0 "$MAILDIR"
	run -0 heads </dev/null
	[[ $output == *$'tree\tl\tfailed\t0\twhy='*Permission* ]]
}

@test "maildir-scan: a stream that is cut off, or counts wrong, is an error" {
	folder INBOX
	pair INBOX </dev/null >whole
	run -0 maildir-scan -a test <whole
	head -n -1 whole >short
	run -1 maildir-scan -a test <short
	[[ $output == *"the listing is cut off"* && $output != *$'end\t-\t-'* ]]
	run -1 maildir-scan -H -a test <short
	[[ $output == *"the listing is cut off"* && $output != *tree* ]]
	sed '$s/[0-9]*$/7/' whole >wrong
	run -1 maildir-scan -a test <wrong
	[[ $output == *"the listing is cut off"* && $output != *$'end\t-\t-'* ]]
	printf %s "$(<whole)" >nolf
	run -1 maildir-scan -a test <nolf
	[[ $output == *"cut off"* ]]
	run -1 maildir-scan -a test </dev/null
	run -1 maildir-scan -a test <<<'nonsense'
}

@test "maildir-scan: a full listing, with sizes as on the wire" {
	folder INBOX
	cd "$MAILDIR/INBOX"
	f5=7e33429f656f1e6e9d79b29c3f82c57e
	printf 'A: b\n\nhello\n' >new/1.2.h
	printf 'A: b\r\n\r\nhello\r\n' >"cur/2.2.h:2,FS"
	printf 'A: b\n\nhello\n' >"cur/3.2.h,U=9,FMD5=$f5:2,PSx"
	printf 'A: b\n\nhello\n' >"cur/4.2.h,U=9,FMD5=${f5/7/8}:2,"
	printf 'A: b\n\nhello\n' >cur/.hidden
	printf 'A: b\n\nhello\n' >tmp/unfinished
	mkdir cur/dir
	touch -d @1000000000 cur/*
	touch -d @1000000001.9 new/*
	dig=$(printf 'A: b\n\nhello\n' | sha256sum | cut -c1-32)
	run -0 list INBOX $f5
	# on a slow day the directories have heads by now
	same "$(grep '^[mf]' <<<"$output" | sed $'s/\t\(cur\|new\)=[^\t]*//g' | sort)" "$({
		r folder l INBOX INBOX kind=full
		r m l - date=1000000001 dig="$dig" dir=new flags=% name=1.2.h size=15
		r m l - date=1000000000 dig="$dig" dir=cur flags=FS name=2.2.h size=15
		r m l - date=1000000000 dig="$dig" dir=cur flags=S name=3.2.h,U=9,FMD5=$f5 size=15 uid=9
		r m l - date=1000000000 dig="$dig" dir=cur flags=% name=4.2.h,U=9,FMD5="${f5/7/8}" size=15
	} | sort)"
	[[ $output == *$'\nend\tl\tINBOX\t4\nend\t-\t-\t8' ]]
	# What the state has need not be read.
	listed INBOX $f5 < <(
		r folder s INBOX INBOX intents=0 kept=0 kind=full rules=%
		r m s 7:1 flags=S name=1.2.h
		r m s 7:9 flags=S name=3.2.h,U=9,FMD5=$f5
		r end s INBOX 2
	)
	[[ $output == *$'\nm\tl\t-\tdir=new\tflags=%\tname=1.2.h\n'* ]]
	[[ $output == *$'\nm\tl\t-\tdir=cur\tflags=S\tname=3.2.h,U=9,FMD5='$f5$'\tuid=9\n'* ]]
	[[ $output == *$'name=2.2.h\tsize=15\n'* ]]
}

@test "maildir-scan: 20,000 files that the state knows: no stat, none opened, none measured" {
	[[ $PATH != *san* ]] || skip 'sanitizers have calls and memory of their own'
	folder INBOX
	{
		printf '%s\n' $'listing\t1\taccount=test' $'pair\tINBOX\tINBOX\tfmd5=%\tmaxdelete=50,50\trules=%'
		r folder s INBOX INBOX cur=1:2:3:4 intents=0 kept=0 kind=full new=1:2:3:5 rules=%
		for ((i = 1; i <= 20000; i++)); do
			: >"$MAILDIR/INBOX/cur/$i.host:2,S"
			printf 'm\ts\t7:%d\tflags=S\tname=%d.host\n' "$i" "$i"
		done
		r end s INBOX 20000
		r end - - 20004
	} >in
	strace -f -o calls maildir-scan -a test <in >out
	[ "$(grep -c '^m	l	' out)" -eq 20000 ]
	[ "$(grep -c '^m	l	.*size=' out)" -eq 0 ]
	[ "$(grep -cE '(stat|open|access)[a-z0-9]*\(.*\.host' calls)" -eq 0 ]
	mapfile calls <calls
	echo "${#calls[@]} calls"
	[ "${#calls[@]}" -lt 2000 ]
	/usr/bin/time -f %M -o kb sh -c 'exec maildir-scan -a test <in >out'
	cat kb
	[ "$(<kb)" -lt 12000 ]
}

@test "maildir-scan: nothing moved is an empty delta, unless something is open" {
	folder INBOX
	echo hi >"$MAILDIR/INBOX/cur/one:2,S"
	sleep 2.1
	eval "$(list INBOX | sed -n 's/^folder.*\tcur=\(.*\)\tkind=full\tnew=\(.*\)/c=\1 n=\2/p')"
	[ -n "$c" ] && [ -n "$n" ]
	# state INTENTS KEPT RULES CUR
	state() {
		r folder s INBOX INBOX cur="${4-$c}" intents="$1" kept="$2" kind=full new="$n" rules="$3"
		r m s 7:1 flags=S name=one
		r end s INBOX 1
	}
	listed INBOX < <(state 0 0 %)
	[[ $output == *$'\nfolder\tl\tINBOX\tINBOX\tcur='$c$'\tkind=delta\tnew='$n$'\nend\tl\tINBOX\t0\n'* ]]
	for rules in allowdelete,noexpunge noexpunge,allowdelete; do
		listed INBOX '' $rules < <(state 0 0 noexpunge)
		[[ $output == *kind=delta* ]]
	done
	listed INBOX '' allowdelete < <(state 0 0 %)
	[[ $output == *kind=delta* ]]
	for open in '1 0 %' '0 1 %' '0 0 noexpunge' "0 0 % 1:2:3:4" '0 0 % -'; do
		# shellcheck disable=SC2086
		listed INBOX < <(state $open)
		[[ $output == *kind=full*$'\nm\tl\t-\tdir=cur\tflags=S\tname=one\n'* ]]
	done
	listed INBOX < <(r probe local INBOX INBOX - name=one; state 0 0 %)
	[[ $output == *kind=full*$'\nm\tl\t-\tdate='*$'name=one\tsize=4\n'* ]]
	mv "$MAILDIR/INBOX/cur/one:2,S" "$MAILDIR/INBOX/cur/one:2,FS"
	listed INBOX < <(state 0 0 %)
	[[ $output == *$'kind=full\tnew='*flags=FS* ]]
}

@test "maildir-scan: rows as sets: the files that the server's block makes matter, without a look" {
	"$BUILD/unit/state_stream" heads "$META/Account-test/state" test
	folder plain kept odd
	local l='folder l F F cur=1:2:3:4 kind=delta new=1:5:6:7' kind
	# scan FOLDER GEN KIND [LINE...]: the block, with what the server says
	scan() {
		local f=$1 gen=$2 kind=$3 n=0 line
		shift 3
		for line; do [[ $line != m* ]] || n=$((n + 1)); done
		{
			r folder s "$f" "$f" cur=1:2:3:4 gen="$gen" intents=0 kept=0 kind=sets new=1:5:6:7 rules=% validity=42
			r rows s 42:1:5
			r end s "$f" 5
			r folder r "$f" "$f" kind="$kind" validity=42
			[ $# -eq 0 ] || printf '%s\n' "${@// /$'\t'}"
			r end r "$f" "$n"
		} >rows
		pair "$f" '' noexpunge <rows >in
		maildir-scan -a test <in >out || return
		sed '1,/^end.r/d; $d; s/\t/ /g' out >got
	}
	scan plain 1 delta
	same "$(<got)" "${l//F/plain}
end l plain 0"
	scan plain 1 delta 'm r 42:4 flags=F' 'm r 42:9 flags=F' 'gone r 42:1:2,7:4294967295'
	same "$(<got)" "${l//F/plain}
m l - flags=D name=n1 uid=1
m l - flags=F name=n2 uid=2
m l - flags=R name=n4 uid=4
end l plain 3"
	for kind in full presence; do
		scan kept 1 $kind 'm r 42:4 flags=F'
		same "$(sed '1d; s/ uid=.*//' got)" 'm l - flags=D name=n1
m l - flags=F name=n2
m l - flags=R name=n4
m l - flags=DR name=n5
end l kept 4'
	done
	# in pieces, and by many ranges
	scan odd 1 full
	[ "$(grep -c '^m l - .* uid=[0-9]*[13579]$' got)" -eq 2500 ]
	tail -n 1 out | grep -x "end	-	-	2509"
	scan odd 1 delta "gone r 42:$(seq -s, 1 4 4999)"
	same "$(sed -n 's/.*uid=//p' got)" "$(seq 1 4 4999)"
	# another generation of the state, or no state: nothing to go on from
	run -75 --separate-stderr scan plain 2 delta 'm r 42:4 flags=F'
	[[ $stderr == *'folder plain: another run changed it'*'run again'* ]]
	[ "$(grep -c ^end.- out)" -eq 0 ]
	rmdir "$MAILDIR/plain/tmp"
	scan plain 1 delta 'm r 42:4 flags=F'
	[[ $(<got) == *kind=failed* ]]
	rm -r "$MAILDIR/plain"
	scan plain 1 delta 'm r 42:4 flags=F'
	same "$(<got)" 'folder l plain plain kind=none
end l plain 0'
	rm -r "$META"
	run -75 --separate-stderr scan kept 1 delta 'm r 42:4 flags=F'
}

@test "maildir-scan: a directory that is not the one of the state's head is told" {
	local dir
	folder a
	# scan CUR NEW: device and inode in the state
	scan() {
		{
			r folder s a a ${1:+cur=$1:0:0} gen=1 intents=0 kept=0 kind=full ${2:+new=$2:0:0} rules=%
			r end s a 0
		} | pair a >in
		maildir-scan -a test <in | sed -n $'s/^folder\tl\ta\ta\t//; T; s/cur=[^\t]*\t//; s/\tnew=[^\t]*//; p'
	}
	for dir in cur new; do eval "$dir=$(stat -c %d:%i "$MAILDIR/a/$dir")"; done
	# shellcheck disable=SC2154	# both are set
	same "$(scan "$cur" "$new"; scan)" $'kind=full\nkind=full'
	same "$(scan "$new" "$cur"; scan "$cur" "${new%:*}:1"; scan "1:${cur#*:}"; scan '' "$cur")" \
		"$(for _ in 1 2 3 4; do r kind=full other=1; done)"
}

@test "maildir-scan: missing and half-made folders in a listing" {
	folder other
	mkdir -p "$MAILDIR/half/new"
	run -0 list gone
	[[ $output == *$'\nfolder\tl\tgone\tgone\tkind=none\nend\tl\tgone\t0\n'* ]]
	run -0 list half
	[[ $output == *$'\nfolder\tl\thalf\thalf\tkind=failed\twhy='*half-made* ]]
	run -0 list ../other
	[[ $output == *kind=failed* ]]
	run -0 maildir-scan -a test < <({
		r listing 1 account=test
		r create local half half
		r pair half half fmd5=% maxdelete=- rules=%
		r pair other other fmd5=% maxdelete=- rules=%
	} | stream)
	[[ $output == *$'\nfolder\tl\thalf\thalf\tkind=none\n'*$'\nfolder\tl\tother\tother\t'*kind=full* ]]
	# Without the root nothing is known to be absent, but for what is to be made.
	rm -r "$MAILDIR"
	run -0 list other
	[[ $output == *kind=failed* ]]
	run -0 maildir-scan -a test < <({
		r listing 1 account=test
		r create local other other
		r pair other other fmd5=% maxdelete=- rules=%
	} | stream)
	[[ $output == *kind=none* ]]
}

@test "maildir-scan: its block stands behind the server's, all else passes unchanged" {
	folder a b c
	{
		r listing 1 account=test
		r note x text=y
		r pair a a fmd5=% maxdelete=- rules=%
		r folder r a - kind=full validity=1
		r m r 1:1 flags=S size=10
		r end r a 1
		r pair b b fmd5=% maxdelete=- rules=%
		r folder r b - kind=failed why=z
		r end r b 0
		r keep both q q - why=failed
		r pair c c fmd5=% maxdelete=- rules=%
		r create remote d d
		r forget both e - -
	} | stream >in
	run -0 maildir-scan -a test <in
	same "$(grep -v $'^[a-z]*\tl\t' <<<"$output")" "$(sed '$s/[0-9]*$/19/' in)"
	same "$(cut -f1-3 <<<"$output" | grep -vE '^(note|listing|m)')" "$(printf '%s\n' \
		'pair a a' 'folder r a' 'end r a' 'folder l a' 'end l a' \
		'pair b b' 'folder r b' 'end r b' 'folder l b' 'end l b' \
		'keep both q' 'pair c c' 'folder l c' 'end l c' 'create remote d' 'forget both e' \
		'end - -' | tr ' ' '\t')"
}

@test "maildir-scan: what is no message, or no sound one" {
	folder INBOX
	cd "$MAILDIR/INBOX/cur"
	mkfifo fifo
	ln -s /etc/passwd link
	: >empty
	printf 'A: b\n\n\0' >nul
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
	head -c 200000 /dev/zero | tr '\0' 'x' >long
	printf '\0' >>long
	run -0 timeout 120 maildir-scan -a test < <(pair INBOX </dev/null)
	same "$(grep ^m <<<"$output" | sort)" "$(for m in 'empty empty' 'nul long' 'nul nul' \
		'unreadable fifo' 'unreadable link' 'unreadable socket'; do
		r m l - "bad=${m% *}" dir=cur flags=% "name=${m#* }"
	done)"
}

@test "maildir-scan: any name a file can have" {
	local name all line enc flags text tab=$'\t'
	local -a names=($'line\nfeed:2,S' $'csi\x9b31m' $'bad\xff\xfeutf8:2,F' - % %2D $'a\tb' 'sp ace' ':2,S' ',U=5,FMD5='
		$'\x01\x7f' $'end\t-\t-\t1')
	local -A left
	folder INBOX
	printf -v text %0255d 0
	names+=("${text//0/x}" "$(printf '\xc3\xa9%.0s' {1..127})")
	for name in "${names[@]}"; do
		printf 'A: b\n\n' >"$MAILDIR/INBOX/cur/$name"
		left[$name]=1
	done
	list INBOX >out
	LC_ALL=C run -1 grep -c '[^ -~	]' out
	# each once, and nothing else
	while IFS= read -r line; do
		[[ $line == m$'\t'* ]] || continue
		[[ $line =~ ${tab}dir=cur${tab}flags=([^$tab]*)${tab}name=([^$tab]*)${tab}size=8($tab|$) ]]
		flags=${BASH_REMATCH[1]#%} enc=${BASH_REMATCH[2]}
		[ "$enc" != % ] || enc=
		printf -v name %b "${enc//%/\\x}"
		[ -z "${left[$name:2,$flags]:-}" ] || name+=:2,$flags
		[ "${left[$name]:-}" = 1 ]
		left[$name]=0
	done <out
	for name in "${names[@]}"; do [ "${left[$name]}" = 0 ] || { printf '%q is missing\n' "$name"; return 1; }; done
}

@test "maildir-scan: two files with one name: one is the message, whatever the order" {
	folder INBOX
	cd "$MAILDIR/INBOX"
	want=$(printf 'm\tl\t-\tdir=cur\tflags=FS\tname=a\nm\tl\t-\tbad=duplicate\tdir=cur\tflags=S\tname=a\nm\tl\t-\tbad=duplicate\tdir=new\tflags=%%\tname=a')
	for order in 'cur/a:2,S cur/a:2,FS new/a' 'new/a cur/a:2,FS cur/a:2,S' 'cur/a:2,FS new/a cur/a:2,S'; do
		rm -f cur/* new/*
		echo x >cur/other
		for f in $order; do echo hi >"$f"; done
		listed INBOX < <(
			r folder s INBOX INBOX intents=0 kept=0 kind=full rules=%
			r m s 7:1 flags=S name=a
			r end s INBOX 1
		)
		same "$(grep $'^m\tl\t.*name=a$' <<<"$output")" "$want"
		[[ $output == *$'\nend\tl\tINBOX\t4\n'* && $output == *kind=full* ]]
	done
	# Unknown to the state, the one is measured and the others are not.
	run -0 list INBOX
	[ "$(grep -c $'\tname=a\tsize=4$' <<<"$output")" -eq 1 ]
	[ "$(grep -c $'bad=duplicate.*name=a$' <<<"$output")" -eq 2 ]
}

# Renames files between all their names in busy spells of $1 ms with rests of $2 ms.
renamer() {
	python3 - "$MAILDIR/INBOX" "$1" "$2" 3>&- <<-'END' &
		import os, sys, time
		os.chdir(sys.argv[1])
		busy, rest = float(sys.argv[2]) / 1000, float(sys.argv[3]) / 1000
		names = {n.split(':')[0]: 'cur/' + n for n in os.listdir('cur')}
		until, i = time.monotonic() + busy, 0
		while True:
		    for base, old in names.items():
		        i += 1
		        new = ('new/' + base) if i % 7 == 0 else 'cur/' + base + (':2,S' if i % 2 else ':2,FRS')
		        if new != old:
		            os.rename(old, new)
		            names[base] = new
		        if rest and time.monotonic() > until:
		            time.sleep(rest)
		            until = time.monotonic() + busy
	END
	RENAMER=$!
}

# Lists $1 times during the renaming (ten times as often with SOAK=1), and on until $2 were full;
# says how many were, and the fewest names in one.
storm() {
	local n full=0 least=999999 kind names bad
	for ((n = $1 * ${SOAK:+10*}1; n > 0 || full < $2; n--)); do
		list INBOX >out
		awk -F '\t' '
		$1 == "folder" && $2 == "l" { kind = $0; sub(/.*kind=/, "", kind); sub(/\t.*/, "", kind) }
		$1 == "m" { sub(/.*\tname=/, ""); sub(/\t.*/, ""); if (!seen[$0]++) names++ }
		/bad=/ { bad = 1 }
		END { print kind, names + 0, bad + 0 }' out >said
		read -r kind names bad <said
		[[ $kind == full || $kind == presence ]] || { cat out; return 1; }
		if [ "$kind" = full ]; then
			full=$((full + 1))
			[ "$names" -ge "$least" ] || least=$names
			[ "$bad" -eq 0 ] || return 1
		fi
	done
	echo "$full $least"
}

# So many messages.
messages() {
	local i
	for ((i = 0; i < $1; i++)); do printf 'A: b\n\n' >"$MAILDIR/INBOX/cur/$i.host:2,"; done
}

@test "maildir-scan: a folder that is renamed in at full speed is never short" {
	folder INBOX
	messages 3000
	renamer 1 0
	run storm 3 0
	kill $RENAMER
	# killed by us, and not dead before
	wait $RENAMER || [ $? -eq 143 ]
	echo "full speed: $output"
	[ "$status" -eq 0 ]
	read -r full least <<<"$output"
	[ "$full" -eq 0 ] || [ "$least" -eq 3000 ]
	run -0 list INBOX
	[[ $output == *kind=full* && $output == *$'\nend\tl\tINBOX\t3000\n'* ]]
}

@test "maildir-scan: a folder that is renamed in now and then is listed whole" {
	folder INBOX
	messages 2000
	renamer 20 300
	run storm 8 3
	kill $RENAMER
	# killed by us, and not dead before
	wait $RENAMER || [ $? -eq 143 ]
	echo "spells: $output"
	[ "$status" -eq 0 ]
	read -r full least <<<"$output"
	[ "$full" -gt 0 ] && [ "$least" -eq 2000 ]
}
