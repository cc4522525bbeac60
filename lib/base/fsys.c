/* File systems by the number that statfs(2) gives. */
#include "base/fsys.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/vfs.h>

static const struct {
	uint32_t	 type;
	const char	*name;
} table[] = {
	{ 0x00006969, "NFS" },
	{ 0x0000517b, "SMB" },
	{ 0xff534d42, "SMB" },		/* cifs */
	{ 0xfe534d42, "SMB" },		/* smb2 */
	{ 0x65735546, "FUSE" },
	{ 0x01021997, "9P" },
	{ 0x5346414f, "AFS" },
	{ 0x6b414653, "AFS" },		/* the kernel's own */
	{ 0x73757245, "Coda" },
	{ 0x0000564c, "NCP" },
	{ 0x00c36400, "Ceph" },
	{ 0x0bd00bd0, "Lustre" },
	{ 0x01161970, "GFS2" },
	{ 0x7461636f, "OCFS2" },
	{ 0x786f4256, "VirtualBox" },
	{ 0xbacbacbc, "VMware" },
};

const char *
fsys_name(unsigned long type)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].type == (uint32_t)type)
			return table[i].name;
	return NULL;
}

const char *
fsys_remote(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 ? fsys_name((unsigned long)fs.f_type) : NULL;
}
