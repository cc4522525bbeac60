/*
 * Stands in for every tool of the pipe, under its name, where the driver alone is tested.  $FAKE
 * holds what a test prepared: the sh script "NAME" (or "NAME-H" for the heads half) is run instead;
 * "pairs" is what sync-pair prints; "plan.N", or "plan", what sync-plan prints in round N.  What each
 * was called with is added to $FAKE/calls.
 *
 * For those scripts there are also "asks STEP ...", a tool that talks to its broker, and "echoes", an
 * imap-connect (session.c).
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"

static char *
fake_path(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", getenv("FAKE"), name);
	return path;
}

int
fake_open(const char *name, int flags)
{
	int fd = open(fake_path(name), flags, 0666);

	if (fd == -1)
		err(1, "%s", name);
	return fd;
}

int
fake_exists(const char *name)
{
	return access(fake_path(name), F_OK) == 0;
}

void
fake_note(const char *name, const char *line)
{
	int fd = fake_open(name, O_WRONLY | O_CREAT | O_APPEND);

	dprintf(fd, "%s\n", line);
	close(fd);
}

void
copy(int from, int to)
{
	char buf[65536];
	ssize_t n, done, put;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		for (done = 0; done < n; done += put)
			if ((put = write(to, buf + done, (size_t)(n - done))) == -1)
				err(1, "write");
	if (n == -1)
		err(1, "read");
}

static void
print(const char *name)
{
	int fd = fake_open(name, O_RDONLY);

	copy(fd, STDOUT_FILENO);
	close(fd);
}

static void
save(const char *name)
{
	int fd = fake_open(name, O_WRONLY | O_CREAT | O_TRUNC);

	copy(STDIN_FILENO, fd);
	close(fd);
}

/* Keeps the heads; whether their end record is there. */
static int
heads(void)
{
	char *line = NULL;
	size_t size = 0;
	int whole = 0;
	FILE *f;

	save("heads");
	if ((f = fdopen(fake_open("heads", O_RDONLY), "r")) == NULL)
		err(1, "heads");
	while (getline(&line, &size, f) != -1)
		whole = strncmp(line, "end", 3) == 0;
	fclose(f);
	free(line);
	return whole;
}

static void
plan(void)
{
	char name[32];
	int n;

	for (n = 1; snprintf(name, sizeof(name), "planned.%d", n), fake_exists(name); n++)
		;
	save(name);
	snprintf(name, sizeof(name), "plan.%d", n);
	print(fake_exists(name) ? name : "plan");
}

static int
is(const char *line, const char *verb)
{
	const size_t n = strlen(verb);

	return strncmp(line, verb, n) == 0 && strchr("\t\n", line[n]) != NULL;
}

/* All is done as planned. */
static void
apply(void)
{
	char *line = NULL;
	size_t size = 0;
	int n = 0;

	while (getline(&line, &size, stdin) != -1) {
		if (is(line, "end"))
			continue;
		n++;
		printf("%s%s", is(line, "plan") ? "" : is(line, "probe") ? "skip\t" : "done\t", line);
	}
	free(line);
	printf("stat\tmsgs=1\nend\t-\t-\t%d\n", n + 1);
}

/* sh SCRIPT with our arguments, in our place. */
static void
run_script(const char *script, int argc, char *argv[])
{
	char **args = calloc((size_t)argc + 2, sizeof(*args)), sh[] = "sh";

	if (args == NULL)
		err(1, NULL);
	memcpy(args + 1, argv, (size_t)argc * sizeof(*args));
	args[0] = sh;
	args[1] = fake_path(script);
	execv("/bin/sh", args);
	err(1, "/bin/sh");
}

int
main(int argc, char *argv[])
{
	const char *name = strrchr(argv[0], '/');
	char call[4096], half[64];
	size_t len;
	int i;

	name = name == NULL ? argv[0] : name + 1;
	if (strcmp(name, "asks") == 0)
		return session_tool(argv + 1);
	if (strcmp(name, "echoes") == 0)
		return session_connect(argv);
	snprintf(half, sizeof(half), "%s", name);
	len = (size_t)snprintf(call, sizeof(call), "%s ", name);
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-H") == 0)
			snprintf(half, sizeof(half), "%s-H", name);
		len += (size_t)snprintf(call + len, sizeof(call) - len, "%s%s", argv[i], i + 1 < argc ? " " : "");
		if (len >= sizeof(call))
			errx(1, "arguments too long");
	}
	fake_note("calls", call);
	if (fake_exists(half))
		run_script(half, argc, argv);
	if (strcmp(half, "sync-state-H") == 0) {
		printf("listing\t1\taccount=A\nend\t-\t-\t1\n");
	} else if (strcmp(half, "sync-pair") == 0) {
		if (!heads())
			errx(1, "the listing is cut off");
		print("pairs");
	} else if (strcmp(half, "sync-plan") == 0) {
		plan();
	} else if (strcmp(half, "sync-apply") == 0) {
		apply();
	} else if (strcmp(half, "imap-connect") == 0) {
		return session_connect(argv);
	} else {
		copy(STDIN_FILENO, STDOUT_FILENO);
	}
	return 0;
}
