/* Landlock and seccomp; see confine.h. */
#include "base/confine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)

#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * Landlock by its numbers: headers are often older than the kernel that runs, and what a
 * kernel knows more than they do is to be forbidden, too.
 */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset	444
#define SYS_landlock_add_rule		445
#define SYS_landlock_restrict_self	446
#endif
#define CREATE_VERSION	1u		/* LANDLOCK_CREATE_RULESET_VERSION */
#define PATH_BENEATH	1		/* LANDLOCK_RULE_PATH_BENEATH */
#define FS_WRITE_FILE	(1u << 1)
#define FS_READ_FILE	(1u << 2)
#define FS_READ_DIR	(1u << 3)
#define FS_REMOVE_FILE	(1u << 5)
#define FS_MAKE_DIR	(1u << 7)
#define FS_MAKE_REG	(1u << 8)

struct ruleset_attr {
	uint64_t	 fs;
	uint64_t	 net;		/* since version 4 */
	uint64_t	 scoped;	/* since version 6 */
};

struct path_beneath_attr {
	uint64_t	 access;
	int32_t		 fd;
} __attribute__((packed));

#if defined(__SANITIZE_ADDRESS__)
/* The sanitizers read their own /proc at the end, and stop the process by calls that no tool has. */
#define SANITIZED	1
#else
#define SANITIZED	0
#endif

/* All that a version can forbid. */
static struct ruleset_attr
everything(int abi)
{
	/* execute ... make_sym; refer (2), truncate (3), ioctl_dev (5) */
	struct ruleset_attr r = { (1u << 13) - 1, 0, 0 };

	if (abi >= 2)
		r.fs |= 1u << 13;
	if (abi >= 3)
		r.fs |= 1u << 14;
	if (abi >= 5)
		r.fs |= 1u << 15;
	if (abi >= 4)
		r.net = 3;	/* bind_tcp, connect_tcp */
	if (abi >= 6)
		r.scoped = 3;	/* abstract sockets, signals */
	return r;
}

static size_t
attr_size(int abi)
{
	return abi >= 6 ? sizeof(struct ruleset_attr) : abi >= 4 ?
	    offsetof(struct ruleset_attr, scoped) : offsetof(struct ruleset_attr, net);
}

/* Landlock is not used, for this reason. */
static void
give_up(struct confine *c)
{
	c->why = errno;
	if (c->ruleset != -1)
		close(c->ruleset);
	c->ruleset = -1;
}

static void
allow(struct confine *c, int dirfd, uint64_t access)
{
	struct path_beneath_attr rule = { access, dirfd };

	if (c->ruleset != -1 &&
	    syscall(SYS_landlock_add_rule, c->ruleset, PATH_BENEATH, &rule, 0) == -1)
		give_up(c);
}

void
confine_begin(struct confine *c)
{
	struct ruleset_attr attr;
	int proc;

	c->ruleset = -1;
	c->why = 0;
	c->abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
	if (c->abi < 1) {
		give_up(c);
		return;
	}
	attr = everything(c->abi);
	c->ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, attr_size(c->abi), 0);
	if (c->ruleset == -1)
		give_up(c);
	if (SANITIZED && (proc = open("/proc", O_PATH | O_CLOEXEC)) != -1) {
		allow(c, proc, FS_READ_FILE | FS_READ_DIR);
		close(proc);
	}
}

void
confine_allow(struct confine *c, int dirfd, unsigned what)
{
	uint64_t access = 0;

	if ((what & CONFINE_MAKE) != 0)
		access |= FS_READ_DIR | FS_MAKE_DIR | FS_MAKE_REG | FS_WRITE_FILE;
	if ((what & CONFINE_REMOVE) != 0)
		access |= FS_REMOVE_FILE;
	allow(c, dirfd, access);
}

static void
restrict_self(struct confine *c)
{
	if (c->ruleset == -1)
		return;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    syscall(SYS_landlock_restrict_self, c->ruleset, 0) == -1) {
		give_up(c);
		return;
	}
	close(c->ruleset);
	c->ruleset = -1;
}

/*
 * Calls that have no harm in them, or none with what is open.  Some stand here for other
 * architectures or C libraries: those that there are not are passed over.
 */
static const int pipes[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
	SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64),
	SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(lseek), SCMP_SYS(_llseek),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigprocmask),
	SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
};
static const int sessions[] = {
	SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	SCMP_SYS(send), SCMP_SYS(recv), SCMP_SYS(wait4), SCMP_SYS(waitpid),
};
static const int spool[] = {
	SCMP_SYS(fsync), SCMP_SYS(getdents64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64),
};

/* A rule; what this architecture has not (-EDOM) needs none.  0, or a negative errno. */
static int
may(scmp_filter_ctx f, int call, unsigned n, const struct scmp_arg_cmp *args)
{
	int r = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, n, args);

	return r == -EDOM ? 0 : r;
}

static int
may_all(scmp_filter_ctx f, const int *calls, size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++)
		r = may(f, calls[i], 0, NULL);
	return r;
}

#define BITS(arg, mask, value)	SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, (uint64_t)(mask), (uint64_t)(value))
#define IS(arg, value)		SCMP_CMP64(arg, SCMP_CMP_EQ, (uint64_t)(value))
#define MAY(f, call, ...)	may(f, SCMP_SYS(call),						\
	sizeof((const struct scmp_arg_cmp[]){ __VA_ARGS__ }) / sizeof(struct scmp_arg_cmp),	\
	(const struct scmp_arg_cmp[]){ __VA_ARGS__ })

/* What depends on an argument. */
static int
may_some(scmp_filter_ctx f)
{
	int r;

	/* memory, but not to run it */
	if ((r = MAY(f, mmap, BITS(2, PROT_EXEC, 0))) != 0 ||
	    (r = MAY(f, mmap2, BITS(2, PROT_EXEC, 0))) != 0 ||
	    (r = MAY(f, mprotect, BITS(2, PROT_EXEC, 0))) != 0)
		return r;
	/* abort */
	if ((r = MAY(f, tgkill, IS(0, getpid()), IS(2, SIGABRT))) != 0)
		return r;
	/* fstat of some C libraries */
	return MAY(f, newfstatat, BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH));
}

/* glibc adds O_LARGEFILE on some, and the kernel's value of it differs from what C sees. */
#define OPENS(flags)	BITS(2, (uint32_t)~(uint32_t)(O_LARGEFILE | 0100000), flags)

/*
 * Directories are opened to be listed, files only as new ones: nothing that exists can be
 * read or written, in the spool's folders neither.  The question of orphan() is asked with signal 0.
 */
static int
may_spool(scmp_filter_ctx f)
{
	int r;

	if ((r = MAY(f, openat, OPENS(O_RDONLY | O_DIRECTORY | O_CLOEXEC))) != 0 ||
	    (r = MAY(f, openat, OPENS(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW))) != 0 ||
	    /* fdopendir asks how a directory is open, and has it closed on exec */
	    (r = MAY(f, fcntl, IS(1, F_GETFL))) != 0 ||
	    (r = MAY(f, fcntl, IS(1, F_SETFD))) != 0 ||
	    (r = MAY(f, fcntl64, IS(1, F_GETFL))) != 0 ||
	    (r = MAY(f, fcntl64, IS(1, F_SETFD))) != 0 ||
	    (r = MAY(f, mkdirat, IS(2, 0700))) != 0 ||
	    (r = MAY(f, unlinkat, IS(2, 0))) != 0)
		return r;
	return MAY(f, kill, IS(1, 0));
}

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static int
rules(scmp_filter_ctx f, enum confine_profile profile)
{
	int r = may_all(f, pipes, COUNT(pipes));

	if (r == 0)
		r = may_some(f);
	if (r == 0 && profile >= CONFINE_SESSIONS)
		r = may_all(f, sessions, COUNT(sessions));
	if (r == 0 && profile >= CONFINE_SPOOL)
		r = may_all(f, spool, COUNT(spool));
	if (r == 0 && profile >= CONFINE_SPOOL)
		r = may_spool(f);
	return r;
}

/* 0, or the errno of why there is no filter. */
static int
filter(enum confine_profile profile)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (f == NULL)
		return ENOMEM;
	/* a courtesy that old kernels do not have */
	seccomp_attr_set(f, SCMP_FLTATR_CTL_LOG, 1);
	if ((r = rules(f, profile)) == 0)
		r = seccomp_load(f);
	seccomp_release(f);
	return r == -ECANCELED ? ENOSYS : -r;
}

static void
tell(const char *what, const char *why)
{
	if (why == NULL)
		fprintf(stderr, "[confine]: %s: %s is in force\n", getprogname(), what);
	else
		fprintf(stderr, "[confine]: %s: no %s, it goes without: %s\n", getprogname(), what, why);
}

void
confine_enter(struct confine *c, enum confine_profile profile, int trace)
{
	int why = 0;

	/* the C library reads the time zone's file with the first date, be it UTC */
	if (profile >= CONFINE_SESSIONS)
		tzset();
	restrict_self(c);
	if (!SANITIZED)
		why = filter(profile);
	if (!trace)
		return;
	tell("Landlock", c->why != 0 ? strerror(c->why) : NULL);
	tell("seccomp", SANITIZED ? "a build with sanitizers" : why != 0 ? strerror(why) : NULL);
}

#else /* no Linux */

void
confine_begin(struct confine *c)
{
	memset(c, 0, sizeof(*c));
	c->ruleset = -1;
	c->why = ENOSYS;
}

void
confine_allow(struct confine *c, int dirfd, unsigned what)
{
	(void)c;
	(void)dirfd;
	(void)what;
}

void
confine_enter(struct confine *c, enum confine_profile profile, int trace)
{
	(void)profile;
	if (trace)
		fprintf(stderr, "[confine]: %s: no Landlock, no seccomp, it goes without: %s\n",
		    getprogname(), strerror(c->why));
}

#endif
