/* Folder names in commands, and the state of a selected folder. */
#include "imap/mailbox.h"

#include <string.h>

#include "imap/utf7.h"

/* The wire form of a name in b; 0 or -1. */
static int
encode(const char *name, int utf8, struct buf *b, struct err *e)
{
	const unsigned char *p;

	if (utf8) {
		if (utf7_encode(b, name) == -1)
			return err_fail(e, "folder name \"%.200s\" is no valid UTF-8", name);
	} else
		buf_str(b, name);
	if (b->len > MAILBOX_MAX)
		return err_fail(e, "folder name \"%.60s...\" is longer than %d bytes", name,
		    MAILBOX_MAX);
	for (p = (const unsigned char *)buf_cstr(b); *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			return err_fail(e, "folder name \"%.200s\" has a byte that no IMAP name may have", name);
	return 0;
}

int
mailbox_check(const char *name, int utf8, struct err *e)
{
	struct buf b;
	int r;

	buf_init(&b, 1u << 20);
	r = encode(name, utf8, &b, e);
	buf_free(&b);
	return r;
}

int
mailbox_text(const char *name, int utf8, struct buf *q, struct err *e)
{
	struct buf b;
	const char *p;
	int r;

	buf_init(&b, 1u << 20);
	r = encode(name, utf8, &b, e);
	if (r == 0) {
		buf_byte(q, '"');
		for (p = buf_cstr(&b); *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				buf_byte(q, '\\');
			buf_byte(q, *p);
		}
		buf_byte(q, '"');
	}
	buf_free(&b);
	return r;
}

int
mailbox_put(struct imap *im, const char *name, int utf8, struct err *e)
{
	struct buf q;
	int r;

	buf_init(&q, 4 * MAILBOX_MAX);
	if ((r = mailbox_text(name, utf8, &q, e)) == 0)
		imap_put(im, buf_cstr(&q));
	buf_free(&q);
	return r;
}

/* A number that fits 32 bits, or 0. */
static uint32_t
small(const struct value *v)
{
	uint64_t n;

	return value_num(v, &n) == 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

/* A modseq, or 0. */
static uint64_t
modseq(const struct value *v)
{
	uint64_t n;

	return value_num(v, &n) == 0 && n <= IMAP_NUMBER_MAX ? n : 0;
}

int
mailbox_note(struct mailbox *m, const struct imap_resp *r)
{
	if (r->name != NULL && strcmp(r->name, "EXISTS") == 0) {
		m->exists = r->num;
		m->counted = 1;
		return 1;
	}
	if (imap_code(r, "UIDVALIDITY"))
		m->validity = small(r->code->next);
	else if (imap_code(r, "UIDNEXT"))
		m->next = small(r->code->next);
	else if (imap_code(r, "HIGHESTMODSEQ"))
		m->modseq = modseq(r->code->next);
	else if (imap_code(r, "READ-ONLY"))
		m->readonly = 1;
	else if (!imap_code(r, "NOMODSEQ"))
		return 0;
	return 1;
}

void
mailbox_status(struct mailbox *m, const struct value *list)
{
	const struct value *k, *v;
	uint64_t n;

	for (k = list; k != NULL && (v = k->next) != NULL; k = v->next) {
		if (value_is(k, "UIDVALIDITY"))
			m->validity = small(v);
		else if (value_is(k, "UIDNEXT"))
			m->next = small(v);
		else if (value_is(k, "HIGHESTMODSEQ"))
			m->modseq = modseq(v);
		else if (value_is(k, "MESSAGES") && value_num(v, &n) == 0) {
			m->exists = n;
			m->counted = 1;
		}
	}
}
