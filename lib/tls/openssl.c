/* TLS channels by OpenSSL.  SIGPIPE must be ignored by the process. */
#include "net/tls.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "tls/cert.h"

#define READ_AHEAD	(256u << 10)	/* bytes taken off the wire at once: many records, one call */

struct tls {
	struct chan	 chan;		/* first: the ops get it */
	SSL_CTX		*ctx;
	SSL		*ssl;
	int		 up;		/* the handshake is done and nothing broke */
	const struct net_server *srv;	/* for the handshake; borrowed */
	struct err	 fault;		/* of the certificate */
};

/* The oldest error of OpenSSL in words. */
static const char *
reason(void)
{
	const char *s = ERR_reason_error_string(ERR_peek_error());

	return s != NULL ? s : "unknown TLS error";
}

/*
 * What a call's result (not above zero) means: 0 for the end of the stream, or
 * -1 with errno, EAGAIN with *wait, EPROTO with the channel's why.
 */
static int
outcome(struct tls *t, int ret, short *wait)
{
	int cause = errno;

	switch (SSL_get_error(t->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		*wait = POLLIN;
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_WANT_WRITE:
		*wait = POLLOUT;
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		t->up = 0;
		errno = cause;
		return cause == 0 ? 0 : -1;
	default:
		t->up = 0;
		strlcpy(t->chan.why, reason(), sizeof(t->chan.why));
		errno = EPROTO;
		return -1;
	}
}

static ssize_t
tls_read(struct chan *c, void *p, size_t n)
{
	struct tls *t = (struct tls *)c;
	size_t got;
	int ret;

	ERR_clear_error();
	errno = 0;
	if ((ret = SSL_read_ex(t->ssl, p, n, &got)) > 0) {
		c->more = SSL_has_pending(t->ssl);
		return (ssize_t)got;
	}
	return outcome(t, ret, &c->rwait);
}

static ssize_t
tls_write(struct chan *c, const void *p, size_t n)
{
	struct tls *t = (struct tls *)c;
	size_t put;
	int ret;

	ERR_clear_error();
	errno = 0;
	if ((ret = SSL_write_ex(t->ssl, p, n, &put)) > 0)
		return (ssize_t)put;
	if (outcome(t, ret, &c->wwait) == 0)
		errno = EPIPE;
	return -1;
}

static void
tls_close(struct chan *c)
{
	struct tls *t = (struct tls *)c;

	if (t->up)
		SSL_shutdown(t->ssl);
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	if (c->fd != -1)
		close(c->fd);
	free(t);
}

static const struct chan_ops tls_ops = { tls_read, tls_write, tls_close };

/* Called with the server's chain: 1 to go on, 0 to end the handshake. */
static int
verify(X509_STORE_CTX *store, void *arg)
{
	struct tls *t = arg;
	X509 *cert = X509_STORE_CTX_get0_cert(store);
	const struct net_server *s = t->srv;

	if (s->nprints != 0 && !cert_pinned(cert, s)) {
		cert_not_pinned(cert, s, &t->fault);
		X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
		return 0;
	}
	if (s->nprints != 0 && !s->chain) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	if (X509_verify_cert(store) == 1)
		return 1;
	cert_not_trusted(cert, X509_STORE_CTX_get_current_cert(store),
	    X509_STORE_CTX_get_error(store), s, &t->fault);
	return 0;
}

/* 1 if one of the directories (split by ":") has certificates under their hash. */
static int
hashed(const char *dirs)
{
	char *list = mem_dup(dirs), *rest = list, *dir;
	struct dirent *d;
	int found = 0;
	DIR *dp;

	while (!found && (dir = strsep(&rest, ":")) != NULL) {
		if ((dp = opendir(dir)) == NULL)
			continue;
		while (!found && (d = readdir(dp)) != NULL)
			found = strspn(d->d_name, "0123456789abcdef") == 8 && d->d_name[8] == '.' &&
			    isdigit((unsigned char)d->d_name[9]);
		closedir(dp);
	}
	free(list);
	return found;
}

/*
 * The system's CAs: their directory, read as needed.  Their file, which is slow to
 * read, only if there is no directory or the environment asks for one.
 */
static int
system_cas(struct tls *t, struct err *e)
{
	const char *dir = getenv(X509_get_default_cert_dir_env());
	const char *file = getenv(X509_get_default_cert_file_env());
	int found;

	if (dir == NULL)
		dir = X509_get_default_cert_dir();
	found = hashed(dir) && SSL_CTX_set_default_verify_dir(t->ctx) == 1;
	if (found && file == NULL)
		return 0;
	if (access(file != NULL ? file : X509_get_default_cert_file(), R_OK) == 0 &&
	    SSL_CTX_set_default_verify_file(t->ctx) == 1)
		found = 1;
	return found ? 0 : err_conf(e, "No CA certificates and no server fingerprints configured. The"
	    " system has none in %s: install them (Debian: ca-certificates), or set sslcacertfile or"
	    " cert_fingerprint for repository '%s'", dir, t->srv->repo);
}

static int
load_cas(struct tls *t, struct err *e)
{
	const struct net_server *s = t->srv;

	if (s->nprints != 0 && !s->chain)
		return 0;
	if (s->cafile == NULL)
		return system_cas(t, e);
	if (SSL_CTX_load_verify_file(t->ctx, s->cafile) != 1)
		return err_conf(e, "Cannot read the CA certificates in '%s' (sslcacertfile of"
		    " repository '%s'): %s", s->cafile, s->repo, reason());
	/* What the user names is trusted, be it a root or not. */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(t->ctx), X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}

static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return 0;
}

static int
load_client(struct tls *t, struct err *e)
{
	const struct net_server *s = t->srv;
	const char *key = s->clientkey != NULL ? s->clientkey : s->clientcert;

	if (s->clientcert == NULL)
		return 0;
	SSL_CTX_set_default_passwd_cb(t->ctx, no_passphrase);
	if (SSL_CTX_use_certificate_chain_file(t->ctx, s->clientcert) != 1)
		return err_conf(e, "Cannot use the certificate in '%s' (sslclientcert of repository"
		    " '%s'): %s", s->clientcert, s->repo, reason());
	if (SSL_CTX_use_PrivateKey_file(t->ctx, key, SSL_FILETYPE_PEM) != 1)
		return err_conf(e, "Cannot use the key in '%s' (sslclientkey of repository '%s'; it"
		    " must have no passphrase): %s", key, s->repo, reason());
	return 0;
}

/* Prepares the session: whom to ask for, whom to believe. */
static int
set_up(struct tls *t, struct err *e)
{
	const struct net_server *s = t->srv;
	unsigned char ip[16];
	int literal, ok;

	if ((t->ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		return err_fail(e, "Cannot start TLS: %s", reason());
	/* An end without close_notify is no attack: IMAP tells its own end. */
	SSL_CTX_set_options(t->ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(t->ctx, 1);
	SSL_CTX_set_default_read_buffer_len(t->ctx, READ_AHEAD);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(t->ctx, verify, t);
	if (SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION) != 1)
		return err_fail(e, "Cannot start TLS: %s", reason());
	if (load_cas(t, e) == -1 || load_client(t, e) == -1)
		return -1;
	if ((t->ssl = SSL_new(t->ctx)) == NULL)
		return err_fail(e, "Cannot start TLS: %s", reason());
	literal = inet_pton(AF_INET, s->host, ip) == 1 || inet_pton(AF_INET6, s->host, ip) == 1;
	SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	ok = literal ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl), s->host) == 1 :
	    SSL_set1_host(t->ssl, s->host) == 1 && SSL_set_tlsext_host_name(t->ssl, s->host) == 1;
	return ok ? 0 : err_conf(e, "Cannot use '%s' as the name of a TLS server: %s", s->host, reason());
}

static int
failed(struct tls *t, int cause, struct err *e)
{
	const struct net_server *s = t->srv;
	int code = ERR_GET_REASON(ERR_peek_error());

	if (t->fault.status != 0) {
		*e = t->fault;
		return -1;
	}
	if (cause == 0)
		return err_again(e, "Connection to host " NET_FMT ": the server closed it during the"
		    " TLS handshake", NET_ARG(s));
	if (cause == ETIMEDOUT)
		return err_again(e, "Connection to host " NET_FMT ": no answer to the TLS handshake"
		    " for %d seconds", NET_ARG(s), s->timeout / 1000);
	if (cause != EPROTO)
		return err_again(e, "Connection to host " NET_FMT ": %s during the TLS handshake",
		    NET_ARG(s), strerror(cause));
	return err_fail(e, "Connection to host " NET_FMT ": TLS handshake failed: %s%s", NET_ARG(s),
	    t->chan.why, code == SSL_R_WRONG_VERSION_NUMBER && s->security == NET_TLS ?
	    "; if this port wants STARTTLS, set ssl = no" :
	    code == SSL_R_UNSUPPORTED_PROTOCOL || code == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION ?
	    "; TLS 1.2 is the least that is used" : "");
}

static int
handshake(struct tls *t, struct err *e)
{
	int64_t deadline = net_deadline(t->srv);
	short wait = 0;
	int ret;

	for (;;) {
		ERR_clear_error();
		errno = 0;
		if ((ret = SSL_connect(t->ssl)) == 1)
			return 0;
		if (outcome(t, ret, &wait) == 0)
			return failed(t, 0, e);
		if (errno != EAGAIN || chan_wait(t->chan.fd, wait, deadline) == -1)
			return failed(t, errno, e);
	}
}

static struct chan *
prepare(const struct net_server *s, struct err *e)
{
	struct tls *t = mem_alloc(sizeof(*t));

	t->chan.ops = &tls_ops;
	t->chan.fd = -1;
	t->srv = s;
	ERR_clear_error();
	if (set_up(t, e) == 0)
		return &t->chan;
	tls_close(&t->chan);
	return NULL;
}

static int
start(struct chan *c, int fd, struct err *e)
{
	struct tls *t = (struct tls *)c;

	c->fd = fd;
	ERR_clear_error();
	if (SSL_set_fd(t->ssl, fd) != 1)
		return err_fail(e, "Cannot start TLS: %s", reason());
	if (handshake(t, e) == -1)
		return -1;
	t->up = 1;
	return 0;
}

extern const struct tls_module tls_module;
const struct tls_module tls_module = { VERSION, prepare, start };
