/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/memory.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/tree.h"

#define SUFFIX_LEN     8
#define SUFFIX_LETTERS "abcdefghijklmnopqrstuvwxyz234567"
/* The name until its lock is held: under the other one nobody would know that it is in use. */
#define STARTING_PREFIX "coffer-starting-"

#define REMOVE_TRIES	40
#define REMOVE_PAUSE_MS 50

bool memory_is_meant(const char *data)
{
	return strncmp(data, MEMORY_PREFIX, strlen(MEMORY_PREFIX)) == 0;
}

/* --- where -------------------------------------------------------------------------------- */

/* Nobody but us, and root, can give another directory the name of one that we make in it. */
static bool is_safe(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) &&
	       ((st->st_mode & (S_IWGRP | S_IWOTH)) == 0 || (st->st_mode & S_ISVTX));
}

/* NULL, and the directory; or what is wrong with it. */
static const char *try_parent(const char *directory, struct memory *m)
{
	_cleanup_(fd_closep) int fd = -1;
	struct statfs fs;
	struct stat st;

	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return strerror(errno);
	if (fs.f_type != TMPFS_MAGIC)
		return "it is not on a tmpfs";
	/* Nor does it say how much is free, so stored would find it full. */
	if (fs.f_blocks == 0)
		return "its tmpfs has no size";
	if (!is_safe(&st))
		return "others can exchange what is in it";
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return strerror(errno);
	m->free_bytes = (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;
	m->parent_fd = steal_fd(fd);
	return NULL;
}

static int open_named(const char *directory, struct memory *m, struct complaint *why)
{
	const char *wrong = try_parent(directory, m);

	if (!wrong)
		return 0;
	complain(why, -EINVAL, "nothing can be kept in memory in %s: %s", directory, wrong);
	complaint_hint(why, "name a directory that is on a tmpfs and yours, or leave it to `--data "
			    "memory:` to find one");
	return -EINVAL;
}

/*
 * The first that will do: the one that is made large, and of those made for sockets and the like
 * what this user has.
 */
static int open_some(struct memory *m, struct complaint *why)
{
	const char *session = getenv("XDG_RUNTIME_DIR");
	char of_user[32];
	const char *candidates[] = { "/dev/shm", session ? session : of_user, of_user };
	const char *wrong[ARRAY_SIZE(candidates)];

	/* What belongs to root's session alone would bar the daemons' users. */
	snprintf(of_user, sizeof(of_user), "/run/user/%u", geteuid());
	if (geteuid() == 0)
		candidates[1] = candidates[2] = "/run";
	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		wrong[i] = candidates[i][0] == '/' ? try_parent(candidates[i], m)
						   : "it is no absolute path";
		if (!wrong[i])
			return 0;
	}
	complain(why, -ENOENT, "there is no memory to keep data in: %s: %s; %s: %s", candidates[0],
		 wrong[0], candidates[1], wrong[1]);
	complaint_hint(why, "mount a tmpfs, and name it with --data memory:DIR");
	return -ENOENT;
}

/* --- what was left ------------------------------------------------------------------------ */

static bool has_name_of_ours(const char *name)
{
	size_t prefix = strlen(MEMORY_DIRECTORY_PREFIX);

	return strncmp(name, MEMORY_DIRECTORY_PREFIX, prefix) == 0 &&
	       strlen(name) == prefix + SUFFIX_LEN &&
	       strspn(name + prefix, SUFFIX_LETTERS) == SUFFIX_LEN;
}

/* The lock of such a directory, now held by us; -1 where somebody else holds it, or it is none. */
static int lock_left(int parent_fd, const char *name)
{
	_cleanup_(fd_closep) int fd = -1, lock_fd = -1;
	struct stat st;

	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid())
		return -1;
	lock_fd = openat(fd, LAYOUT_LOCK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (lock_fd < 0 || fstat(lock_fd, &st) < 0 || st.st_uid != geteuid() ||
	    !S_ISREG(st.st_mode) || flock(lock_fd, LOCK_EX | LOCK_NB) < 0)
		return -1;
	return steal_fd(lock_fd);
}

/* The lock goes last: without it, what is left would not be known any more. */
static int remove_once(int parent_fd, const char *name)
{
	static const char *const first[] = { "run", "credentials", "auth", "data" };
	_cleanup_(fd_closep) int fd = -1;

	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
		int r = tree_remove(fd, first[i]);

		if (r < 0 && r != -ENOENT)
			return r;
	}
	return tree_remove(parent_fd, name);
}

/* A daemon whose launcher was killed is being killed too, but may still be busy with that. */
static int remove_patiently(int parent_fd, const char *name)
{
	static const struct timespec pause = { .tv_nsec = REMOVE_PAUSE_MS * NS_PER_MS };
	int r = -ENOTEMPTY;

	for (unsigned int i = 0; i < REMOVE_TRIES && r == -ENOTEMPTY; i++) {
		if (i)
			nanosleep(&pause, NULL);
		r = remove_once(parent_fd, name);
	}
	return r;
}

static void remove_left(int parent_fd, const char *name)
{
	_cleanup_(fd_closep) int lock_fd = lock_left(parent_fd, name);
	int r;

	if (lock_fd < 0)
		return;
	r = remove_patiently(parent_fd, name);
	if (r < 0)
		log_warning("memory-left name=%s error=%s", name, strerrorname_np(-r));
	else
		log_info("memory-freed name=%s of=a-launcher-that-was-killed", name);
}

static int remove_all_left(int parent_fd)
{
	_cleanup_(fd_closedirp) DIR *d = NULL;
	const struct dirent *entry;
	int r;

	r = fd_open_directory(parent_fd, ".", &d);
	if (r < 0)
		return r;
	while ((entry = readdir(d)))
		if (has_name_of_ours(entry->d_name))
			remove_left(parent_fd, entry->d_name);
	return 0;
}

/* --- a fresh one -------------------------------------------------------------------------- */

static void choose_suffix(char ret[static SUFFIX_LEN + 1])
{
	for (size_t i = 0; i < SUFFIX_LEN; i++)
		ret[i] = SUFFIX_LETTERS[randombytes_uniform(strlen(SUFFIX_LETTERS))];
	ret[SUFFIX_LEN] = '\0';
}

/* The directory's own path, through whatever links the parent was named by. */
static int path_of(int parent_fd, const char *name, char ret[static PATH_MAX])
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", parent_fd);
	n = readlink(link, ret, PATH_MAX);
	if (n < 0)
		return -errno;
	if ((size_t)n + 1 + strlen(name) >= PATH_MAX)
		return -ENAMETOOLONG;
	sprintf(ret + n, "/%s", name);
	return 0;
}

/* From the rename on it is known as one of these, and as in use. */
static int give_name(struct memory *m, const char *starting, struct layout *l)
{
	if (renameat2(m->parent_fd, starting, m->parent_fd, m->name, RENAME_NOREPLACE) < 0)
		return -errno;
	return path_of(m->parent_fd, m->name, l->root);
}

static int make(struct memory *m, struct layout *ret, struct complaint *why)
{
	char suffix[SUFFIX_LEN + 1], starting[NAME_MAX + 1], path[PATH_MAX];
	struct layout l = LAYOUT_NONE;
	int r;

	choose_suffix(suffix);
	snprintf(m->name, sizeof(m->name), MEMORY_DIRECTORY_PREFIX "%s", suffix);
	snprintf(starting, sizeof(starting), STARTING_PREFIX "%s", suffix);
	r = path_of(m->parent_fd, starting, path);
	if (r >= 0 && mkdirat(m->parent_fd, starting, 0700) < 0)
		r = -errno;
	if (r < 0)
		return complain_errno(why, r, "cannot make a directory in memory");
	r = layout_open(path, &l, why);
	if (r >= 0) {
		r = give_name(m, starting, &l);
		if (r < 0)
			complain_errno(why, r, "cannot make %s in memory", m->name);
	}
	if (r < 0) {
		layout_close(&l);
		(void)!tree_remove(m->parent_fd, starting);
		return r;
	}
	*ret = l;
	return 0;
}

int memory_open(const char *data, struct memory *ret, struct layout *ret_layout,
		struct complaint *why)
{
	const char *directory = data + strlen(MEMORY_PREFIX);
	struct memory m = MEMORY_NONE;
	int r;

	r = *directory ? open_named(directory, &m, why) : open_some(&m, why);
	if (r < 0)
		return r;
	r = remove_all_left(m.parent_fd);
	if (r < 0)
		complain_errno(why, r, "cannot look for what was left in memory");
	else
		r = make(&m, ret_layout, why);
	if (r < 0) {
		m.parent_fd = fd_close(m.parent_fd);
		return r;
	}
	*ret = m;
	return 0;
}

int memory_remove(struct memory *m)
{
	int r;

	if (m->parent_fd < 0)
		return 0;
	r = remove_patiently(m->parent_fd, m->name);
	m->parent_fd = fd_close(m->parent_fd);
	return r;
}

/* The table has one line that names its columns, and one for each place that is in use. */
bool memory_may_be_swapped(void)
{
	_cleanup_(fd_closep) int fd = open("/proc/swaps", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n;

	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (n <= 0)
		return false;
	return memchr(text, '\n', (size_t)n) != text + n - 1;
}
