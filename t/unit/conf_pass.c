/* Passwords and netrc files: where they come from, in which order, and when not. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/netrc.h"
#include "conf/pass.h"
#include "unit.h"

static char dir[] = "/tmp/conf_pass.XXXXXX";

static void
write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "w");

	ENSURE(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0 && chmod(name, mode) == 0);
}

static void
netrc(void)
{
	static const struct { const char *text, *host, *user; int found; const char *login, *pass; } rows[] = {
	{ "machine h login u password p\n", "h", "u", 1, "u", "p" },
	{ "machine h login u password p\n", "h", NULL, 1, "u", "p" },
	{ "machine h login u password p\n", "H", NULL, 1, "u", "p" },
	{ "machine h\n\tlogin u\n\tpassword p", "h", "u", 1, "u", "p" },
	{ "machine h password p login u account x\n", "h", "u", 1, "u", "p" },
	{ "machine h user u password p\n", "h", "u", 1, "u", "p" },
	{ "machine a login u password 1 machine h login u password 2\n", "h", "u", 1, "u", "2" },
	{ "machine h login a password 1\nmachine h login u password 2\nmachine h login c password 3\n",
	    "h", "u", 1, "u", "2" },
	{ "machine h login a password 1\nmachine h login b password 2\n", "h", NULL, 1, "b", "2" },
	{ "machine h password p\n", "h", "u", 1, NULL, "p" },
	{ "machine x login u password p\ndefault login d password q\n", "h", NULL, 1, "d", "q" },
	{ "default login u password q\nmachine h login u password p\n", "h", "u", 1, "u", "p" },
	{ "machine h login a password p\ndefault login u password q\n", "h", "u", 1, "u", "q" },
	{ "machine h login u password \"a b\\\"c\"\n", "h", "u", 1, "u", "a b\"c" },
	{ "machine h login u password a\\ b\n", "h", "u", 1, "u", "a b" },
	{ "machine h login u password #1\n", "h", "u", 1, "u", "#1" },
	{ "# machine h login u password no\nmachine h login u password p\n", "h", "u", 1, "u", "p" },
	{ "machine h # it is\n login u # me\n password p\n", "h", "u", 1, "u", "p" },
	{ "macdef m\nmachine h login u password no\n\nmachine h login u password p\n", "h", "u", 1, "u", "p" },
	{ "machine h login login password password\n", "h", NULL, 1, "login", "password" },
	{ "nonsense machine h login u password p\n", "h", "u", 1, "u", "p" },
	/* nothing in them */
	{ "", "h", "u", 0, NULL, NULL },
	{ "machine", "h", "u", 0, NULL, NULL },
	{ "machine h", "h", "u", 0, NULL, NULL },
	{ "machine h login u", "h", "u", 0, NULL, NULL },
	{ "machine h login u password", "h", "u", 0, NULL, NULL },
	{ "machine h login a password p\n", "h", "u", 0, NULL, NULL },
	{ "machine hh login u password p\n", "h", "u", 0, NULL, NULL },
	{ "default login a password p\n", "h", "u", 0, NULL, NULL },
	{ "macdef m\nmachine h login u password p\n", "h", "u", 0, NULL, NULL },
	{ "machine h login u password \"", "h", "x", 0, NULL, NULL },
	};
	struct err err = { 0 };
	struct buf b;
	char *login;
	size_t i;

	buf_init(&b, PASS_MAX);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("netrc '%s' %s", rows[i].text, rows[i].user ? rows[i].user : "-");
		write_file("rc", rows[i].text, 0600);
		buf_clear(&b);
		login = NULL;
		CHECK_NUM(netrc_find("rc", 1, rows[i].host, rows[i].user, &login, &b, &err), rows[i].found);
		if (rows[i].found) {
			CHECK_STR(login, rows[i].login);
			CHECK_STR(buf_cstr(&b), rows[i].pass);
		}
		free(login);
	}
	unit_row("netrc for all to read");
	write_file("rc", "machine h login u password p\n", 0644);
	CHECK_NUM(netrc_find("rc", 1, "h", "u", NULL, &b, &err), -1);
	CHECK_STR(err.text, "rc: others may read the passwords in it; chmod 600 it");
	CHECK_NUM(netrc_find("rc", 0, "h", "u", NULL, &b, &err), 1);
	CHECK_NUM(netrc_find("rc", 1, "x", "u", NULL, &b, &err), 0);
	unit_row("no netrc");
	CHECK_NUM(netrc_find("nothere", 1, "h", "u", NULL, &b, &err), 0);
	CHECK_NUM(netrc_find(".", 1, "h", "u", NULL, &b, &err), -1);
	pass_clear(&b);
}

/* An account with only what pass.c looks at; strings are not owned. */
static struct account
account(const char *pass, const char *file, const char *command)
{
	struct account a;

	memset(&a, 0, sizeof(a));
	a.name = mem_dup("A");
	a.remote.name = mem_dup("R");
	a.remote.at = mem_dup("f:9");
	a.remote.host = mem_dup("h");
	a.remote.user = mem_dup("u");
	a.remote.pass = mem_dup(pass);
	a.remote.passfile = mem_dup(file);
	a.remote.passfile_at = mem_dup("f:10");
	a.remote.passcommand = mem_dup(command);
	a.remote.passcommand_at = mem_dup("f:11");
	return a;
}

static void
release(struct account *a)
{
	free(a->name);
	free(a->remote.name);
	free(a->remote.at);
	free(a->remote.host);
	free(a->remote.user);
	free(a->remote.pass);
	free(a->remote.passfile);
	free(a->remote.passfile_at);
	free(a->remote.passcommand);
	free(a->remote.passcommand_at);
}

static void
sources(void)
{
	static const struct { const char *pass, *file, *command; int status; const char *want; } rows[] = {
	{ "p", "~/file", "echo c", 0, "p" },
	{ NULL, "~/file", "echo c", 0, "f  g" },
	{ NULL, NULL, "echo c; echo d", 0, "c" },
	{ NULL, NULL, "printf '  c \\r\\n'", 0, "  c " },
	{ NULL, NULL, "printf c", 0, "c" },
	{ NULL, NULL, "yes | head -c 1000000", 0, "y" },
	{ NULL, NULL, "cat; echo c", 0, "c" },
	{ NULL, NULL, "ls /proc/self/fd/ | wc -l", 0, "4" },
	{ NULL, NULL, NULL, 0, "n" },
	/* refused */
	{ NULL, "~/nofile", NULL, 2, "f:10: option 'remotepassfile': HOME/nofile: No such file or directory" },
	{ NULL, "~/empty", NULL, 2, "account 'A': the password is empty" },
	{ NULL, "~", NULL, 2, "f:10: option 'remotepassfile': HOME: Is a directory" },
	{ NULL, NULL, "exit 3", 1, "f:11: option 'remotepasscommand': the command failed (exit status 3)" },
	{ NULL, NULL, "echo c; exit 3", 1, "f:11: option 'remotepasscommand': the command failed (exit status 3)" },
	{ NULL, NULL, "kill -9 $$", 1, "f:11: option 'remotepasscommand': the command failed (exit status 137)" },
	{ NULL, NULL, "/nonexistent/program 2>/dev/null", 1, "f:11: option 'remotepasscommand': the command failed (exit status 127)" },
	{ NULL, NULL, "true", 1, "f:11: option 'remotepasscommand': the command printed nothing" },
	{ NULL, NULL, "echo; echo c", 1, "f:11: option 'remotepasscommand': the command printed nothing" },
	{ NULL, NULL, "printf 'a\\0b\\n'", 2, "account 'A': the password holds a NUL byte" },
	{ NULL, NULL, "head -c 5000 /dev/zero | tr '\\0' x", 2, "account 'A': the password is longer than 4096 bytes" },
	};
	struct account a;
	struct err err;
	struct buf b;
	const char *home;
	char *want;
	size_t i;
	int rc;

	write_file("file", " f  g \nsecond\n", 0644);
	write_file("empty", "\nsecond\n", 0600);
	write_file(".netrc", "machine h login u password n\n", 0600);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("%s, %s, %s", rows[i].pass ? rows[i].pass : "-", rows[i].file ? rows[i].file : "-",
		    rows[i].command ? rows[i].command : "-");
		memset(&err, 0, sizeof(err));
		a = account(rows[i].pass, rows[i].file, rows[i].command);
		rc = pass_get(&a, &b, &err);
		CHECK_NUM(rc == 0 ? 0 : err.status, rows[i].status);
		home = strstr(rows[i].want, "HOME");
		want = home == NULL ? mem_dup(rows[i].want) : mem_printf("%.*s%s%s",
		    (int)(home - rows[i].want), rows[i].want, dir, home + 4);
		CHECK_STR(rc == 0 ? buf_cstr(&b) : err.text, want);
		free(want);
		pass_clear(&b);
		release(&a);
	}
}

static void
users(void)
{
	struct account a = account(NULL, NULL, NULL);
	struct err err = { 0 };
	char *user;

	unit_row("user from the configuration");
	CHECK_NUM(pass_user(&a, &user, &err), 0);
	CHECK_STR(user, "u");
	free(user);
	unit_row("user from netrc");
	free(a.remote.user);
	a.remote.user = NULL;
	write_file(".netrc", "machine h login me\n", 0600);
	CHECK_NUM(pass_user(&a, &user, &err), 0);
	CHECK_STR(user, "me");
	free(user);
	unit_row("no user");
	write_file(".netrc", "machine x login me\n", 0600);
	CHECK_NUM(pass_user(&a, &user, &err), -1);
	CHECK_NUM(err.status, EXIT_CONF);
	CHECK_STR(err.text, "f:9: [Repository R] has no option 'remoteuser', and there is no login for h in ~/.netrc");
	CHECK(user == NULL);
	release(&a);
}

/* In a child without a terminal: the error, as "STATUS TEXT"; else the password, to fd. */
static void
ask(int fd)
{
	struct account a = account(NULL, NULL, NULL);
	struct err err = { 0 };
	struct buf b;

	if (pass_get(&a, &b, &err) == -1)
		dprintf(fd, "%d %s", err.status, err.text);
	else
		dprintf(fd, "got %s", buf_cstr(&b));
	pass_clear(&b);
	release(&a);
}

static void
terminal(void)
{
	static const char prompt[] = "Enter password for account 'A' (u at h): ";
	char got[1024], screen[1024];
	size_t len = 0;
	ssize_t n;
	int p[2], master, status;
	pid_t pid;

	write_file(".netrc", "", 0600);
	unit_row("no terminal");
	ENSURE(pipe(p) == 0);
	if ((pid = fork()) == 0) {
		setsid();
		ask(p[1]);
		_exit(0);
	}
	n = read(p[0], got, sizeof(got) - 1);
	got[n > 0 ? n : 0] = '\0';
	CHECK_STR(got, "2 account 'A': there is no password for u at h, and no terminal to ask on; write "
	    "remotepass, remotepassfile or remotepasscommand in [Repository R] (f:9)");
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);

	unit_row("a terminal");
	if ((pid = forkpty(&master, NULL, NULL, NULL)) == 0) {
		ask(p[1]);
		_exit(0);
	}
	ENSURE(pid != -1);
	/* echo goes off before the prompt is written */
	while (len < strlen(prompt) && (n = read(master, screen + len, sizeof(screen) - 1 - len)) > 0)
		len += (size_t)n;
	ENSURE(write(master, "hidden\n", 7) == 7);
	n = read(p[0], got, sizeof(got) - 1);
	got[n > 0 ? n : 0] = '\0';
	CHECK_STR(got, "got hidden");
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	while ((n = read(master, screen + len, sizeof(screen) - 1 - len)) > 0)
		len += (size_t)n;
	screen[len] = '\0';
	CHECK(strncmp(screen, prompt, strlen(prompt)) == 0);
	CHECK(strstr(screen, "hidden") == NULL);
	close(master);

	unit_row("nothing typed");
	if ((pid = forkpty(&master, NULL, NULL, NULL)) == 0) {
		ask(p[1]);
		_exit(0);
	}
	n = read(master, screen, sizeof(screen));
	ENSURE(write(master, "\n", 1) == 1);
	n = read(p[0], got, sizeof(got) - 1);
	got[n > 0 ? n : 0] = '\0';
	CHECK_STR(got, "1 account 'A': no password was entered");
	CHECK(waitpid(pid, &status, 0) == pid);
	close(master);
	close(p[0]);
	close(p[1]);
}

int
main(void)
{
	char *cmd;

	ENSURE(mkdtemp(dir) != NULL && chdir(dir) == 0);
	setenv("HOME", dir, 1);
	netrc();
	sources();
	users();
	terminal();
	cmd = mem_printf("rm -rf %s", dir);
	CHECK(system(cmd) == 0);
	free(cmd);
	return unit_end("conf_pass");
}
