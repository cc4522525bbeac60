/*
 * Both ends of the sessions: an imap-connect that echoes lines, and a tool that asks its broker.
 *
 * The password that it was given, and how often it was started, go to $FAKE.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake.h"

#define GREETING	"* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n"
#define ECHO		"x\r\n"

static void
note_pid(const char *name)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	fake_note(name, pid);
}

static void
send_all(int sock, const char *data, size_t n)
{
	ssize_t sent;

	for (; n != 0; data += sent, n -= (size_t)sent)
		if ((sent = send(sock, data, n, MSG_NOSIGNAL)) == -1)
			err(1, "send");
}

/* The descriptor that is the value of an option, or -1. */
static int
option(char *argv[], const char *name)
{
	for (; *argv != NULL; argv++)
		if (strcmp(*argv, name) == 0 && argv[1] != NULL)
			return atoi(argv[1]);
	return -1;
}

static void
note_password(int fd)
{
	char password[256];
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, password + len, sizeof(password) - 1 - len)) > 0)
		len += (size_t)n;
	password[len] = '\0';
	fake_note("password", password);
}

/* imap-connect -s FD [-P FD] ... */
int
session_connect(char *argv[])
{
	const int pass = option(argv, "-P");
	char buf[4096];
	ssize_t n;
	int turns = 0;

	note_pid("connects");
	if (pass != -1)
		note_password(pass);
	send_all(STDIN_FILENO, GREETING, strlen(GREETING));
	for (; (n = recv(STDIN_FILENO, buf, sizeof(buf), 0)) > 0; turns++)
		send_all(STDIN_FILENO, buf, (size_t)n);
	if (n == -1)
		err(1, "recv");
	dprintf(option(argv, "-s"), "stat\tdown=1000\tturns=%d\tup=100\n", turns);
	note_pid("ended");
	return 0;
}

/* One message to the broker, with a descriptor or -1. */
static void
tell(int broker, const char *text, int fd)
{
	union {
		struct cmsghdr	 align;
		char		 room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (char *)(uintptr_t)text, strlen(text) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd != -1) {
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof(control.room);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	if (sendmsg(broker, &msg, MSG_NOSIGNAL) == -1)
		err(1, "telling the broker \"%s\"", text);
}

/* Its answer as text, and the descriptor that came with it, or -1. */
static int
hear(int broker, char *text, size_t size)
{
	union {
		struct cmsghdr	 align;
		char		 room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { text, size - 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.room, .msg_controllen = sizeof(control.room)
	};
	struct cmsghdr *c;
	ssize_t n = recvmsg(broker, &msg, 0);
	int fd = -1;

	if (n <= 0)
		err(1, "no word of the broker");
	text[n] = '\0';
	if ((c = CMSG_FIRSTHDR(&msg)) != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* "session CARD ...", or "fail STATUS TEXT", which ends it. */
static int
get(int broker, const char *how)
{
	char text[4096], greeting[4096], *card, *rest;
	int session;

	tell(broker, how, -1);
	session = hear(broker, text, sizeof(text));
	rest = text;
	strsep(&rest, " ");
	if ((card = strsep(&rest, " ")) == NULL)
		errx(1, "the broker said \"%s\"", text);
	if (strcmp(text, "fail") == 0) {
		fprintf(stderr, "imap-list: %s\n", rest);
		exit(atoi(card));
	}
	if (session == -1)
		errx(1, "no session with \"%s %s\"", text, card);
	fake_note("cards", card);
	if (strcmp(card, "fresh=1") == 0 &&
	    (recv(session, greeting, sizeof(greeting), 0) < 9 || strncmp(greeting, "* PREAUTH", 9) != 0))
		errx(1, "no greeting");
	return session;
}

static void
ask(int session)
{
	char answer[4096];

	send_all(session, ECHO, strlen(ECHO));
	if (recv(session, answer, sizeof(answer), 0) != (ssize_t)strlen(ECHO) ||
	    memcmp(answer, ECHO, strlen(ECHO)) != 0)
		errx(1, "no echo");
}

/*
 * A tool that talks to its broker, STEP by STEP, then copies: get, more (a get that is worth
 * a login), put, drop, ask (a line to the session and back), hold SECONDS, die, "mark NAME" (makes
 * the file $FAKE/NAME) and "await NAME".  A refusal ends it with the status told.
 */
int
session_tool(char *step[])
{
	const char *env = getenv("OFFLINEIMAP_BROKER");
	char tag[32];
	int broker, session = -1, n = 0;

	if (env == NULL)
		errx(1, "no OFFLINEIMAP_BROKER");
	broker = atoi(env);
	for (; *step != NULL; step++) {
		if (strcmp(*step, "get") == 0) {
			session = get(broker, "get");
		} else if (strcmp(*step, "more") == 0) {
			session = get(broker, "get more");
		} else if (strcmp(*step, "put") == 0) {
			snprintf(tag, sizeof(tag), "put tag=%d", ++n);
			tell(broker, tag, session);
			close(session);
		} else if (strcmp(*step, "drop") == 0) {
			close(session);
			tell(broker, "drop", -1);
		} else if (strcmp(*step, "ask") == 0) {
			ask(session);
		} else if (strcmp(*step, "die") == 0) {
			raise(SIGKILL);
		} else if (step[1] == NULL) {
			errx(1, "no such step, or nothing behind it: %s", *step);
		} else if (strcmp(*step, "hold") == 0) {
			usleep((useconds_t)(atof(*++step) * 1e6));
		} else if (strcmp(*step, "await") == 0) {
			for (step++; !fake_exists(*step); )
				usleep(20000);
		} else if (strcmp(*step, "mark") == 0) {
			note_pid(*++step);
		} else {
			errx(1, "no such step: %s", *step);
		}
	}
	copy(STDIN_FILENO, STDOUT_FILENO);
	return 0;
}
