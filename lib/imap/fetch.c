/* FETCH responses. */
#include "imap/fetch.h"

#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "base/flags.h"

void
fetch_flagnames(struct buf *b, unsigned flags)
{
	const char *sep = "";
	unsigned bit;

	for (bit = 1; bit <= FLAG_ALL; bit <<= 1)
		if ((flags & bit) != 0) {
			buf_printf(b, "%s%s", sep, flags_name(bit));
			sep = " ";
		}
}

/* Each item: 0, or -1 if its value has the wrong shape. */
static int
item_uid(struct fetch *f, const struct value *v)
{
	uint64_t n;

	if (value_num(v, &n) == -1 || n == 0 || n > UINT32_MAX)
		return -1;
	f->uid = (uint32_t)n;
	return 0;
}

static int
item_flags(struct fetch *f, const struct value *v)
{
	const struct value *k;

	if (v->kind != VALUE_LIST)
		return -1;
	f->words = v->kids;
	f->flags = 0;
	for (k = v->kids; k != NULL; k = k->next)
		if (k->kind == VALUE_ATOM)
			f->flags |= flags_imap(k->s);
	return 0;
}

static int
item_size(struct fetch *f, const struct value *v)
{
	return value_num(v, &f->size) == 0 && f->size <= IMAP_NUMBER_MAX ? 0 : -1;
}

static int
item_date(struct fetch *f, const struct value *v)
{
	return v->kind == VALUE_STRING && value_text(v) != NULL ? date_parse(v->s, &f->date) : -1;
}

static int
item_modseq(struct fetch *f, const struct value *v)
{
	return v->kind == VALUE_LIST && value_num(v->kids, &f->modseq) == 0 &&
	    f->modseq <= IMAP_NUMBER_MAX ? 0 : -1;
}

static int
item_body(struct fetch *f, const struct value *v)
{
	f->body = v;
	return v->kind == VALUE_ATOM || v->kind == VALUE_LIST ? -1 : 0;
}

static const struct item {
	const char *name;
	unsigned has;
	int (*take)(struct fetch *, const struct value *);
} items[] = {
	{ "UID", FETCH_UID, item_uid },
	{ "FLAGS", FETCH_FLAGS, item_flags },
	{ "RFC822.SIZE", FETCH_SIZE, item_size },
	{ "INTERNALDATE", FETCH_DATE, item_date },
	{ "MODSEQ", FETCH_MODSEQ, item_modseq },
};

/* A date that cannot be read is a date not told; everything else must fit. */
static int
one(struct fetch *f, const struct value *k, const struct value *v)
{
	size_t i;

	if (k->kind != VALUE_ATOM)
		return -1;
	if (strncasecmp(k->s, "BODY[", 5) == 0) {
		f->has |= FETCH_BODY;
		return item_body(f, v);
	}
	for (i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (strcasecmp(items[i].name, k->s) == 0) {
			if (items[i].take(f, v) == 0)
				f->has |= items[i].has;
			else if (items[i].has != FETCH_DATE)
				return -1;
		}
	return 0;
}

int
fetch_parse(struct fetch *f, const struct imap_resp *r)
{
	const struct value *k, *v;

	if (r->name == NULL || strcmp(r->name, "FETCH") != 0)
		return 0;
	memset(f, 0, sizeof(*f));
	if (r->data == NULL || r->data->kind != VALUE_LIST)
		return -1;
	for (k = r->data->kids; k != NULL; k = v->next) {
		if ((v = k->next) == NULL || one(f, k, v) == -1)
			return -1;
	}
	return 1;
}
