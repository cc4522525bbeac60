/*
 * Which file system is below: on one of a network or in user space neither
 * mmap and its locks (LMDB, hazard 31) nor a directory's times (hazard 10) can be
 * relied on.
 */
#ifndef BASE_FSYS_H
#define BASE_FSYS_H

/* "NFS", "FUSE" and the like, or NULL for a local one and for an unknown one. */
const char *fsys_remote(int fd);
/* The same for a statfs(2) type. */
const char *fsys_name(unsigned long type);

#endif
