# sync-plan: small listings in, plans out, compared whole; and the model test.

bats_require_minimum_version 1.5.0
load lib

shopt -s extglob

# What sync-plan makes of a listing on stdin with blanks for tabs, whose frame is added: as "run"
# says it, in "short" with blanks for tabs and without the frame, and in "unmarked" without the
# marks either.
plan() {
	local all line
	mapfile -t all
	{
		printf 'listing\t1\taccount=A\n'
		printf '%s\n' "${all[@]// /$'\t'}"
		printf 'end\t-\t-\t%d\n' $((${#all[@]} + 1))
	} >"$HOME/listing"
	run sync-plan <"$HOME/listing"
	short='' unmarked=''
	for line in "${lines[@]//$'\t'/ }"; do
		case $line in
		plan* | end*) continue ;;
		mark*) ;;
		*) unmarked+=$line$'\n' ;;
		esac
		short+=$line$'\n'
	done
	short=${short%$'\n'} unmarked=${unmarked%$'\n'}
}

# told N PATTERN: so many of the plan's records, with blanks, are like that.
told() {
	local line n=0
	for line in "${lines[@]//$'\t'/ }"; do
		# shellcheck disable=SC2053	# a pattern
		[[ $line != $2 ]] || n=$((n + 1))
	done
	[ "$n" -eq "$1" ] || { echo "$n instead of $1 of $2 in: $output"; return 1; }
}

# The usual beginning: state of two rows and the server's head.
pair() {	# RULES [MAXDELETE [MORE]]
	echo "pair F F fmd5=x maxdelete=${2-50,50} rules=$1${3:+ $3}"
}
state() {	# [LINE...]: further lines of the block
	local line n=2
	echo 'folder s F F count=2 cur=1:2:3:4 fv=9 gen=7 intents=0 kept=0 kind=full modseq=5 new=1:2:3:5 next=3 rows=2 rules=% validity=9'
	echo 'm s 9:1 date=1 dig=00000000000000000000000000000001 flags=S name=a,U=1 size=10'
	echo 'm s 9:2 date=1 dig=00000000000000000000000000000002 flags=% name=b,U=2 size=10'
	for line; do
		echo "$line"
		[[ $line != 'm '* ]] || n=$((n + 1))
	done
	echo "end s F $n"
}
rsame='folder r F F count=2 kind=delta modseq=5 next=3 validity=9
end r F 0'
lsame='folder l F F cur=1:2:3:4 kind=delta new=1:2:3:5
end l F 0'
lfull='folder l F F cur=1:2:3:4 kind=full new=1:2:3:5
m l - dir=cur flags=S name=a,U=1 uid=1
m l - dir=cur flags=% name=b,U=2 uid=2'

same() {	# expected on stdin, where sum=X is any; got in $short
	local want got=$short
	IFS= read -rd '' want || :
	want=${want%$'\n'}
	[[ $want != *sum=X* ]] || got=${got//sum=+([0-9])/sum=X}
	[ "$got" = "$want" ] || diff -u - <(printf '%s\n' "$got") <<<"$want"
}

@test "nothing changed: nothing but the frame" {
	plan < <(pair %; state; echo "$rsame"; echo "$lsame")
	[ "$status" -eq 0 ]
	[ "$output" = $'plan\t1\taccount=A\nend\t-\t-\t1' ]
}

@test "a full listing of what is known is no change either" {
	plan < <(pair %; state; echo 'folder r F F count=2 kind=full modseq=5 next=3 validity=9
m r 9:2 flags=%
m r 9:1 flags=S
end r F 2'; echo "$lfull"; echo 'end l F 2')
	[ "$output" = $'plan\t1\taccount=A\nend\t-\t-\t1' ]
}

@test "flags, deletions, copies, and marks that count them" {
	plan < <(pair %; state; echo 'folder r F F count=2 kind=full modseq=6 next=9 validity=9
m r 9:1 flags=FS
m r 9:8 date=5 flags=R kw=$Forwarded size=12
end r F 2
folder l F F cur=1:2:8:9 kind=full new=1:2:3:5
m l - dir=cur flags=% name=a,U=1 uid=1
m l - dir=cur flags=% name=b,U=2 uid=2
m l - date=4 dig=00000000000000000000000000000003 dir=new flags=S name=c size=99
end l F 3')
	[ "$status" -eq 0 ]
	# as marks have it: the sum of FNV-1a of each record, with a tab for the line feed
	local record byte i h n=0 sum=0
	while IFS= read -r record; do
		record=${record// /$'\t'}$'\t' h=-3750763034362895579
		for ((i = 0; i < ${#record}; i++)); do
			printf -v byte %d "'${record:i:1}"
			h=$(((h ^ byte) * 1099511628211))
		done
		sum=$((sum + h)) n=$((n + 1))
	done <<<"$unmarked"
	printf -v sum %u "$sum"
	same <<-EOF
	flags local F F 9:1 add=F name=a,U=1 was=%
	flags remote F F 9:1 del=S name=a,U=1 was=FS
	delete local F F 9:2 name=b,U=2 was=%
	copy local F F 9:8 date=5 flags=R kw=\$Forwarded size=12
	copy remote F F - date=4 dig=00000000000000000000000000000003 flags=S gen=7 name=c next=9:9 size=99
	mark local F F cur=1:2:8:9 gen=7 lines=$n new=1:2:3:5 rules=% sum=$sum
	mark remote F F count=2 gen=7 lines=$n modseq=6 next=9 rules=% sum=$sum validity=9
	EOF
}

@test "a cut listing: exit 1, no end, nothing of the folder that is not whole" {
	run --separate-stderr sync-plan < <({ echo listing 1 account=A; pair %; state; echo 'folder r F F count=2 kind=full next=3 validity=9
m r 9:1 flags=%'; } | tr ' ' '\t')
	[ "$status" -eq 1 ]
	[ "$output" = $'plan\t1\taccount=A' ]
	[[ $stderr == *'cut off'* ]]
	run --separate-stderr sync-plan </dev/null
	[ "$status" -eq 1 ]
	run --separate-stderr sync-plan < <({ echo listing 1 account=A; pair %; state; echo "$rsame"; echo "$lfull"; echo 'end l F 2'
		echo 'pair G G fmd5=x rules=%'; } | tr ' ' '\t')
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = $'plan\t1\taccount=A' ]
}

# refused WHY < listing
refused() {
	plan
	[ "$status" -eq 0 ] && [ "$short" = "keep both F F - $1" ]
}

@test "a listing that is not proven or contradicts itself is not planned from" {
	lend='end l F 2'
	refused why=failed < <(pair %; state; echo "$rsame")
	refused 'text=no%20luck why=failed' < <(pair %; state; echo 'folder r F F kind=failed why=no%20luck
end r F 0'; echo "$lfull"; echo "$lend")
	refused why=failed < <(pair %; state; echo "$rsame"; echo "$lfull"; echo 'end l F 3')
	refused why=failed < <(pair %; state; echo 'folder r F F count=3 kind=full next=3 validity=9
m r 9:1 flags=%
m r 9:2 flags=%
end r F 2'; echo "$lfull"; echo "$lend")
	refused why=listing < <(pair %; state; echo 'folder r F F count=2 kind=full next=3 validity=9
m r 9:1 flags=%
m r 9:1 flags=%
end r F 2'; echo "$lfull"; echo "$lend")
	refused why=listing < <(pair %; state; echo 'folder r F F count=2 kind=full next=7 validity=9
m r 9:5 flags=%
m r 9:5 flags=%
end r F 2'; echo "$lfull"; echo "$lend")
	refused why=listing < <(pair %; state; echo 'folder r F F count=1 kind=full next=3 validity=9
m r 9:0 flags=%
end r F 1'; echo "$lfull"; echo "$lend")
	refused why=listing < <(pair %; state; echo 'folder r F F count=0 kind=full next=3 validity=0
end r F 0'; echo "$lfull"; echo "$lend")
	refused why=listing < <(pair %; state; echo 'folder r F F count=1 kind=full next=3 validity=9
m r 8:1 flags=%
end r F 1'; echo "$lfull"; echo "$lend")
	refused why=listing < <(pair %; state; echo 'folder r F F count=1 kind=delta next=3 validity=9
m r 9:1 flags=%
gone r 9:1
end r F 1'; echo "$lfull"; echo "$lend")
	# of one without a row, and in the other order
	refused why=listing < <(pair %; state; echo 'folder r F F count=2 kind=delta next=9 validity=9
gone r 9:7:8
m r 9:8 date=1 flags=% size=3
end r F 1'; echo "$lfull"; echo "$lend")
	refused why=listing < <(pair %; state; echo 'folder r F F count=1 kind=delta next=3 validity=9
gone r 9:1:x
end r F 0'; echo "$lfull"; echo "$lend")
	refused why=listing < <(pair readwrite; state; echo "$rsame"; echo "$lfull"; echo "$lend")
	refused why=listing < <(pair %; state 'm s 9:2 flags=% name=c size=1'; echo "$rsame"; echo "$lsame")
}

@test "a delta that leaves another number than it counts, or of another generation, plans nothing" {
	local gone
	for gone in 9:1 9:2:99; do
		refused why=failed < <(pair %; state; echo "folder r F F count=2 kind=delta modseq=6 next=3 validity=9
gone r $gone
end r F 0"; echo "$lsame")
	done
	refused why=failed < <(pair %; state; echo 'folder r F F count=2 kind=delta modseq=6 next=9 validity=9
m r 9:8 date=1 flags=% size=3
end r F 1'; echo "$lsame")
	refused why=listing < <(pair %; state; echo 'folder r F F count=2 kind=delta modseq=6 next=3 since=6 validity=9
end r F 0'; echo "$lsame")
	# as many as it counts
	plan < <(pair %; state; echo 'folder r F F count=2 kind=delta modseq=6 next=9 since=7 validity=9
m r 9:8 date=1 flags=% size=3
gone r 9:2:7,9:4294967295
end r F 1'; echo "$lsame")
	[[ $output == *$'delete\tlocal\tF\tF\t9:2'* && $output == *$'copy\tlocal\tF\tF\t9:8'* ]]
}

# The state's rows as sets, by default of messages 1 to 4 and 6; more lines of the block.
sets() {	# COUNT [LINE...]
	local n=$1
	shift
	echo "folder s F F count=5 cur=1:2:3:4 fv=9 gen=7 intents=0 kept=0 kind=sets modseq=5 new=1:2:3:5 next=7 rows=5 rules=% validity=9"
	if [ $# -gt 0 ]; then printf '%s\n' "$@"; else printf '%s\n' 'rows s 9:1:3' 'rows s 9:4,6'; fi
	echo "end s F $n"
}
rflag='folder r F F count=4 kind=delta modseq=6 next=7 since=7 validity=9
m r 9:2 flags=FS
m r 9:3 flags=R
gone r 9:4:5
end r F 2'
lknown='folder l F F cur=1:2:3:4 kind=delta new=1:2:3:5
m l - flags=S name=b,U=2 uid=2
m l - flags=R name=c,U=3 uid=3
m l - flags=% name=d,U=4 uid=4
end l F 3'

@test "rows as sets: the local block says how those are that matter" {
	plan < <(pair %; sets 5; echo "$rflag"; echo "$lknown")
	same <<-'EOF'
	flags local F F 9:2 add=F name=b,U=2 was=S
	delete local F F 9:4 name=d,U=4 was=%
	mark remote F F count=4 gen=7 lines=2 modseq=6 next=7 rules=% sum=X validity=9
	EOF
	# a full listing of the server needs all of them
	plan < <(pair %; sets 5; echo 'folder r F F count=4 kind=full modseq=5 next=7 validity=9
m r 9:1 flags=%
m r 9:2 flags=S
m r 9:3 flags=R
m r 9:6 flags=D
end r F 4'; echo "${lknown%$'\n'*}"; echo 'm l - flags=D name=f,U=6 uid=6
m l - flags=% name=a,U=1 uid=1
end l F 5')
	same <<-'EOF'
	delete local F F 9:4 name=d,U=4 was=%
	mark remote F F count=4 gen=7 lines=1 modseq=5 next=7 rules=% sum=X validity=9
	EOF
	# a message that nobody spoke of is as its row is; a new one comes, one that was kept comes back
	plan < <(pair %; sets 5 'rows s 9:1:3,6' 'm s 9:4 flags=ST kept=expunge size=10'
		echo 'folder r F F count=6 kind=delta modseq=6 next=8 since=7 validity=9
m r 9:4 flags=S
m r 9:7 date=5 flags=% size=12
end r F 2
folder l F F cur=1:2:3:4 kind=delta new=1:2:3:5
m l - flags=DF name=a,U=1 uid=1
end l F 1')
	same <<-'EOF'
	copy local F F 9:4 flags=S size=10
	copy local F F 9:7 date=5 flags=% size=12
	mark remote F F count=6 gen=7 lines=2 modseq=6 next=8 rules=% sum=X validity=9
	EOF
}

@test "rows as sets that are not all there, or not alone, are not planned from" {
	local line l
	refused why=failed < <(pair %; sets 4; echo "$rsame"; echo "$lsame")
	for line in 'rows s 9:1:6' 'rows s 9:1:4294967295' 'rows s 8:1:5' 'rows s 9:1:2,2:x' 'rows s -' \
		$'rows s 9:3:5\nrows s 9:1:2' 'gone s 9:1:5' $'rows s 9:1:4\nm s 9:6 flags=% name=f size=1'; do
		refused why=listing < <(pair %; sets 5 "$line"; echo "$rsame"; echo "$lsame")
	done
	refused why=listing < <(pair %; state 'rows s 9:3'; echo "$rsame"; echo "$lsame")
	refused why=listing < <(pair %; sets 5; echo "folder r F F count=5 kind=delta modseq=6 next=7 validity=9
rows r 9:4
end r F 0"; echo "$lsame")
	# what matters is missing, told twice, or of nobody; the disk was read after all
	refused why=listing < <(pair %; sets 5; echo "$rflag"; echo "$lsame")
	for l in 2 3 4; do
		refused why=listing < <(pair %; sets 5; echo "$rflag"; sed "/uid=$l/d; s/^end.*/end l F 2/" <<<"$lknown")
	done
	for line in 'm l - flags=% name=e,U=5 uid=5' 'm l - flags=% name=e' 'm l - flags=S name=b,U=2 uid=2' \
		'm l - flags=x name=a uid=1' 'm l - flags=S uid=1'; do
		refused why=listing < <(pair %; sets 5; echo "$rflag"; echo "${lknown/end*/$line$'\n'end l F 4}")
	done
	refused why=listing < <(pair %; sets 5; echo "$rflag"; echo "${lknown/end/$'gone l - name=x\n'end}")
	for line in full presence; do
		refused why=listing < <(pair %; sets 5; echo "$rflag"; echo "${lknown/kind=delta/kind=$line}")
	done
	refused why=failed < <(pair %; sets 5; echo "$rflag"; echo 'folder l F F kind=failed
end l F 0')
	refused why=vanished-local < <(pair %; sets 5; echo "$rflag"; echo 'folder l F F kind=none
end l F 0')
}

# The two messages of the state under another UIDVALIDITY: the first lost a flag on disk, the
# second has a new one there.
rnew='folder r F F count=2 kind=full next=8 validity=10
m r 10:5 date=2 flags=% size=11
m r 10:7 date=1 flags=S size=10
end r F 2'
rdig=${rnew/date=2/date=2 dig=00000000000000000000000000000002}
rdig=${rdig/date=1/date=1 dig=00000000000000000000000000000001}
lnew='folder l F F cur=1:2:3:4 kind=full new=1:2:3:5
m l - date=1 dig=00000000000000000000000000000001 dir=cur flags=% name=a,U=1 size=10 uid=1
m l - date=2 dig=00000000000000000000000000000002 dir=cur flags=F name=b,U=2 size=11 uid=2
end l F 2'

@test "another UIDVALIDITY: the folder is renewed, all is paired by content, nothing before all is known" {
	plan < <(pair %; state; echo "$rnew"; echo "$lnew")
	same <<-'EOF'
	probe remote F F 10:5
	probe remote F F 10:7
	EOF
	plan < <(pair %; state; echo "$rdig"; echo "$lnew")
	same <<-'EOF'
	renew both F F - down=0 gen=7 now=10 paired=2 saved=9 up=0
	adopt both F F 10:5 flags=% name=b,U=2 size=11
	flags remote F F 10:5 add=F name=b,U=2 was=%
	adopt both F F 10:7 flags=S name=a,U=1 size=10
	flags remote F F 10:7 del=S name=a,U=1 was=S
	mark local F F cur=1:2:3:4 gen=7 lines=5 new=1:2:3:5 rules=% sum=X
	mark remote F F count=2 gen=7 lines=5 next=8 rules=% sum=X validity=10
	EOF
	# what stands alone on a side is copied, a deletion that waited is none
	alone='folder r F F count=2 kind=full next=8 validity=10
m r 10:5 date=9 flags=% size=77
m r 10:7 date=1 dig=00000000000000000000000000000001 flags=S size=10
end r F 2
folder l F F cur=1:2:3:4 kind=full new=1:2:3:5
m l - date=2 dig=00000000000000000000000000000002 dir=cur flags=F name=b,U=2 size=11 uid=2
end l F 1'
	plan < <(pair %; state; echo "$alone")
	[[ $output == *'why=uidvalidity'* ]]
	plan < <(pair recover; state; echo "$alone")
	same <<-'EOF'
	renew both F F - down=2 gen=7 now=10 paired=0 saved=9 up=1
	copy local F F 10:5 date=9 flags=% size=77
	copy local F F 10:7 date=1 flags=S size=10
	copy remote F F - date=2 dig=00000000000000000000000000000002 flags=F gen=7 name=b,U=2 next=10:8 size=11
	mark local F F cur=1:2:3:4 gen=7 lines=4 new=1:2:3:5 rules=% sum=X
	mark remote F F count=2 gen=7 lines=4 next=8 rules=% sum=X validity=10
	EOF
}

@test "a recovery that was stopped goes on: names with a new uid are known by the rest of them" {
	lnamed=${lnew/name=a,U=1/name=a,U=7,FMD5=x} lnamed=${lnamed/name=b,U=2/name=b,U=5}
	lnamed=${lnamed/uid=1/uid=7} lnamed=${lnamed/uid=2/uid=5}
	plan < <(pair %; echo 'folder s F F gen=8 intents=0 kept=0 kind=full renewed=1 rows=1 validity=10 was=2
m s 10:5 flags=% name=b,U=5 size=11
was s 9:1 date=1 flags=S name=a,U=1 size=10
was s 9:2 date=1 flags=% name=b,U=2 size=11
end s F 1'; echo "$rdig"; echo "$lnamed")
	same <<-'EOF'
	flags remote F F 10:5 add=F name=b,U=5 was=%
	adopt both F F 10:7 flags=S name=a,U=7,FMD5=x size=10
	flags remote F F 10:7 del=S name=a,U=7,FMD5=x was=S
	mark local F F cur=1:2:3:4 gen=8 lines=3 new=1:2:3:5 rules=% sum=X
	mark remote F F count=2 gen=8 lines=3 next=8 rules=% sum=X validity=10
	EOF
	# the first plan after it says that it is over, also if nothing else is to be done
	plan < <(pair %; echo 'folder s F F count=2 cur=1:2:3:4 gen=9 intents=0 kept=0 kind=full new=1:2:3:5 next=8 renewed=1 rows=0 rules=% validity=10
end s F 0
folder r F F count=0 kind=full next=8 validity=10
end r F 0
folder l F F cur=1:2:3:4 kind=full new=1:2:3:5
end l F 0')
	told 2 'mark*'
}

@test "another UIDVALIDITY that leaves doubts is left to the user" {
	doubt() {	# WORDS < listing
		plan
		[ "$status" -eq 0 ]
		[[ $output == *$'\nkeep\tboth\tF\tF\t-\tnow=10\tsaved=9\ttext='*"${1// /%20}"*$'\twhy=uidvalidity\nend'* ]]
	}
	none='folder r F F count=0 kind=full next=1 validity=10
end r F 0'
	doubt '2 of 2 files' < <(pair %; state; echo "$none"; echo "$lnew")
	doubt '2 of 2 files' < <(pair % 9,50; state; echo "$none"; echo "$lnew")
	doubt '2 of 2 messages that were synced before are gone' < <(pair %; state; echo "$rdig"; echo 'folder l F F cur=1:2:3:4 kind=full new=1:2:3:5
end l F 0')
	doubt '1 messages on the server are as old' < <(pair %; state; echo "${rdig/size=11/size=12}"; echo "$lnew")
	doubt 'the Maildir could not be listed in full' < <(pair recover; state; echo "$rdig"; echo "${lnew/kind=full/kind=presence}")
	doubt 'the server could not be listed in full' < <(pair recover; state; echo "${rdig/kind=full/kind=presence}"; echo "$lnew")
	doubt 'it has changed again' < <(pair %; state | sed 's/rows=2/renewed=1 &/'; echo "$rdig"; echo "$lnew")
	# and not where maxdelete never holds, or the user has said so
	plan < <(pair % -; state; echo "$none"; echo "$lnew")
	[[ $output == *$'\nrenew\t'* ]]
	plan < <(pair recover; state; echo "$none"; echo "$lnew")
	[[ $output == *$'\nrenew\t'*'up=2'* ]]
	plan < <(pair recover; state | sed 's/rows=2/renewed=1 &/'; echo "$rdig"; echo "$lnew")
	[[ $output == *$'\nrenew\t'*'paired=2'* ]]
	refused why=vanished-local < <(echo 'create local F F'; pair recover; state; echo "$rdig"; echo 'folder l F F kind=none
end l F 0')
}

@test "a folder that vanished, or is to be made while its messages are known, is no deletion" {
	none='folder r F F kind=none
end r F 0'
	refused why=vanished-remote < <(pair %; state; echo "$none"; echo "$lfull"; echo 'end l F 2')
	refused why=vanished-remote < <(echo 'create remote F F'; pair %; state; echo "$none"; echo "$lfull"; echo 'end l F 2')
	refused why=vanished-local < <(echo 'create local F F'; pair %; state; echo "$rsame"; echo 'folder l F F kind=none
end l F 0')
}

@test "a folder that is made gets its messages in the same plan" {
	plan < <(echo 'create local F F'; pair %; echo 'folder s F F intents=0 kept=0 kind=none rows=0
end s F 0
folder r F F count=1 kind=full next=3 validity=9
m r 9:1 date=5 flags=% size=3
end r F 1
folder l F F kind=none
end l F 0')
	same <<-'EOF'
	create local F F
	copy local F F 9:1 date=5 flags=% size=3
	mark remote F F count=1 gen=0 lines=2 next=3 rules=% sum=X validity=9
	EOF
}

@test "presence proves no absence: deletions and copies wait, and so do the marks" {
	plan < <(pair %; state; echo 'folder r F F count=2 kind=full modseq=6 next=9 validity=9
m r 9:1 flags=S
m r 9:8 date=5 flags=% size=12
end r F 2
folder l F F kind=presence
m l - dir=cur flags=F name=a,U=1 uid=1
end l F 1')
	same <<-'EOF'
	flags remote F F 9:1 add=F del=S name=a,U=1 was=S
	keep local F F - why=presence
	EOF
}

@test "maxdelete holds, allowdelete lets through" {
	empty='folder l F F cur=1:1:1:1 kind=full new=1:1:1:1
end l F 0'
	plan < <(pair % 1,50; state; echo "$rsame"; echo "$empty")
	same <<-'EOF'
	keep remote F F 9:1 why=maxdelete
	keep remote F F 9:2 why=maxdelete
	EOF
	plan < <(pair allowdelete 1,50; state; echo "$rsame"; echo "$empty")
	told 2 'delete remote*'
	[[ $output == *'rules=%'* ]]
	plan < <(pair % 2,50; state; echo "$rsame"; echo "$empty")
	told 2 'delete remote*'
	plan < <(pair % -; state; echo "$rsame"; echo "$empty")
	told 2 'delete remote*'
}

# A pair of N rows with files, none of which moved, and the server without the uids in SET; extra
# records stand behind the pair.
lost() {	# N SET RULES [RECORD...]
	local i n=$1 set=$2 part gone=0
	for part in ${set//,/ }; do
		gone=$((gone + ${part#*:} - ${part%:*} + 1))
	done
	pair "$3" -
	[ $# -le 3 ] || printf '%s\n' "${@:4}"
	echo "folder s F F count=$n gen=7 intents=0 kept=0 kind=full modseq=5 next=$((n + 1)) rows=$n rules=% validity=9"
	for ((i = 1; i <= n; i++)); do echo "m s 9:$i date=1 flags=S name=n$i size=10"; done
	echo "end s F $n"
	echo "folder r F F count=$((n - gone)) kind=delta modseq=6 next=$((n + 1)) validity=9"
	echo "gone r 9:$set"
	echo 'end r F 0'
	echo "$lsame"
}

@test "much that the server lacks is asked for before it is planned; few, or what was asked for, is not" {
	local each rule
	# of so many these: asked for, or gone
	for each in '3 1:3 1' '1 1 1' '3 1:2 0' '20 1:10 0' '20 1:11 1' '220 1:11 0' '219 1:11 1' '100 2,4,6,8,10,12,14,16,18,20,22 1'; do
		# shellcheck disable=SC2086
		set -- $each
		echo "$each"
		plan < <(lost $1 $2 %)
		[ "$status" -eq 0 ]
		if [ "$3" -eq 1 ]; then
			same <<<"probe remote F F 9:$2 gone=1"
			plan < <(lost $1 $2 % "probe remote F F 9:$2 gone=1")
		fi
		# all of them deletions, and a mark
		while IFS= read -r line; do [[ $line == 'delete local '* ]]; done <<<"$unmarked"
		[[ $output == *$'\nmark\tremote'* ]]
	done
	# what was asked for is believed, the few besides too; not what was said under another UIDVALIDITY
	plan < <(lost 20 1:15 % 'probe remote F F 9:1:5 gone=1')
	told 15 'delete*'
	plan < <(lost 20 1:16 % 'probe remote F F 9:1:3 gone=1' 'probe remote F F 9:4:5 gone=1')
	same < <(printf '%s\n' 'delete local F F 9:1 was=S' 'probe remote F F 9:1:16 gone=1'
		for i in 2 3 4 5; do echo "delete local F F 9:$i was=S"; done)
	plan < <(lost 20 1:16 % 'probe remote F F 8:1:16 gone=1')
	same <<<'probe remote F F 9:1:16 gone=1'
	# also where deletions stay where they are, but for what the state has as gone and kept
	for rule in rnodelete lreadonly archive; do
		plan < <(lost 20 1:16 $rule)
		same <<<'probe remote F F 9:1:16 gone=1'
		plan < <(lost 20 1:16 $rule | sed '/^m s 9:\([1-9]\|1[0-6]\) /s/ name/ kept=readonly name/')
		told 0 'probe*'
	done
	# neither is anything forgotten, nor uploaded, that the server may have
	plan < <(lost 20 1:16 % | sed -e 's/^folder l.*/folder l F F kind=full/' -e '/^end l/d'
		for i in {2..20}; do echo "m l - dir=cur flags=S name=n$i uid=$i"; done
		echo 'm l - date=4 dig=00000000000000000000000000000003 dir=new flags=S name=c size=99'; echo 'end l F 20')
	same <<<'probe remote F F 9:1:16 gone=1'
	# a listing that is said to be a part is told
	plan < <(lost 20 1:16 % 'probe remote F F 9:1:16 gone=1' |
		sed -e 's/^folder r.*/folder r F F kind=presence validity=9 why=half%20of%20it/' -e '/^gone/d')
	same <<<'keep remote F F - text=half%20of%20it why=presence'
}

@test "another directory that lacks much is left alone, unless its deletions go nowhere or are meant" {
	other='folder l F F kind=full other=1'
	plan < <(pair %; state; echo "$rsame"; echo "$other"; echo 'end l F 0')
	same <<<'keep both F F - why=replaced'
	plan < <(pair %; state; echo "$rsame"; echo "$other"; echo 'm l - dir=cur flags=S name=a,U=1 uid=1'; echo 'end l F 1')
	[ "$unmarked" = 'delete remote F F 9:2 was=%' ]
	for rule in rreadonly lnodelete; do
		plan < <(pair $rule; state; echo "$rsame"; echo "$other"; echo 'end l F 0')
		told 2 'keep remote F F 9*'
	done
	plan < <(pair allowdelete; state; echo "$rsame"; echo "$other"; echo 'end l F 0')
	told 2 'delete remote*'
}

@test "deletions of all folders together: too many of the account's rows are kept, on that side" {
	empty='folder l F F cur=1:1:1:1 kind=full new=1:1:1:1
end l F 0'
	# the same for another folder
	as() {	# NAME
		local line
		while IFS= read -r line; do
			line=${line/ F F/ $1 $1}
			echo "${line/ F / $1 }"
		done
	}
	two() {	# TOTAL
		local both
		both=$(pair % 3,50 "total=$1"; state; echo "$rsame"; echo "$empty")
		echo "$both"
		echo 'note - text=x'
		as G <<<"$both"
		# and one with a deletion here and a flag there
		as H < <(pair % 3,50 "total=$1"; state; echo 'folder r F F count=1 kind=full modseq=6 next=3 validity=9
m r 9:1 flags=%
end r F 1'; echo "$lfull"; echo 'end l F 2')
	}
	plan < <(two 8)
	told 4 'delete remote*'
	told 0 'keep*'
	plan < <(two 7)
	told 0 'mark * [FG] [FG] *'
	[[ $short == *'mark '*' H H '* ]]
	short=$unmarked same <<-'EOF'
	keep remote F F 9:1 why=maxdelete
	keep remote F F 9:2 why=maxdelete
	note - text=x
	keep remote G G 9:1 why=maxdelete
	keep remote G G 9:2 why=maxdelete
	flags local H H 9:1 del=S name=a,U=1 was=S
	delete local H H 9:2 name=b,U=2 was=%
	EOF
	[ "${lines[-1]}" = "end	-	-	$((${#lines[@]} - 1))" ]
}

@test "a kept row: silent in a delta, settled when nothing is left, forgotten when expunged" {
	kept='m s 9:3 date=1 flags=S kept=readonly name=c,U=3 size=3'
	plan < <(pair %; state "$kept"; echo "$rsame"; echo "$lfull
m l - dir=cur flags=S name=c,U=3 uid=3
end l F 3")
	[ -z "$short" ]
	plan < <(pair %; state "$kept"; echo 'folder r F F count=3 kind=full modseq=5 next=4 validity=9
m r 9:1 flags=S
m r 9:2 flags=%
m r 9:3 flags=S
end r F 3'; echo "$lfull
m l - dir=cur flags=S name=c,U=3 uid=3
end l F 3")
	[[ $short == 'agree both F F 9:3 flags=S was=S'* ]]
	kept='m s 9:3 flags=T kept=expunge size=3' seen=
	for flags in T % gone; do
		now=$'\nm r 9:3 flags='$flags n=3
		[ $flags != gone ] || now='' n=2
		plan < <(pair %; state "$kept"; echo "folder r F F count=$n kind=full modseq=5 next=4 validity=9
m r 9:1 flags=S
m r 9:2 flags=%$now
end r F $n"; echo "$lfull"; echo 'end l F 2')
		seen+=${unmarked:+$unmarked$'\n'}
	done
	short=${seen%$'\n'} same <<-'EOF'
	copy local F F 9:3 flags=% size=3
	forget both F F 9:3
	EOF
}

first='folder s F F fv=9 intents=0 kept=0 kind=none rows=0
end s F 0
folder r F F count=1 kind=full next=6 validity=9
m r 9:5 date=5 flags=S size=10
end r F 1
folder l F F kind=full'

@test "a name is believed if FolderValidity confirms it, one file claims it and it is not empty" {
	dig=dig=00000000000000000000000000000003
	plan < <(pair %; echo "$first"; echo "m l - date=4 $dig dir=new flags=F name=c size=99 uid=5
end l F 1")
	[ "$unmarked" = 'adopt both F F 9:5 flags=% name=c size=99
flags local F F 9:5 add=S name=c was=F
flags remote F F 9:5 add=F name=c was=S' ]
	plan < <(pair %; echo "${first/fv=9/fv=8}"; echo "m l - date=4 $dig dir=new flags=F name=c size=99 uid=5
end l F 1")
	[[ $unmarked == 'copy local '*$'\ncopy remote '* && $unmarked != *$'\n'*$'\n'* ]]
	plan < <(pair %; echo "$first"; echo "m l - date=4 $dig dir=new flags=F name=c size=99 uid=5
m l - date=4 $dig dir=new flags=F name=d size=99 uid=5
end l F 2")
	told 2 'copy remote*'
	plan < <(pair %; echo "$first"; echo "m l - bad=empty date=4 $dig dir=new flags=F name=c size=0 uid=5
end l F 1")
	[ "$unmarked" = 'copy local F F 9:5 date=5 flags=S size=10
keep remote F F - name=c why=empty' ]
	told 0 'mark local*'
}

@test "once a sync has ended, a name is believed if size or digest agree: a file may be of a backup" {
	local file='m l - date=4 dig=00000000000000000000000000000003 dir=new flags=S name=c,U=3 size=99 uid=3'
	asked() {	# SIZE [DIG]: the server's message, whose digest has been asked for if it is given
		plan < <(pair %; ${2:+echo probe remote F F 9:3}
			state; echo "folder r F F count=3 kind=delta modseq=6 next=4 since=7 validity=9
m r 9:3 date=5 ${2:+dig=0000000000000000000000000000000$2 }flags=S size=$1
end r F 1"; echo "$lfull
$file
end l F 3")
	}
	asked 99
	[ "$unmarked" = 'adopt both F F 9:3 flags=S name=c,U=3 size=99' ]
	asked 98
	[ "$short" = 'probe remote F F 9:3' ]
	asked 98 3
	[ "$unmarked" = 'adopt both F F 9:3 flags=S name=c,U=3 size=99' ]
	asked 98 4
	[ "$unmarked" = 'copy local F F 9:3 date=5 flags=S size=98
copy remote F F - date=4 dig=00000000000000000000000000000003 flags=S gen=7 name=c,U=3 next=9:4 size=99' ]
}

@test "a deletion that was begun: goes on, is taken back, or has been ours; never another client's" {
	local row='m s 9:3 date=1 dig=00000000000000000000000000000003 flags=ST kept=deleting name=c,U=3 size=10'
	local gone='folder r F F count=2 kind=full modseq=6 next=4 validity=9
m r 9:1 flags=S
m r 9:2 flags=%
end r F 2'
	back() {	# SERVER FLAGS: and the file is back, if it has flags
		plan < <(pair %; state "$row"; echo "$1"; echo "$lfull
${2:+m l - date=1 dig=00000000000000000000000000000003 dir=cur flags=$2 name=c,U=3 size=10 uid=3
}end l F $((2 + (${#2} != 0)))")
	}
	is() {	# FLAGS: the server has it with these
		echo "folder r F F count=3 kind=full modseq=6 next=4 validity=9
m r 9:1 flags=S
m r 9:2 flags=%
m r 9:3 flags=$1
end r F 3"
	}
	back "$gone" ''
	[ "$unmarked" = 'forget both F F 9:3' ]
	# it was expunged by us, and is here again: it goes up as a new one
	back "$gone" S
	[ "$unmarked" = 'forget both F F 9:3
copy remote F F - date=1 dig=00000000000000000000000000000003 flags=S gen=7 name=c,U=3 next=9:4 size=10' ]
	back "$(is ST)" ''
	[ "$unmarked" = 'delete remote F F 9:3 was=ST' ]
	back "$(is S)" ''
	[ "$unmarked" = 'delete remote F F 9:3 was=S' ]
	# the mark is ours, and is taken back
	back "$(is ST)" S
	[ "$unmarked" = 'flags remote F F 9:3 del=T name=c,U=3 was=ST' ]
	back "$(is S)" S
	[ "$unmarked" = 'agree both F F 9:3 flags=S was=ST' ]
	# without that word it is what it looks like
	row=${row/ kept=deleting}
	back "$gone" S
	[ "$unmarked" = 'delete local F F 9:3 name=c,U=3 was=S' ]
}

@test "a row's file that was renamed is still the row's, if its content is" {
	seen=
	for dig in 2 3; do
		plan < <(pair %; state; echo "$rsame"; echo "folder l F F kind=full
m l - dir=cur flags=S name=a,U=1 uid=1
m l - date=4 dig=0000000000000000000000000000000$dig dir=new flags=F name=new,U=2 size=10 uid=2
end l F 2")
		seen+=$unmarked$'\n'
	done
	short=${seen%$'\n'} same <<-'EOF'
	adopt both F F 9:2 flags=% name=new,U=2 size=10
	flags remote F F 9:2 add=F name=new,U=2 was=%
	delete remote F F 9:2 was=%
	copy remote F F - date=4 dig=00000000000000000000000000000003 flags=F gen=7 name=new,U=2 next=9:3 size=10
	EOF
}

@test "an intent whose file is gone is dropped; a refused file is not tried again" {
	plan < <(pair %; state 'intent s - date=4 dig=00000000000000000000000000000004 gen=3 name=x next=9:3 size=4' \
		'intent s - date=4 dig=00000000000000000000000000000005 gen=3 kept=refused name=y next=9:3 size=4'
		echo "$rsame"; echo "$lfull
m l - date=4 dig=00000000000000000000000000000005 dir=cur flags=% name=y size=4
end l F 3")
	same <<-'EOF'
	forget both F F - name=x
	keep remote F F - name=y why=refused
	EOF
}

@test "an intent of a folder that the state knows nothing else of is bound by its uid" {
	plan < <(pair %; echo 'folder s F F gen=3 intents=1 kept=0 kind=full rows=0 rules=%
intent s - date=4 dig=00000000000000000000000000000004 gen=3 name=x next=9:3 size=4
end s F 0
folder r F F count=2 kind=full modseq=3 next=3 validity=9
m r 9:1 date=4 flags=% size=7
m r 9:2 date=4 flags=% size=7
end r F 2
folder l F F cur=1:2:3:4 kind=full new=1:2:3:5
m l - date=4 dig=00000000000000000000000000000004 dir=cur flags=S name=x size=4
end l F 1')
	# what was there before the upload is neither asked for nor held because of it
	[[ $output != *probe* && $output != *ambiguous* ]]
	told 3 'copy*'
}

@test "folders as sync-pair sorts them, each as soon as it is whole" {
	one() {
		echo "pair $1 $1 fmd5=x rules=%
folder s $1 $1 kind=none
end s $1 0
folder r $1 $1 kind=failed
end r $1 0
folder l $1 $1 kind=failed
end l $1 0"
	}
	plan < <(echo 'note - folders=3'; one B; one a; echo 'forget both aa aa -'; one b; echo 'keep remote c c - why=createfolders')
	same <<-'EOF'
	note - folders=3
	keep both B B - why=failed
	keep both a a - why=failed
	forget both aa aa -
	keep both b b - why=failed
	keep remote c c - why=createfolders
	EOF
	# the reader need not wait for the folders that follow, nor for anything behind the block
	{ printf 'listing 1 account=A\n'; one a; } | tr ' ' '\t' >in
	coproc sync-plan
	pid=$COPROC_PID from=${COPROC[0]} to=${COPROC[1]}
	echo "$(<in)" >&"$to"
	IFS= read -r -t 60 line <&"$from"
	[ "$line" = $'plan\t1\taccount=A' ]
	IFS= read -r -t 60 line <&"$from"
	[ "$line" = $'keep\tboth\ta\ta\t-\twhy=failed' ]
	exec {to}>&-
	run ! read -r line <&"$from"
	[ -z "$line" ]
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 1 ]
}

@test "the same listing in another order gives the same bytes" {
	list() {	# NUMBERS NUMBERS: those there, those here
		pair %
		echo 'folder s F F fv=9 intents=0 kept=0 kind=none rows=0
end s F 0
folder r F F count=40 kind=full next=99 validity=9'
		for i in $1; do echo "m r 9:$i date=$((i % 3)) dig=000000000000000000000000000000$((10 + i % 5)) flags=S size=10"; done
		echo 'end r F 40'
		echo 'folder l F F kind=full'
		for i in $2; do echo "m l - date=$((i % 4)) dig=000000000000000000000000000000$((10 + i % 7)) dir=new flags=% name=n$i size=10"; done
		echo 'end l F 30'
	}
	forty=$(seq 40) thirty=$(seq 30) backwards=$(seq 40 -1 1)
	plan < <(list "$forty" "$thirty")
	want=$output n=0
	for line in "${lines[@]}"; do [[ $line != adopt* ]] || n=$((n + 1)); done
	[ "$n" -gt 15 ]
	plan < <(list "$backwards" "${backwards#*$'\n31\n'}")
	[ "$output" = "$want" ]
	plan < <(list "$forty" "$(shuf -i 1-30)")
	[ "$output" = "$want" ]
}

# A folder of N messages that nothing happened to, as full listings.
unchanged() {
	awk -v n="$1" '
	function name(i) { return "name=1700000000_" i ".4711.host,U=" i ",FMD5=0123456789abcdef0123456789abcdef" }
	BEGIN {
		OFS = "\t"
		print "listing", 1, "account=A"
		print "pair", "F", "F", "fmd5=x", "maxdelete=50,50", "rules=%"
		print "folder", "s", "F", "F", "count=" n, "cur=1:2:3:4", "gen=7", "intents=0", "kept=0", "kind=full", \
			"modseq=5", "new=1:2:3:5", "next=" n + 1, "rows=" n, "rules=%", "validity=9"
		for (i = 1; i <= n; i++)
			print "m", "s", "9:" i, "date=1700000000", "dig=00000000000000000000000000000001", "flags=S", name(i), "size=12345"
		print "end", "s", "F", n
		print "folder", "r", "F", "F", "count=" n, "kind=full", "modseq=5", "next=" n + 1, "validity=9"
		for (i = 1; i <= n; i++) print "m", "r", "9:" i, "flags=S"
		print "end", "r", "F", n
		print "folder", "l", "F", "F", "cur=1:2:3:4", "kind=full", "new=1:2:3:5"
		for (i = n; i > 0; i--) print "m", "l", "-", "dir=cur", "flags=S", name(i), "uid=" i
		print "end", "l", "F", n
		print "end", "-", "-", 3 * n + 8
	}'
}

# peak FILE: the plan of that listing in "plan", and the planner's peak of memory in kB as "kb".
peak() {
	/usr/bin/time -f %M -o kb sh -c 'exec sync-plan <"$0" >plan' "$1"
	kb=$(<kb)
	kb=${kb##*$'\n'}
}

@test "100,000 unchanged messages in 16 bytes each and a little" {
	[[ $PATH != *san* ]] || skip 'sanitizers have memory of their own'
	unchanged 100000 >in
	peak in
	[ "$(<plan)" = $'plan\t1\taccount=A\nend\t-\t-\t1' ]
	echo "peak: $kb kB"
	[ "$kb" -lt $((100000 * 16 / 1024 + 6000)) ]
}

@test "first syncs of 100,000 messages: 40 bytes each from the server, 60 each from the disk" {
	[[ $PATH != *san* ]] || skip 'sanitizers have memory of their own'
	first() {	# up|down
		awk -v n=100000 -v way="$1" 'BEGIN {
			OFS = "\t"
			if (way == "up") up = n; else down = n
			print "listing", 1, "account=A"
			print "pair", "F", "F", "fmd5=x", "maxdelete=50,50", "rules=%"
			print "folder", "s", "F", "F", "kind=none"
			print "end", "s", "F", 0
			print "folder", "r", "F", "F", "count=" down + 0, "kind=full", "modseq=5", "next=" n + 1, "validity=9"
			for (i = 1; i <= down; i++) print "m", "r", "9:" i, "date=1700000000", "flags=S", "size=12345"
			print "end", "r", "F", down + 0
			print "folder", "l", "F", "F", "cur=1:2:3:4", "kind=full", "new=1:2:3:5"
			for (i = 0; i < up; i++)
				print "m", "l", "-", "date=1", sprintf("dig=%032x", i), "dir=cur", "flags=S", "name=n" i, "size=12345"
			print "end", "l", "F", up + 0
			print "end", "-", "-", n + 8
		}'
	}
	for way in 'down local 40' 'up remote 60'; do
		read -r from side bytes <<<"$way"
		first "$from" >in
		peak in
		echo "$from: $kb kB"
		[ "$(grep -c "^copy	$side	" plan)" -eq 100000 ]
		[ "$kb" -lt $((100000 * bytes / 1024 + 8000)) ]
	done
}

@test "the model: random worlds end where they must" {
	python3 "$BATS_TEST_DIRNAME/model.py" --plan "$(command -v sync-plan)" --seeds "${MODEL_SEEDS-1-$([ -n "${SOAK:-}" ] && echo 20000 || echo 500)}"
}
