/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/vault.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/span.h"
#include "client/file.h"

/* --- names ----------------------------------------------------------------------------------- */

static bool is_id(const char *name, size_t len)
{
	return len == VAULT_ID_MAX - 1 && span_is_lower_hex((struct span){ name, len });
}

/* What it is called when it is whole. */
static size_t whole_len(const char *name)
{
	size_t len = strlen(name), suffix = strlen(FILE_TEMPORARY_SUFFIX);

	return len > suffix && strcmp(name + len - suffix, FILE_TEMPORARY_SUFFIX) == 0
		       ? len - suffix
		       : len;
}

static bool is_own_file(const char *name)
{
	char whole[NAME_MAX + 1];

	snprintf(whole, sizeof(whole), "%.*s", (int)whole_len(name), name);
	for (enum manifest_files i = 0; i < MANIFEST_FILE_COUNT; i++)
		if (manifest_is_name_of(i, whole))
			return true;
	return strcmp(whole, MANIFEST_NAME) == 0;
}

static bool is_shard(const char *name)
{
	return strlen(name) == 2 && span_is_lower_hex((struct span){ name, 2 });
}

/* --- what lies there ------------------------------------------------------------------------- */

/* The kind of thing that a name in it stands for; 0 where it stands for none. */
static mode_t kind_in_root(const char *name)
{
	return strcmp(name, VAULT_BLOBS) == 0 ? S_IFDIR : is_own_file(name) ? S_IFREG : 0;
}

static mode_t kind_in_blobs(const char *name)
{
	return is_shard(name) ? S_IFDIR : 0;
}

/* Each in its own directory: what is there under another could be meant for something else. */
static mode_t kind_in_shard(const char *name)
{
	return is_id(name, whole_len(name)) ? S_IFREG : 0;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int check_entries(int dir_fd, const char *path, mode_t (*kind)(const char *name),
			 struct complaint *why)
{
	_cleanup_(fd_closedirp) DIR *d = NULL;
	const struct dirent *entry;
	struct stat st;
	int r = fd_open_directory(dir_fd, ".", &d);

	while (r == 0 && (entry = readdir(d))) {
		if (is_dot(entry->d_name))
			continue;
		if (fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = -errno;
		else if ((st.st_mode & S_IFMT) != kind(entry->d_name))
			return complain(why, -ENOTUNIQ, "%s is no backup: %s is in it", path,
					entry->d_name);
	}
	return r < 0 ? complain_errno(why, r, "cannot look through %s", path) : 0;
}

static int check_shards(const struct vault *v, struct complaint *why)
{
	char name[3], path[PATH_MAX];
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < 256; i++) {
		_cleanup_(fd_closep) int fd = -1;

		snprintf(name, sizeof(name), "%02x", i);
		snprintf(path, sizeof(path), "%s/" VAULT_BLOBS "/%s", v->path, name);
		fd = openat(v->blobs_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			r = check_entries(fd, path, kind_in_shard, why);
	}
	return r;
}

/* --- life ------------------------------------------------------------------------------------ */

static int check_owner(const struct vault *v, struct complaint *why)
{
	struct stat st;

	if (fstat(v->root_fd, &st) < 0)
		return complain_errno(why, -errno, "cannot look at %s", v->path);
	if (st.st_uid == geteuid() && !(st.st_mode & 077))
		return 0;
	complain(why, -EPERM, "%s is not yours alone", v->path);
	complaint_hint(why,
		       "who can read it has the tenant's data: let it be yours, with mode 0700");
	return -EPERM;
}

static int open_root(struct vault *v, struct complaint *why)
{
	if (v->written && mkdir(v->path, 0700) < 0 && errno != EEXIST)
		return complain_errno(why, -errno, "cannot make %s", v->path);
	v->root_fd = open(v->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (v->root_fd < 0)
		return complain_errno(why, -errno, "cannot open the directory %s", v->path);
	if (flock(v->root_fd, (v->written ? LOCK_EX : LOCK_SH) | LOCK_NB) < 0)
		return complain(why, -EBUSY, "another run of cofferctl is at %s", v->path);
	return check_owner(v, why);
}

static int open_blobs(struct vault *v, struct complaint *why)
{
	if (v->written && mkdirat(v->root_fd, VAULT_BLOBS, 0700) < 0 && errno != EEXIST)
		return complain_errno(why, -errno, "cannot write to %s", v->path);
	v->blobs_fd =
		openat(v->root_fd, VAULT_BLOBS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return v->blobs_fd < 0 ? complain_errno(why, -errno, "cannot open %s/" VAULT_BLOBS, v->path)
			       : 0;
}

int vault_open(const char *path, bool to_write, struct vault *ret, struct complaint *why)
{
	struct vault v = VAULT_NONE;
	int r;

	v.path = path;
	v.written = to_write;
	r = open_root(&v, why);
	if (r == 0)
		r = check_entries(v.root_fd, path, kind_in_root, why);
	if (r == 0)
		r = open_blobs(&v, why);
	if (r == 0)
		r = check_entries(v.blobs_fd, path, kind_in_blobs, why);
	if (r == 0)
		r = check_shards(&v, why);
	if (r < 0)
		vault_close(&v);
	else
		*ret = v;
	return r;
}

void vault_close(struct vault *v)
{
	v->shard_fd = fd_close(v->shard_fd);
	v->blobs_fd = fd_close(v->blobs_fd);
	v->root_fd = fd_close(v->root_fd);
}

int vault_flush(struct vault *v)
{
	return syncfs(v->root_fd) < 0 ? -errno : 0;
}

/* --- files ----------------------------------------------------------------------------------- */

#define TEMPORARY_MAX (MANIFEST_FILE_NAME_MAX + sizeof(FILE_TEMPORARY_SUFFIX))

static const char *temporary(const char *name, char buf[static TEMPORARY_MAX])
{
	snprintf(buf, TEMPORARY_MAX, "%s" FILE_TEMPORARY_SUFFIX, name);
	return buf;
}

static int create(int dir_fd, const char *name, int *ret_fd)
{
	char for_now[TEMPORARY_MAX];
	int fd;

	if (unlinkat(dir_fd, temporary(name, for_now), 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir_fd, for_now, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int keep(int dir_fd, const char *name)
{
	char for_now[TEMPORARY_MAX];

	return renameat(dir_fd, temporary(name, for_now), dir_fd, name) < 0 ? -errno : 0;
}

static int find(int dir_fd, const char *name, int *ret_fd, uint64_t *ret_length)
{
	_cleanup_(fd_closep) int fd =
		openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ELOOP;
	*ret_fd = steal_fd(fd);
	*ret_length = (uint64_t)st.st_size;
	return 0;
}

int vault_create(struct vault *v, const char *name, int *ret_fd)
{
	return create(v->root_fd, name, ret_fd);
}

int vault_keep(struct vault *v, int fd, const char *name)
{
	return fsync(fd) < 0 ? -errno : keep(v->root_fd, name);
}

int vault_find(const struct vault *v, const struct manifest_file *f, int *ret_fd)
{
	uint64_t length = 0;
	int fd = -1, r = find(v->root_fd, f->name, &fd, &length);

	if (r < 0)
		return r;
	if (length != f->length) {
		fd_close(fd);
		return -EBADMSG;
	}
	*ret_fd = fd;
	return 0;
}

/* --- blobs ----------------------------------------------------------------------------------- */

static int enter_shard(struct vault *v, const char *id)
{
	char name[3] = { id[0], id[1], '\0' };
	int fd;

	if (v->shard_fd >= 0 && strcmp(v->shard, name) == 0)
		return 0;
	if (v->written && mkdirat(v->blobs_fd, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(v->blobs_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	fd_close(v->shard_fd);
	v->shard_fd = fd;
	memcpy(v->shard, name, sizeof(name));
	return 0;
}

int vault_create_blob(struct vault *v, const char *id, int *ret_fd)
{
	int r = enter_shard(v, id);

	return r == 0 ? create(v->shard_fd, id, ret_fd) : r;
}

int vault_keep_blob(struct vault *v, const char *id)
{
	int r = enter_shard(v, id);

	return r == 0 ? keep(v->shard_fd, id) : r;
}

int vault_find_blob(struct vault *v, const char *id, int *ret_fd, uint64_t *ret_length)
{
	int r = enter_shard(v, id);

	return r == 0 ? find(v->shard_fd, id, ret_fd, ret_length) : r;
}

/* --- pruning --------------------------------------------------------------------------------- */

static int unlink_entry(int dir_fd, const char *name)
{
	return unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static bool is_named_file(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < MANIFEST_FILE_COUNT; i++)
		if (strcmp(m->files[i].name, name) == 0)
			return true;
	return strcmp(name, MANIFEST_NAME) == 0;
}

static int prune_root(struct vault *v, const struct manifest *m)
{
	_cleanup_(fd_closedirp) DIR *d = NULL;
	const struct dirent *entry;
	int r = fd_open_directory(v->root_fd, ".", &d);

	while (r == 0 && (entry = readdir(d)))
		if (is_own_file(entry->d_name) && !is_named_file(m, entry->d_name))
			r = unlink_entry(v->root_fd, entry->d_name);
	return r;
}

static int prune_shard(struct vault *v, bool (*is_named)(void *context, const char *id),
		       void *context)
{
	_cleanup_(fd_closedirp) DIR *d = NULL;
	const struct dirent *entry;
	int r = fd_open_directory(v->shard_fd, ".", &d);

	while (r == 0 && (entry = readdir(d)))
		if (kind_in_shard(entry->d_name) &&
		    (whole_len(entry->d_name) != strlen(entry->d_name) ||
		     !is_named(context, entry->d_name)))
			r = unlink_entry(v->shard_fd, entry->d_name);
	return r;
}

int vault_prune(struct vault *v, const struct manifest *m,
		bool (*is_named)(void *context, const char *id), void *context)
{
	_cleanup_(fd_closedirp) DIR *d = NULL;
	const struct dirent *entry;
	int r = prune_root(v, m);

	if (r == 0)
		r = fd_open_directory(v->blobs_fd, ".", &d);
	while (r == 0 && (entry = readdir(d))) {
		if (!is_shard(entry->d_name))
			continue;
		r = enter_shard(v, entry->d_name);
		if (r == 0)
			r = prune_shard(v, is_named, context);
	}
	return r;
}
