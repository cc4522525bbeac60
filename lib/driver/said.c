/* Lines from a child's standard error. */
#include "driver/said.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

/* Hands on the first n bytes and drops skip more. */
static void
hand_on(struct said *s, size_t n, size_t skip)
{
	char line[SAID_MAX + 1];

	memcpy(line, s->text.data, n);
	line[n] = '\0';
	buf_drop(&s->text, n + skip);
	if (n != 0)
		s->line(s->arg, line);
}

static void
lines(struct said *s)
{
	char *lf;
	size_t n;

	while (s->text.len != 0) {
		lf = memchr(s->text.data, '\n', s->text.len);
		n = lf != NULL ? (size_t)(lf - s->text.data) : s->text.len;
		if (lf == NULL && n < SAID_MAX)
			return;
		if (n > SAID_MAX)
			hand_on(s, SAID_MAX, 0);
		else
			hand_on(s, n, lf != NULL);
	}
}

/* 1 if there may be more, 0 at the end, -1 if there is nothing now. */
static int
take(struct said *s)
{
	char *to = buf_room(&s->text, SAID_MAX);
	ssize_t n;

	if (to == NULL)
		return 0;
	n = read(s->fd, to, SAID_MAX);
	if (n < 0)
		return errno == EINTR ? 1 : errno == EAGAIN ? -1 : 0;
	s->text.len += (size_t)n;
	lines(s);
	return n != 0;
}

static void
ready(void *arg, short revents)
{
	struct said *s = arg;

	(void)revents;
	if (take(s) == 0)
		loop_del(s->loop, s->fd);
}

int
said_open(struct said *s, struct loop *loop, int *child,
    void (*line)(void *, const char *), void *arg)
{
	int p[2];

	memset(s, 0, sizeof(*s));
	s->fd = -1;
	if (pipe2(p, O_CLOEXEC) == -1)
		return -1;
	if (io_nonblock(p[0], 1) == -1) {
		close(p[0]);
		close(p[1]);
		return -1;
	}
	buf_init(&s->text, (size_t)4 * SAID_MAX);
	s->loop = loop;
	s->fd = p[0];
	s->line = line;
	s->arg = arg;
	*child = p[1];
	loop_add(loop, s->fd, POLLIN, ready, s);
	return 0;
}

void
said_close(struct said *s)
{
	if (s->fd == -1)
		return;
	while (take(s) == 1)
		;
	if (s->text.len != 0)
		hand_on(s, s->text.len < SAID_MAX ? s->text.len : SAID_MAX, 0);
	loop_del(s->loop, s->fd);
	close(s->fd);
	s->fd = -1;
	buf_free(&s->text);
}
