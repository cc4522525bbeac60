/* What imap-fetch and sync-apply agree on: the names of spool files in a folder's tmp. */
#ifndef PLAN_SPOOL_H
#define PLAN_SPOOL_H

#define SPOOL_PREFIX	"offlineimap-spool."	/* then PID.SEQUENCE */

#endif
