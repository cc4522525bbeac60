/* The user name and the password of an account's server. */
#include "conf/pass.h"

#include <errno.h>
#include <fcntl.h>
#include <readpassphrase.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/pct.h"
#include "base/spawn.h"
#include "conf/netrc.h"
#include "conf/text.h"

#define SYSTEM_NETRC	"/etc/netrc"

/* Both files, the user's own first: 1, 0 or -1 as netrc_find. */
static int
from_netrc(const struct account *a, char **login, struct buf *pass, struct err *err)
{
	const char *home = text_home();
	char *own;
	int rc = 0;

	if (home != NULL) {
		own = mem_printf("%s/.netrc", home);
		rc = netrc_find(own, 1, a->remote.host, a->remote.user, login, pass, err);
		free(own);
	}
	if (rc != 0)
		return rc;
	return netrc_find(SYSTEM_NETRC, 0, a->remote.host, a->remote.user, login, pass, err);
}

int
pass_user(const struct account *a, char **user, struct err *err)
{
	*user = NULL;
	if (a->remote.user != NULL) {
		*user = mem_dup(a->remote.user);
		return 0;
	}
	if (from_netrc(a, user, NULL, err) == -1)
		return -1;
	if (*user != NULL)
		return 0;
	return err_conf(err, "%s: [Repository %s] has no option 'remoteuser', and there is no "
	    "login for %s in ~/.netrc", a->remote.at, a->remote.name, a->remote.host);
}

/*
 * Reads up to the first LF into the buffer and the rest to nowhere, so that the
 * writer meets no closed pipe.  0, or -1 with errno.
 */
static int
first_line(int fd, struct buf *b)
{
	char piece[1024], *nl = NULL;
	ssize_t n;
	int done = 0;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		if (!done) {
			nl = memchr(piece, '\n', (size_t)n);
			buf_put(b, piece, nl != NULL ? (size_t)(nl - piece) : (size_t)n);
		}
		done = done || nl != NULL;
	}
	explicit_bzero(piece, sizeof(piece));
	return n == -1 ? -1 : 0;
}

static int
from_file(const struct account *a, struct buf *b, struct err *err)
{
	char *path = text_tilde(a->remote.passfile);
	const char *s, *end;
	int fd, rc;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 || first_line(fd, b) == -1)
		rc = err_conf(err, "%s: option 'remotepassfile': %s: %s", a->remote.passfile_at,
		    path, strerror(errno));
	else {
		s = buf_cstr(b);
		end = s + b->len;
		text_trim(&s, &end);
		b->len = (size_t)(end - b->data);
		buf_drop(b, (size_t)(s - b->data));
		rc = 0;
	}
	if (fd != -1)
		close(fd);
	free(path);
	return rc;
}

/* In the child: the command, with nothing of ours but stderr. */
static void
run(const char *command, int out, const sigset_t *mask, pid_t parent)
{
	struct sigaction sa;
	int i, null;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_DFL;
	for (i = 1; i < 32; i++)
		sigaction(i, &sa, NULL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 || getppid() != parent)
		return;
	/* our stdin may be the stream of records or the server's socket */
	if ((null = open("/dev/null", O_RDONLY)) == -1 || dup2(null, 0) == -1 ||
	    dup2(out, 1) == -1)
		return;
	closefrom(3);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
}

/* Starts it; its pid and the end to read from, or -1 with errno. */
static pid_t
start(const char *command, int *out)
{
	sigset_t none;
	pid_t pid, parent = getpid();
	int p[2];

	if (pipe2(p, O_CLOEXEC) == -1)
		return -1;
	sigemptyset(&none);
	if ((pid = fork()) == 0) {
		run(command, p[1], &none, parent);
		_exit(127);
	}
	close(p[1]);
	if (pid == -1)
		close(p[0]);
	else
		*out = p[0];
	return pid;
}

static int
from_command(const struct account *a, struct buf *b, struct err *err)
{
	const char *at = a->remote.passcommand_at;
	pid_t pid;
	int fd, status, readable;

	if ((pid = start(a->remote.passcommand, &fd)) == -1)
		return err_again(err, "%s: option 'remotepasscommand': %s", at, strerror(errno));
	readable = first_line(fd, b);
	close(fd);
	status = spawn_wait(pid);
	if (status != 0)
		return err_fail(err, "%s: option 'remotepasscommand': the command failed "
		    "(exit status %d)", at, status);
	if (b->len > 0 && b->data[b->len - 1] == '\r')
		b->len--;
	if (readable == -1 || (b->len == 0 && !buf_bad(b)))
		return err_fail(err, "%s: option 'remotepasscommand': the command printed nothing", at);
	return 0;
}

static int
from_terminal(const struct account *a, struct buf *b, struct err *err)
{
	struct buf prompt;
	char line[PASS_MAX], *text, *user;
	int rc = 0;

	if (pass_user(a, &user, err) == -1)
		return -1;
	buf_init(&prompt, 4096);
	text = mem_printf("Enter password for account '%s' (%s at %s): ", a->name, user,
	    a->remote.host);
	pct_show(&prompt, text);
	free(text);
	if (readpassphrase(buf_cstr(&prompt), line, sizeof(line),
	    RPP_ECHO_OFF | RPP_REQUIRE_TTY) == NULL)
		rc = err_conf(err, "account '%s': there is no password for %s at %s, and no terminal "
		    "to ask on; write remotepass, remotepassfile or remotepasscommand in "
		    "[Repository %s] (%s)", a->name, user, a->remote.host, a->remote.name, a->remote.at);
	else if (line[0] == '\0')
		rc = err_fail(err, "account '%s': no password was entered", a->name);
	else
		buf_str(b, line);
	explicit_bzero(line, sizeof(line));
	buf_free(&prompt);
	free(user);
	return rc;
}

int
pass_get(const struct account *a, struct buf *b, struct err *err)
{
	const struct remote *r = &a->remote;
	int rc;

	/* room for all of it from the start: growing would leave copies behind */
	buf_init(b, PASS_MAX);
	buf_room(b, PASS_MAX);
	if (r->pass != NULL) {
		buf_str(b, r->pass);
		rc = 0;
	} else if (r->passfile != NULL)
		rc = from_file(a, b, err);
	else if (r->passcommand != NULL)
		rc = from_command(a, b, err);
	else if ((rc = from_netrc(a, NULL, b, err)) == 0)
		rc = from_terminal(a, b, err);
	if (rc == -1)
		return -1;
	if (buf_bad(b))
		return err_conf(err, "account '%s': the password is longer than %d bytes", a->name,
		    PASS_MAX);
	if (b->len == 0)
		return err_conf(err, "account '%s': the password is empty", a->name);
	if (memchr(b->data, '\0', b->len) != NULL)
		return err_conf(err, "account '%s': the password holds a NUL byte", a->name);
	return 0;
}

void
pass_clear(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	buf_free(b);
}
