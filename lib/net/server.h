/* What is needed to know to reach one server, whatever configuration it came from. */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include <stddef.h>
#include <stdint.h>

enum net_security {
	NET_TLS,		/* TLS from the first byte */
	NET_STARTTLS,		/* clear text until STARTTLS, which is required */
	NET_CLEAR		/* clear text: the user wrote both "ssl = no" and "starttls = no" */
};

/* All strings are borrowed and must outlive whatever uses this. */
struct net_server {
	const char	*repo;		/* the repository's name, for messages */
	const char	*host;		/* a name or an address literal */
	const char	*port;		/* decimal */
	const char	*user;		/* NULL: only a PREAUTH server will do */
	enum net_security security;
	int		 family;	/* AF_UNSPEC, AF_INET or AF_INET6 */
	int		 timeout;	/* milliseconds for each step, 0 for none */
	const char	*cafile;	/* NULL: the system's CAs */
	const char	*const *prints;	/* fingerprints in lower-case hex; any one that fits will do */
	size_t		 nprints;
	int		 chain;		/* with fingerprints: check the chain and the name too */
	const char	*clientcert;	/* PEM, or NULL */
	const char	*clientkey;	/* PEM; NULL: in clientcert */
	const char	*const *mechs;	/* names in upper case, in the order to try them */
	size_t		 nmechs;
	const char	*off;		/* capabilities not to be used: ",A,B," in upper case, or NULL */
};

/* The end of a step that begins now: milliseconds of io_now, or INT64_MAX. */
int64_t	 net_deadline(const struct net_server *);

#define NET_FMT		"'%s:%s' for repository '%s'"
#define NET_ARG(s)	(s)->host, (s)->port, (s)->repo

#endif
