/* The client's side of the session broker. */
#include "imap/borrow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rec.h"

#define MESSAGE_MAX	65536

static int used = -1;		/* instead of the driver's */

int
borrow_fd(void)
{
	const char *s = getenv("OFFLINEIMAP_BROKER");
	uint64_t n;

	if (used != -1)
		return used;
	return rec_number(s, &n) == 0 && n < 1024 ? (int)n : -1;
}

void
borrow_use(int fd)
{
	used = fd;
}

int
borrow_broker(void)
{
	return borrow_fd() != -1;
}

/* One message, a descriptor with it if fd is not -1. */
static int
say(const char *text, size_t len, int fd)
{
	union { struct cmsghdr h; char room[CMSG_SPACE(sizeof(int))]; } control;
	struct iovec iov = { .iov_base = (char *)(uintptr_t)text, .iov_len = len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	if (fd != -1) {
		memset(&control, 0, sizeof(control));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control.room);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do
		n = sendmsg(borrow_fd(), &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

int
borrow_ask(unsigned how, struct err *e)
{
	char text[24];

	snprintf(text, sizeof(text), "get%s%s", (how & IMAP_BULK) != 0 ? " bulk" : "",
	    (how & IMAP_MORE) != 0 ? " more" : "");
	if (say(text, strlen(text), -1) == -1)
		return err_again(e, "asking the driver for a session: %s", strerror(errno));
	return 0;
}

/* Receives one message and the descriptor that may be with it. */
static ssize_t
hear(char *text, size_t max, int *fd)
{
	union { struct cmsghdr h; char room[CMSG_SPACE(sizeof(int))]; } control;
	struct iovec iov = { .iov_base = text, .iov_len = max - 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
	    .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c;
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(borrow_fd(), &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	text[n] = '\0';
	for (c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(fd, CMSG_DATA(c), sizeof(int));
	return n;
}

/* ",A,B," from "A,B". */
static char *
fenced(const char *list)
{
	return *list == '\0' ? mem_dup(",") : mem_printf(",%s,", list);
}

/* "fresh=1" or "tag=N enabled=A,B caps=C,D"; 0 or -1. */
static int
card(struct imap *im, char *text)
{
	char *word;
	uint64_t n;

	while ((word = strsep(&text, " ")) != NULL) {
		if (strncmp(word, "tag=", 4) == 0) {
			if (rec_number(word + 4, &n) == -1 || n == 0 || n > UINT32_MAX)
				return -1;
			im->tag = (unsigned)n;
			im->greeted = 1;
		} else if (strncmp(word, "caps=", 5) == 0) {
			free(im->caps);
			im->caps = fenced(word + 5);
		} else if (strncmp(word, "enabled=", 8) == 0) {
			free(im->enabled);
			im->enabled = fenced(word + 8);
		}
	}
	return 0;
}

int
borrow_take(struct imap *im, struct err *e)
{
	char text[MESSAGE_MAX], *end;
	ssize_t n = hear(text, sizeof(text), &im->fd);
	long status;
	int r = 0;

	if (n <= 0)
		r = err_again(e, "the driver ended while this tool waited for a session");
	else if (strncmp(text, "fail ", 5) == 0) {
		status = strtol(text + 5, &end, 10);
		r = err_again(e, "no session: %s", *end == ' ' ? end + 1 : end);
		if (e != NULL && (status == EXIT_FAIL || status == EXIT_CONF))
			e->status = (int)status;
	} else if (strncmp(text, "session ", 8) != 0 || im->fd == -1 || card(im, text + 8) == -1)
		r = err_fail(e, "the driver answered what is no session: \"%.80s\"", text);
	return r;
}

int
borrow_return(struct imap *im)
{
	char *text, *caps = mem_dup(im->caps), *enabled = mem_dup(im->enabled);
	int r;

	/* take the fences off */
	if (*caps != '\0')
		caps[strlen(caps) - 1] = '\0';
	if (*enabled != '\0')
		enabled[strlen(enabled) - 1] = '\0';
	text = mem_printf("put tag=%u enabled=%s caps=%s", im->tag,
	    *enabled == ',' ? enabled + 1 : "", *caps == ',' ? caps + 1 : "");
	r = say(text, strlen(text), im->fd);
	free(text);
	free(caps);
	free(enabled);
	return r;
}

void
borrow_drop(void)
{
	say("drop", 4, -1);
}
