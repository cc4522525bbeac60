#!/usr/bin/env bats
# imap-connect: the way to a server, and what passes through it afterwards.

# shellcheck disable=SC2153
bats_require_minimum_version 1.5.0
load lib
export OVER_TLS=1

HELLO='* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello'
LOGIN='<(\S+) AUTHENTICATE PLAIN AHUAb3Blbg=='
LOGGED='>%t OK [CAPABILITY IMAP4rev1 IDLE] in'
BYE='<imap-connect LOGOUT'

# Made once: the suite's certificate with its key in one file, and alone as what fingerprints are of
# (PRINT is its own); its CA in a directory as OpenSSL has them; a CA of the same name that knows
# nothing of it; a server that compresses.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	cat "$T_CADIR/cert.pem" "$T_CADIR/key.pem" >srv.pem
	openssl x509 -in "$T_CADIR/cert.pem" -outform DER -out cert.der
	openssl x509 -in "$T_CA" -outform DER -out ca.der
	PRINT=$(fingerprint cert.der)
	export PRINT
	[ ${#PRINT} -eq 64 ]
	mkdir hashed
	cp "$T_CA" "hashed/$(openssl x509 -in "$T_CA" -noout -hash).0"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 \
		-subj '/CN=OfflineIMAP test CA' -keyout other.key -out other.pem 2>/dev/null
	printf 'protocol imap {\n  mail_plugins = imap_zlib\n}\n' >zip.conf
	chmod a+r zip.conf
	dovecot_start "$BATS_FILE_TMPDIR/zip" ca="$T_CADIR" include="$BATS_FILE_TMPDIR/zip.conf"
	export ZIP_PORT=$DOVECOT_PORT ZIP_TLSPORT=$DOVECOT_TLSPORT
}

teardown_file() { dovecot_stop "$BATS_FILE_TMPDIR/zip"; }

setup() {
	t_setup
	SRV=$BATS_FILE_TMPDIR/srv.pem HASHED=$BATS_FILE_TMPDIR/hashed OTHER=$BATS_FILE_TMPDIR/other.pem
	FAKES=()
	unset SSL_CERT_FILE SSL_CERT_DIR
}

# A server that nobody reached waits for ever.
teardown() {
	[ ${#FAKES[@]} -eq 0 ] || kill "${FAKES[@]}" 2>/dev/null || :
	t_teardown
}

# Waits for a file.
await() {
	local left=6000
	while [ ! -e "$1" ] && [ $((left--)) -gt 0 ]; do nap; done
}

# A server for one connection that follows a script (see peer.py), with its files in FAKE; sets FPORT.
fake() {
	FAKE=$BATS_TEST_TMPDIR/fake${#FAKES[@]}
	"$SERVED" peer.py serve "$FAKE" "$@" 3>&- &
	FAKES+=($!)
	await "$FAKE/port"
	FPORT=$(<"$FAKE/port")
}

# Waits until the fake server is done and shows that all went as told.
fake_ok() {
	await "$FAKE/result"
	same "$(<"$FAKE/result")" ok
}

# A configuration for the fake server: the first three lines are there unless given anew.
fake_tls_conf() {
	local line given
	local -a lines=("remote:remoteport = $FPORT")
	for line in 'general:socktimeout = 30' 'remote:remoteuser = u' 'remote:remotepass = open'; do
		for given; do
			[[ $given != "${line% = *} = "* ]] || continue 2
		done
		lines+=("$line")
	done
	write_conf "${lines[@]}" "$@"
}

# The same in clear text.
fake_conf() { fake_tls_conf 'remote:ssl = no' 'remote:starttls = no' "$@"; }

# A certificate of the suite's CA with its key in $1.pem: days, then names as in subjectAltName.
# Its common name is "localhost", which must not count.
cert() {
	openssl x509 -req -in "$T_CADIR/csr.pem" -CA "$T_CADIR/ca.pem" -CAkey "$T_CADIR/ca.key" \
		-set_serial 7 -days "$2" -extfile /dev/stdin <<<"subjectAltName=$3" >"$1.crt" 2>"$1.log" || {
		cat "$1.log" >&2
		return 1
	}
	cat "$1.crt" "$T_CADIR/key.pem" >"$1.pem"
}

client() { "$SERVED" peer.py run "$@"; }

# imap-connect with a client that ends at once; output is the last line of stderr, and
# stdout must be a BYE with the same text.
refused() {
	local status=$1
	shift
	run "-$status" --separate-stderr imap-connect "$@" </dev/null
	[ "${#stderr_lines[@]}" -eq 1 ] || { echo "more than one line: $stderr"; return 1; }
	same "$output" "* BYE ${stderr#imap-connect: }"$'\r'
}

# Of a certificate's DER.
fingerprint() {
	local sum
	read -r sum _ < <("${2:-sha256}sum" "$1")
	echo "$sum"
}

# --- servers as they should be

@test "connect: TLS from the first byte" {
	write_conf
	run -0 --separate-stderr imap-connect <<<$'a1 NOOP\r'
	[ -z "$stderr" ]
	[[ ${lines[0]} == '* PREAUTH [CAPABILITY IMAP4rev1 '*'] imap-connect ready'$'\r' ]]
	[[ ${lines[0]} == *' QRESYNC '* ]]
	[[ ${lines[0]} != *AUTH=* && ${lines[0]} != *SASL-IR* && ${lines[0]} != *STARTTLS* ]]
	[[ ${lines[1]} == 'a1 OK '* ]]
	# Its LOGOUT, for the client that does not say it.
	[[ ${lines[2]} == '* BYE '* ]]
}

@test "connect: STARTTLS" {
	write_conf 'remote:ssl = no' "remote:remoteport = $PORT"
	run -0 --separate-stderr imap-connect -d <<<$'a1 LOGOUT\r'
	[[ $output == '* PREAUTH '*'* BYE '*'a1 OK '* ]]
	[[ $stderr == *'C: c1 STARTTLS'*'C: c2 CAPABILITY'*'C: c3 AUTHENTICATE PLAIN ***'* ]]
}

@test "connect: clear text if both options say so, and only then" {
	write_conf 'remote:ssl = no' 'remote:starttls = no' "remote:remoteport = $PORT"
	run -0 --separate-stderr imap-connect -d <<<$'a1 NOOP\r'
	[[ $output == '* PREAUTH '*'a1 OK '* ]]
	[[ $stderr != *STARTTLS$'\n'* ]]
}

@test "connect: an address instead of a name is checked as an address" {
	write_conf 'remote:remotehost = 127.0.0.1'
	run -0 imap-connect </dev/null
	cert one 1 DNS:localhost
	fake -c one.pem '<.*'
	fake_tls_conf 'remote:remotehost = 127.0.0.1'
	refused 1
	[[ $stderr == *"it is not for '127.0.0.1' but for: localhost. "* ]]
}

@test "connect: the system's CAs are taken from their directory, then from the file" {
	write_conf remote:-sslcacertfile
	mkdir empty
	SSL_CERT_DIR=$HOME/empty:$HASHED run -0 imap-connect </dev/null
	SSL_CERT_DIR=$HOME/empty SSL_CERT_FILE=$CA run -0 imap-connect </dev/null
	SSL_CERT_DIR=$HASHED SSL_CERT_FILE=$HOME/nothing run -0 imap-connect </dev/null
	SSL_CERT_DIR=$HOME/empty SSL_CERT_FILE=$HOME/nothing run -2 --separate-stderr imap-connect </dev/null
	[[ $stderr == *'No CA certificates and no server fingerprints configured.'* ]]
	SSL_CERT_DIR=$HOME/empty run -1 imap-connect </dev/null
}

@test "connect: the CA file is not read while the directory will do" {
	write_conf remote:-sslcacertfile
	# Nobody but root can see names in a process that is undumpable; the file has 200 kB.
	bytes_read() { sed -n 's/^.* read(.*= \([0-9]*\)$/\1/p' trace | awk '{ n += $1 } END { print n }'; }
	# The leak checker does not get on with strace.
	export SSL_CERT_DIR=$HASHED ASAN_OPTIONS=detect_leaks=0
	run -0 strace -f -e trace=read -o trace imap-connect </dev/null
	without=$(bytes_read)
	SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt run -0 strace -f -e trace=read -o trace imap-connect </dev/null
	[ "$(bytes_read)" -gt $((without + 150000)) ]
}

@test "connect: no tool is linked with libssl; imap-connect loads what is, for TLS only, or says what is missing" {
	local tool
	local -a tools=()
	for tool in "$BUILD"/bin/*; do
		[ ! -x "$tool" ] || tools+=("$tool")
	done
	[ ${#tools[@]} -gt 0 ]
	readelf -d "${tools[@]}" >needed
	[ "$(grep -c 'NEEDED.*libc\.' needed)" -eq ${#tools[@]} ]
	run -1 grep -E 'NEEDED.*lib(ssl|crypto)' needed
	readelf -d "$BUILD/lib/offlineimap/tls.so" | grep -q 'NEEDED.*libssl'

	mkdir bin
	cp "$BUILD/bin/imap-connect" bin/
	write_conf 'remote:ssl = no' 'remote:starttls = no' "remote:remoteport = $PORT"
	run -0 bin/imap-connect <<<$'a1 NOOP\r'
	write_conf
	run -1 bin/imap-connect </dev/null
	[[ ${lines[0]} == 'imap-connect: no TLS without its module'*'lib/offlineimap'*'tls.so: cannot open'* ||
		${lines[1]} == 'imap-connect: no TLS without its module'*'lib/offlineimap'*'tls.so: cannot open'* ]]
}

@test "connect: a TLS module of another version is refused" {
	local version
	read -r _ _ version < <(grep '^VERSION :=' "$ROOT/Makefile")
	mkdir bin
	cp "$BUILD/bin/imap-connect" bin/
	cp -r "$BUILD/lib" .
	write_conf
	run -0 bin/imap-connect <<<$'a1 NOOP\r'
	sed -i "s/${version//./\\.}/9.9.9/" lib/offlineimap/tls.so
	run -1 --separate-stderr bin/imap-connect </dev/null
	same "$stderr" "imap-connect: no TLS: lib/offlineimap/tls.so is of version 9.9.9, this is $version; \"make install\" puts both in place"
}

@test "connect: a client certificate" {
	fake -c "$SRV" -C "$CA" ">$HELLO" "$LOGIN" "$LOGGED" "$BYE"
	fake_tls_conf "remote:sslclientcert = $T_CADIR/cert.pem" "remote:sslclientkey = $T_CADIR/key.pem"
	run -0 imap-connect </dev/null
	fake_ok
	fake_tls_conf "remote:sslclientcert = $T_CADIR/cert.pem" \
		"remote:sslclientkey = $T_CADIR/ca.key" "remote:remoteport = $TLSPORT"
	refused 2
	[[ $stderr == *"Cannot use the key in '$T_CADIR/ca.key'"* ]]
}

@test "connect: an address that does not answer costs a moment" {
	local took
	printf '127.0.0.1 two\n127.0.0.2 two\n' >hosts
	# As root of a name space of its own.
	two() { unshare -Urm sh -c 'mount --bind hosts /etc/hosts && exec imap-connect'; }
	fake -b ">$HELLO" "$LOGIN" "$LOGGED" "$BYE"
	fake_conf 'remote:remotehost = two'
	took=${EPOCHREALTIME/.}
	run -0 two </dev/null
	fake_ok
	took=$(((${EPOCHREALTIME/.} - took) / 1000))
	echo "$took ms"
	# It was tried, and not waited for: that would be all of socktimeout.
	[ "$took" -ge 300 ] && [ "$took" -lt 30000 ]
	fake -b hang
	fake_conf 'general:socktimeout = 1' 'remote:remotehost = 127.0.0.1'
	refused 75
	[[ $stderr == *'failed: no answer within socktimeout' ]]
}

@test "connect: IPv4 and IPv6, one of them or whichever answers" {
	grep -q '^0\{31\}1 ' /proc/net/if_inet6 || skip 'no IPv6 here'
	fake -6 ">$HELLO" "$LOGIN" "$LOGGED" "$BYE"
	fake_conf 'remote:ipv6 = no'
	refused 75
	[[ $stderr == *'was refused'* ]]
	fake_conf 'remote:remotehost = ::1' 'remote:ipv6 = yes'
	run -0 imap-connect </dev/null
	fake_ok
}

# --- servers that are not trusted

@test "connect: an unknown CA, and the line that the message offers" {
	local line
	write_conf remote:-sslcacertfile
	export SSL_CERT_DIR=$HOME
	refused 1
	[[ $stderr == *"Certificate of 'localhost:$TLSPORT' for repository 'remote' is not trusted"* ]]
	[[ $stderr == *'signed by an unknown CA'* ]]
	line=${stderr##*: }
	same "$line" "cert_fingerprint = $PRINT"
	# It is the last section of the file: the line goes where the user would write it.
	printf '%s\n' "$line" >>.offlineimaprc
	run -0 imap-connect </dev/null
}

@test "connect: a CA file that knows nothing of the server, also with STARTTLS or a fingerprint" {
	write_conf "remote:sslcacertfile = $OTHER"
	refused 1
	[[ $stderr == *'signed by an unknown CA (none that is in sslcacertfile)'* ]]
	[[ $stderr == *'write in place of sslcacertfile: cert_fingerprint = '* ]]
	# With STARTTLS.
	write_conf 'remote:ssl = no' "remote:remoteport = $PORT" "remote:sslcacertfile = $OTHER"
	refused 1
	[[ $stderr == *'signed by an unknown CA'* ]]
	# With a fingerprint as well both must hold.
	write_conf "remote:cert_fingerprint = $PRINT" \
		"remote:sslcacertfile = $OTHER"
	refused 1
	[[ $stderr == *'signed by an unknown CA'* ]]
}

@test "connect: a self-signed certificate" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
		-keyout k.pem -out c.pem 2>/dev/null
	cat c.pem k.pem >both.pem
	fake -c both.pem '<.*'
	fake_tls_conf
	refused 1
	[[ $stderr == *'is not trusted: it is self-signed. '* ]]
	# Given as the CA file it is good, but for its name: it has none but a common name.
	fake -c both.pem ">$HELLO" "$LOGIN" "$LOGGED" "$BYE"
	fake_tls_conf "remote:sslcacertfile = $HOME/c.pem"
	run -0 imap-connect </dev/null
}

@test "connect: a certificate for another name, or an expired one" {
	cert other 1 'DNS:imap.example.org,DNS:*.example.net,IP:192.0.2.1'
	fake -c other.pem '<.*'
	fake_tls_conf
	refused 1
	[[ $stderr == *"it is not for 'localhost' but for: imap.example.org, *.example.net, 192.0.2.1. "* ]]
	openssl x509 -in other.crt -outform DER -out other.der
	[[ $stderr == *"cert_fingerprint = $(fingerprint other.der)" ]]
	# An expired one.
	cert old -1 DNS:localhost
	fake -c old.pem '<.*'
	fake_tls_conf
	refused 1
	[[ $stderr =~ it\ expired\ on\ 20[0-9-]+\  ]]
}

@test "connect: a certificate's name cannot move the terminal" {
	cert bad 1 $'DNS:a\x1b]0;x\x07b\xc2\x9b2J'
	fake -c bad.pem '<.*'
	fake_tls_conf
	refused 1
	[[ $stderr == *'but for: a\x1b]0;x\x07b\xc2\x9b2J. '* ]]
}

@test "connect: fingerprints of every kind" {
	local kind
	for kind in sha1 sha224 sha256 sha384 sha512; do
		write_conf "remote:cert_fingerprint = $(fingerprint "$BATS_FILE_TMPDIR/cert.der" $kind)" remote:-sslcacertfile
		SSL_CERT_DIR=$HOME run -0 imap-connect </dev/null
	done
	write_conf "remote:cert_fingerprint = $(fingerprint "$BATS_FILE_TMPDIR/ca.der"), $PRINT"
	run -0 imap-connect </dev/null
}

@test "connect: a fingerprint that is not the server's" {
	write_conf "remote:cert_fingerprint = $(fingerprint "$BATS_FILE_TMPDIR/ca.der")"
	refused 1
	[[ $stderr == *'is not the one that cert_fingerprint names'* ]]
	[[ $stderr == *"cert_fingerprint = $PRINT" ]]
	# A beginning is not enough.
	write_conf "remote:cert_fingerprint = ${PRINT:0:40}"
	refused 1
}

@test "connect: TLS 1.1 is not enough" {
	fake -1 -c "$SRV" '<.*'
	fake_tls_conf
	# Even where the system would allow it.
	printf '%s\n' 'openssl_conf = a' '[a]' 'ssl_conf = b' '[b]' 'system_default = c' '[c]' \
		'MinProtocol = TLSv1' 'CipherString = ALL:@SECLEVEL=0' >openssl.cnf
	export OPENSSL_CONF=$HOME/openssl.cnf
	refused 1
	[[ $stderr == *'TLS handshake failed: '*'; TLS 1.2 is the least that is used' ]]
}

# --- clear text that must not be

@test "connect: STARTTLS taken out of the capabilities, or refused" {
	fake ">$HELLO" hang
	fake_tls_conf 'remote:ssl = no'
	refused 1
	[[ $stderr == *'does not offer STARTTLS'*'ssl = no together with starttls = no'* ]]
	fake_ok
	same "$(<"$FAKE/log")" ''
	# Refused.
	fake '>* OK hello' '<(\S+) CAPABILITY' '>* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN' \
		'>%t OK' '<(\S+) STARTTLS' '>%t NO no TLS today' hang
	fake_tls_conf 'remote:ssl = no'
	refused 1
	[[ $stderr == *'refused STARTTLS: no TLS today' ]]
	fake_ok
	run -1 grep -E 'LOGIN|AUTHENTICATE' "$FAKE/log"
}

@test "connect: data in the clear behind the answer to STARTTLS" {
	fake -c "$SRV" '>* OK [CAPABILITY IMAP4rev1 STARTTLS] hello' \
		'<c1 STARTTLS' '>>c1 OK go\r\nc2 OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] injected\r\n' tls hang
	fake_tls_conf 'remote:ssl = no'
	refused 1
	[[ $stderr == *'data follow the answer to STARTTLS in the clear'* ]]
}

@test "connect: capabilities from before STARTTLS do not count" {
	fake -c "$SRV" \
		'>* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR EVIL] hello' \
		'<(\S+) STARTTLS' '>%t OK go' tls '<(\S+) CAPABILITY' \
		'>* CAPABILITY IMAP4rev1 AUTH=PLAIN' '>%t OK' '<(\S+) AUTHENTICATE PLAIN' '>+' \
		'<AHUAb3Blbg==' '>%t OK in' '<(\S+) CAPABILITY' '>* CAPABILITY IMAP4rev1 GOOD' '>%t OK' "$BYE"
	fake_tls_conf 'remote:ssl = no'
	run -0 imap-connect </dev/null
	[[ ${lines[0]} == '* PREAUTH [CAPABILITY IMAP4rev1 GOOD XCONNECT=IMAP4rev1 XCONNECT=AUTH=PLAIN] '* ]]
	fake_ok
}

@test "connect: PREAUTH where STARTTLS was wanted; over TLS it needs no password" {
	fake '>* PREAUTH [CAPABILITY IMAP4rev1] come in' hang
	fake_tls_conf 'remote:ssl = no'
	refused 1
	[[ $stderr == *'greets with PREAUTH in clear text'* ]]
	fake_ok
	same "$(<"$FAKE/log")" ''
	# Over TLS it is good.
	fake -c "$SRV" '>* PREAUTH [CAPABILITY IMAP4rev1 X] come in' "$BYE"
	fake_tls_conf
	run -0 imap-connect </dev/null
	[[ ${lines[0]} == '* PREAUTH [CAPABILITY IMAP4rev1 X] imap-connect ready'* ]]
}

# --- servers that fail

@test "connect: nothing listens, or no such host" {
	write_conf 'remote:remoteport = 1'
	refused 75
	[[ $stderr == *"Connection to host 'localhost:1' for repository 'remote' was refused. Make sure you have the right host and port configured and that you are actually able to access the network." ]]
	# The figures of a session that never was.
	run -75 imap-connect -s 7 7>stat </dev/null
	same "$(<stat)" $'stat\tdown=0\tturns=0\tup=0'
	write_conf 'remote:remotehost = nosuchhost.invalid'
	run --separate-stderr imap-connect </dev/null
	# Without any name server it is a matter of trying again.
	[ "$status" -eq 1 ] || [ "$status" -eq 75 ]
	[[ $stderr == *"Could not resolve name 'nosuchhost.invalid' for repository 'remote'. "* ]]
}

@test "connect: a silent server, at each step, and one that says one byte a time" {
	fake hang
	fake_conf 'general:socktimeout = 1'
	refused 75
	[[ $stderr == *': no answer for 1 seconds; '*' set ssl = yes' ]]
	fake hang
	fake_tls_conf 'general:socktimeout = 1'
	refused 75
	[[ $stderr == *'no answer to the TLS handshake for 1 seconds' ]]
	fake ">$HELLO" "$LOGIN" hang
	fake_conf 'general:socktimeout = 1'
	refused 75
	[[ $stderr == *': no answer for 1 seconds' ]]
	# One that says a byte a time does not get for ever.
	fake '>>*' 'sleep 0.7' '>> ' 'sleep 0.7' '>>O' 'sleep 0.7' '>>K' hang
	fake_conf 'general:socktimeout = 1'
	refused 75
}

@test "connect: a BYE for a greeting, and a server that hangs up" {
	fake '>* BYE too many connections' hang
	fake_conf
	refused 75
	[[ $stderr == *'the server ended it: too many connections' ]]
	fake ">$HELLO" "$LOGIN"
	fake_conf
	refused 75
	[[ $stderr == *'closed it before the login was done' ]]
}

@test "connect: no IMAP server, or one that talks too much, or without TLS" {
	fake $'>220 smtp.example.org \x1b[2J ESMTP' hang
	fake_conf
	refused 1
	[[ $stderr == *'this is no IMAP server, it greets with: 220 smtp.example.org \x1b[2J ESMTP' ]]
	fake ">* OK $(printf '%020000d' 0)" hang
	fake_conf
	refused 1
	[[ $stderr == *'a line of more than 16384 bytes'* ]]
	fake '>>* OK a\x00b\r\n' hang
	fake_conf
	refused 1
	[[ $stderr == *'a NUL byte'* ]]
	fake '>* OK hello' '<.*' ">>$(printf '* X\\r\\n%.0s' {1..1200})" hang
	fake_conf
	refused 1
	[[ $stderr == *'more than 1000 lines and no answer' ]]
	# TLS where there is none.
	fake ">$HELLO" hang
	fake_tls_conf
	refused 1
	[[ $stderr == *'if this port wants STARTTLS, set ssl = no' ]]
}

# --- logging in

@test "connect: a wrong password" {
	write_conf 'remote:remotepass = wrong'
	refused 1
	[[ $stderr == *"Cannot log in to 'localhost:$TLSPORT' for repository 'remote' as '$U'. All authentication types failed: PLAIN: [AUTHENTICATIONFAILED] Authentication failed." ]]
}

@test "connect: a password is judged once, a mechanism may fail; the order is the user's" {
	fake '>* OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5 AUTH=PLAIN SASL-IR] hello' \
		'<(\S+) AUTHENTICATE CRAM-MD5' '>%t NO [AUTHENTICATIONFAILED] not this way' \
		"$LOGIN" '>%t NO [AUTHENTICATIONFAILED] wrong' hang
	fake_conf
	refused 1
	[[ $stderr == *'CRAM-MD5: [AUTHENTICATIONFAILED] not this way; PLAIN: [AUTHENTICATIONFAILED] wrong' ]]
	fake_ok
	run -1 grep LOGIN "$FAKE/log"
	fake ">$HELLO" "$LOGIN" '>%t NO no such mechanism' '<(\S+) LOGIN "u" "open"' "$LOGGED" "$BYE"
	fake_conf
	run -0 imap-connect </dev/null
	fake_ok
	fake ">$HELLO" '<(\S+) LOGIN "u" "open"' "$LOGGED" "$BYE"
	fake_conf 'remote:auth_mechanisms = XOAUTH2, LOGIN, PLAIN'
	run -0 imap-connect </dev/null
	fake_ok
}

@test "connect: a refusal that passes" {
	fake ">$HELLO" "$LOGIN" '>%t NO [UNAVAILABLE] the database is down' \
		'<(\S+) LOGIN .*' '>%t NO [UNAVAILABLE] the database is down' hang
	fake_conf
	refused 75
}

@test "connect: nothing usable" {
	fake '>* OK [CAPABILITY IMAP4rev1 AUTH=GSSAPI AUTH=XOAUTH2 LOGINDISABLED] hello' hang
	fake_conf
	refused 1
	[[ $stderr == *'no supported authentication mechanisms; the server offers AUTH=GSSAPI AUTH=XOAUTH2 LOGINDISABLED; '* ]]
	fake_ok
	same "$(<"$FAKE/log")" ''
	fake '>* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN LOGINDISABLED] hello' hang
	fake_conf 'remote:auth_mechanisms = LOGIN'
	refused 1
	[[ $stderr == *'AUTH=PLAIN LOGINDISABLED; auth_mechanisms allows LOGIN '* ]]
	fake_ok
	same "$(<"$FAKE/log")" ''
}

@test "connect: CRAM-MD5" {
	# RFC 2195's example.
	fake '>* OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5 AUTH=PLAIN] hello' \
		'<(\S+) AUTHENTICATE CRAM-MD5' '>+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+' \
		'<dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw' "$LOGGED" "$BYE"
	fake_conf 'remote:remoteuser = tim' 'remote:remotepass = tanstaaftanstaaf'
	run -0 --separate-stderr imap-connect -d </dev/null
	fake_ok
	[[ $stderr != *dGlt* && $stderr != *tanstaaf* ]]
	# A challenge that is none.
	fake '>* OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5 LOGINDISABLED] hello' \
		'<(\S+) AUTHENTICATE CRAM-MD5' '>+ !' '<\*' '>%t BAD cancelled' hang
	fake_conf
	refused 1
	fake_ok
}

@test "connect: LOGIN quotes, and takes literals where it must" {
	fake '>* OK [CAPABILITY IMAP4rev1] hello' '<(\S+) LOGIN "u\\"x" "a\\\\b c"' "$LOGGED" "$BYE"
	fake_conf 'remote:remoteuser = u"x' 'remote:remotepass = a\b c'
	run -0 --separate-stderr imap-connect -d </dev/null
	fake_ok
	[[ $stderr == *'C: c1 LOGIN "u"x" ***'* && $stderr != *'a\b'* ]]
	fake '>* OK [CAPABILITY IMAP4rev1 LITERAL+] hello' '<(\S+) LOGIN \{2\}' '>+ ok' 'take 2' '< \{3\}' \
		'>+ ok' 'take 3' '<' "$LOGGED" "$BYE"
	fake_conf $'remote:remoteuser = \xc3\xa4' $'remote:remotepass = p\xc3\xa4'
	run -0 imap-connect </dev/null
	fake_ok
}

@test "connect: what follows the login is the client's" {
	fake ">$HELLO" "$LOGIN" '>>c1 OK [CAPABILITY IMAP4rev1] in\r\n* OK [ALERT] quota\r\n' "$BYE"
	fake_conf
	run -0 imap-connect </dev/null
	same "$output" $'* PREAUTH [CAPABILITY IMAP4rev1] imap-connect ready\r\n* OK [ALERT] quota\r'
}

# --- secrets

@test "connect: the password is in no argument, environment, trace or message" {
	local secret='Sesam99'
	fake '>* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello' '<(\S+) AUTHENTICATE PLAIN' '>+' \
		'<(\S+)' '>c1 NO Sesam99 %t' '<(\S+) LOGIN "u" "Sesam99"' '>%t OK Sesam99 [x]' '<(\S+) .*' \
		'>* CAPABILITY IMAP4rev1' '>%t OK' "$BYE"
	fake_conf "remote:remotepass = $secret"
	client '<\* PREAUTH.*' 'peek peek' -- imap-connect -d 2>trace
	fake_ok
	cat trace
	grep -q 'S: c1 NO \*\*\* \*\*\*' trace
	grep -q 'C: \*\*\*' trace
	run -1 grep -a -e "$secret" -e "$(printf '\0u\0%s' "$secret" | base64)" trace peek
	grep -Eq 'Max core file size +0 +0' peek
	fake ">$HELLO" '<(\S+) .*' ">%t NO [AUTHENTICATIONFAILED] $secret is wrong" hang
	fake_conf "remote:remotepass = $secret"
	refused 1
	[[ $stderr == *'PLAIN: [AUTHENTICATIONFAILED] *** is wrong' ]]
	# the command itself, where the password had to be quoted
	fake '>* OK [CAPABILITY IMAP4rev1] hello' '<(\S+) LOGIN .*' '>%t BAD what is LOGIN "u" "Sesam\"99"' hang
	fake_conf 'remote:remotepass = Sesam"99'
	run -1 --separate-stderr imap-connect -d </dev/null
	[[ $stderr == *'LOGIN: what is LOGIN "u" "***"'* && $stderr != *Sesam* ]]
}

@test "connect: the password from a descriptor" {
	OVER_TLS='' write_conf 'remote:remotepass = wrong'
	printf 'pw' >secret
	run -0 imap-connect -P 4 4<secret </dev/null
	printf 'pw\n' >secret
	run -0 imap-connect -P 4 4<secret </dev/null
	printf 'bad' >secret
	run -1 imap-connect -P 4 4<secret </dev/null
	printf 'a\0b' >secret
	run -2 imap-connect -P 4 4<secret </dev/null
	run -2 imap-connect -P 4 4>secret </dev/null
	run -2 imap-connect -P 4 4< <(printf 'x%.0s' {1..5000}) </dev/null
}

# --- the relay

@test "connect: 50 MB both ways at once, with flat memory" {
	fake -c "$SRV" ">$HELLO" "$LOGIN" "$LOGGED" 'flood 50 50' \
		'>>a OK\r\n' hang
	fake_tls_conf
	client '<\* PREAUTH.*' 'flood 50 50' '<a OK' 'peek peek' -- imap-connect
	fake_ok
	kb=$(awk '/VmHWM/ {print $2}' peek)
	echo "peak: $kb kB"
	# Under the sanitizers memory is another matter.
	[ -n "${SAN:-}" ] || [ "$kb" -lt 16384 ]
}

@test "connect: one direction stands still while the other runs" {
	# The server reads nothing until it has sent all; then the client does so.
	fake -c "$SRV" ">$HELLO" "$LOGIN" "$LOGGED" 'flood 20 20 late' '>>a OK\r\n' hang
	fake_tls_conf
	client '<\* PREAUTH.*' 'flood 20 20' '<a OK' -- imap-connect
	fake_ok
	fake -c "$SRV" ">$HELLO" "$LOGIN" "$LOGGED" 'flood 20 20' '>>a OK\r\n' hang
	client '<\* PREAUTH.*' 'flood 20 20 late' '<a OK' -- imap-connect -k "Repository remote:remoteport=$FPORT"
	fake_ok
}

@test "connect: bytes and turns" {
	fake ">$HELLO" "$LOGIN" '>%t OK [CAPABILITY IMAP4rev1] in' \
		'<a1 NOOP' '>a1 OK' '<a2 X' '>* X' 'sleep 0.2' '>a2 OK' \
		'<b1 X' '<b2 X' '<b3 X' '>b1 OK' '>b2 OK' '>b3 OK' '<c1 LOGOUT' '>c1 OK'
	fake_conf
	client '<.*ready' '>a1 NOOP' '<a1 OK' '>a2 X' '<. X' '<a2 OK' \
		'>>b1 X\r\nb2 X\r\nb3 X\r\n' '<b1 OK' '<b2 OK' '<b3 OK' '>c1 LOGOUT' '<c1 OK' eof \
		-- sh -c 'exec imap-connect -s 7 7>stat'
	fake_ok
	# The greeting is not counted, neither is the login.
	same "$(<stat)" $'stat\tdown=47\tturns=4\tup=44'
}

@test "connect: a client that sends no more still gets its answers" {
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 X' 'quiet 0.3' '>a1 OK' '<imap-connect LOGOUT' \
		'>imap-connect OK'
	fake_conf
	client '<.*ready' '>a1 X' shut '<a1 OK' '<imap-connect OK' eof -- imap-connect
	fake_ok
	# And so with two pipes.
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 X' 'quiet 0.3' '>a1 OK' '<imap-connect LOGOUT'
	fake_conf
	printf 'a1 X\r\n' | imap-connect | grep -q '^a1 OK'
	fake_ok
}

@test "connect: LOGOUT for a client that ends, but never inside a message" {
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 X' '>a1 OK' hang
	fake_conf
	client '<.*ready' '>a1 X' '<a1 OK' -- imap-connect
	fake_ok
	same "$(tail -n 1 "$FAKE/log")" 'imap-connect LOGOUT'
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 APPEND .*' '<half .*' '>* X' hang
	fake_conf
	client '<.*ready' '>a1 APPEND x {30+}' '>half a message' '<. X' -- imap-connect
	fake_ok
	same "$(tail -n 1 "$FAKE/log")" 'half a message'
}

@test "connect: what a client has left behind that died within a command is not for the server" {
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 X' '>* X' reset
	fake_conf
	client '<.*ready' '>a1 X' '<. X' 'die a2 DELETE x' -- imap-connect
	fake_ok
	# nor is the end of a message
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 APPEND .*' 'take 2' '>* X' reset
	fake_conf
	client '<.*ready' '>a1 APPEND x {4+}' '>>me' '<. X' 'die ss' -- imap-connect
	fake_ok
}

@test "connect: the server goes" {
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 X'
	fake_conf
	run -75 client '<.*ready' '>a1 X' eof -- imap-connect
	[[ $output == *'the server closed it while an answer was due' ]]
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 X' '>a1 OK' $'>* BYE idle\x1bfor too long'
	fake_conf
	run -75 client '<.*ready' '>a1 X' '<a1 OK' '<. BYE .*' eof -- imap-connect
	[[ $output == *'the server ended it: BYE idle\x1bfor too long' ]]
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 LOGOUT' '>* BYE' '>a1 OK'
	fake_conf
	run -0 client '<.*ready' '>a1 LOGOUT' '<. BYE' '<a1 OK' eof -- imap-connect
	# What was asked before the farewell is due all the same.
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 X' '<a2 LOGOUT' '>* X'
	fake_conf
	run -75 client '<.*ready' '>>a1 X\r\na2 LOGOUT\r\n' '<. X' eof -- imap-connect
	[[ $output == *'the server closed it while an answer was due' ]]
}

@test "connect: a server that leaves the client waiting" {
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 X' '>* X' hang
	fake_conf 'general:socktimeout = 1'
	run -75 client '<.*ready' '>a1 X' '<. X' '<\* BYE .*no byte for 1 seconds.*' eof -- imap-connect
	[[ $output == *'no byte for 1 seconds while an answer was due' ]]
	# Nothing is added to a message that stopped half-way.
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 X' '>* 1 FETCH (BODY[] {90}' '>>half' hang
	fake_conf 'general:socktimeout = 1'
	run -75 client '<.*ready' '>a1 X' '<\* 1 FETCH .*' 'take 4' eof -- imap-connect
	# Nor does it take what the client sends.
	fake ">$HELLO" "$LOGIN" "$LOGGED" 'sleep 60'
	fake_conf 'general:socktimeout = 1'
	run -99 client '<.*ready' '>a1 APPEND x {90000000+}' 'flood 40 0' -- imap-connect
	[[ $output == *'no byte for 1 seconds'* ]]
}

@test "connect: a client that has nothing to say is left alone" {
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 X' '>a1 OK' '<a2 IDLE' '>+ idling' '<DONE' '>a2 OK' \
		'<a3 APPEND .*' '>+ go' 'take 4' '<' '>a3 OK' hang
	fake_conf 'general:socktimeout = 2'
	client '<.*ready' '>a1 X' '<a1 OK' 'sleep 2.3' '>a2 IDLE' '<. idling' 'sleep 2.3' \
		'>DONE' '<a2 OK' '>a3 APPEND x {4}' '<. go' '>>ab' 'sleep 2.3' '>cd' '<a3 OK' -- imap-connect
	fake_ok
}

@test "connect: a message that takes its time to go up is no silence" {
	# What the kernel holds goes to the server at its own slow pace.
	fake -s ">$HELLO" "$LOGIN" "$LOGGED" '<a1 APPEND .*' 'take 200000' 'sleep 0.7' \
		'take 200000' 'sleep 0.7' 'take 200000' 'sleep 0.7' 'take 200000' 'sleep 0.7' \
		'take 248576' '<' '>a1 OK' "$BYE"
	fake_conf 'general:socktimeout = 2'
	client '<.*ready' '>a1 APPEND x {1048576+}' 'flood 1 0' '>' '<a1 OK' -- imap-connect
	fake_ok
	# Nor for sync-apply, which has given away the last byte long before it goes; true silence is.
	mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
	{ printf 'Subject: large\n\n'; head -c 1048558 /dev/zero | tr '\0' x; } >"$MAILDIR/INBOX/cur/one:2,"
	read -r -n 32 digest < <({ printf 'Subject: large\n\n'; head -c 8174 /dev/zero | tr '\0' x; } | sha256sum)
	line=$(printf '\t%s' copy remote INBOX INBOX - "dig=$digest" flags=% gen=0 name=one size=1048576)
	line=${line#?}
	local -a upload=(">$HELLO" "$LOGIN" '>%t OK [CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS UNSELECT] in'
		'<(\S+) SELECT "INBOX"' '>* 0 EXISTS' '>* OK [UIDVALIDITY 7] x' '>%t OK x'
		'<(\S+) APPEND .*\{1048576\+\}')
	fake -s "${upload[@]}" 'take 200000' hang
	fake_conf 'general:socktimeout = 1'
	run -75 sync-apply <<<"$line"
	[[ $output == *'fail='*'no%20byte%20for%201%20seconds%20while%20an%20answer'* ]]
	fake -s "${upload[@]}" 'take 150000' 'sleep 0.5' 'take 150000' 'sleep 0.5' 'take 150000' \
		'sleep 0.5' 'take 150000' 'sleep 0.5' 'take 150000' 'sleep 0.5' 'take 298576' '<' \
		'>%t OK [APPENDUID 7 9] x' '<(\S+) UNSELECT' '>%t OK' "$BYE"
	fake_conf 'general:socktimeout = 1'
	mv "$MAILDIR/INBOX/cur/one:2," "$MAILDIR/INBOX/cur/two:2,"
	run -0 sync-apply <<<"${line/one/two}"
	[[ $output == *done=7:9* ]]
	fake_ok
}

# --- capabilities that are remembered

# A server that names none by itself, as far as the client's first words; then STEP...
mute() {
	fake -c "$SRV" '>* OK hello' "$@"
	fake_tls_conf
}

ASKED=('<(\S+) CAPABILITY' '>* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN' '>%t OK done')
# As sync-apply would after a run that had work.
remember() {
	printf 'plan\t1\taccount=test\nnote\tr\tcaps=%s\nend\t-\t-\t2\n' "$1" | sync-apply >/dev/null
}
OWN=XCONNECT=IMAP4REV1,XCONNECT=SASL-IR,XCONNECT=AUTH=PLAIN

@test "connect: capabilities that had to be asked for are told to be noted" {
	mute "${ASKED[@]}" "$LOGIN" '>%t OK in' '<(\S+) CAPABILITY' \
		'>* CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN COMPRESS=DEFLATE' '>%t OK' "$BYE"
	client '<. PREAUTH .CAPABILITY IMAP4rev1 IDLE XCONNECT=IMAP4rev1 XCONNECT=SASL-IR XCONNECT=AUTH=PLAIN XCONNECT=COMPRESS=DEFLATE. .*' \
		-- imap-connect
	fake_ok
	# In the clear they are not: anybody could have said so.
	fake '>* OK hello' "${ASKED[@]}" "$LOGIN" "$LOGGED" "$BYE"
	fake_conf
	client '<. PREAUTH .CAPABILITY IMAP4rev1 IDLE. .*' -- imap-connect
	fake_ok
	# Nor those of a server that names them, not even its own idea of our words.
	mute
	fake -c "$SRV" ">$HELLO" "$LOGIN" \
		'>%t OK [CAPABILITY IMAP4rev1 XREMEMBERED XCONNECT=AUTH=X IDLE] in' "$BYE"
	fake_tls_conf
	client '<. PREAUTH .CAPABILITY IMAP4rev1 IDLE. .*' -- imap-connect
	fake_ok
}

@test "connect: remembered capabilities save the turns, and are asked again in the first flight" {
	mute "$LOGIN" '>%t OK in' '<o1 CAPABILITY' '<o2 LIST "" "\*" RETURN .STATUS .*' \
		'>* CAPABILITY IMAP4rev1 LIST-STATUS AUTH=PLAIN' '>o1 OK' '>* LIST () "/" INBOX' \
		'>* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)' '>o2 OK' "$BYE"
	remember "IMAP4REV1,LIST-STATUS,$OWN"
	sync-state -H | imap-list -H >heads
	fake_ok
	# Nothing new: no note.
	run -1 grep caps= heads
	grep -q $'^folder\tr\tINBOX\t' heads
}

@test "connect: a server that changed its mind costs a turn, nothing else" {
	remember_conf() { mute "$@"; remember "IMAP4REV1,LIST-STATUS,$OWN"; }
	# Other ways to log in.
	OWN+=,XCONNECT=LOGINDISABLED remember_conf "$LOGIN" '>%t BAD what' '<(\S+) CAPABILITY' '>* CAPABILITY IMAP4rev1' '>%t OK' \
		'<(\S+) LOGIN "u" "open"' '>%t OK in' '<(\S+) CAPABILITY' '>* CAPABILITY IMAP4rev1 IDLE' '>%t OK' "$BYE"
	client '<. PREAUTH .CAPABILITY IMAP4rev1 IDLE XCONNECT=IMAP4rev1. .*' -- imap-connect
	fake_ok
	# The same ways: the password is wrong, and is not tried twice as often.
	remember_conf "$LOGIN" '>%t NO no' '<(\S+) LOGIN "u" "open"' '>%t NO no' "${ASKED[@]}" hang
	refused 1
	[[ $stderr == *"PLAIN: no; LOGIN: no" ]]
	fake_ok
	# Other capabilities: what is known now is noted.
	remember_conf "$LOGIN" '>%t OK in' '<o1 CAPABILITY' '<o2 LIST .*' \
		'>* CAPABILITY IMAP4rev1 IDLE' '>o1 OK' '>* LIST () "/" INBOX' '>o2 BAD what is RETURN' \
		'<o3 .*' '>o3 OK' hang
	sync-state -H | imap-list -H >heads || :
	remember_conf "$LOGIN" '>%t OK in' '<o1 CAPABILITY' '<o2 LIST .*' \
		'>* CAPABILITY IMAP4rev1 LIST-STATUS IDLE AUTH=PLAIN' '>o1 OK' '>* LIST () "/" INBOX' \
		'>* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)' '>o2 OK' "$BYE"
	sync-state -H | imap-list -H >heads
	fake_ok
	same "$(grep caps= heads)" $'note\tr\tcaps='"IMAP4REV1,LIST-STATUS,IDLE,$OWN"
}

@test "connect: remembered capabilities are for the first question of a run alone" {
	# Others wait for the answer: what they send may be misread by a server that cannot do it.
	mute "$LOGIN" '>%t OK in' '<o1 CAPABILITY' '>* CAPABILITY IMAP4rev1' '>o1 OK' '<o2 EXAMINE "?INBOX"?'
	remember "IMAP4REV1,CONDSTORE,$OWN"
	run -75 bash -c 'sync-pair INBOX | sync-state | imap-list'
	fake_ok
}

# --- compression

# The server that compresses, with half a megabyte of mail.
zip_server() {
	local i text='one line of a text that goes on'
	PORT=$ZIP_PORT TLSPORT=$ZIP_TLSPORT
	for i in {1..13}; do text+=$'\n'$text; done
	for i in 1 2; do
		{ message "$i"; printf '%s\n' "$text"; } >text
		imap append INBOX text >/dev/null
	done
}

# What a server said, without its clock, and without its farewell: Dovecot's login process,
# which does its TLS, may end before the last of it has gone.
said() { sed 's/ ([0-9.+ ]* secs)//; /^\* BYE/d; /^imap-connect OK/d'; }

@test "connect: compression, by hand" {
	local fetch='a1 EXAMINE INBOX\r\na2 UID FETCH 1:* (FLAGS BODY.PEEK[])\r\n'
	zip_server
	write_conf
	printf %b "$fetch" | imap-connect -s 7 7>stat | said >plain
	printf %b "$fetch" | imap-connect -dz -s 7 2>log 7>statz | said >zipped
	cmp plain zipped
	[ "$(wc -c <plain)" -gt 500000 ]
	grep -q 'C: .* COMPRESS DEFLATE' log
	grep -q 'S: .* OK Begin compression' log
	# The figures are those of the wire; to ask cost a turn.
	[[ $(<stat) =~ down=([0-9]+).turns=([0-9]+).up=([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -gt 500000 ] && [ "${BASH_REMATCH[3]}" -eq "$(printf %b "${fetch}imap-connect LOGOUT\r\n" | wc -c)" ]
	local turns=${BASH_REMATCH[2]}
	[[ $(<statz) =~ down=([0-9]+).turns=([0-9]+).up=([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -lt 50000 ] && [ "${BASH_REMATCH[2]}" -eq $((turns + 1)) ]
	# Up as well, in one flight with what follows.
	printf 'b1 APPEND INBOX {80000+}\r\n%s\r\n' \
		"$(yes 'Subject: a line of forty bytes, or so...' | head -c 80000)" |
		imap-connect -z -s 7 7>statz | grep -q '^b1 OK'
	[[ $(<statz) =~ up=([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -lt 5000 ]
	printf 'c1 EXAMINE INBOX\r\nc2 FETCH 3 RFC822.SIZE\r\n' | imap-connect >got
	grep -q '^\* 3 FETCH (RFC822.SIZE 8' got
}

@test "connect: compression that the server does not offer, or refuses" {
	local answer
	fake ">$HELLO" "$LOGIN" "$LOGGED" '<a1 X' '>a1 OK' "$BYE"
	fake_conf
	client '<.*ready' '>a1 X' '<a1 OK' -- imap-connect -z
	fake_ok
	for answer in NO BAD; do
		# Asked once; what follows the answer in the same packet is the client's.
		fake ">$HELLO" "$LOGIN" '>%t OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in' \
			'<c1 COMPRESS DEFLATE' ">>c1 $answer no\r\n* OK still here\r\n" '<a1 X' '>a1 OK' \
			'<a2 X' '>a2 OK' "$BYE"
		fake_conf
		client '<.*ready' '>a1 X' '<. OK still here' '<a1 OK' '>a2 X' '<a2 OK' -- imap-connect -z
		fake_ok
	done
}

@test "connect: compression that ends the session" {
	local offer='>%t OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in'
	fake ">$HELLO" "$LOGIN" "$offer" '<(\S+) COMPRESS DEFLATE' '>* BYE no memory'
	fake_conf
	run -75 client '<.*ready' '>a1 X' '<\* BYE .*no memory' eof -- imap-connect -z
	[[ $output == *'the server ended it: no memory' ]]
	# What is no deflate reaches nobody.
	fake ">$HELLO" "$LOGIN" "$offer" '<c1 COMPRESS DEFLATE' '>>c1 OK go\r\n\x07* X\r\n' hang
	fake_conf
	run -75 client '<.*ready' '>a1 X' eof -- imap-connect -z
	[[ $output == *'the server closed it while an answer was due (damaged compression)' ]]
}

# A relay to the server, in clear text, that adds so many milliseconds each way; sets FPORT.
far() {
	python3 "$ROOT/t/delay.py" "$1" "$PORT" >"$BATS_TEST_TMPDIR/far" 3>&- &
	FAKES+=($!)
	until [ -s "$BATS_TEST_TMPDIR/far" ]; do nap; done
	FPORT=$(<"$BATS_TEST_TMPDIR/far")
}

@test "connect: compression, where it pays" {
	local OVER_TLS=''
	zip_server
	far 8
	# Nothing to carry: not asked for, however far away.
	write_conf "remote:remoteport = $FPORT" 'remote:usecompression = yes'
	offlineimap -o -d imap --dry-run -f none 2>&1 | said >log || :
	grep -q 'COMPRESS=DEFLATE' log
	run -1 grep 'C: .* COMPRESS' log
	# Much to carry, but it was not allowed.
	write_conf "remote:remoteport = $FPORT"
	offlineimap -o -d imap >log 2>&1
	run -1 grep 'C: .* COMPRESS' log
	# A machine so busy that the answer is there before we wait for it has no server far away: once more then.
	write_conf "remote:remoteport = $FPORT" 'remote:usecompression = yes'
	for _ in 1 2 3; do
		rm -r "$MAILDIR" "$META"
		offlineimap -o -d imap >log 2>&1
		grep -q 'C: .* COMPRESS DEFLATE' log && break
	done
	grep -q 'C: .* COMPRESS DEFLATE' log
	agree
	# And the run after that has nothing to carry again.
	offlineimap -o -d imap >log 2>&1
	run -1 grep 'C: .* COMPRESS' log
	# The other way: a new file is not worth it, a large one is.
	deliver 1
	offlineimap -o -d imap >log 2>&1
	grep -q ' APPEND "INBOX"' log
	run -1 grep 'C: .* COMPRESS' log
	for n in 2 3 4; do
		{ message $n; yes 'a line that is much like the others' | head -n 20000; } >"$MAILDIR/INBOX/new/$n"
		offlineimap -o -d imap >log 2>&1
		grep -q 'C: .* COMPRESS DEFLATE' log && break
	done
	grep -q 'C: .* COMPRESS DEFLATE' log
	agree_but_times
}

# --- calling it

@test "connect: usage" {
	run -0 --separate-stderr imap-connect -h
	[[ $output == 'usage: imap-connect '* && -z $stderr ]]
	run -2 --separate-stderr imap-connect -x
	[[ -z $output && $stderr == *'usage: imap-connect '* ]]
	run -2 imap-connect extra
	run -2 imap-connect -P x
	run -2 imap-connect -P 1
	run -2 imap-connect -s 0
	write_conf
	refused 1 -a nobody
	refused 1 -c "$HOME/nowhere"
}
