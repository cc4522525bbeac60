/* A session goes back to who lent it only if nothing of ours is left in it (hazard 29). */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/packet.h"
#include "imap/borrow.h"
#include "imap/session.h"
#include "unit.h"

static int
told(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	(void)im, (void)arg, (void)r, (void)e;
	return 0;
}

static void
say(int server, const char *text)
{
	CHECK(write(server, text, strlen(text)) == (ssize_t)strlen(text));
}

/* What the server has said when our command goes out, and later, when its answer has been read. */
static const struct {
	const char *title, *command, *answer, *later, *card;
	int selects, unselects;
} rows[] = {
	{ "nothing asked", NULL, NULL, NULL, "put tag=5 enabled=QRESYNC caps=UNSELECT", 0, 0 },
	{ "answered", "NOOP", "o5 OK x\r\n", NULL, "put tag=6 enabled=QRESYNC caps=UNSELECT", 0, 0 },
	{ "left", NULL, "o5 OK x\r\n", NULL, "put tag=6 enabled=QRESYNC caps=UNSELECT", 1, 1 },
	{ "selected", NULL, NULL, NULL, "drop", 1, 0 },
	{ "not left", NULL, "o5 BAD x\r\n", NULL, "drop", 1, 1 },
	{ "a line behind it, read with it", "NOOP", "o5 OK x\r\n* 1 EXISTS\r\n", NULL,
	    "put tag=6 enabled=QRESYNC caps=UNSELECT", 0, 0 },
	{ "half a line behind it", "NOOP", "o5 OK x\r\n* 1", NULL, "drop", 0, 0 },
	{ "unread", "NOOP", "o5 OK x\r\n", "* BYE x\r\n", "drop", 0, 0 },
	{ "closed", "NOOP", "o5 OK x\r\n", "", "drop", 0, 0 },
	{ "not answered", "NOOP", NULL, NULL, "drop", 0, 0 },
	{ "another's answer", "NOOP", "o9 OK x\r\n", NULL, "drop", 0, 0 },
};

int
main(void)
{
	char text[200];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct imap_done done = { told, NULL };
		int lender[2], server[2], fd;
		struct imap im = { 0 };
		struct err e = { 0 };

		unit_row("%s", rows[i].title);
		CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, lender) == 0 &&
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, server) == 0);
		borrow_use(lender[0]);
		CHECK_NUM(packet_give(lender[1], "session tag=5 enabled=QRESYNC caps=UNSELECT", server[0]), 0);
		close(server[0]);
		CHECK_NUM(imap_ask(&im, NULL, 5, &e), 0);
		CHECK(packet_take(lender[1], text, sizeof(text), &fd) == 1 && strcmp(text, "get") == 0);
		CHECK_NUM(imap_take(&im, &e), 0);
		im.selected = rows[i].selects;
		if (rows[i].answer != NULL)
			say(server[1], rows[i].answer);
		if (rows[i].unselects)
			imap_unselect(&im, done);
		else if (rows[i].command != NULL) {
			imap_begin(&im, done);
			imap_put(&im, rows[i].command);
			imap_end(&im);
		}
		if (rows[i].answer != NULL)
			imap_wait(&im, 0);
		if (rows[i].later != NULL)
			say(server[1], rows[i].later);
		if (rows[i].later != NULL && *rows[i].later == '\0')
			shutdown(server[1], SHUT_WR);
		imap_close(&im);
		fd = -1;
		CHECK_NUM(packet_take(lender[1], text, sizeof(text), &fd), 1);
		CHECK_STR(text, rows[i].card);
		CHECK((fd != -1) == (strcmp(text, "drop") != 0));
		if (fd != -1)
			close(fd);
		close(server[1]);
		close(lender[0]);
		close(lender[1]);
	}
	return unit_end("imap_lend");
}
