# shellcheck shell=bash
# A throwaway Dovecot on loopback, as whoever runs this.  Sourced by the tests
# and by the demo.
#
#   ca_make DIR                     a certificate authority and a server certificate in it
#   dovecot_start DIR [OPTION...]   a server with all its files in DIR; sets DOVECOT_PORT
#                                   (clear text and STARTTLS), DOVECOT_TLSPORT, DOVECOT_CA
#   dovecot_stop DIR                returns when it is gone
#
# Any user name logs in with the password "pw".  OPTION is
#   format=maildir          instead of sdbox
#   sep=.                   the hierarchy separator, "/" by default
#   hide=UIDPLUS,MOVE       capabilities not shown (the commands still work)
#   acl=FILE                acl plugin with global rules: "MAILBOX USER RIGHTS" a line
#   include=FILE            more of its configuration
#   ca=DIR                  made by ca_make; its own by default
#   key=value               any other Dovecot setting

DOVECOT_CAPS='IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY
THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE
UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH
ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY
PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY'

ca_make() {
	mkdir -p "$1" || return 1
	(
		cd "$1" || exit 1
		new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
		printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >san
		# shellcheck disable=SC2086
		openssl req -x509 $new -days 30 -subj '/CN=OfflineIMAP test CA' \
			-keyout ca.key -out ca.pem &&
			openssl req $new -subj /CN=localhost -keyout key.pem -out csr.pem &&
			openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -set_serial 1 \
				-days 30 -extfile san -out cert.pem
	) >"$1/log" 2>&1 || { cat "$1/log" >&2; return 1; }
}

# Two ports that nobody uses, as the kernel chose them.
free_ports() {
	python3 -c '
import socket
s = [socket.socket() for _ in range(2)]
for x in s: x.bind(("127.0.0.1", 0))
print(*(x.getsockname()[1] for x in s))'
}

# Capabilities without those in the comma list $1.
dovecot_caps() {
	local c out=
	for c in $DOVECOT_CAPS; do
		[[ ,$1, == *,$c,* ]] || out+=" $c"
	done
	printf '%s' "${out# }"
}

dovecot_conf() {
	local dir=$1 port=$2 tls=$3 ca=$4 format=$5 sep=$6 acl=$7 user group
	user=$(id -un) group=$(id -gn)
	if [ "$(id -u)" -eq 0 ]; then
		user=nobody group=$(id -gn nobody)
	fi
	cat <<-END
		base_dir = $dir/run
		state_dir = $dir/state
		log_path = $dir/log
		protocols = imap
		listen = 127.0.0.1
		ssl = yes
		ssl_cert = <$ca/cert.pem
		ssl_key = <$ca/key.pem
		disable_plaintext_auth = no
		auth_mechanisms = plain login
		default_internal_user = $user
		default_internal_group = $group
		default_login_user = $user
		mail_location = $format:$dir/mail/%u
		first_valid_uid = 0
		first_valid_gid = 0
		mail_uid = $user
		mail_gid = $group
		mail_fsync = never
		mail_max_userip_connections = 100
		# wrong passwords, which some tests are about, shall not make other logins wait
		auth_failure_delay = 0
		service anvil {
		  chroot =
		  unix_listener anvil-auth-penalty {
		    mode = 0
		  }
		}
		service imap-login {
		  chroot =
		  service_count = 0
		  inet_listener imap {
		    port = $port
		  }
		  inet_listener imaps {
		    port = $tls
		  }
		}
		# the next login gets the process of the last
		service imap {
		  service_count = 100
		}
		namespace inbox {
		  inbox = yes
		  separator = $sep
		}
		passdb {
		  driver = static
		  args = password=pw
		}
		userdb {
		  driver = static
		  args = uid=$user gid=$group home=$dir/mail/%u
		}
	END
	[ -z "$acl" ] || cat <<-END
		mail_plugins = acl
		protocol imap {
		  mail_plugins = acl imap_acl
		}
		plugin {
		  acl = vfile:$acl
		}
	END
}

# dovecot_addresses ADDRESS=HIDE...: settings, for include=, of a server that does not show these
# capabilities to who speaks to these addresses, and all of them to others.
dovecot_addresses() {
	local arg
	echo "listen = 127.0.0.1 ${*%%=*}"
	for arg; do
		printf 'local %s {\n  protocol imap {\n    imap_capability = %s\n  }\n}\n' \
			"${arg%%=*}" "$(dovecot_caps "${arg#*=}")"
	done
}

# Some milliseconds, without a process where the suite has something to wait at.
nap() {
	if [ -p "${T_NAP:-}" ]; then
		read -rt 0.02 <>"$T_NAP" || :
	else
		sleep 0.02
	fi
}

# Whether the port $1 greets.
dovecot_answers() {
	local line
	{ exec 9<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
	read -r -t 5 line <&9
	exec 9>&-
	[[ $line == '* OK'* ]]
}

dovecot_start() {
	local dir=$1 ca=$1/ca format=sdbox sep=/ hide='' acl='' include='' arg try i port tls
	local -a extra=() as=()
	shift
	for arg; do
		case $arg in
		format=* | sep=* | hide=* | acl=* | include=* | ca=*) local "${arg?}" ;;
		*) extra+=("$arg") ;;
		esac
	done
	[ -z "$hide" ] || extra+=("imap_capability=$(dovecot_caps "$hide")")
	PATH=$PATH:/usr/sbin:/sbin
	mkdir -p "$dir/run" "$dir/mail" "$dir/state" || return 1
	[ -f "$ca/cert.pem" ] || ca_make "$ca" || return 1
	if [ "$(id -u)" -eq 0 ]; then
		# Dovecot's login processes refuse to be root: all of it is nobody's.
		as=(--reuid=nobody --regid="$(id -gn nobody)" --clear-groups)
		chown -R nobody "$dir" && chmod a+rX "$ca" "$ca"/*.pem || return 1
	fi
	for try in 1 2 3 4 5; do
		read -r port tls < <(free_ports) || return 1
		{
			dovecot_conf "$dir" "$port" "$tls" "$ca" "$format" "$sep" "$acl"
			[ ${#extra[@]} -eq 0 ] || printf '%s\n' "${extra[@]/=/ = }"
			[ -z "$include" ] || echo "!include $include"
		} >"$dir/dovecot.conf"
		# It ends with this shell, however that ends.
		setpriv "${as[@]}" --pdeathsig TERM \
			dovecot -F -c "$dir/dovecot.conf" </dev/null >"$dir/start.log" 2>&1 3>&- 4>&- &
		echo $! >"$dir/pid"
		disown
		for i in {1..200}; do
			if dovecot_answers "$port"; then
				DOVECOT_PORT=$port DOVECOT_TLSPORT=$tls DOVECOT_CA=$ca/ca.pem
				export DOVECOT_PORT DOVECOT_TLSPORT DOVECOT_CA
				return 0
			fi
			kill -0 "$(cat "$dir/pid")" 2>/dev/null || break
			nap
		done
		dovecot_stop "$dir"
		cat "$dir/start.log" "$dir/log" 2>/dev/null | grep -q 'Address already in use' || break
	done
	echo "dovecot did not start (try $try, look $i):" >&2
	tail -n 20 "$dir/start.log" "$dir/log" >&2
	return 1
}

# The caller may have set -e, and a process may end between two looks at it.
dovecot_stop() {
	local pid i left
	pid=$(cat "$1/pid" 2>/dev/null) || return 0
	rm -f "$1/pid"
	kill "$pid" 2>/dev/null || return 0
	for i in {1..500}; do
		kill -0 "$pid" 2>/dev/null || return 0
		# It dawdles for a second with its log process when all others have gone.
		left=$(pgrep -P "$pid" -l) || left=
		if [[ $left != *$'\n'* && $left == *' log' ]]; then
			kill -KILL "$pid" "${left% log}" 2>/dev/null || :
		elif [ "$i" -eq 250 ]; then
			kill -KILL "$pid" 2>/dev/null || :
		fi
		nap
	done
	echo "dovecot $pid does not stop" >&2
	return 1
}
