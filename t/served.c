/*
 * served SCRIPT [ARG...]: a Python script of t/ run by the suite's t/served.py, with our directory,
 * environment and standard files, and its exit status; it ends when we are killed.  The start of a
 * Python costs more than most tests.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NFILES	3

extern char **environ;

static char text[65536];
static size_t len;

static void
add(const char *s)
{
	if (strlen(s) >= sizeof(text) - len)
		errx(70, "arguments and environment too long");
	memcpy(text + len, s, strlen(s) + 1);
	len += strlen(s) + 1;
}

/* Sends the text with our standard files. */
static void
ask(int sock)
{
	union {
		struct cmsghdr	 align;
		char		 room[CMSG_SPACE(NFILES * sizeof(int))];
	} control = { 0 };
	const int files[NFILES] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	struct iovec iov = { text, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.room, .msg_controllen = sizeof(control.room)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(files));
	memcpy(CMSG_DATA(c), files, sizeof(files));
	if (sendmsg(sock, &msg, 0) != (ssize_t)len)
		err(70, "asking t/served.py");
}

int
main(int argc, char *argv[])
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("T_SERVED");
	unsigned char status;
	char **env, count[16];
	int i, sock;

	if (argc < 2 || path == NULL || strlen(path) >= sizeof(to.sun_path))
		errx(70, "usage: served script [argument ...]; T_SERVED is where t/served.py listens");
	if (getcwd(text, sizeof(text)) == NULL)
		err(70, "working directory");
	len = strlen(text) + 1;
	snprintf(count, sizeof(count), "%d", argc - 1);
	add(count);
	for (i = 1; i < argc; i++)
		add(argv[i]);
	for (env = environ; *env != NULL; env++)
		add(*env);
	memcpy(to.sun_path, path, strlen(path) + 1);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock == -1 || connect(sock, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(70, "%s", path);
	ask(sock);
	/* Who waits for the end of our output shall not wait for ours. */
	for (i = 0; i < NFILES; i++)
		close(i);
	return read(sock, &status, 1) == 1 ? status : 70;
}
