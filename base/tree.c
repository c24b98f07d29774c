/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tree.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static int open_directory(int parent_fd, const char *name, DIR **ret)
{
	_cleanup_(fd_closedirp) DIR *d = NULL;
	struct stat st, parent;
	int r;

	r = fd_open_directory(parent_fd, name, &d);
	if (r < 0)
		return r;
	if (fstat(dirfd(d), &st) < 0 || fstat(parent_fd, &parent) < 0)
		return -errno;
	if (st.st_dev != parent.st_dev)
		return -EXDEV;
	*ret = steal_ptr(d);
	return 0;
}

static int remove_directory(int parent_fd, const char *name, unsigned int depth);

static int remove_entry(int parent_fd, const char *name, unsigned int depth)
{
	if (unlinkat(parent_fd, name, 0) == 0)
		return 0;
	/* What Linux says of a directory. */
	return errno == EISDIR ? remove_directory(parent_fd, name, depth + 1) : -errno;
}

static int remove_directory(int parent_fd, const char *name, unsigned int depth)
{
	_cleanup_(fd_closedirp) DIR *d = NULL;
	const struct dirent *entry;
	int r;

	if (depth == TREE_DEPTH_MAX)
		return -ELOOP;
	r = open_directory(parent_fd, name, &d);
	if (r < 0)
		return r;
	while ((entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		r = remove_entry(dirfd(d), entry->d_name, depth);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int tree_remove(int parent_fd, const char *name)
{
	return remove_directory(parent_fd, name, 0);
}
