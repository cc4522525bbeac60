/* Bytes of a session (RFC 3501 section 4.3: literals; RFC 7888: LITERAL+). */
#include "imap/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/pct.h"
#include "imap/resp.h"

#define SEND_CHUNK	65536

/*
 * The size of the literal that the current line, which starts at from and ends
 * in LF, announces ("{n}" or "{n+}"), and where its "{" stands; 0 for none.
 */
static int
announces(const struct buf *b, size_t from, uint64_t *size, size_t *brace)
{
	const char *s = b->data;
	size_t i = b->len - 1;
	uint64_t n = 0, scale = 1;
	int digits = 0;

	if (i > from && s[i - 1] == '\r')
		i--;
	if (i == from || s[--i] != '}')
		return 0;
	if (i > from && s[i - 1] == '+')
		i--;
	for (; i > from && s[i - 1] >= '0' && s[i - 1] <= '9'; i--) {
		if (++digits > 18)
			return 0;
		n += (uint64_t)(s[i - 1] - '0') * scale;
		scale *= 10;
	}
	if (digits == 0 || i == from || s[i - 1] != '{')
		return 0;
	*size = n;
	*brace = i - 1;
	return 1;
}

/*
 * 1 if the line just gathered is the first of a tagged or status response, or a
 * continuation: people read what it ends in, and "{5}" there is no literal.
 */
static int
is_text(const struct buf *b, size_t from)
{
	static const char *const words[] = { "OK ", "NO ", "BAD ", "BYE ", "PREAUTH " };
	size_t i, n;

	if (from != 0)
		return 0;
	if (b->len < 2 || b->data[0] != '*' || b->data[1] != ' ')
		return 1;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i]);
		if (b->len > 2 + n && strncasecmp(b->data + 2, words[i], n) == 0)
			return 1;
	}
	return 0;
}

/* 1 if the literal whose "{" is at off belongs to a BODY[...] of a FETCH. */
static int
is_body(const struct buf *b, size_t off)
{
	const char *s = b->data;
	size_t i = off;

	if (i > 0 && s[i - 1] == '~')
		i--;
	while (i > 0 && s[i - 1] == ' ')
		i--;
	if (i > 0 && s[i - 1] == '>')
		while (i > 0 && s[--i] != '<')
			continue;
	return i > 0 && s[i - 1] == ']';
}

/* A line has been gathered whose end announces a literal. */
static int
begin_literal(struct imap *im, uint64_t size, size_t brace, struct err *e)
{
	im->literal = size;
	im->linestart = im->resp.len;
	im->streaming = im->sink != NULL && is_body(&im->resp, brace);
	if (im->streaming) {
		if (size > IMAP_MESSAGE_MAX)
			return err_fail(e, "the server sent a message of %llu bytes",
			    (unsigned long long)size);
		if (im->nstreamed == sizeof(im->streamed) / sizeof(im->streamed[0]))
			return err_fail(e, "the server sent too many literals in one response");
		im->streamed[im->nstreamed++] = brace;
		if (im->sink->open(im->sink->arg, size, e) == -1)
			return -1;
		return size == 0 ? im->sink->close(im->sink->arg, e) : 0;
	}
	if (size > IMAP_LITERAL_MAX)
		return err_fail(e, "the server sent a literal of %llu bytes where at most %u make sense",
		    (unsigned long long)size, IMAP_LITERAL_MAX);
	return 0;
}

static int
more_literal(struct imap *im, struct err *e)
{
	size_t n = im->in.len - im->inat;

	if (n > im->literal)
		n = (size_t)im->literal;
	if (im->streaming) {
		if (im->sink->data(im->sink->arg, im->in.data + im->inat, n, e) == -1)
			return -1;
	} else
		buf_put(&im->resp, im->in.data + im->inat, n);
	im->inat += n;
	im->literal -= n;
	im->linestart = im->resp.len;
	if (im->literal == 0 && im->streaming)
		return im->sink->close(im->sink->arg, e);
	return 0;
}

int
wire_take(struct imap *im, struct err *e)
{
	char *from, *lf;
	uint64_t size;
	size_t brace, n;

	while (im->inat < im->in.len) {
		if (im->literal != 0) {
			if (more_literal(im, e) == -1)
				return -1;
			continue;
		}
		from = im->in.data + im->inat;
		lf = memchr(from, '\n', im->in.len - im->inat);
		n = lf != NULL ? (size_t)(lf - from) + 1 : im->in.len - im->inat;
		buf_put(&im->resp, from, n);
		im->inat += n;
		if (buf_bad(&im->resp))
			return err_fail(e, "the server sent a response of more than %u bytes",
			    IMAP_RESPONSE_MAX);
		if (lf == NULL)
			break;
		if (!is_text(&im->resp, im->linestart) &&
		    announces(&im->resp, im->linestart, &size, &brace)) {
			if (begin_literal(im, size, brace, e) == -1)
				return -1;
			continue;
		}
		if (resp_dispatch(im, e) == -1)
			return -1;
		buf_clear(&im->resp);
		im->nstreamed = 0;
		im->linestart = 0;
	}
	buf_drop(&im->in, im->inat);
	im->inat = 0;
	return 0;
}

/* Shows bytes that go out, line by line; bodies are only counted. */
static void
trace(const struct imap *im, const struct imap_seg *s, size_t n)
{
	const char *p = s->bytes.data + s->at, *end = p + n, *lf;
	struct buf b;
	char *line;

	if (!im->trace || s->source.read != NULL)
		return;
	buf_init(&b, IMAP_RESPONSE_MAX);
	for (; p < end; p = lf + 1) {
		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		line = mem_ndup(p, (size_t)(lf - p));
		line[strcspn(line, "\r")] = '\0';
		buf_clear(&b);
		pct_show(&b, line);
		fprintf(stderr, "[imap]: > %s\n", buf_cstr(&b));
		free(line);
	}
	buf_free(&b);
}

int
wire_wants(const struct imap *im)
{
	return im->segs != NULL && (!im->segs->wait || im->plus > 0);
}

/* Gets the next piece of a literal; -1 if its source fails or ends early. */
static int
refill(struct imap_seg *s, struct err *e)
{
	char *to;
	long n;

	buf_clear(&s->bytes);
	s->at = 0;
	to = buf_room(&s->bytes, SEND_CHUNK);
	ENSURE(to != NULL);
	n = s->source.read(s->source.arg, to, s->left < SEND_CHUNK ? (size_t)s->left : SEND_CHUNK);
	if (n < 0)
		return err_again(e, "reading a message to upload: %s", strerror(errno));
	if (n == 0)
		return err_again(e, "a message became shorter while it was uploaded");
	s->bytes.len = (size_t)n;
	s->left -= (uint64_t)n;
	return 0;
}

static void
drop_first(struct imap *im)
{
	struct imap_seg *s = im->segs;

	im->segs = s->next;
	buf_free(&s->bytes);
	free(s);
}

int
wire_cancel(struct imap *im, unsigned tag, struct err *e)
{
	struct imap_seg *s = im->segs;

	if (s == NULL || s->source.read == NULL || s->tag != tag || !s->wait) {
		for (; s != NULL; s = s->next)
			if (s->source.read != NULL && s->wait && s->tag == tag)
				return err_again(e, "the server answered a command before it had ended");
		return 0;
	}
	drop_first(im);
	/* what follows a literal of the same command, then the command's own end */
	while ((s = im->segs) != NULL) {
		if (s->source.read != NULL && s->tag == tag) {
			drop_first(im);
			continue;
		}
		if (s->source.read == NULL && s->next != NULL && s->next->tag == tag &&
		    s->next->source.read != NULL) {
			im->outlen -= s->bytes.len - s->at;
			drop_first(im);
			continue;
		}
		break;
	}
	if (s != NULL && s->source.read == NULL && s->at == 0 && s->bytes.len >= 2) {
		s->at = 2;
		im->outlen -= 2;
	}
	return 0;
}

int
wire_send(struct imap *im, struct err *e)
{
	struct imap_seg *s;
	ssize_t n;

	while ((s = im->segs) != NULL) {
		if (s->wait) {
			if (im->plus == 0)
				return 0;
			im->plus--;
			s->wait = 0;
		}
		if (s->at == s->bytes.len) {
			if (s->left == 0) {
				drop_first(im);
				continue;
			}
			if (refill(s, e) == -1)
				return -1;
		}
		n = send(im->fd, s->bytes.data + s->at, s->bytes.len - s->at,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n < 0)
			return err_again(e, "sending to the server: %s", strerror(errno));
		trace(im, s, (size_t)n);
		s->at += (size_t)n;
		if (s->source.read == NULL)
			im->outlen -= (size_t)n;
	}
	return 0;
}
