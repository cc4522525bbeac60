/*
 * Runs a command and says what it and all that it started cost.
 *
 *   meter [-m PERCENT] [-t SECONDS] OUT COMMAND [ARG...]
 *
 *   -m   look at their memory while they run, and spend that part of the time on it
 *   -t   kill all of them then
 *
 * Writes one line to the file OUT:
 *
 *   wall=S cpu=S private=KB largest=KB resident=KB processes=N exit=N
 *
 * wall: until the command ended.  cpu: user and system time of all processes.
 * private: the most memory that was theirs alone, all together at one moment
 * (Private_Clean and Private_Dirty of smaps_rollup: code and files that another
 * process has mapped too are not in it); largest: that of one process.
 * resident: the largest process as the kernel saw it (ru_maxrss), shared pages
 * included, never missed by a sample.  exit: 128 and the signal if it was killed.
 *
 * Orphans come to us (a subreaper), so that none is forgotten.
 */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "number.h"

#define PIDS	256		/* processes looked at */
#define LINGER	5.0		/* seconds for what outlives the command */
#define PACE	0.001		/* seconds between two looks, at least */

struct cost {
	double		 wall, cpu;
	long		 private, largest, resident;	/* kB */
	unsigned	 processes;			/* at the most, at one moment */
	int		 status;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The children of one thread; they end up in the list, which has n already. */
static size_t
children_of(pid_t pid, const char *thread, pid_t *list, size_t n)
{
	char path[96], line[16 * PIDS], *at, *end;
	pid_t child;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%.20s/children", pid, thread);
	if ((f = fopen(path, "r")) == NULL)
		return n;
	at = fgets(line, sizeof(line), f);
	while (at != NULL && n < PIDS && (child = (pid_t)strtol(at, &end, 10)) > 0) {
		list[n++] = child;
		at = end;
	}
	fclose(f);
	return n;
}

/* All processes below us. */
static size_t
descendants(pid_t *list)
{
	size_t n = 0, at = 0;
	pid_t pid = getpid();
	struct dirent *d;
	char path[64];
	DIR *dir;

	for (;;) {
		snprintf(path, sizeof(path), "/proc/%d/task", pid);
		if ((dir = opendir(path)) != NULL) {
			while ((d = readdir(dir)) != NULL)
				if (isdigit((unsigned char)d->d_name[0]))
					n = children_of(pid, d->d_name, list, n);
			closedir(dir);
		}
		if (at == n)
			return n;
		pid = list[at++];
	}
}

/* Its anonymous memory, in kB: all that a process which hides (imap-connect) shows to others. */
static long
anonymous_of(pid_t pid)
{
	char path[64], line[128], *at = line;
	long resident, shared;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	if ((f = fopen(path, "r")) == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	fclose(f);
	strtol(at, &at, 10);
	resident = strtol(at, &at, 10);
	shared = strtol(at, &at, 10);
	return (resident - shared) * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The memory that is a process's alone, in kB; 0 if it is gone. */
static long
private_of(pid_t pid)
{
	static const char *const want[] = { "Private_Clean:", "Private_Dirty:" };
	char path[64], line[128];
	long sum = 0;
	size_t i;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	if ((f = fopen(path, "r")) == NULL)
		return anonymous_of(pid);
	while (fgets(line, sizeof(line), f) != NULL)
		for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
			if (strncmp(line, want[i], strlen(want[i])) == 0)
				sum += strtol(line + strlen(want[i]), NULL, 10);
	fclose(f);
	return sum;
}

static void
look(struct cost *c)
{
	pid_t list[PIDS];
	size_t i, n = descendants(list);
	long sum = 0, one;

	for (i = 0; i < n; i++) {
		one = private_of(list[i]);
		sum += one;
		if (one > c->largest)
			c->largest = one;
	}
	if (sum > c->private)
		c->private = sum;
	if (n > c->processes)
		c->processes = (unsigned)n;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Adds what a child of ours cost that has ended, with those that it waited for itself. */
static void
account(struct cost *c, const struct rusage *u)
{
	c->cpu += seconds(u->ru_utime) + seconds(u->ru_stime);
	if (u->ru_maxrss > c->resident)
		c->resident = u->ru_maxrss;
}

/* Buries what has ended: 1 if the command has, and 2 if nothing is left. */
static int
bury(struct cost *c, pid_t command)
{
	struct rusage u;
	int status, ended = 0;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG, &u)) > 0) {
		account(c, &u);
		if (pid == command) {
			c->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			ended = 1;
		}
	}
	return ended | (pid == -1 ? 2 : 0);
}

static void
kill_all(void)
{
	pid_t list[PIDS];
	size_t i, n = descendants(list);

	for (i = 0; i < n; i++)
		kill(list[i], SIGKILL);
}

static pid_t
start(char *argv[], const sigset_t *old)
{
	pid_t pid = fork();

	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigprocmask(SIG_SETMASK, old, NULL);
		execvp(argv[0], argv);
		warn("%s", argv[0]);
		_exit(127);
	}
	return pid;
}

/* From the start of a command to the end of the last of its processes. */
static void
measure(struct cost *c, char *argv[], double share, double limit)
{
	double began, t, next = PACE, end = limit, pause;
	sigset_t child, old;
	struct timespec wait;
	pid_t command;
	int got = 0;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &old);
	began = now();
	command = start(argv, &old);
	for (;;) {
		t = (share > 0 && c->wall == 0 && next < end ? next : end) - (now() - began);
		t = t > 0 ? t : 0;
		wait = (struct timespec){ (time_t)t, (long)((t - (double)(time_t)t) * 1e9) };
		sigtimedwait(&child, NULL, &wait);
		if ((got = bury(c, command)) & 1) {
			c->wall = now() - began;
			end = c->wall + LINGER;
		}
		if (got & 2)
			return;
		if ((t = now() - began) >= end)
			kill_all();
		if (share > 0 && c->wall == 0 && t >= next) {
			look(c);
			next = now() - began;
			pause = (next - t) * (1 / share - 1);
			next += pause > PACE ? pause : PACE;
		}
	}
}

int
main(int argc, char *argv[])
{
	struct cost c = { .status = 127 };
	double limit = 1e6, share = 0;
	int ch;
	FILE *f;

	while ((ch = getopt(argc, argv, "+m:t:")) != -1) {
		if (ch == 'm')
			share = number(optarg, 100) / 100;
		else if (ch == 't')
			limit = number(optarg, limit);
		else
			return 2;
	}
	if (argc - optind < 2)
		errx(2, "usage: meter [-m percent] [-t seconds] out command [arg...]");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	measure(&c, argv + optind + 1, share, limit);
	f = fopen(argv[optind], "w");
	if (f == NULL || fprintf(f, "wall=%.6f cpu=%.6f private=%ld largest=%ld resident=%ld processes=%u exit=%d\n",
	    c.wall, c.cpu, c.private, c.largest, c.resident, c.processes, c.status) < 0 ||
	    fclose(f) != 0)
		err(1, "%s", argv[optind]);
	return 0;
}
