# What becomes of deleted messages: trashfolder on either side, and archive.
bats_require_minimum_version 1.5.0
load lib

both_trash() { write_conf 'remote:trashfolder = Trash' 'local:trashfolder = Trash' "$@"; }

# there FOLDER: the subjects' numbers of the messages that the server has in it, with their flags.
there() { imap numbers "$1"; }

# here FOLDER: the same of the files.
here() {
	local file line all=()
	for file in "$MAILDIR/$1"/{cur,new}/*; do
		[ -e "$file" ] || continue
		while IFS= read -r line && [[ $line != 'Subject: number '* ]]; do :; done <"$file"
		all+=("${line#Subject: number }:${file##*:2,}")
	done
	[ ${#all[@]} -ne 0 ] || return 0
	mapfile -t all < <(printf '%s\n' "${all[@]}" | sort)
	printf '%s ' "${all[@]}"
}

# Runs that have nothing to do: both sides are the same, and stay so.
settled() {
	local before
	agree
	before=$(frozen "$MAILDIR"; imap ls)
	sync
	same "$(frozen "$MAILDIR"; imap ls)" "$before"
}

start() {
	imap number INBOX 3 '\Seen \Flagged'
	imap create Trash
	sync
}

@test "trash: deleted here, it is moved there, with its flags, and comes back to the local trash" {
	both_trash
	start
	letters 1 FST; sync			# a mark for deletion is not moved along
	rm "$(file_of 1)" "$(file_of 2)"
	run -0 offlineimap -o --dry-run
	[[ $output == *'Moving 2 messages (1:2) in IMAP[INBOX] to Trash'* ]]
	[[ $output == *'2 to move to the remote trash'* ]]
	run -0 offlineimap -o
	[[ $output == *'2 moved to the remote trash'* ]]
	[ "$(there INBOX)" = '3:\Flagged \Seen ' ]
	[ "$(there Trash)" = '1:\Flagged \Seen 2:\Flagged \Seen ' ]
	sync
	[ "$(here Trash)" = '1:FS 2:FS ' ]
	settled
	# what is deleted in the trash is gone
	rm "$(file_of 1 Trash)"
	imap delete Trash 2
	sync
	[ -z "$(there Trash)$(here Trash)" ]
	settled
}

@test "trash: deleted there, its file is moved here, and goes up to the trash there" {
	both_trash
	start
	letters 2 FSP; letters 3 FST
	sync
	imap delete INBOX 2:3
	run -0 offlineimap -o --dry-run
	[[ $output == *'Moving 2 messages (2:3) in Maildir[INBOX] to Trash'* ]]
	sync
	[ "$(here INBOX)" = '1:FS ' ]
	[ "$(here Trash)" = '2:FPS 3:FS ' ]
	# it has no uid there, nor that of its old folder
	[[ $(ls "$MAILDIR/Trash/cur") != *,U=* ]]
	sync
	[ "$(there Trash)" = '2:\Flagged \Seen 3:\Flagged \Seen ' ]
	settled
}

@test "trash: a mail program that moves messages to the trash itself does not make two of one, on either side" {
	local n
	both_trash
	start
	for n in 4 5 6; do mail $n; done
	sync
	mv "$(file_of 1)" "$MAILDIR/Trash/cur/"
	imap move INBOX 2 Trash
	# on both sides
	mv "$(file_of 3)" "$MAILDIR/Trash/cur/"
	imap move INBOX 3 Trash
	sync
	sync
	[ "$(there Trash | tr ' ' '\n' | grep -c :)" -eq 3 ]
	[ "$(here Trash)" = '1:FS 2:FS 3:FS ' ]
	settled
	# copied first, deleted only after a sync that held the deletions back
	both_trash 'account:maxdelete = 0,0'
	mv "$(file_of 4)" "$MAILDIR/Trash/cur/"
	imap move INBOX 5 Trash
	sync
	[ "$(there INBOX | tr ' ' '\n' | grep -c :)" -eq 2 ]
	[ "$(here INBOX | tr ' ' '\n' | grep -c :)" -eq 2 ]
	sync --allow-delete
	sync
	[ "$(here Trash | tr ' ' '\n' | cut -d : -f 1 | tr '\n' ' ')" = '1 2 3 4 5 ' ]
	settled
}

# twins: both in INBOX on the server: as long, as old, with one start, and different ends.
twins() {
	local n text
	printf -v text '%s\n' 'From: a@example.org' 'Subject: twin' ''
	for n in 1 2; do
		{ printf %s "$text"; yes 'a line of many' | head -n 700; echo "end $n"; } >twin$n
		imap append INBOX twin$n '' 1700000000 >/dev/null
	done
}

# twin N: its only file.
twin() { grep -lrx "end $1" "$MAILDIR/INBOX/cur" "$MAILDIR/INBOX/new"; }

@test "trash: a message that only starts like one in the trash is not there" {
	local hide
	for hide in none MOVE; do
		server hide=$hide
		rm -rf "$MAILDIR" "$META"
		write_conf 'remote:trashfolder = Trash'
		imap create Trash
		twins
		sync
		rm "$(twin 1)"
		sync; sync
		rm "$(twin 2)"
		sync
		[ -z "$(there INBOX)" ]
		same "$(imap ls Trash | cut -f 6 | sort)" "$(sha256sum twin1 twin2 | cut -d ' ' -f 1 | sort)"
		# moved to the trash by a mail program, of which one has a twin there
		imap move Trash 1:2 INBOX
		sync
		[ -z "$(there Trash)" ]
		mv "$(twin 1)" "$MAILDIR/Trash/cur/"
		rm "$(twin 2)"
		sync
		same "$(imap ls Trash | cut -f 6 | sort)" "$(sha256sum twin1 twin2 | cut -d ' ' -f 1 | sort)"
	done
}

@test "trash: without MOVE it is copied, once whatever happens; without UIDPLUS the mark stays" {
	local hide
	for hide in MOVE MOVE,UIDPLUS; do
		server hide=$hide
		rm -rf "$MAILDIR" "$META"
		both_trash
		start
		# a run was stopped after the copy
		imap copy INBOX 1 Trash
		rm "$(file_of 1)" "$(file_of 2)"
		sync
		[ "$(there Trash)" = '1:\Flagged \Seen 2:\Flagged \Seen ' ]
		sync
		[ "$(here Trash)" = '1:FS 2:FS ' ]
		if [ $hide = MOVE ]; then
			settled
		else
			[ "$(there INBOX)" = '1:\Deleted \Flagged \Seen 2:\Deleted \Flagged \Seen 3:\Flagged \Seen ' ]
			sync
			[ "$(there Trash)" = '1:\Flagged \Seen 2:\Flagged \Seen ' ]
		fi
	done
}

@test "trash: a folder that is not there is made, or nothing is deleted and the exit status says so" {
	local hide
	for hide in none MOVE; do
		server hide=$hide
		rm -rf "$MAILDIR" "$META"
		mail 1; mail 2
		write_conf 'remote:trashfolder = Bin/old' 'local:trashfolder = Bin.old' \
			'remote:createfolders = no' 'local:createfolders = no'
		mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
		sync
		rm "$(file_of 1)"
		imap delete INBOX 2
		run -1 offlineimap -o
		[[ $output == *'to "Bin/old"'* && $output == *Bin.old* ]]
		[ "$(there INBOX)" = '1: ' ]
		[[ $(here INBOX) == 2:* ]]
		write_conf 'remote:trashfolder = Bin/old' 'local:trashfolder = Bin.old'
		sync
		[ "$(there Bin/old)" = '1: ' ]
		[[ $(here Bin.old) == 2:* ]]
		sync
		[ -z "$(there INBOX)$(here INBOX)" ]
		settled
	done
}

@test "trash: a trash that takes nothing blocks the deletion" {
	local hide mails n=1
	printf 'Trash user=%s lr\n' "$U" >acl
	chmod 644 acl; chmod a+x "$BATS_TEST_TMPDIR" "$HOME"
	server
	imap create Trash
	mail 1; mail 2
	mails=$BATS_TEST_TMPDIR/server0/mail
	dovecot_stop "$BATS_TEST_TMPDIR/server0"
	for hide in none MOVE; do
		server hide=$hide acl="$PWD/acl"
		rm -rf "$MAILDIR" "$META" "$BATS_TEST_TMPDIR/server$n/mail"
		cp -a "$mails" "$BATS_TEST_TMPDIR/server$((n++))/mail"
		both_trash
		sync
		rm "$(file_of 1)"
		run -1 offlineimap -o
		[[ $output == *'to "Trash"'* ]]
		[ "$(there INBOX)" = '1: 2: ' ]
	done
}

@test "trash: expunge = no leaves it where it is; a name that no folder can have is refused" {
	mail 1
	write_conf 'remote:trashfolder = Trash' 'remote:expunge = no'
	run -0 offlineimap -o
	[[ $output == *"option 'trashfolder' is not used"* ]]
	rm "$(file_of 1)"
	sync
	[ "$(there INBOX)" = '1:\Deleted ' ]
	[ "$(imap folders)" = INBOX ]
	write_conf 'local:trashfolder = a/../b'
	run -2 offlineimap -o
	[[ $output == *trashfolder* ]]
}

@test "trash: lines by hand: not to the folder itself, not twice, not where the file is back" {
	both_trash
	start
	local v line
	v=$(imap status INBOX UIDVALIDITY | tr -dc 0-9)
	for line in $'move\tremote\tINBOX\tINBOX\t'"$v"$':1\tINBOX\t-\twas=FS' \
		$'move\tlocal\tINBOX\tINBOX\t'"$v"$':1\t-\tINBOX\twas=FS' $'move\tlocal\tINBOX\tINBOX\t'"$v"$':1\tTrash\t-\twas=FS'; do
		run -1 sync-apply -a test <<<"$line"
		[[ $output == *'cannot be carried out'* ]]
	done
	line=$'move\tremote\tINBOX\tINBOX\t'$v$':1\tTrash\t-\twas=FS'
	run -0 sync-apply -a test <<<"$line"
	[[ $output == skip=*back* ]]
	mv "$(file_of 1)" kept
	run -0 sync-apply -a test < <(printf '%s\n' "$line" "$line")
	[ "$(grep -c ^done <<<"$output")" -ge 1 ]
	[ "$(there Trash)" = '1:\Flagged \Seen ' ]
	# a name that leads to the same directory
	ln -s INBOX "$MAILDIR/Other"
	imap delete INBOX 2
	run -1 sync-apply -a test <<<$'move\tlocal\tINBOX\tINBOX\t'"$v"$':2\t-\tOther\twas=FS'
	[[ $output == *'this%20very%20folder'* ]]
	file_of 2
}

@test "archive: what the server lost stays for good, and is never sent again" {
	local n before
	for n in 1 2 3; do mail $n; done
	write_conf 'local:archive = yes' 'account:maxdelete = 0,0'
	sync
	imap delete INBOX 1:2
	run -0 offlineimap -o --dry-run -u plan
	[ "$(grep -c $'^keep\tlocal\tINBOX\t.*why=archive' <<<"$output")" -eq 2 ]
	run -0 offlineimap -o
	[[ $output == *'gone from the server, kept here for good (archive)'* ]]
	sync; sync
	file_of 1; file_of 2
	[ "$(there INBOX)" = '3: ' ]
	# without the state, the names say that they were there once
	rm -rf "$META/Account-test"
	sync; sync
	[ "$(there INBOX)" = '3: ' ]
	[ "$(sync-state -a test -H | grep -o 'kept=[0-9]*')" = kept=2 ]
	# nor without all that is known
	rm -rf "$META"
	sync; sync
	[ "$(there INBOX)" = '3: ' ]
	file_of 1
	# new mail goes up as always, a copy of what is archived too
	deliver 4
	sync
	[ "$(there INBOX)" = '3: 4: ' ]
	# whoever removes the file ends it
	rm "$(file_of 1)"
	sync
	[ "$(there INBOX)" = '3: 4: ' ]
	imap delete INBOX 1:999
	sync
	[ "$(here INBOX | tr ' ' '\n' | cut -d : -f 1 | tr '\n' ' ')" = '2 3 4 ' ]
}

@test "archive: it stays when the server renumbers the folder, and what that lost meanwhile goes there" {
	imap number INBOX 4 '\Seen'
	write_conf 'local:archive = yes'
	sync
	imap delete INBOX 1:2
	sync
	# the rule has gone, the archive has not
	write_conf
	imap renumber INBOX
	sync; sync
	[ "$(there INBOX)" = '4:\Seen 3:\Seen ' ]
	file_of 1; file_of 2
	[ "$(sync-state -a test -H | grep -o 'intents=[0-9]*')" = intents=2 ]
	run -1 offlineimap --verify -u plan
	[ "$(grep -c $'^differ\t.*why=archive' <<<"$output")" -eq 2 ]
	# its old numbers are others' now; and again
	mail 5; mail 6
	sync
	imap renumber INBOX
	sync; sync
	[ "$(there INBOX)" = '6: 5: 3:\Seen 4:\Seen ' ]
	file_of 1; file_of 2
	# what is gone from the renumbered folder was deleted there
	write_conf 'local:archive = yes'
	imap delete INBOX 1
	imap renumber INBOX
	sync; sync
	[ "$(there INBOX)" = '4:\Seen 3:\Seen 5: ' ]
	file_of 6
	# whoever removes the files ends it
	rm "$(file_of 1)" "$(file_of 2)" "$(file_of 6)"
	sync
	[ "$(sync-state -a test -H | grep -o 'intents=[0-9]*')" = intents=0 ]
	settled
}

@test "archive: what is in it stays when the rule has gone; its file's end is its end" {
	mail 1; mail 2; mail 3
	write_conf 'local:archive = yes'
	sync
	imap delete INBOX 1:2
	sync
	write_conf 'account:maxdelete = no'
	sync; sync
	file_of 1; file_of 2
	[ "$(there INBOX)" = '3: ' ]
	rm "$(file_of 1)"
	imap delete INBOX 3
	sync
	sync
	[ "$(here INBOX)" = "$(here INBOX | sed -n '/^2:/p')" ]
	[ -z "$(there INBOX)" ]
	[ "$(sync-state -a test -H | grep -o 'kept=[0-9]*')" = kept=1 ]
}

@test "trash: planned as moves, counted by maxdelete as deletions" {
	plan() {
		{ printf 'listing 1 account=A\n'; cat; } |
			awk '{ gsub(/ /, "\t"); print } END { printf "end\t-\t-\t%d\n", NR }' | sync-plan | tr '\t' ' ' | grep -v '^plan\|^end\|^mark'
	}
	local state='folder s F F count=2 fv=9 gen=7 intents=0 kept=0 kind=full modseq=5 next=3 rows=2 rules=% validity=9
m s 9:1 date=1 dig=00000000000000000000000000000001 flags=S name=a,U=1 size=10
m s 9:2 date=1 dig=00000000000000000000000000000002 flags=% name=b,U=2 size=10
end s F 2
folder r F F count=1 kind=full modseq=6 next=3 validity=9
m r 9:1 flags=FS
end r F 1
folder l F F kind=full
m l - dir=cur flags=% name=b,U=2 uid=2
end l F 1'
	same "$(plan <<<"pair F F fmd5=x ltrash=A.T maxdelete=- rtrash=A/T rules=%"$'\n'"$state")" \
		'move remote F F 9:1 A/T - was=FS
move local F F 9:2 - A.T name=b,U=2 was=%'
	same "$(plan <<<"pair F F fmd5=x ltrash=A.T maxdelete=- rules=%"$'\n'"$state")" \
		'delete remote F F 9:1 was=FS
move local F F 9:2 - A.T name=b,U=2 was=%'
	same "$(plan <<<"pair F F fmd5=x ltrash=A.T maxdelete=0,0 rtrash=A/T rules=%"$'\n'"$state")" \
		'keep remote F F 9:1 why=maxdelete
keep local F F 9:2 name=b,U=2 why=maxdelete'
	same "$(plan <<<"pair F F fmd5=x ltrash=A.T maxdelete=- rtrash=A/T rules=archive,lnodelete"$'\n'"$state")" \
		'keep remote F F 9:1 why=sync_deletes
keep local F F 9:2 name=b,U=2 why=archive'
	same "$(plan <<<"pair F F fmd5=x maxdelete=- rules=%"$'\n'"${state/name=b,U=2 size/kept=archive name=b,U=2 size}")" \
		'delete remote F F 9:1 was=FS
keep local F F 9:2 name=b,U=2 why=archive'
	same "$(plan <<<"pair F F fmd5=x ltrash=A.T maxdelete=- rules=rnodelete"$'\n'"$state" | tail -n 1)" \
		'keep local F F 9:2 name=b,U=2 why=sync_deletes'
}

@test "trash: one file that may not be moved holds no other back, in its folder or in another" {
	imap create Other
	imap number INBOX 3 '\Seen'
	imap number Other 2 '\Seen'
	write_conf 'local:trashfolder = Trash'
	mkdir -p "$MAILDIR"/Trash/{cur,new,tmp}
	sync
	imap delete INBOX 1:2
	imap delete Other 1
	offlineimap -o --dry-run -u plan >plan
	[ "$(grep -c $'^move\tlocal' plan)" -eq 3 ]
	# the mail reader comes first
	letters 1 FS
	run sync-apply -a test < <(imap-fetch -a test <plan)
	[ "$(grep -c $'^skip=.*\tmove\tlocal\tINBOX' <<<"$output")" -eq 1 ]
	[ "$(grep -c $'^done\tmove\tlocal' <<<"$output")" -eq 2 ]
	[ -n "$(file_of 1)" ] && [ -n "$(file_of 2 Trash)" ] && [ -n "$(file_of 1 Trash)" ]
	[ "$(find "$MAILDIR/Other/cur" "$MAILDIR/Other/new" -type f | wc -l)" -eq 1 ]
}

rounds() {
	"$SERVED" rounds.py --trash --seed "${SEED:-1}" "$@" "$PORT" "$TLSPORT" "$CA" "$U$SEED" "$HOME/r$SEED"
}

# rounds with some seeds, more of them with SOAK=1
seeds() {
	local n=1
	[ -z "${SOAK:-}" ] || n=30
	for ((SEED = 1; SEED <= n; SEED++)); do rounds "$@"; done
}

@test "trash: random changes on both sides, some runs killed" {
	seeds --rounds 2 --kill
}

# bats test_tags=soak
@test "trash: the same without MOVE" {
	server hide=MOVE
	seeds --rounds 2 --kill
}

# bats test_tags=soak
@test "trash: and without UIDPLUS" {
	server hide=MOVE,UIDPLUS
	seeds --rounds 2 --kill --no-uidplus
}
