/* Starting a tool. */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <sys/types.h>

struct spawn_fd {
	int	 from;		/* a descriptor of this process */
	int	 to;		/* its number in the child */
};

/*
 * Starts argv[0] (looked up beside this program first, then in PATH) with just
 * the descriptors named (0 to 2 are inherited unless named) and signals at
 * their defaults.  The child gets SIGTERM when this process dies.  Returns the pid, or -1
 * with errno if it could not be started, a failed exec included.
 */
pid_t	 spawn_tool(char *const argv[], const struct spawn_fd *, int nfd);

/* Waits for it: its exit status, or 128 + signal; -1 with errno. */
int	 spawn_wait(pid_t);
/* What a status of waitpid(2) means in the same terms. */
int	 spawn_status(int);

/* The path of a tool as spawn_tool would find it; malloc'ed. */
char	*spawn_path(const char *tool);

#endif
