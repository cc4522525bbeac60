/* Sessions: commands in flight, and what their answers say. */
#include "imap/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "imap/wire.h"

static struct imap_seg *
segment(struct imap *im)
{
	struct imap_seg *s = mem_alloc(sizeof(*s));

	buf_init(&s->bytes, 64u << 20);
	if (im->segs == NULL)
		im->segs = s;
	else
		im->seglast->next = s;
	im->seglast = s;
	return s;
}

/* The segment that takes more plain bytes. */
static struct buf *
tail(struct imap *im)
{
	if (im->segs == NULL || im->seglast->source.read != NULL)
		segment(im);
	return &im->seglast->bytes;
}

void
imap_put(struct imap *im, const char *text)
{
	buf_str(tail(im), text);
	im->outlen += strlen(text);
}

void
imap_printf(struct imap *im, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = mem_dup("");
	va_end(ap);
	imap_put(im, text);
	free(text);
}

void
imap_begin(struct imap *im, struct imap_done done)
{
	struct imap_cmd *c = mem_alloc(sizeof(*c));

	/* the server's patience is measured from the question, not from its last word */
	if (im->ncmds == 0)
		im->since = io_now();
	c->tag = im->tag++;
	c->done = done;
	*im->cmdtail = c;
	im->cmdtail = &c->next;
	im->ncmds++;
	imap_printf(im, "o%u ", c->tag);
}

void
imap_literal(struct imap *im, uint64_t len, int sync, struct imap_source source)
{
	struct imap_seg *s;

	imap_printf(im, "{%llu%s}\r\n", (unsigned long long)len, sync ? "" : "+");
	s = segment(im);
	s->wait = sync;
	s->tag = im->tag - 1;
	s->left = len;
	s->source = source;
}

void
imap_end(struct imap *im)
{
	imap_put(im, "\r\n");
}

/* The name is printable ASCII that needs no quoting, so it cannot be answered BAD. */
void
imap_unselect(struct imap *im, struct imap_done done)
{
	int has = imap_has(im, "UNSELECT");
	struct imap_cmd *c;

	imap_begin(im, done);
	for (c = im->cmds; c->next != NULL; c = c->next)
		continue;
	c->leaves = has ? 'O' : 'N';
	imap_put(im, has ? "UNSELECT" : "EXAMINE offlineimap-no-such-folder");
	imap_end(im);
	im->selected = 0;
}

void
imap_words(const struct imap_resp *r, struct buf *b)
{
	static const char *const names[] = { "OK", "NO", "BAD" };

	buf_str(b, names[r->status]);
	if (r->code != NULL && value_text(r->code) != NULL)
		buf_printf(b, " [%s]", value_text(r->code));
	if (*r->text != '\0')
		buf_printf(b, " %.300s", r->text);
}

int
imap_code(const struct imap_resp *r, const char *code)
{
	return r->code != NULL && value_is(r->code, code);
}
