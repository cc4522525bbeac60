# sync-pair: small worlds in, pairs out.  A world is written as one folder a
# line; what comes out is compared whole, but for what "short" leaves out.

bats_require_minimum_version 1.5.0
load lib

# The heads stream of a world on stdin: "s R L key=value...", "r R ...", "l L ...",
# fields encoded and in order; $1 is the server's separator.
heads() {
	local line key kind
	local -a f s=() r=() l=()
	while read -ra f; do
		case ${f[0]:-} in
		s) line=$'folder\ts\t'${f[1]}$'\t'${f[2]} f=("${f[@]:3}") ;;
		r) line=$'folder\tr\t'${f[1]}$'\t-' f=("${f[@]:2}") ;;
		l) line=$'folder\tl\t-\t'${f[1]} f=("${f[@]:2}") ;;
		*) continue ;;
		esac
		kind=$'\tkind=head'
		for key in "${f[@]}"; do
			[[ $key < kind ]] || { line+=$kind; kind=; }
			line+=$'\t'$key
		done
		line+=$kind
		case $line in
		folder?s*) s+=("$line") ;;
		folder?r*) r+=("$line") ;;
		folder?l*) l+=("$line") ;;
		esac
	done
	printf '%s\n' $'listing\t1\taccount=test' \
		"${s[@]}" $'end\ts\t-\t'${#s[@]} \
		$'tree\tr\tfull\t'${#r[@]}$'\tsep='"${1-/}" "${r[@]}" $'end\tr\t-\t'${#r[@]} \
		$'tree\tl\tfull\t'${#l[@]} "${l[@]}" $'end\tl\t-\t'${#l[@]} \
		$'end\t-\t-\t'$((${#s[@]} + ${#r[@]} + ${#l[@]} + 6))
}

# Blanks for tabs; without the frame, the digests and the heads.
short() {
	local line tab=$'\t'
	while IFS= read -r line; do
		case $line in listing* | end* | note* | folder*) continue ;; esac
		[[ ! $line =~ ${tab}fmd5=[0-9a-f]*${tab}maxdelete=[0-9,-]* ]] || line=${line/"${BASH_REMATCH[0]}"}
		printf '%s\n' "${line//$'\t'/ }"
	done
}

# pairs SEP [OPTION...] < world: what is made of it, as "short" has it, into the file "pairs".
pairs() {
	heads "$1" >heads
	sync-pair -a test "${@:2}" <heads >stream
	short <stream >pairs
}

# gives SEP WORLD [OPTION...] < what comes of it
gives() {
	local want
	IFS= read -rd '' want || :
	pairs "$1" "${@:3}" <<<"$2" || :
	same "$(<pairs)" "${want%$'\n'}"
}

# The heads of a folder in the state that nothing has happened to, and those of its sides.
S='count=3 cur=1:2:3:4 gen=7 intents=0 kept=0 modseq=9 new=1:5:6:7 next=12 rows=3 rules=% validity=8'
R='count=3 modseq=9 next=12 validity=8'
L='cur=1:2:3:4 new=1:5:6:7'

@test "pair: a first sync, the whole stream" {
	write_conf
	pairs / <<-END
		r INBOX count=3 modseq=9 next=12 validity=8
		r Archive/2020 count=0 next=1 validity=9
		l INBOX cur=1:2:3:4 new=1:5:6:7
		l Notes
	END
	put want <<-END
		listing|1|account=test
		note|-|folders=3|kept=0
		create|local|Archive/2020|Archive.2020
		pair|Archive/2020|Archive.2020|fmd5=de0779cc667bdfe1c0425afa667ac264|maxdelete=50,50|rules=%
		folder|r|Archive/2020|Archive.2020|count=0|kind=head|next=1|validity=9
		pair|INBOX|INBOX|fmd5=7e33429f656f1e6e9d79b29c3f82c57e|maxdelete=50,50|rules=%
		folder|r|INBOX|INBOX|count=3|kind=head|modseq=9|next=12|validity=8
		folder|l|INBOX|INBOX|cur=1:2:3:4|kind=head|new=1:5:6:7
		create|remote|Notes|Notes
		pair|Notes|Notes|fmd5=f4c6f851b00d5518bf888815de279aba|maxdelete=50,50|rules=%
		folder|l|Notes|Notes|kind=head
		end|-|-|11
	END
	same "$(<stream)" "$(tr '|' '\t' <want)"
}

@test "pair: nothing changed, nothing printed; -A prints all" {
	write_conf
	heads / <<-END >world
		s INBOX INBOX $S
		s a/b a.b $S
		r INBOX $R
		r a/b $R
		l INBOX $L
		l a.b $L
	END
	same "$(sync-pair -a test <world)" $'listing\t1\taccount=test\nnote\t-\tfolders=2\tkept=0\nend\t-\t-\t2'
	sync-pair -a test -A <world >stream
	same "$(short <stream)" $'pair INBOX INBOX rules=%\npair a/b a.b rules=%'
	same "$(sync-pair -a test --all <world | grep -c ^folder)" 6
}

# changed SIDES PATTERN [REPLACEMENT]: the world above with one thing different is printed.
changed() {
	local line
	for line in "s INBOX INBOX $S" "r INBOX $R" "l INBOX $L"; do
		# shellcheck disable=SC2295	# a pattern
		[[ $1 != *${line:0:1}* ]] || line=${line/$2/${3:-}}
		printf '%s\n' "$line"
	done >world
	pairs / <world
	[ "$(<pairs)" = 'pair INBOX INBOX rules=%' ] || {
		echo "not printed: $*"
		cat world
		return 1
	}
}

@test "pair: every single thing that makes a folder changed" {
	write_conf
	changed r count=3 count=4
	changed r next=12 next=13
	changed r validity=8 validity=9
	changed r modseq=9 modseq=10
	changed r modseq=9
	changed srl modseq=9
	changed srl modseq=9 modseq=0
	changed r count=3
	changed r ' *' ' INBOX'
	changed srl validity=8
	changed srl next=12
	changed l cur=1:2:3:4 cur=1:2:3:5
	changed l new=1:5:6:7 new=2:5:6:7
	changed l cur=1:2:3:4
	changed l new=1:5:6:7
	changed srl cur=1:2:3:4
	changed srl intents=0 intents=1
	changed srl intents=0
	changed srl 'rules=%' rules=lreadonly
	changed srl 'rules=%'
	changed s 'INBOX INBOX *' 'INBOX INBOX gen=0'
	run ! changed srl gen=7 gen=8
	run ! changed srl rows=3 rows=2
	# what is kept is in the state, with the rule that keeps it
	run ! changed srl kept=0 kept=1
}

@test "pair: every rule is a word, and a changed word lists the folder again" {
	write_conf 'local:readonly = yes' 'local:sync_deletes = no' 'local:createfolders = no' \
		'remote:readonly = yes' 'remote:sync_deletes = no' 'remote:createfolders = no' \
		'remote:expunge = no'
	printf '%s\n' "s INBOX INBOX $S" "r INBOX $R" "l INBOX $L" >world
	words=lnocreate,lnodelete,lreadonly,noexpunge,rnocreate,rnodelete,rreadonly
	gives / "$(<world)" <<<"pair INBOX INBOX rules=$words"
	gives / "$(<world)" --allow-delete <<<"pair INBOX INBOX rules=allowdelete,$words"
	printf '%s\n' "s INBOX INBOX ${S/rules=%/rules=$words}" "r INBOX $R" "l INBOX $L" >world
	gives / "$(<world)" <<<''
	gives / "$(<world)" --allow-delete <<<''
}

@test "pair: where deletions go, but in the trash itself" {
	write_conf 'local:trashfolder = Trash' 'remote:trashfolder = [Mail]/Bin' 'local:archive = yes'
	printf '%s\n' 'r [Mail]/Bin' 'r Trash' 'r x' 'l [Mail].Bin' 'l Trash' 'l x' >world
	heads / <world >heads
	sync-pair -a test <heads >stream
	same "$(sed -n '/^pair/ { s/fmd5=[0-9a-f]*.//; s/\t/ /g; p }' stream)" \
		'pair Trash Trash maxdelete=50,50 rtrash=[Mail]/Bin rules=archive
pair [Mail]/Bin [Mail].Bin ltrash=Trash maxdelete=50,50 rules=archive
pair x x ltrash=Trash maxdelete=50,50 rtrash=[Mail]/Bin rules=archive'
}

@test "pair: --allow-delete and maxdelete" {
	write_conf
	printf 'r x\nl x\n' >world
	gives / "$(<world)" --allow-delete <<<'pair x x rules=allowdelete'
	for each in 'no=-' '5, 10%=5,10'; do
		write_conf "account:maxdelete = ${each%=*}"
		pairs / <world
		[[ $(<stream) == *$'\tmaxdelete='"${each#*=}"$'\t'* ]] || {
			echo "maxdelete = ${each%=*}"
			cat stream
			return 1
		}
	done
}

@test "pair: the rows of the account, where those of what changed may be too many of them" {
	local each
	# rows of INBOX, of b, maxdelete, more options: told
	for each in '60 59 50,50 total=119' '60 60 50,50' '50 1 50,50' '60 1 no' '3 0 2 total=3' '3 0 3' \
		'60 1 50,50 --allow-delete' '60 60 50,50 -A total=120'; do
		# shellcheck disable=SC2086
		set -- $each
		write_conf "account:maxdelete = $3"
		printf '%s\n' "s INBOX INBOX ${S/rows=3/rows=$1}" "r INBOX ${R/modseq=9/modseq=10}" "l INBOX $L" \
			"s b b ${S/rows=3/rows=$2}" "r b $R" "l b $L" >world
		heads / <world >heads
		run sync-pair -a test ${4/total*/} <heads
		echo "$each: $output"
		told=
		for line in "${lines[@]}"; do
			[[ ! $line =~ total=.* || $told == *"${BASH_REMATCH[0]}"* ]] || told+=${BASH_REMATCH[0]}
		done
		[[ $each =~ total=.*|$ ]]
		[ "$told" = "${BASH_REMATCH[0]}" ]
	done
}

@test "pair: INBOX is one folder in any case" {
	write_conf
	gives / $'r Inbox\nr Inbox/sub' <<-END
		create local Inbox INBOX
		pair Inbox INBOX rules=%
		create local Inbox/sub Inbox.sub
		pair Inbox/sub Inbox.sub rules=%
	END
	gives / $'r INBOX\nl inbox' <<<'pair INBOX inbox rules=%'
	gives / $'s INBOX inbox\nr Inbox\nl inbox' <<<'pair INBOX inbox rules=%'
	gives / $'r inbox\nl Inbox\nl INBOX' <<-END
		pair inbox INBOX rules=%
		keep remote inbox Inbox - why=name-clash
	END
	gives / $'s INBOX Inbox\nr INBOX\nl Inbox\nl INBOX' <<-END
		keep remote INBOX INBOX - why=name-clash
		pair INBOX Inbox rules=%
	END
	gives / $'r INBOX\nr inbox\nl INBOX' <<<'pair INBOX INBOX rules=%'
	gives / 'l INBOX' <<<'keep remote INBOX INBOX - why=name-reserved'
}

@test "pair: separators on both sides, and none" {
	write_conf
	gives . $'r a.b\nl c.d' <<-END
		create local a.b a.b
		pair a.b a.b rules=%
		create remote c.d c.d
		pair c.d c.d rules=%
	END
	cp pairs same
	gives % $'r a.b\nl c.d' <same
	gives / $'r a.b\nl c.d' <<-END
		keep local a.b a.b - why=name-separator
		create remote c/d c.d
		pair c/d c.d rules=%
	END
	gives . $'r a/b' <<<'keep local a/b a/b - why=name-slash'
	write_conf 'local:sep = /'
	gives . $'r a.b\nr c/d\nl e/f\nl g.h' <<-END
		create local a.b a/b
		pair a.b a/b rules=%
		keep local c/d c/d - why=name-separator
		create remote e.f e/f
		pair e.f e/f rules=%
		keep remote g.h g.h - why=name-separator
	END
	gives % $'r a/b\nr c.d' <<-END
		create local a/b a/b
		pair a/b a/b rules=%
		create local c.d c.d
		pair c.d c.d rules=%
	END
}

@test "pair: hostile names are refused, the rest goes on" {
	write_conf 'local:sep = /'
	long=$(printf 'a%.0s' {1..256})
	longer=$(printf 'aaaaaaaaa/%.0s' {1..101})
	put world <<-END
		r ../../etc/passwd
		r /etc
		r a//b
		r a/./b
		r .
		r a/cur
		r tmp
		r new/x
		r a%0Ab
		r a%1B[2J
		r a%7F
		r a%9Bm
		r a%C2%9Bm
		r a%E9
		r Sp&AOk
		r Tom%20&%20Jerry
		r %
		r $long
		r ${longer}x
		r good
		l a%0Ab
		l caf%C3%A9
		l %
	END
	gives / "$(<world)" <<-END
		keep local % - - why=name-dots
		keep remote % % - why=name-root
		keep local . . - why=name-dots
		keep local ../../etc/passwd ../../etc/passwd - why=name-dots
		keep local /etc /etc - why=name-dots
		keep local Sp&AOk - - why=name-utf7
		keep local Tom%20&%20Jerry - - why=name-utf7
		keep local a%0Ab - - why=name-control
		keep remote a%0Ab a%0Ab - why=name-control
		keep local a%1B[2J - - why=name-control
		keep local a/./b a/./b - why=name-dots
		keep local a//b a//b - why=name-dots
		keep local a/cur a/cur - why=name-reserved
		keep local ${longer}x - - why=name-long
		keep local $long $long - why=name-long
		keep local a%7F - - why=name-control
		keep local a%9Bm - - why=name-control
		keep local a%C2%9Bm - - why=name-control
		keep local a%E9 - - why=name-utf7
		keep remote caf%C3%A9 caf%C3%A9 - why=name-utf7
		create local good good
		pair good good rules=%
		keep local new/x new/x - why=name-reserved
		keep local tmp tmp - why=name-reserved
	END
}

@test "pair: modified UTF-7 and utf8foldernames" {
	write_conf
	printf 'r Sp&AOk-cial\nl &2D3eAA-\n' >world
	gives / "$(<world)" <<-END
		create remote &2D3eAA- &2D3eAA-
		pair &2D3eAA- &2D3eAA- rules=%
		create local Sp&AOk-cial Sp&AOk-cial
		pair Sp&AOk-cial Sp&AOk-cial rules=%
	END
	write_conf 'account:utf8foldernames = yes' 'remote:folders = Sp?cial, [é]*, caf*' \
		'remote:rename = s/^Sp.cial$/special/'
	gives / $'r Sp%C3%A9cial\nr Sp%C3%A9%C3%A9cial\nl caf%C3%A9\nl caf%E9' <<-END
		create local Sp%C3%A9cial special
		pair Sp%C3%A9cial special rules=%
		create remote caf%C3%A9 caf%C3%A9
		pair caf%C3%A9 caf%C3%A9 rules=%
		keep remote caf%E9 caf%E9 - why=name-utf7
	END
}

@test "pair: utf8foldernames switched on or off is a changed rule" {
	write_conf 'account:utf8foldernames = yes'
	gives / $'s Sp&AOk- Sp&AOk-\nr Sp%C3%A9\nl Sp&AOk-' <<<'keep both Sp&AOk- Sp&AOk- - why=rules-changed'
	write_conf
	gives / $'s Sp%C3%A9 Sp%C3%A9\nr Sp&AOk-\nl Sp%C3%A9' <<<'keep both Sp%C3%A9 Sp%C3%A9 - why=rules-changed'
}

@test "pair: folders of either repository, left out in silence" {
	write_conf 'remote:folders = INBOX, lists/*, !lists/noise' 'local:folders = !lists.l*'
	pairs / <<-END
		s old old
		s lists/gone lists.gone
		s lists/lgone lists.lgone
		r inbox
		r other
		r lists/a
		r lists/noise
		r lists/local
		r bad%0A
		l lists.new
		l lists.lnew
		l lists.noise
		l thing
	END
	put want <<-END
		note - folders=3
		create local inbox
		pair inbox INBOX
		create local lists/a
		pair lists/a lists.a
		forget both lists/gone
		create remote lists/new
		pair lists/new lists.new
	END
	while IFS=$'\t' read -r verb from to _; do
		[[ $verb == @(listing|end|folder) ]] || echo "$verb $from $to"
	done <stream >got
	same "$(<got)" "$(<want)"
}

@test "pair: no folder is left by the lists: an error, in OfflineIMAP's words; but not where there is none" {
	for conf in 'remote:folders = Inbx*' 'local:folders = Inbx*'; do
		write_conf "$conf"
		heads / <<<$'r INBOX\nr a\nl INBOX' >stream
		run -1 sync-pair -a test <stream
		[[ $output == 'sync-pair: Account test: no folder to sync (folderfilter issue?)'* ]]
		heads / <<<$'r INBOX\nr a' >stream
		run -1 sync-pair -a test <stream
	done
	run -1 --separate-stderr sync-pair -a test -f a <stream
	# known to the state, and left out now
	heads / <<<"r INBOX
s INBOX INBOX $S" >stream
	run -1 sync-pair -a test <stream
	# a new account, whatever its lists say
	heads / </dev/null >stream
	run -0 --separate-stderr sync-pair -a test <stream
	[ -z "$stderr" ]
	# what is refused is told, and is something
	heads / <<<$'r Inbx//a' >stream
	run -0 sync-pair -a test <stream
}

@test "pair: -f names the folders, whatever folders says" {
	write_conf 'remote:folders = x'
	heads / <<<$'r INBOX\nr x\nr a/b\nr A/b\nl fresh\nl c' >world
	put want <<-END
		create local INBOX INBOX
		pair INBOX INBOX rules=%
		create local a/b a.b
		pair a/b a.b rules=%
		create remote fresh fresh
		pair fresh fresh rules=%
	END
	sync-pair -a test -f inbox,a/b -f fresh <world >stream
	same "$(short <stream)" "$(<want)"
	run --separate-stderr sync-pair -a test -f 'x,no%1such,a.b, x' <world
	[ "$status" -eq 1 ]
	same "$(short <<<"$output")" $'create local x x\npair x x rules=%'
	same "$stderr" "sync-pair: getfolder() asked for a nonexisting folder 'no%1such'.
sync-pair: getfolder() asked for a nonexisting folder 'a.b'.
sync-pair: getfolder() asked for a nonexisting folder ' x'."
}

@test "pair: a name that two folders want goes to neither, or to its owner" {
	write_conf 'remote:rename = s/^[ab]$/x/'
	gives / $'r a\nr b\nr c' <<-END
		keep local a x - why=name-clash
		keep local b x - why=name-clash
		create local c c
		pair c c rules=%
	END
	gives / $'r a\nr b\nl x' <<-END
		keep local a x - why=name-clash
		keep local b x - why=name-clash
	END
	gives / $'s b x\nr a\nr b\nl x' <<-END
		keep local a x - why=name-clash
		pair b x rules=%
	END
	gives / $'s b x\nr a\nl x' <<-END
		keep local a x - why=name-clash
		keep remote b x - why=vanished-remote
	END
	write_conf 'local:rename = s/^[ab]$/x/' 'remote:rename = s/^x$/a/'
	gives / $'l a\nl b' <<-END
		create remote x a
		pair x a rules=%
		keep remote x b - why=loop
	END
	gives / $'r x\nl a\nl b' <<-END
		pair x a rules=%
		keep remote x b - why=name-clash
	END
}

@test "pair: rename on both sides" {
	write_conf 'remote:rename = s/^/Work./' 'local:rename = s/^Work\.//'
	gives / $'r INBOX\nr a/b\nl Work.INBOX\nl Work.new\nl home' <<-END
		pair INBOX Work.INBOX rules=%
		create local a/b Work.a.b
		pair a/b Work.a.b rules=%
		keep remote home home - why=loop
		create remote new Work.new
		pair new Work.new rules=%
	END
	pairs / <<<$'r INBOX'
	[[ $(<stream) == *$'\npair\tINBOX\tWork.INBOX\tfmd5=7e33429f656f1e6e9d79b29c3f82c57e\t'* ]]
	write_conf 'remote:rename = s/^INBOX$//' 'local:rename = s/^$/INBOX/'
	pairs / <<<$'r INBOX\nl %'
	same "$(grep ^pair stream)" $'pair\tINBOX\t%\tfmd5=7e33429f656f1e6e9d79b29c3f82c57e\tmaxdelete=50,50\trules=%'
}

@test "pair: endless creation is refused, the other folders go on" {
	write_conf 'remote:rename = s/^/Work./'
	gives / $'r INBOX\nl Work.INBOX\nl Work.new\nl x' <<-END
		pair INBOX Work.INBOX rules=%
		keep remote Work/new Work.new - why=loop
		keep remote x x - why=loop
	END
}

@test "pair: createfolders and readonly" {
	printf 'r a\nl b\nr c\nl c\n' >world
	for local in 'createfolders = no:lnocreate' 'readonly = yes:lreadonly'; do
		rule=${local#*:}
		write_conf "local:${local%:*}"
		gives / "$(<world)" <<-END
			keep local a a - why=createfolders
			create remote b b
			pair b b rules=$rule
			pair c c rules=$rule
		END
	done
	for remote in 'createfolders = no:rnocreate' 'readonly = yes:rreadonly'; do
		rule=${remote#*:}
		write_conf "remote:${remote%:*}"
		gives / "$(<world)" <<-END
			create local a a
			pair a a rules=$rule
			keep remote b b - why=createfolders
			pair c c rules=$rule
		END
	done
}

@test "pair: a folder that vanished is neither refilled nor deleted" {
	write_conf
	put world <<-END
		s gone/both gone.both $S
		s gone/local gone.local $S
		s gone/remote gone.remote $S
		r gone/local $R
		l gone.remote $L
	END
	gives / "$(<world)" <<-END
		forget both gone/both gone.both -
		keep local gone/local gone.local - why=vanished-local
		keep remote gone/remote gone.remote - why=vanished-remote
	END
}

@test "pair: changed rules never create, pair anew or forget" {
	write_conf 'local:sep = /'
	put world <<-END
		s a/b a.b $S
		s c c $S
		r a/b $R
		r c $R
		l a.b $L
		l c $L
	END
	gives / "$(<world)" <<<'keep both a/b a.b - why=rules-changed'
	gives / $'s a/b a.b' <<<'keep both a/b a.b - why=rules-changed'
	gives / $'s a/b a.b\nr a/b\nl a/b\nl a.b' <<-END
		keep both a/b a.b - why=rules-changed
		keep both a/b a/b - why=rules-changed
	END
	write_conf 'remote:rename = s/^x$/y/'
	gives / $'s y y\ns x x\nr x\nr y\nl x\nl y' <<-END
		keep both x x - why=rules-changed
		pair y y rules=%
	END
	gives / $'s z y\nr x\nr z\nl y' <<-END
		keep both x y - why=rules-changed
		keep both z y - why=rules-changed
	END
	gives / $'s x a\ns x b\nr x\nl a\nl b' <<-END
		keep both x a - why=rules-changed
		keep both x b - why=rules-changed
	END
}

@test "pair: a server with another delimiter than before: nothing is made, forgotten or deleted" {
	write_conf
	gives . $'s a/b a.b\nr a.b\nl a.b' <<-END
		keep both a.b a.b - why=rules-changed
		keep both a/b a.b - why=rules-changed
	END
	write_conf 'local:sep = /'
	gives . $'s a/b a/b\nr a.b\nl a/b' <<-END
		keep local a.b a/b - why=name-clash
		keep remote a/b a/b - why=vanished-remote
	END
}

@test "pair: notes and keeps of others pass through and are counted" {
	write_conf
	heads / <<<'r x' >heads
	mapfile -t heads <heads
	printf '%s\n' "${heads[@]:0:2}" $'keep\tremote\tbad\t-\t-\twhy=name-utf7' "${heads[@]:2:5}" $'end\t-\t-\t8' >heads
	sync-pair -a test <heads >stream
	while IFS=$'\t' read -r verb from to _; do echo "$verb $from $to"; done <stream >got
	same "$(<got)" 'listing 1 account=test
keep remote bad
note - folders=1
create local x
pair x x
folder r x
end - -'
}

# refused TEXT: stdin makes sync-pair fail with exit 1, that text and no output.
refused() {
	run --separate-stderr sync-pair -a test
	[ "$status" -eq 1 ]
	same "$output" ''
	same "$stderr" "sync-pair: $1"
}

@test "pair: no absence is believed from a cut or failed listing" {
	write_conf
	heads / <<<$'s a a\ns b b\nr a\nr b\nl a\nl b' >world
	mapfile -t world <world
	refused 'the listing is cut off' < <(printf '%s\n' "${world[@]:0:3}")
	refused 'the listing is cut off' < <(printf '%s\n' "${world[@]:0:${#world[@]}-1}")
	refused 'stdin: the last line is cut off (no line feed)' < <(printf %s "$(<world)")
	refused 'the listing is cut off: 11 lines before "end\x09-\x09-\x0912"' < <(sed '/folder\tr\tb/d;s/r\tfull\t2/r\tfull\t1/;s/end\tr\t-\t2/end\tr\t-\t1/' world)
	refused 'the listing is cut off: 1 folders where "end\x09r\x09-\x092" stands' < <(sed '/folder\tr\tb/d' world)
	refused 'no list of the remote folders (imap-list -H)' < <(sed '/\tr\t/d;$d' world; printf 'end\t-\t-\t8\n')
	refused 'test: the local folders could not be listed: /m: No such file or directory' \
		< <(sed '/^tree\tl/,$d' world; printf 'tree\tl\tfailed\t0\twhy=/m:%%20No%%20such%%20file%%20or%%20directory\n')
	refused 'test: the remote folders could not be listed: BYE\x9b' \
		< <(sed '/^tree\tr/,$d' world; printf 'tree\tr\tfailed\t0\twhy=BYE%%9B\n')
	refused 'the listing is of account "other", not "test"' < <(sed s/account=test/account=other/ world)
}

@test "pair: the real tools in front, and a pair dropped from the state" {
	write_conf
	imap create a/b
	imap create 'Tom &- J'
	message 1 >m
	imap append a/b m
	mkdir -p "$MAILDIR"/fresh.x/{cur,new,tmp}
	all() { sync-state -H -a test | imap-list -H -a test | maildir-scan -H -a test | sync-pair -a test | short; }
	put want <<-END
		create local INBOX INBOX
		pair INBOX INBOX rules=%
		create local Tom%20&-%20J Tom%20&-%20J
		pair Tom%20&-%20J Tom%20&-%20J rules=%
		create local a/b a.b
		pair a/b a.b rules=%
		create remote fresh/x fresh.x
		pair fresh/x fresh.x rules=%
	END
	same "$(all)" "$(<want)"
	id=$(imap status a/b UIDVALIDITY | tr -dc 0-9):1
	size=$(sed 's/$/\r/' m | wc -c)
	printf 'create\tlocal\ta/b\ta.b\ncopy\tlocal\ta/b\ta.b\t%s\tdate=1\tflags=%%\tsize=%s\n' "$id" "$size" |
		imap-fetch -a test | sync-apply -a test
	rm -r "$MAILDIR/a.b"
	[[ $(all) == *'keep local a/b a.b - why=vanished-local'* ]]
	printf 'forget\tboth\ta/b\ta.b\t-\n' | sync-apply -a test
	[[ $(all) == *$'create local a/b a.b\npair a/b a.b rules=%'* ]]
}

@test "pair: folders named by hand" {
	write_conf
	put want <<-END
		listing|1|account=test
		note|-|folders=3|kept=0
		pair|INBOX|INBOX|fmd5=7e33429f656f1e6e9d79b29c3f82c57e|maxdelete=50,50|rules=%
		pair|Sp&AOk-|Sp&AOk-|fmd5=d9a5652d0b12d355c207364fd5d6682b|maxdelete=50,50|rules=%
		pair|a/b|a.b|fmd5=e32b629f658481c8aa169aa08acc0625|maxdelete=50,50|rules=%
		keep|local|%C3%BC|-|-|why=name-utf7
		end|-|-|6
	END
	sync-pair -a test INBOX a/b 'Sp&AOk-' 'ü' inbox </dev/null >stream
	same "$(<stream)" "$(tr '|' '\t' <want)"
	write_conf 'local:sep = /'
	same "$(sync-pair -a test -s . a.b </dev/null | short)" 'pair a.b a/b rules=%'
}

@test "pair: errors in the lists and rules, with file and line" {
	bad() {
		write_conf "$1"
		run --separate-stderr sync-pair -a test x
		[ "$status" -eq 2 ]
		same "$stderr" "sync-pair: $HOME/.offlineimaprc:$2"
	}
	bad 'remote:folders = a, !' '20: folders: "!" without a pattern'
	# shellcheck disable=SC1003
	bad 'local:folders = a\' '11: folders: a backslash ends the list; write \\ for one'
	bad 'remote:rename = s/(/x/' '20: rename: "(": Unmatched ( or \('
	bad 'local:rename = s/a/b' '11: rename: unterminated rule: "/" is missing behind the replacement'
	bad 'local:rename = s/a/\1/' '11: rename: \1, but "a" has no such group'
}

@test "pair: usage" {
	run sync-pair -h
	[ "$status" -eq 0 ]
	[[ $output == usage:* ]]
	write_conf
	for wrong in -x '-f x y' '-A y' '-s /'; do
		# shellcheck disable=SC2086
		run sync-pair -a test $wrong </dev/null
		[ "$status" -eq 2 ] || { echo "$wrong: $status"; return 1; }
	done
	run sync-pair -a nobody INBOX
	[ "$status" -eq 1 ]
}

@test "pair: a full stdout is an error" {
	write_conf
	full() { sync-pair -a test INBOX >/dev/full; }
	run --separate-stderr full
	[ "$status" -eq 1 ]
	same "$stderr" 'sync-pair: stdout: No space left on device'
}

@test "pair: rename agrees with sed -E" {
	local rule i
	local -a names=(INBOX a.b aabbcc x/y/z a1b22 zzz '[G]/Sent') wants line
	local -A got
	while IFS= read -r rule; do
		write_conf "remote:rename = $rule"
		mapfile -t wants < <(printf '%s\n' "${names[@]}" | sed -E "$rule")
		[ ${#wants[@]} -eq ${#names[@]} ]
		got=()
		while IFS=$'\t' read -r -a line; do
			case ${line[0]} in
			pair) got[${line[1]}]=${line[2]} ;;
			# A separator makes a name that is refused; the name itself is still shown.
			keep) got[${line[2]}]=${line[3]} ;;
			esac
		done < <(sync-pair -a test -s % "${names[@]}")
		for i in "${!names[@]}"; do
			[ "${got[${names[i]}]:-}" = "${wants[i]:-%}" ] || {
				echo "$rule on ${names[i]}: got ${got[${names[i]}]:-}, want ${wants[i]:-%}"
				return 1
			}
		done
	done <<-'END'
		s/a/X/
		s/a/X/g
		s,/,.,g
		s/b*/X/g
		s/(a+)(b+)/\2\1/
		s/([a-z])([0-9]+)/<\2&\1>/g
		s/^(.*)\.(.*)$/\2.\1/
		s|[/]|\||
		s/[][]//g
		s/z$|^a/Q/g
		s/[[:digit:]]+/#/g
		s/INBOX/Eingang\/x/
	END
}
