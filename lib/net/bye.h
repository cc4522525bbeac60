/* The last word to a client. */
#ifndef NET_BYE_H
#define NET_BYE_H

/* Says "* BYE text" on the descriptor, made safe, if that takes it without waiting. */
void	 net_bye(int, const char *text);

#endif
