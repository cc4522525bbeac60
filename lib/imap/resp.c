/* Responses: tagged, untagged, continuation (RFC 3501 section 7). */
#include "imap/resp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/pct.h"
#include "base/rec.h"
#include "imap/wire.h"

#define SHOW		200	/* bytes of a bad response that an error quotes */
#define CAPS_MAX	16384	/* bytes of capabilities that are kept */
#define CAP_MAX		100	/* of one */

static int
malformed(struct imap *im, struct err *e)
{
	return err_fail(e, "the server sent what is no IMAP response: \"%.*s\"",
	    im->resp.len > SHOW ? SHOW : (int)im->resp.len, buf_cstr(&im->resp));
}

static int
is_cap(const struct value *v)
{
	return v->kind == VALUE_ATOM && v->len <= CAP_MAX && strchr(v->s, ',') == NULL;
}

/* Capabilities from a list of atoms, as ",A,B,", replacing what was known. */
static void
caps_set(char **to, const struct value *v)
{
	struct buf b;
	size_t i;

	buf_init(&b, IMAP_LITERAL_MAX);
	buf_byte(&b, ',');
	for (; v != NULL; v = v->next)
		if (is_cap(v) && b.len < CAPS_MAX) {
			buf_str(&b, v->s);
			buf_byte(&b, ',');
		}
	for (i = 0; i < b.len; i++)
		b.data[i] = (char)toupper((unsigned char)b.data[i]);
	free(*to);
	*to = mem_dup(buf_cstr(&b));
	buf_free(&b);
}

/* Adds atoms to a list of the same form. */
static void
caps_add(char **to, const struct value *v)
{
	char *old;
	size_t i;

	for (; v != NULL; v = v->next) {
		if (!is_cap(v) || (*to != NULL && strlen(*to) > CAPS_MAX))
			continue;
		old = *to;
		*to = mem_printf("%s%s,", old != NULL ? old : ",", v->s);
		free(old);
		for (i = 0; (*to)[i] != '\0'; i++)
			(*to)[i] = (char)toupper((unsigned char)(*to)[i]);
	}
}

/* What follows OK, NO, BAD, BYE, PREAUTH: an optional [code] and text. */
static void
condition(struct imap *im, struct value_text *t, struct imap_resp *r)
{
	const char *start;
	int ok;

	while (t->p < t->end && *t->p == ' ')
		t->p++;
	start = t->p;
	if (t->p < t->end && *t->p == '[') {
		t->p++;
		r->code = value_read(im->arena, t, 1, &ok);
		if (!ok) {
			/* one that cannot be read is text */
			r->code = NULL;
			t->p = start;
		}
		while (t->p < t->end && *t->p == ' ')
			t->p++;
	}
	/* the text ends with the response; its buffer is NUL-terminated there */
	r->text = t->p;
	if (r->code != NULL && value_is(r->code, "CAPABILITY"))
		caps_set(&im->caps, r->code->next);
}

static int
status_of(const char *word, size_t n, enum imap_status *st)
{
	static const struct { const char *word; enum imap_status st; } table[] = {
		{ "OK", IMAP_OK }, { "PREAUTH", IMAP_OK }, { "NO", IMAP_NO },
		{ "BAD", IMAP_BAD }, { "BYE", IMAP_BAD },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strlen(table[i].word) == n && strncasecmp(table[i].word, word, n) == 0) {
			*st = table[i].st;
			return 1;
		}
	return 0;
}

/* Splits off the next word; 0 if there is none. */
static size_t
word(struct value_text *t, const char **w)
{
	*w = t->p;
	while (t->p < t->end && *t->p != ' ')
		t->p++;
	return (size_t)(t->p - *w);
}

static int
tagged(struct imap *im, struct value_text *t, unsigned tag, struct err *e)
{
	struct imap_resp r = { .text = "", .line = t->base };
	struct imap_cmd **at, *cmd;
	const char *w;
	size_t n;
	int ret = 0;

	if (t->p < t->end)
		t->p++;
	n = word(t, &w);
	if (!status_of(w, n, &r.status))
		return malformed(im, e);
	condition(im, t, &r);
	for (at = &im->cmds; *at != NULL && (*at)->tag != tag; at = &(*at)->next)
		continue;
	if ((cmd = *at) == NULL)
		return malformed(im, e);
	/* what came for those before it would be taken for the next folder's */
	if (cmd->leaves && at != &im->cmds)
		return err_again(e, "the server answers out of turn: it has left a folder before it "
		    "has answered all that was asked of it");
	if ((*at = cmd->next) == NULL)
		im->cmdtail = at;
	im->ncmds--;
	if (cmd->leaves && r.status != (cmd->leaves == 'N' ? IMAP_NO : IMAP_OK))
		im->unsure = 1;
	ret = wire_cancel(im, tag, e);
	if (cmd->done.call != NULL && cmd->done.call(im, cmd->done.arg, &r, e) == -1)
		ret = -1;
	free(cmd);
	return ret;
}

static int
untagged(struct imap *im, struct value_text *t, struct err *e)
{
	struct imap_resp r = { .text = "", .line = t->base };
	char name[32], number[24];
	const char *w;
	size_t n, i;
	int ok = 1;

	n = word(t, &w);
	if (n != 0 && n < sizeof(number) && *w >= '0' && *w <= '9') {
		memcpy(number, w, n);
		number[n] = '\0';
		if (rec_number(number, &r.num) == -1 || t->p == t->end)
			return malformed(im, e);
		t->p++;
		n = word(t, &w);
	}
	if (n == 0 || n >= sizeof(name))
		return malformed(im, e);
	for (i = 0; i < n; i++)
		name[i] = (char)toupper((unsigned char)w[i]);
	name[n] = '\0';
	r.name = name;
	if (status_of(w, n, &r.status))
		condition(im, t, &r);
	else {
		r.data = value_read(im->arena, t, 0, &ok);
		if (!ok)
			return malformed(im, e);
	}
	if (strcmp(name, "CAPABILITY") == 0)
		caps_set(&im->caps, r.data);
	else if (strcmp(name, "ENABLED") == 0)
		caps_add(&im->enabled, r.data);
	else if (strcmp(name, "BYE") == 0)
		return err_again(e, "the server ended the session: %.300s", r.text);
	else if (strcmp(name, "PREAUTH") == 0)
		im->greeted = 1;
	else if (!im->greeted)
		return err_fail(e, "the session is not authenticated: its greeting is \"%.200s\"",
		    buf_cstr(&im->resp));
	return im->untagged != NULL ? im->untagged(im, im->arg, &r, e) : 0;
}

static void
trace(const char *text)
{
	struct buf b;

	buf_init(&b, 4 * (size_t)IMAP_RESPONSE_MAX);
	pct_show(&b, text);
	fprintf(stderr, "[imap]: < %s\n", buf_cstr(&b));
	buf_free(&b);
}

int
resp_dispatch(struct imap *im, struct err *e)
{
	struct value_text t;
	const char *w;
	char digits[16];
	uint64_t tag;
	size_t n;

	arena_reset(im->arena);
	/* its own line end, not one that a literal before it may have had */
	im->resp.len--;
	if (im->resp.len > im->linestart && im->resp.data[im->resp.len - 1] == '\r')
		im->resp.len--;
	t.base = t.p = buf_cstr(&im->resp);
	if (im->trace)
		trace(t.p);
	t.end = t.p + im->resp.len;
	t.streamed = im->streamed;
	t.nstreamed = im->nstreamed;
	n = word(&t, &w);
	if (n == 1 && *w == '+') {
		/* one that nobody waits for must not let a later literal go */
		if (im->segs != NULL && im->segs->wait)
			im->plus = 1;
		return 0;
	}
	if (n == 1 && *w == '*') {
		if (t.p < t.end)
			t.p++;
		return untagged(im, &t, e);
	}
	if (n < 2 || n - 1 >= sizeof(digits) || *w != 'o')
		return malformed(im, e);
	memcpy(digits, w + 1, n - 1);
	digits[n - 1] = '\0';
	if (rec_number(digits, &tag) == -1 || tag > UINT32_MAX)
		return malformed(im, e);
	return tagged(im, &t, (unsigned)tag, e);
}
