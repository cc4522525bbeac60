/* What the stand-ins of the driver's tests share. */
#ifndef FAKE_H
#define FAKE_H

/* Opens a file of $FAKE, or ends. */
int	 fake_open(const char *name, int flags);
int	 fake_exists(const char *name);
/* Adds a line to a file of $FAKE. */
void	 fake_note(const char *name, const char *line);
/* All that can be read from one goes to the other. */
void	 copy(int from, int to);

int	 session_connect(char *argv[]);
int	 session_tool(char *step[]);

#endif
