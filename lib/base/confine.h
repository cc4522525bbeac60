/*
 * Least privilege for the tools that read a stranger's bytes: from some point on a
 * process may do nothing but what it still needs.  On Linux by Landlock (landlock(7):
 * which files) and a seccomp filter (seccomp(2): which system calls); elsewhere, or on a
 * kernel that lacks one of them, the tool goes on without, and says so if asked.
 *
 * A forbidden call fails with EPERM (seccomp) or EACCES (Landlock), so that it is reported
 * like any other failure; with auditing on, the kernel's log has it, too.
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

/*
 * Every profile has memory, clocks, waiting, reading and writing what is open, its own end.
 * None has sockets, programs, processes, signals to others, or memory to execute.
 */
enum confine_profile {
	CONFINE_PIPES,		/* nothing else */
	CONFINE_SESSIONS,	/* messages and descriptors over sockets that are open; waiting for children */
	CONFINE_SPOOL		/* that, and to list directories, and make and remove files in them */
};

/* What may be done below a directory; only CONFINE_SPOOL has calls for it. */
enum {
	CONFINE_MAKE = 1,	/* list it, make directories and new files */
	CONFINE_REMOVE = 2	/* remove files */
};

struct confine {
	int	 ruleset;	/* Landlock's, or -1 */
	int	 abi;		/* its version */
	int	 why;		/* errno of what is missing of it, 0 if nothing is */
};

/* To be ended with confine_enter. */
void	 confine_begin(struct confine *);
/* Allows things below an open directory (O_PATH is enough), whatever leads there. */
void	 confine_allow(struct confine *, int dirfd, unsigned what);
/*
 * Closes the door behind this thread; what is open stays usable.  With trace, stderr is
 * told by what means, and what the kernel has not.
 */
void	 confine_enter(struct confine *, enum confine_profile, int trace);

#endif
