/* Records: what is read prints as the same, and it does not matter in which pieces it came. */
#include "base/dirhead.h"
#include "base/rec.h"
#include "fuzz.h"

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The record as the writer makes it: keys in their order, what is absent left out. */
static void
write_rec(const struct rec *rec, struct recout *o)
{
	const char *keys[REC_KEY_MAX];
	int i;

	for (i = 0; i < rec->nkey; i++)
		keys[i] = rec->key[i];
	qsort(keys, (size_t)rec->nkey, sizeof(*keys), by_name);
	rec_begin(o, rec->verb);
	for (i = 0; i < rec->npos; i++)
		rec_pos(o, rec->pos[i]);
	for (i = 0; i < rec->nkey; i++)
		rec_key(o, keys[i], rec_get(rec, keys[i]));
	rec_end(o);
}

static int
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
again(const struct rec *rec)
{
	struct recout o;
	struct rec back;
	struct err e;
	char *scratch;
	int i;

	recout_open(&o, -1);
	write_rec(rec, &o);
	scratch = mem_alloc(o.out.len);
	o.out.data[o.out.len - 1] = '\0';
	HOLDS(rec_parse(&back, o.out.data, o.out.len - 1, scratch, &e) == 0);
	HOLDS(strcmp(back.verb, rec->verb) == 0 && back.npos == rec->npos && back.nkey <= rec->nkey);
	for (i = 0; i < rec->npos; i++)
		HOLDS(same(back.pos[i], rec->pos[i]));
	for (i = 0; i < rec->nkey; i++)
		HOLDS(same(rec_get(&back, rec->key[i]), rec_get(rec, rec->key[i])));
	free(scratch);
	buf_free(&o.out);
}

static void
values(const struct rec *rec)
{
	char text[DIRHEAD_LEN], *rules, *twice;
	struct dirhead h, back;
	uint32_t validity, uid;
	int i;

	for (i = 0; i < rec->nkey; i++) {
		if (rec->val[i] == NULL)
			continue;
		if (dirhead_parse(&h, rec->val[i]) == 0)
			HOLDS(dirhead_parse(&back, dirhead_format(&h, text)) == 0 &&
			    dirhead_equal(&h, &back));
		rules = rec_lasting_rules(rec->val[i]);
		twice = rec_lasting_rules(rules);
		HOLDS(strlen(rules) <= strlen(rec->val[i]) && strcmp(rules, twice) == 0);
		free(rules);
		free(twice);
	}
	for (i = 0; i < rec->npos; i++)
		if (rec_id(rec->pos[i], &validity, &uid, 0) == 0)
			HOLDS(validity != 0 && uid != 0);
	rec_hash(rec->line, rec->len);
}

/* The stream in pieces of so many bytes: how many records, what they hash to, and how it ended. */
struct outcome {
	uint64_t	 n, hash;
	int		 end;
	char		 text[512];
};

static void
take(const uint8_t *p, size_t n, size_t piece, int look, struct outcome *o)
{
	struct recin in;
	struct rec rec;
	struct err e = { 0 };
	size_t part;

	memset(o, 0, sizeof(*o));
	recin_open(&in, -1, "fuzz");
	for (;;) {
		while ((o->end = rec_next(&in, &rec, &e)) == 1) {
			o->n++;
			o->hash = o->hash * 31 + rec_hash(rec.line, rec.len);
			if (look) {
				again(&rec);
				values(&rec);
			}
		}
		if (o->end != 2)
			break;
		part = n < piece ? n : piece;
		buf_drop(&in.in, in.at);
		in.at = 0;
		buf_put(&in.in, p, part);
		p += part;
		n -= part;
		in.eof = part == 0;
	}
	snprintf(o->text, sizeof(o->text), "%s", e.text);
	recin_close(&in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, pieces;

	take(data, size, size + 1, 1, &whole);
	take(data, size, 1 + size % 7, 0, &pieces);
	HOLDS(whole.n == pieces.n && whole.hash == pieces.hash && whole.end == pieces.end);
	HOLDS(strcmp(whole.text, pieces.text) == 0);
	return 0;
}
