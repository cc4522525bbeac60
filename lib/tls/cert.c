/* Fingerprints of certificates, and their faults in words. */
#include "tls/cert.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"

#define HEX_MAX		(2 * EVP_MAX_MD_SIZE + 1)
#define NAMES_MAX	120	/* bytes of a certificate's names in a message */

/* The digest that has so many hex digits, or NULL. */
static const EVP_MD *
digest_of(size_t digits)
{
	switch (digits) {
	case 40:
		return EVP_sha1();
	case 56:
		return EVP_sha224();
	case 64:
		return EVP_sha256();
	case 96:
		return EVP_sha384();
	case 128:
		return EVP_sha512();
	default:
		return NULL;
	}
}

static int
fingerprint(X509 *cert, const EVP_MD *md, char hex[HEX_MAX])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int n;
	size_t i;

	hex[0] = '\0';
	if (md == NULL || X509_digest(cert, md, sum, &n) != 1)
		return -1;
	for (i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return 0;
}

int
cert_pinned(X509 *cert, const struct net_server *s)
{
	char hex[HEX_MAX];
	size_t i;

	for (i = 0; i < s->nprints; i++)
		if (fingerprint(cert, digest_of(strlen(s->prints[i])), hex) == 0 &&
		    strcmp(hex, s->prints[i]) == 0)
			return 1;
	return 0;
}

int
cert_not_pinned(X509 *cert, const struct net_server *s, struct err *e)
{
	char hex[HEX_MAX];

	fingerprint(cert, EVP_sha256(), hex);
	return err_fail(e, "Certificate of " NET_FMT " is not the one that cert_fingerprint names."
	    " Only if you know that the server's certificate was changed, write:"
	    " cert_fingerprint = %s", NET_ARG(s), hex);
}

static void
add_name(struct buf *b, const unsigned char *p, int n)
{
	if (b->len != 0)
		buf_str(b, ", ");
	buf_put(b, p, n > 0 ? (size_t)n : 0);
}

static void
add_address(struct buf *b, const unsigned char *p, int n)
{
	char text[64];
	int i;

	if (n == 4) {
		snprintf(text, sizeof(text), "%d.%d.%d.%d", p[0], p[1], p[2], p[3]);
	} else {
		text[0] = '\0';
		for (i = 0; i + 1 < n && i < 16; i += 2)
			snprintf(text + strlen(text), 6, "%s%x", i != 0 ? ":" : "",
			    (unsigned)p[i] << 8 | p[i + 1]);
	}
	add_name(b, (const unsigned char *)text, (int)strlen(text));
}

/* The names that a certificate is good for: its alternative names, else its common name. */
static void
names(X509 *cert, struct buf *b)
{
	GENERAL_NAMES *list = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	const X509_NAME *subject = X509_get_subject_name(cert);
	const ASN1_STRING *v;
	const GENERAL_NAME *name;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(list); i++) {
		name = sk_GENERAL_NAME_value(list, i);
		if (name->type == GEN_DNS)
			add_name(b, ASN1_STRING_get0_data(name->d.dNSName),
			    ASN1_STRING_length(name->d.dNSName));
		else if (name->type == GEN_IPADD)
			add_address(b, ASN1_STRING_get0_data(name->d.iPAddress),
			    ASN1_STRING_length(name->d.iPAddress));
	}
	GENERAL_NAMES_free(list);
	if (b->len == 0 && (i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)) >= 0) {
		v = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i));
		add_name(b, ASN1_STRING_get0_data(v), ASN1_STRING_length(v));
	}
	if (b->len == 0)
		buf_str(b, "no name at all");
}

static void
date(const ASN1_TIME *at, char *to, size_t size)
{
	struct tm tm;

	if (at == NULL || ASN1_TIME_to_tm(at, &tm) != 1 ||
	    strftime(to, size, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		strlcpy(to, "an unknown date", size);
}

/* Which check failed, as the end of "the certificate ...". */
static void
fault(X509 *cert, X509 *at, int code, const struct net_server *s, struct buf *b)
{
	struct buf list;
	char when[64];

	switch (code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		date(X509_get0_notAfter(at), when, sizeof(when));
		buf_printf(b, "%s expired on %s", at == cert ? "it" : "a CA above it", when);
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		date(X509_get0_notBefore(at), when, sizeof(when));
		buf_printf(b, "it is not valid before %s (is the clock right?)", when);
		return;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		buf_str(b, "it is self-signed");
		return;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		buf_printf(b, "it is signed by an unknown CA%s",
		    s->cafile != NULL ? " (none that is in sslcacertfile)" : "");
		return;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		buf_init(&list, 1u << 16);
		names(cert, &list);
		buf_printf(b, "it is not for '%.80s' but for: %.*s%s", s->host, NAMES_MAX,
		    buf_cstr(&list), list.len > NAMES_MAX ? "..." : "");
		buf_free(&list);
		return;
	default:
		buf_str(b, X509_verify_cert_error_string(code));
	}
}

int
cert_not_trusted(X509 *cert, X509 *at, int code, const struct net_server *s, struct err *e)
{
	char hex[HEX_MAX];
	struct buf b;

	buf_init(&b, 1024);
	fault(cert, at != NULL ? at : cert, code, s, &b);
	fingerprint(cert, EVP_sha256(), hex);
	err_fail(e, "Certificate of " NET_FMT " is not trusted: %s. If you are sure that this is the"
	    " right server, %s: cert_fingerprint = %s", NET_ARG(s), buf_cstr(&b),
	    s->chain ? "write in place of sslcacertfile" : "add", hex);
	buf_free(&b);
	return -1;
}
