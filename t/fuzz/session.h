/*
 * A session whose server has said all that it will ever say: for the targets that ask something.
 * What it is asked is left in the socket; its end of the stream comes behind its last byte.
 */
#ifndef FUZZ_SESSION_H
#define FUZZ_SESSION_H

#include <sys/socket.h>

#include "base/io.h"
#include "fuzz.h"
#include "imap/wire.h"

#define ANSWERS_MAX	100000	/* bytes: a socket holds them */

/* A session that reads from memory alone (wire_take); no descriptor. */
static inline void
session_bare(struct imap *im)
{
	memset(im, 0, sizeof(*im));
	im->fd = -1;
	im->tag = 1;
	im->greeted = 1;
	im->caps = mem_dup(",IMAP4REV1,UNSELECT,ESEARCH,LIST-EXTENDED,LITERAL+,");
	im->enabled = mem_dup(",");
	im->cmdtail = &im->cmds;
	im->arena = arena_new();
	buf_init(&im->in, 1u << 24);
	buf_init(&im->resp, IMAP_RESPONSE_MAX);
}

static inline void
session_close(struct imap *im)
{
	if (im->fd != -1)
		close(im->fd);
	im->fd = -1;
	imap_close(im);
}

/* The same over a socket that holds the answers; *server is its other end.  0, or -1 if they are too many. */
static inline int
session_open(struct imap *im, const void *answers, size_t n, int *server)
{
	int fd[2];

	if (n > ANSWERS_MAX)
		return -1;
	session_bare(im);
	HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	HOLDS(n == 0 || io_write(fd[1], answers, n) == 0);
	shutdown(fd[1], SHUT_WR);
	im->fd = fd[0];
	*server = fd[1];
	return 0;
}

/* Replaces the session's capabilities; ",A,B,". */
static inline void
session_caps(struct imap *im, const char *caps, const char *enabled)
{
	free(im->caps);
	free(im->enabled);
	im->caps = mem_dup(caps);
	im->enabled = mem_dup(enabled);
}

#endif
