# The configuration: its syntax beside Python's, its samples, its manual.
load lib
export OVER_TLS=1

@test "conf: the syntax is configparser's, on random files" {
	mkdir files
	shopt -s nullglob
	run python3 "$ROOT/t/conf_diff.py" "$BUILD/unit/conf_ini" files "${SEED:-1}" \
		"$([ -n "${SOAK:-}" ] && echo 200000 || echo 500)" \
		"$ROOT"/share/offlineimap.conf* /usr/share/doc/offlineimap3/examples/offlineimap.conf*
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *" files alike, "* ]]
}

@test "conf: the comparison notices a reader that differs" {
	mkdir files
	printf '#!/bin/sh\n"%s" "$@" | sed "s/%%20/%%21/"\n' "$BUILD/unit/conf_ini" >reader
	chmod +x reader
	run python3 "$ROOT/t/conf_diff.py" ./reader files 1 "$([ -n "${SOAK:-}" ] && echo 500 || echo 100)"
	[ "$status" -eq 1 ]
	[[ $output == *" differs"* ]]
}

# values ARRAY: what "run" said, by name.
values() {
	local line
	declare -gA "$1=()"
	local -n all=$1
	for line in "${lines[@]}"; do all[${line%%=*}]+=${line#*=}$'\n'; done
}

@test "conf: the samples are sound, with every option that they show" {
	run "$BUILD/unit/conf_account" "$ROOT/share/offlineimap.conf.minimal"
	[ "$status" -eq 0 ]
	[[ $output == *"root=$HOME/Test"* && $output != *warning* ]]
	mkdir -p .config/offlineimap
	: >.config/offlineimap/client.pem
	: >.config/offlineimap/client.key
	run "$BUILD/unit/conf_account" "$ROOT/share/offlineimap.conf"
	values before
	sed 's/^#\([a-z]\)/\1/' "$ROOT/share/offlineimap.conf" >all
	run "$BUILD/unit/conf_account" all
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output != *warning* ]]
	values after
	# what stands there as a default is one
	for name in metadata utf8 fsync socktimeout ignore_readonly infosep maxdelete port ssl starttls ca \
		subscribed r.readonly r.deletes r.create expunge maxconn sep l.readonly l.deletes l.create; do
		[ "${before[$name]?}" = "${after[$name]?}" ] || { echo "$name"; false; }
	done
	[[ $output == *"pass=50% secret"* ]]
}

@test "conf: OfflineIMAP's own samples are understood" {
	examples=/usr/share/doc/offlineimap3/examples
	# some images are made without documentation
	[ -e $examples ] || skip "no $examples"
	for f in offlineimap.conf offlineimap.conf.minimal; do
		run "$BUILD/unit/conf_account" "$examples/$f"
		echo "$output"
		[ "$status" -eq 0 ]
		[[ $output == *"host=examplehost"* ]]
	done
}

@test "conf: the manual names every option, and its examples are sound" {
	page=$ROOT/man/offlineimap.conf.5
	mandoc -Tlint -W warning "$page"
	n=0 named=' '
	while IFS= read -r line; do
		[[ ! $line =~ ^\.(It )?Ic\ (.*) ]] || named+="${BASH_REMATCH[2]} "
	done <"$page"
	while IFS= read -r option; do
		option=${option/%\?/a}
		[[ $named == *" $option "* ]] || { echo "$option is not in the manual"; false; }
		n=$((n + 1))
	done < <(sed -n 's/^{ "\([^"]*\)".*/\1/p' "$ROOT/lib/conf/opt_table.c")
	[ "$n" -gt 100 ]
	mandoc -Tascii "$page" | col -bx | sed -n "/<<'END'/,/^ *END/{/END/d;s/^ *//;p;}" >example
	run "$BUILD/unit/conf_account" example
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"rename=s/^INBOX\\.//"* ]]
}
